"""
Lines that are indented so that their levels stand below each other: each begins a record.

Sources, not opened: Python's rich, whose handler leaves out a time that is that of the line before
(`RichHandler`), and SSHKit of Capistrano, which pads levels on the left.
"""

from dataclasses import dataclass

import numpy as np

from parsers.words import Ints, Octets

_WORDS = (
    *(b"DEBUG ", b"INFO ", b"WARNING ", b"WARN ", b"ERROR ", b"CRITICAL ", b"FATAL ", b"TRACE "),
    b"NOTICE ",
)
_MOST_INDENTED = 24
# A table in a message has such lines, too: of a log padded on the left most are, and some.
_FEW = 2
_SOME = 4
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Aligned:
    """In which column the levels begin, or end; -1: in none."""

    begin: int = -1
    end: int = -1

    def rows(self, octets: Octets, starts: Ints, ends: Ints) -> Ints:
        """Which of the lines begin with blanks and a level in that column."""
        if self.begin < 0 and self.end < 0:
            return np.zeros(0, np.int64)
        rows, begin, end = _levels(octets, starts, ends)
        found: Ints = rows[begin == self.begin if self.begin >= 0 else end == self.end]
        return found


def aligned_in(octets: Octets, starts: Ints, ends: Ints) -> Aligned:
    """What the first lines of a log tell: levels on the left below each other, or on the right."""
    rows, begin, end = _levels(octets, starts, ends)
    if len(rows) < _FEW:
        return Aligned()
    column = int(np.bincount(begin).argmax())
    others = np.flatnonzero(octets.bytes[starts] != ord(" "))
    others = others[starts[others] + column < ends[others]]
    if _word_ends(octets, starts[others] + column).any():
        return Aligned(begin=column)
    most = len(rows) >= max(_SOME, _MOST * int((ends > starts).sum()))
    return Aligned(end=int(end[0])) if most and (end == end[0]).all() else Aligned()


def _levels(octets: Octets, starts: Ints, ends: Ints) -> tuple[Ints, Ints, Ints]:
    """The lines that begin with blanks and a level, and the columns of both of its ends."""
    rows = np.flatnonzero((octets.bytes[starts] == ord(" ")) & (ends > starts))
    at = starts[rows].copy()
    for _ in range(_MOST_INDENTED):
        at += octets.bytes[at] == ord(" ")
    size = _word_ends(octets, at)
    size[at + size > ends[rows]] = 0
    rows, at, size = rows[size > 0], at[size > 0], size[size > 0]
    return rows, at - starts[rows], at + size - starts[rows]


def _word_ends(octets: Octets, at: Ints) -> Ints:
    """How long the level is that stands there, with the blank behind it; 0: there is none."""
    size = np.zeros(len(at), np.int64)
    for word in _WORDS:
        size[octets.literal(word, at)] = len(word)
    return size
