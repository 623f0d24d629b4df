"""The scan of a block takes the vector path for what it can, and loses no line either way."""

import pytest

from parsers.nginx_access import COMBINED, access_parser
from parsers.scan import FEW_LINES, cut
from parsers.words import Octets

LAYOUT = access_parser(COMBINED).layout
LINE = b'192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512 "-" "curl"\n'
ESCAPED = LINE.replace(b"curl", b'cu\\"rl')


@pytest.mark.parametrize("lines", [1, FEW_LINES - 1])
def test_few_lines_take_the_exact_path(lines):
    found = cut(LAYOUT, Octets(LINE * lines))

    assert (0, lines) == (found.vectorised, int(found.fits.sum()))


@pytest.mark.parametrize("lines", [FEW_LINES, 1000])
def test_many_lines_take_the_vector_path(lines):
    found = cut(LAYOUT, Octets(LINE * lines))

    assert (lines, lines) == (found.vectorised, int(found.fits.sum()))


def test_a_line_with_an_escaped_quote_is_read_among_others():
    found = cut(LAYOUT, Octets(LINE * 100 + ESCAPED + LINE * 100))

    assert (200, 201) == (found.vectorised, int(found.fits.sum()))
    starts, ends = found.slots["http_user_agent"]
    assert ends[100] - starts[100] == len(b'cu\\"rl')


def test_a_last_line_without_newline_is_read():
    found = cut(LAYOUT, Octets(LINE * 100 + LINE.rstrip()))

    assert int(found.fits.sum()) == 101


def test_lines_of_another_kind_are_marked_and_shift_nothing():
    found = cut(LAYOUT, Octets((LINE + b'"""""" text\n' + b'"\n' + b"\n") * 50))

    assert [True, False, False, False] * 50 == found.fits.tolist()
    starts, ends = found.slots["remote_addr"]
    assert {(9, True), (0, False)} == {
        (end - start, start >= 0) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    }
