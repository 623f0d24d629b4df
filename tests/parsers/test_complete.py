"""A log read in two parts, cut anywhere, gives the events of the log read whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.any_of import AnyOf
from parsers.batch import Parser
from parsers.block import Block
from tests.parsers.samples import (
    CAPTIONED,
    MULTI_LINE,
    NGINX_ERROR,
    PLAIN,
    PYTHON,
    blocks,
    lines,
    parsers,
)

PARSERS = parsers()
# Not those that mean several formats: a file's first lines choose among them, once.
NAMES = [name for name, parser in PARSERS.items() if not isinstance(parser, AnyOf)]
multi_line_blocks = st.lists(
    st.sampled_from(NGINX_ERROR + PYTHON + PLAIN + CAPTIONED) | lines, max_size=12
).map(lambda parts: b"".join(part + b"\n" for part in parts))


def events(parser: Parser, raw: bytes, offset: int = 0):
    return list(parser.parse(Block(raw, "", offset)).events())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=100)
@given(raw=multi_line_blocks | blocks, share=st.floats(0, 1))
def test_reading_in_two_parts_changes_nothing(name, raw, share):
    parser = PARSERS[name]
    first = raw[: int(len(raw) * share)]

    size = parser.complete(first)

    assert size <= len(first)
    assert events(parser, raw) == events(parser, raw[:size]) + events(parser, raw[size:], size)


@pytest.mark.parametrize("name", NAMES)
def test_the_last_half_line_is_never_complete(name):
    lines = b"INFO:app:one\n2026/01/22 14:59:12 [error] 1#1: two\n"

    size = PARSERS[name].complete(lines + b"2026")

    assert size <= len(lines)


@pytest.mark.parametrize("name", MULTI_LINE)
def test_the_last_record_waits_for_what_may_follow_it(name):
    head = {
        "nginx_error": b"2026/01/22 14:59:12 [error] 1#1: text\n",
        "klog": b"I0102 15:04:05.678901       7 main.go:1] text\n",
        "plain": b"text\n",
        "%(asctime)s %(message)s": b"2026-01-22 14:59:12,123 text\n",
        "%(levelname)s:%(name)s:%(message)s": b"INFO:app:text\n",
    }.get(name, b"2026-01-22 14:59:12,123 INFO     [app] text\n")

    size = PARSERS[name].complete(head + b"  more\n" + head)

    assert len(head + b"  more\n") == size
