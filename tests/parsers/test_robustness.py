"""No bytes make a parser raise, hang, or lose a byte."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.batch import Parser
from parsers.block import Block
from tests.parsers.everything import assert_each_byte_in_one_event
from tests.parsers.samples import FORMATS, blocks, parsers

PARSERS = parsers()
MIB = 1 << 20
# One format of each kind, for what takes long.
KINDS = ("combined", "nginx_error", "json", "plain", "auto", FORMATS[-2])


def assert_whole(parser: Parser, raw: bytes) -> None:
    """Every byte belongs to one record or to a line end, and everything can be asked."""
    assert_each_byte_in_one_event(parser, raw)
    batch = parser.parse(Block(raw, "/var/log/x", 1000))
    events = list(batch.events())

    assert len(batch) == len(events)
    assert [1000 + start for start in batch.origins().tolist()] == [each.offset for each in events]
    for name in (*parser.fields, "time", "level", "message"):
        column = batch.column(name)
        assert len(batch) == len(column.values()) == len(column.labels()) == len(column.numbers())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60)
@given(raw=blocks | st.binary(max_size=200))
def test_every_byte_of_a_block_is_in_one_record(name, raw):
    assert_whole(PARSERS[name], raw)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=30)
@given(raw=blocks)
def test_an_event_alone_equals_the_event_among_others(name, raw):
    batch = PARSERS[name].parse(Block(raw))

    alone = [batch.event(row) for row in range(len(batch))]

    assert list(batch.events()) == alone


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=30)
@given(raw=blocks)
def test_a_record_that_does_not_fit_is_its_own_message(name, raw):
    batch = PARSERS[name].parse(Block(raw))
    expected = [
        batch.records().value(row) for row in range(len(batch)) if not bool(batch.parsed[row])
    ]

    messages = [event.message for event in batch.events() if not event.parsed]

    assert expected == messages


STAMP = b"2026/01/22 14:59:12 [error] 7#8: *9 "
HEAD = b'192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "'
HOSTILE = {
    "no newline": b"x" * MIB,
    "quotes": b'"' * MIB,
    "spaces": b" " * MIB,
    "backslashes": b"\\" * MIB,
    "NULs": bytes(MIB),
    "brackets": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "deep object": b'{"a":' * 900 + b"1" + b"}" * 900,
    "deep level": b'{"level":' * 900 + b"1" + b"}" * 900,
    "escaped quotes": HEAD + b'\\"' * 300_000 + b'" 200 5 "-" "-"\n',
    "escaped quotes without end": HEAD + b'\\"' * 300_000 + b"\n",
    "protocols": HEAD + b"GET " + b" HTTP/1." * 100_000 + b'" 200 5 "-" "-"\n',
    "separators": b"- [" * 300_000,
    "colons": b"INFO:" * 200_000,
    "levels": b"error " * 150_000 + b"\n",
    "bracketed levels": b"[error] " * 100_000,
    "padding": b"INFO" + b" " * MIB + b":x: y\n",
    "contexts": STAMP + b', client: 1, server: 2, request: "a", upstream: "b' * 20_000 + b"\n",
    "clients": STAMP + b", client: " * 100_000,
    "hosts": STAMP + b', client: 1, request: "' + b'", host: "' * 100_000 + b'"\n',
    "errnos": STAMP + b"(1: " * 200_000,
    "traceback heads": b"Traceback (most recent call last):\n" * 5_000,
    "call stack": b"Traceback (most recent call last):\r\nE\r\nCall stack:\r\n"
    + b" x\r\n" * 20_000,
    "traceback": b"Traceback (most recent call last):\r\n" + b" x\r\n" * 20_000,
    "causes": b"Caused by: \n" * 20_000,
    "stamps": b"2026/01/22 14:59:12 [\n" * 5_000,
    "dates": b"2026-01-22 14:59:12," * 50_000,
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_block_costs_no_more_than_its_size(name, hostile):
    began = time.process_time()

    assert_whole(PARSERS[name], HOSTILE[hostile])

    assert time.process_time() - began < 4  # what is not linear takes minutes


@pytest.mark.parametrize("name", KINDS)
def test_a_mebibyte_of_newlines_is_a_mebibyte_of_lines(name):
    batch = PARSERS[name].parse(Block(b"\n" * MIB))

    assert int(batch.line_counts().sum()) == MIB


@pytest.mark.parametrize("name", FORMATS)
def test_no_bytes_are_no_events(name):
    assert list(PARSERS[name].parse(Block(b"")).events()) == []
