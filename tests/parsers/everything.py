"""The property that holds for every format and any bytes: `test_robustness.py` and `make fuzz`."""

import re
from itertools import pairwise

from hypothesis import strategies as st

from parsers.batch import Parser
from parsers.block import Block
from parsers.formats import NAMES, parser_for
from parsers.heads import HEADS
from parsers.prefixes import FRAMES
from parsers.python_log import COMMON_FORMATS
from parsers.servers import SERVERS
from parsers.traces import CONTINUES, TRACES
from tests.parsers.samples import ENDS, FORMATS, LINES, lines

_FRAMED = (
    b"2026-01-02T03:04:05.123456789Z stdout F ",
    b"2026-01-02T03:04:05.123456789Z stderr P ",
    b"Jan  2 03:04:05 host app[7]: ",
    b"<34>1 2026-01-02T03:04:05Z host app 7 - - ",
    b'{"log":"',
    b'\\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}',
)
# Where a head can be cut so that the pieces still mean something.
_CUT = re.compile(rb"(?<=[ \[\]:=\"|])")


def every_format() -> dict[str, Parser]:
    """A parser for each registered format, each of Python's, and frames around some of them."""
    framed = [f"{frame.name}:{name}" for frame in FRAMES for name in ("combined", "plain", "spark")]
    return {name: parser_for(name) for name in (*NAMES, *COMMON_FORMATS, *FORMATS, *framed)}


def _pieces() -> list[bytes]:
    samples = [*(each.samples for each in HEADS), *(each.samples for each in SERVERS)]
    heads = [line.encode() for each in samples for line in each]
    whole = (
        *heads,
        *LINES,
        *(line for each in TRACES for line in each.sample.encode().split(b"\n")),
    )
    parts = [part for line in whole for part in _CUT.split(line) if part]
    return sorted({*parts, *whole, *CONTINUES, *_FRAMED})


# Lines made of pieces of real ones, so that heads nearly fit, twice, or in one another.
PIECES = _pieces()
pieced_lines = st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join)
any_blocks = st.binary(max_size=300) | st.builds(
    lambda parts, last: b"".join(line + end for line, end in parts) + last,
    st.lists(st.tuples(pieced_lines | lines, st.sampled_from(ENDS)), max_size=8),
    st.just(b"") | pieced_lines | st.binary(max_size=8),
)


def physical_lines(raw: bytes) -> int:
    """How many lines a block has, the last one perhaps without its end."""
    return raw.count(b"\n") + (not raw.endswith(b"\n") and raw != b"")


def assert_each_byte_in_one_event(parser: Parser, raw: bytes) -> None:
    """No parser raises; the events begin in order, the first at 0, and take every line once."""
    size = parser.complete(raw)
    batch = parser.parse(Block(raw))
    events = list(batch.events())
    origins = batch.origins().tolist()

    assert 0 <= size <= len(raw)
    assert size == 0 or raw[size - 1 : size] == b"\n"
    assert len(batch) == len(events)
    assert physical_lines(raw) == int(batch.line_counts().sum())
    assert all(one < other for one, other in pairwise(origins))
    assert not raw[: origins[0] if origins else None].strip(b"\r\n")
    assert all(not at or raw[at - 1 : at] == b"\n" for at in origins)
    if batch.offsets is None:
        _assert_nothing_between(raw, batch.starts.tolist(), batch.ends.tolist())


def _assert_nothing_between(raw: bytes, starts: list[int], ends: list[int]) -> None:
    at = 0
    for start, end in zip(starts, ends, strict=True):
        assert at <= start <= end
        assert raw[at:start].strip(b"\r\n") == b""
        at = end
    assert raw[at:].strip(b"\r\n") == b""
