"""What a Python traceback says: the exception, and where in the user's own code it was."""

import re
from collections.abc import Iterator

import numpy as np

from parsers.batch import Batch
from parsers.columns import Column, Objects, Value, text
from parsers.words import Bools, Ints, Octets

FIELDS = ("exception_type", "exception_message", "exception_frame")
TRACEBACK = b"Traceback (most recent call last):"
_GROUP = b"Exception Group " + TRACEBACK
# What a group is indented by; those within it are indented more (traceback.py, TracebackException).
_MARGIN = re.compile(rb"^  [+|] (?:Exception Group )?+", re.MULTILINE)
_WHOLE = re.compile(
    rb"^Traceback \(most recent call last\):\r?$(?P<frames>(?:\n(?:[ \t][^\n]*|\r?)$)*+)"
    rb"\n(?P<type>[\w.]++)(?:: ?(?P<message>[^\n]*?))?\r?$",
    re.MULTILINE,
)
_FRAME = re.compile(rb'^[ \t]+File "([^"\n]+)", line (\d+)(?:, in ([^\r\n]+))?', re.MULTILINE)
# Installed packages, the standard library, and what is compiled into the interpreter.
_LIBRARY = re.compile(
    rb"[/\\](?:site|dist)-packages[/\\]|[/\\]lib(?:64)?[/\\]python\d[\d.]*[/\\]|^<frozen "
)


def with_crash(octets: Octets, starts: Ints, first: Ints) -> Bools:
    """Which records have a line of a crash (Python's, Node's); `first` are their first lines."""
    found = np.zeros(len(first), np.bool_)
    for mark in (TRACEBACK, b"Node.js v"):
        if mark in octets.raw:
            rows = np.flatnonzero(octets.literal(mark, starts))
            found[np.searchsorted(first, rows, "right") - 1] = True
    return found


def exception_of(record: bytes) -> dict[str, Value]:
    """
    The exception that a record ends with, empty if it has no traceback that is whole.

    Of a chain it is the last one, of a group the group. The message is its first line. The frame is
    the innermost one outside of libraries, or the innermost: `/srv/app/web.py:3 in serve`.
    """
    if TRACEBACK not in record:
        return {}
    if _GROUP in record:
        record = _MARGIN.sub(b"", record)
    last = None
    for last in _WHOLE.finditer(record):  # noqa: B007  (the last one is wanted)
        pass
    if last is None:
        return {}
    values = (last["type"], last["message"], _own_frame(last["frames"]))
    pairs = zip(FIELDS, values, strict=True)
    return {name: text(value) for name, value in pairs if value is not None}


def _own_frame(frames: bytes) -> bytes | None:
    found: list[tuple[bytes, bytes, bytes]] = _FRAME.findall(frames)
    own = [each for each in found if not _LIBRARY.search(each[0])]
    if not found:
        return None
    path, line, function = (own or found)[-1]
    return path + b":" + line + (b" in " + function if function else b"")


def with_exceptions(batch: Batch, fields: list[dict[str, Value]]) -> list[dict[str, Value]]:
    """The fields of each row, and what the traceback in it says."""
    for row, said in _exceptions(batch):
        fields[row] |= said
    return fields


def exception_column(batch: Batch, name: str) -> Column:
    """One of `FIELDS` of each row; raises KeyError for any other name."""
    if name not in FIELDS:
        raise KeyError(name)
    values: list[Value] = [None] * len(batch)
    for row, said in _exceptions(batch):
        values[row] = said.get(name)
    return Objects(values)


def _exceptions(batch: Batch) -> Iterator[tuple[int, dict[str, Value]]]:
    if TRACEBACK not in batch.octets.raw:
        return
    for row in np.flatnonzero(batch.line_counts() > 1).tolist():
        yield row, exception_of(batch.record(row))
