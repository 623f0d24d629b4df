"""A batch gives its rows as columns and as events, with the places they came from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.batch import line_spans, whole_lines
from parsers.block import Block
from parsers.event import Event
from parsers.nginx_access import access_parser
from parsers.severity import Severity
from parsers.words import Octets, positions

PARSER = access_parser("$host $status")


@given(st.lists(st.sampled_from((b"a", b"\n", b"\r", b"\r\n", b"\0"))).map(b"".join))
def test_spans_are_the_lines_without_their_ends(raw):
    lines = raw.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    expected = [line.removesuffix(b"\r") for line in lines]

    starts, ends = line_spans(Octets(raw), positions(raw, ord("\n")))

    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    assert expected == [raw[start:end] for start, end in spans]


@pytest.mark.parametrize(("raw", "size"), [(b"", 0), (b"a", 0), (b"a\n", 2), (b"a\nb", 2)])
def test_only_ended_lines_are_whole(raw, size):
    assert size == whole_lines(raw)


def test_an_event_knows_where_it_stood():
    batch = PARSER.parse(Block(b"a 200\nb 500\n", "/var/log/x", 1000))

    event = batch.event(1)

    assert event == Event(
        time=None,
        severity=Severity.ERROR,
        level=None,
        format="nginx_access",
        parsed=True,
        message="b 500",
        path="/var/log/x",
        offset=1006,
        lines=1,
        fields={"host": "b", "status": 500},
    )


def test_selecting_rows_keeps_their_order_and_what_was_cut():
    batch = PARSER.parse(Block(b"".join(b"h%d 200\n" % number for number in range(200))))
    batch.column("host").values()

    selected = batch.select(np.array([150, 3, 3]))

    assert ["h150", "h3", "h3"] == selected.column("host").values()
    assert [b"h150 200", b"h3 200", b"h3 200"] == [selected.record(row) for row in range(3)]


def test_a_block_ends_where_the_next_begins():
    assert Block(b"abc", "", 10).end == 13
    assert Block(b"abc", "", 10, next_offset=500).end == 500
