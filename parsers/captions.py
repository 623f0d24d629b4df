"""
Lines that say when it happened, and below them lines that say what: a record of both.

Source, as opened: MySQL's slow query log (sql/log.cc: `# Time: %s`). Not opened, known from logs:
Oracle's alert log and audit files, Erlang's reports (RabbitMQ up to 3.6), and java.util.logging's
SimpleFormatter, which has who wrote it behind the time and the level below.
"""

from dataclasses import dataclass

import numpy as np

from parsers.kinds import among, letters
from parsers.notations import CLOCK_ONLY
from parsers.stamps import Stamps, find_stamps
from parsers.words import Bools, Ints, Octets

_LEADS = (b"", b"[", b"# Time: ", b"*** ")
_STATEMENT = b"# User@Host: "  # of MySQL (logs of users)
_REPORT = b" REPORT==== "  # of Erlang: `=ERROR REPORT==== 2-Jan-2026::03:04:05 ===`
# What stands below who wrote it (java.util.logging.Level).
_LEVELS = (b"SEVERE: ", b"WARNING: ", b"INFO: ", b"CONFIG: ", b"FINE: ", b"FINER: ", b"FINEST: ")
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
    # Lines that begin another record of the same time: statements in MySQL's slow log.
    again: Ints
    # Which of all lines begin with a level of java.util.logging.
    leveled: Bools


def captions(octets: Octets, starts: Ints, ends: Ints) -> Captions:
    """Find the captions among the lines `[starts, ends)`."""
    stamps, _, _ = find_stamps(octets, starts, ends)
    dated = (stamps.at >= 0) & (stamps.notation < CLOCK_ONLY)
    leveled = np.zeros(len(starts) + 1, np.bool_)
    for text in _LEVELS:
        rows = np.flatnonzero(octets.bytes[starts] == text[0])
        leveled[rows] |= octets.literal(text, starts[rows])
    alone = _alone(octets, starts, ends, stamps, leveled[1:])
    below = np.flatnonzero(alone[:-1] & ~dated[1:] & (ends[1:] > starts[1:])) + 1
    again = np.setdiff1d(np.flatnonzero(octets.literal(_STATEMENT, starts)), below)
    return Captions(dated, alone, below, again, leveled[:-1])


def _alone(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps, leveled: Bools) -> Bools:
    """Lines that state nothing else, or who says what the `leveled` line below says."""
    rows = np.flatnonzero((stamps.at >= 0) & (stamps.notation < CLOCK_ONLY))
    found = np.zeros(len(starts), np.bool_)
    at, until, ends = stamps.at[rows], stamps.until[rows].copy(), ends[rows]
    lead = at - starts[rows]
    begins = np.zeros(len(rows), np.bool_)
    for text in _LEADS:
        named = lead == len(text) + _DAY  # Fri Jan  2
        named &= letters(octets.bytes[at - _DAY]) & (octets.bytes[at - 1] == ord(" "))
        begins |= ((lead == len(text)) | named) & octets.literal(text, starts[rows])
    begins |= (octets.bytes[starts[rows]] == ord("=")) & octets.literal(_REPORT, at - len(_REPORT))
    for _ in range(_MOST_CLOSING):
        until += among(octets.bytes[until], _CLOSING) & (until < ends)
    writer = leveled[rows] & _names_writer(octets, stamps.until[rows], ends)
    found[rows] = begins & ((until >= ends) | writer)
    return found


def _names_writer(octets: Octets, until: Ints, ends: Ints) -> Bools:
    """Where a time is followed by one or two words, as `org.shop.Till close`, and nothing else."""
    begin = np.minimum(until + 1, ends)
    second = np.minimum(octets.find(ord(" "), begin, ends) + 1, ends)
    third = octets.find(ord(" "), second, ends)
    named: Bools = (octets.bytes[until] == ord(" ")) & letters(octets.bytes[begin])
    return named & (third >= ends)
