"""Records of several lines: which lines begin one, and where the last one ended for certain."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parsers.batch import line_spans
from parsers.words import Bools, Ints, Octets

# How far back from the end the start of the last record is looked for, in lines. A longer record is
# cut by the tail's own limit; without this one, a file of another format would be searched whole at
# every look.
_LOOK_BACK_LINES = 2000


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one or more lines each."""

    # The line number of each record's first line.
    first: Ints
    starts: Ints
    ends: Ints
    # How many lines each has.
    lines: Ints


def join(heads: Bools, starts: Ints, ends: Ints) -> Records:
    """
    Join each line that heads a record with the lines behind it that do not.

    Lines before the first head are one record.
    """
    first = np.flatnonzero(heads)
    if len(starts) and (not first.size or first[0] != 0):
        first = np.concatenate((np.zeros(1, np.int64), first))
    behind = np.append(first, len(starts))[1:]
    return Records(first, starts[first], ends[behind - 1], behind - first)


def complete_before_last_head(raw: bytes, is_head: Callable[[bytes], object]) -> int:
    """
    How many leading bytes of `raw` are whole records, if a record ends where the next one begins.

    `is_head` is called with lines from the end backwards, without their newline.
    """
    end = raw.rfind(b"\n")  # what is behind it is half a line
    for _ in range(_LOOK_BACK_LINES):
        if end < 0:
            return 0
        start = raw.rfind(b"\n", 0, end) + 1
        if is_head(raw[start:end]):
            return start
        end = start - 1
    return 0


# Most records have few lines, and a look at a few lines costs as much as one at a single line.
_WINDOWS = (64, _LOOK_BACK_LINES)


def complete_before_last(raw: bytes, heads: Callable[[Octets, Ints, Ints], Bools]) -> int:
    """As `complete_before_last_head`, with a test for many lines at once: their starts and ends."""
    end = raw.rfind(b"\n") + 1
    for lines in _WINDOWS:
        start = _back(raw, end, lines)
        octets = Octets(raw[start:end])
        starts, ends = line_spans(octets, octets.positions(ord("\n")))
        found = np.flatnonzero(heads(octets, starts, ends))
        if found.size:
            return start + int(starts[found[-1]])
        if not start:
            break
    return 0


def _back(raw: bytes, end: int, lines: int) -> int:
    """Where the last `lines` lines before `end` begin."""
    for _ in range(lines):
        end = raw.rfind(b"\n", 0, max(0, end - 1)) + 1
        if not end:
            break
    return end


def head_test(*patterns: re.Pattern[bytes]) -> Callable[[bytes], bool]:
    """A test for `complete_before_last_head`: the line matches any of the patterns."""
    return lambda line: any(pattern.match(line) for pattern in patterns)
