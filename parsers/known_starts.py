"""How lines begin that are records though they state neither a time nor a level at their start."""

import re
from collections.abc import Iterable

import numpy as np

from parsers.shapes import begins
from parsers.words import Bools, Ints, Octets

# In the shapes of `shapes.py`; a `d` that is none is written `_`.
_STARTS = (
    # AWS Lambda, around what a function logs (logs of users; its documentation was not opened).
    *("START RequestI_: ", "EN_ RequestI_: ", "REPORT RequestI_: "),
    # Apache httpd before it has a log, as in the stream of a container (logs of users).
    "AHddddd: ",
    # Redis, in a handler of signals (logs of users): `7:signal-handler (1767323045) text`.
    *(f"{'d' * digits}:signal-han_ler (" for digits in range(1, 8)),
)


# Numbers of processes that are padded on the left: ` 0(7) INFO: text` of Kamailio (logs of users).
_PADDED = tuple(f" d({'d' * digits}) " for digits in range(1, 8))
# What Python's `warnings` prints of code that nobody told to log it (cpython: Lib/warnings.py,
# _formatwarnmsg_impl); the line of source below it is indented.
_WARNS = re.compile(rb"^(?:[A-Za-z]:)?[^\n:]{1,400}\.pyw?:\d+: [\w.]*Warning: ", re.MULTILINE)


def stands(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """Which of the lines `[starts, ends)` begin so."""
    return _begin(octets, starts, ends, _STARTS) | _warns(octets, starts)


def padded(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """Which of the lines `[starts, ends)` are indented only because a number is padded."""
    found = np.zeros(len(starts), np.bool_)
    rows = np.flatnonzero(octets.literal(b" ", starts) & (octets.bytes[starts + 2] == ord("(")))
    found[rows] = _begin(octets, starts[rows], ends[rows], _PADDED)
    return found


def _begin(octets: Octets, starts: Ints, ends: Ints, shapes: Iterable[str]) -> Bools:
    found = np.zeros(len(starts), np.bool_)
    if found.size:
        first = octets.load(starts)
        for shape in shapes:
            found |= begins(octets, starts, ends, shape, first=first)
    return found


def _warns(octets: Octets, starts: Ints) -> Bools:
    """Which of the lines that begin at `starts` are a warning of Python's `warnings`."""
    if b"Warning: " not in octets.raw:
        return np.zeros(len(starts), np.bool_)
    found = np.array([match.start() for match in _WARNS.finditer(octets.raw)], np.int64)
    return np.isin(starts, found)
