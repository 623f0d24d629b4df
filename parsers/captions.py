"""
Lines that say when it happened, and below them lines that say what: a record of both.

Sources: MySQL's slow query log (sql/log.cc: `# Time: `), Oracle's alert log and audit files, and
java.util.logging's SimpleFormatter, which has who wrote it behind the time and the level below.
"""

from dataclasses import dataclass

import numpy as np

from parsers.kinds import among, letters
from parsers.stamps import CLOCK_ONLY, Stamps, find_stamps
from parsers.words import Bools, Ints, Octets

_LEADS = (b"", b"[", b"# Time: ", b"*** ")
# `*** 2026-01-02 03:04:05.678` of Oracle's traces; `[2026-01-02 03:04:05]:`.
_CLOSING = b" ]:*-=\r"
_MOST_CLOSING = 4
_DAY = len("Fri ")


@dataclass(frozen=True, slots=True)
class Captions:
    """Of the lines of a block."""

    # Which lines state a time with a date, and which of them state nothing else.
    dated: Bools
    alone: Bools
    # The line below a caption, by its number: it belongs to it, whatever it states but a time.
    below: Ints


def captions(octets: Octets, starts: Ints, ends: Ints) -> Captions:
    """Find the captions among the lines `[starts, ends)`."""
    stamps, _, _ = find_stamps(octets, starts, ends)
    dated = (stamps.at >= 0) & (stamps.notation < CLOCK_ONLY)
    alone = _alone(octets, starts, ends, stamps, np.flatnonzero(dated))
    below = np.flatnonzero(alone[:-1] & ~dated[1:] & (ends[1:] > starts[1:])) + 1
    return Captions(dated, alone, below)


def _alone(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps, rows: Ints) -> Bools:
    found = np.zeros(len(starts), np.bool_)
    at, until, ends = stamps.at[rows], stamps.until[rows].copy(), ends[rows]
    lead = at - starts[rows]
    begins = np.zeros(len(rows), np.bool_)
    for text in _LEADS:
        named = lead == len(text) + _DAY  # Fri Jan  2
        named &= letters(octets.bytes[at - _DAY]) & (octets.bytes[at - 1] == ord(" "))
        begins |= ((lead == len(text)) | named) & octets.literal(text, starts[rows])
    for _ in range(_MOST_CLOSING):
        until += among(octets.bytes[until], _CLOSING) & (until < ends)
    found[rows] = begins & ((until >= ends) | _names_writer(octets, stamps.until[rows], ends))
    return found


def _names_writer(octets: Octets, until: Ints, ends: Ints) -> Bools:
    """Behind a clock of twelve hours one or two words, as `org.shop.Till close`."""
    half = among(octets.bytes[until - 1], b"Mm") & among(octets.bytes[until - 2], b"APap")
    begin = np.minimum(until + 1, ends)
    named = half & (octets.bytes[until] == ord(" ")) & letters(octets.bytes[begin])
    second = np.minimum(octets.find(ord(" "), begin, ends) + 1, ends)
    dot = octets.find(ord("."), begin, second)
    third = octets.find(ord(" "), second, ends)
    found: Bools = named & (third >= ends) & (dot < second)
    return found
