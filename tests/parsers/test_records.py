"""Lines become records, and it is certain which of them are whole."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.records import complete_before_last, complete_before_last_head, head_test, join

IS_HEAD = head_test(re.compile(rb"#"), re.compile(rb"!"))


def are_heads(octets, starts, ends):
    first = octets.bytes[starts]
    return (ends > starts) & ((first == ord("#")) | (first == ord("!")))


def joined(*heads: int):
    count = len(heads)
    starts = np.arange(count) * 10
    return join(np.array(heads, np.bool_), starts, starts + 9)


def test_no_lines_are_no_records():
    assert joined().first.tolist() == []


def test_lines_before_the_first_head_are_one_record():
    records = joined(0, 0, 1, 0, 1)

    assert [0, 2, 4] == records.first.tolist()
    assert [0, 20, 40] == records.starts.tolist()
    assert [19, 39, 49] == records.ends.tolist()
    assert [2, 2, 1] == records.lines.tolist()


@given(st.lists(st.booleans()))
def test_every_line_is_in_one_record(heads):
    records = joined(*heads)

    assert len(heads) == int(records.lines.sum())
    assert sum(heads) + (heads[:1] == [False]) == len(records.first)


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"", 0),
        (b"#one", 0),
        (b"#one\n", 0),
        (b"#one\n more\n#two", 0),
        (b"#one\n more\n!two\n", 11),
        (b"#one\n#two\n more\n half", 5),
        (b"text\n more\n", 0),
        (b"text\n#one\n", 5),
        (b"\n\n\n", 0),
    ],
)
def test_a_record_is_whole_when_the_next_one_begins(raw, whole):
    assert whole == complete_before_last_head(raw, IS_HEAD)
    assert whole == complete_before_last(raw, are_heads)


@pytest.mark.parametrize("lines", [1, 62, 63, 64, 65, 1000, 1999])
def test_the_head_of_a_long_record_is_found(lines):
    raw = b"#zero\n" * 3 + b"#one\n" + b"more\n" * lines

    assert complete_before_last_head(raw, IS_HEAD) == 18
    assert complete_before_last(raw, are_heads) == 18


def test_the_head_is_looked_for_in_the_last_lines_only():
    raw = b"#one\n" + b"more\n" * 5000

    assert complete_before_last_head(b"#zero\n" + raw, IS_HEAD) == 0
    assert complete_before_last(b"#zero\n" + raw, are_heads) == 0
