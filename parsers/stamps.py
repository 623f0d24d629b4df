"""Where lines state their time, whatever the notation: found on all lines of a block at once."""

from dataclasses import dataclass

import numpy as np

from parsers.kinds import among, digits, is_lower, letters, shaped
from parsers.notations import BARE, BEHIND_A_PROCESS, CLOCK_ONLY, DATES, FIRST_BARE, TAI64N
from parsers.words import Bools, Ints, Octets, rows_of
from parsers.zone_marks import behind_zone

# A time further from the start of a line is part of what is said.
HEAD_BYTES = 160
_BSD, _SHORT_BSD = DATES.index("aaa bd"), DATES.index("aaa d")
# Before seconds in parentheses: `type=SYSCALL msg=audit(1767323045.678:501): …` of the kernel,
# `7:signal-handler (1767323045) text` of Redis.
_CALLS = (b"audit(", b"signal-handler (")
_WHOLE_DIGITS = 10
_HEX_FRACTION = 8
_SECONDS = BARE.index("dddddddddd.d")
_LEVEL_BYTES = len("critical: ")
_PROCESS_DIGITS = 7
_NEAR_START = 4  # brackets, or a letter for the level


@dataclass(frozen=True, slots=True)
class Stamps:
    """One time stamp for each row, `at` is -1 for a row without one."""

    at: Ints
    until: Ints
    # Where what is before the fraction ends, and the digits of the fraction; empty: none.
    second_end: Ints
    fraction: Ints
    fraction_end: Ints
    # A number of DATES, CLOCK_ONLY, or behind it one of BARE.
    notation: Ints

    def take(self, rows: Ints) -> "Stamps":
        """The stamps of these rows."""
        return Stamps(
            self.at[rows],
            self.until[rows],
            self.second_end[rows],
            self.fraction[rows],
            self.fraction_end[rows],
            self.notation[rows],
        )

    def replaced(self, by: Ints, others: "Stamps") -> "Stamps":
        """The stamps, with number `by[row]` of `others` where that is not negative."""
        both = [
            np.where(by >= 0, theirs[by], ours) if len(theirs) else ours
            for ours, theirs in zip(self._arrays(), others._arrays(), strict=True)
        ]
        return Stamps(*both)

    def _arrays(self) -> tuple[Ints, ...]:
        spans = (self.at, self.until, self.second_end, self.fraction, self.fraction_end)
        return *spans, self.notation


def find_stamps(octets: Octets, starts: Ints, ends: Ints) -> tuple[Stamps, Stamps, Ints]:
    """
    The stamp of each row `[starts, ends)`: the first in its head that has a date.

    Returns them, and all further ones that have a date with the row of each: a program's own within
    what a relay or a supervisor wrote around it.
    """
    row, colon = _clocks(octets, starts, ends)
    found = _around(octets, colon)
    inside = found.at >= starts[row]
    dated = inside & (found.notation < CLOCK_ONLY)
    dated &= ~_is_said(octets, found.at, starts[row])
    kept = np.flatnonzero(dated | (inside & (found.at - starts[row] <= _NEAR_START)))
    row, found = row[kept], found.take(kept)
    # Of a row's stamps those with a date come first, in the order of the line.
    order = np.lexsort((found.at, found.notation == CLOCK_ONLY, row))
    row, found = row[order], found.take(order)
    first = np.flatnonzero(np.diff(row, prepend=-1) != 0)
    stamps = _none(len(starts))
    _put(stamps, row[first], found.take(first))
    _bare(octets, starts, ends, stamps)
    further = np.ones(len(row), np.bool_)
    further[first] = False
    rest = np.flatnonzero(further & (found.notation < CLOCK_ONLY))
    return stamps, found.take(rest), row[rest]


def _is_said(octets: Octets, at: Ints, starts: Ints) -> Bools:
    """
    Times that a sentence mentions: two lower-case words stand before them in their line.

    A time with a key (`time="…"`, `"ts": "…"`) or in brackets is one wherever it stands,
    and so is one behind a colon, which ends what a relay wrote.
    """
    said = np.zeros(len(at), np.bool_)
    far = np.flatnonzero(at - starts > _NEAR_START)
    begin = at[far] - len("Sun ") * shaped(octets, at[far] - len("Sun "), "aaa ")
    lead = octets.bytes[begin - 1]
    own = among(lead, b'"=[') | ((lead == ord(" ")) & (octets.bytes[begin - 2] == ord(":")))
    far = far[~own]
    if not far.size:
        return said
    blank = octets.positions(ord(" "))
    between = is_lower(octets.bytes[blank - 1]) & is_lower(octets.bytes[blank + 1])
    blank = blank[between]
    # What a line has in parentheses first is who says it: vLLM's `(EngineCore pid=7) INFO 01-02 …`.
    begin = starts[far]
    begin = np.where(octets.bytes[begin] == ord("("), octets.find(ord(")"), begin, at[far]), begin)
    first = np.searchsorted(blank, begin)
    said[far] = np.searchsorted(blank, at[far]) > first
    return said


def _none(rows: int) -> Stamps:
    at, until, second_end, fraction, fraction_end = (np.full(rows, -1) for _ in range(5))
    return Stamps(at, until, second_end, fraction, fraction_end, np.full(rows, CLOCK_ONLY))


def _put(stamps: Stamps, rows: Ints, found: Stamps) -> None:
    stamps.at[rows], stamps.until[rows] = found.at, found.until
    stamps.second_end[rows] = found.second_end
    stamps.fraction[rows], stamps.fraction_end[rows] = found.fraction, found.fraction_end
    stamps.notation[rows] = found.notation


def _clocks(octets: Octets, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The row and the first colon of each `h:mm:ss` in the head of a row."""
    colon = octets.positions(ord(":"))
    colon = colon[octets.bytes[colon + 3] == ord(":")]
    for step in (-1, 1, 2, 4, 5):
        colon = colon[digits(octets.bytes[colon + step])]
    hour = _hour(octets, colon)
    before = octets.bytes[hour - 1]
    colon = colon[~digits(before) & (octets.bytes[colon + 1] < ord("6"))]
    row = rows_of(colon, starts)
    colon, row = colon[row >= 0], row[row >= 0]
    inside = (row >= 0) & (colon + 6 <= np.minimum(ends[row], starts[row] + HEAD_BYTES))
    return row[inside], colon[inside]


def _hour(octets: Octets, colon: Ints) -> Ints:
    hour: Ints = colon - 1 - digits(octets.bytes[colon - 2])
    return hour


def _around(octets: Octets, colon: Ints) -> Stamps:
    """The date before each clock, and the fraction and the zone behind it."""
    hour = _hour(octets, colon)
    notation, at = _date(octets, hour)
    fraction, fraction_end = _fraction(octets, colon + 6)
    until = _meridiem(octets, fraction_end)
    until = _year(octets, behind_zone(octets, until), notation, at)
    return Stamps(at, until, colon + 6, fraction, fraction_end, notation)


def _date(octets: Octets, hour: Ints) -> tuple[Ints, Ints]:
    end = hour - _behind_a_key(octets, hour)
    end = end - (end == hour) * among(octets.bytes[hour - 1], b"T _-:,t|\t[")
    for _ in range(3):
        end = end - ((end < hour) & among(octets.bytes[end - 1], b" -:,"))
    notation, at = np.full(len(hour), CLOCK_ONLY), hour.copy()
    left = np.flatnonzero(end < hour)
    for number, shape in enumerate(DATES):
        if number == 1:  # PocketMine's `2026-01-02 [03:04:05]`: any shorter one may be a version
            left = left[octets.bytes[hour[left] - 1] != ord("[")]
        if not left.size:
            break
        begin = end[left] - len(shape)
        fits = shaped(octets, begin, shape)
        # Not the end of something longer, such as a version or an address.
        before = octets.bytes[begin - 1]
        joined = digits(before) | letters(before) | among(before, b"-/")
        # Nor of a file's name: `app.log.1.2026-01-02_03:04:05`.
        behind = octets.bytes[begin - 2]
        joined |= (before == ord(".")) & (letters(behind) | digits(behind))
        fits &= ~joined | (begin == 0)
        if shape.startswith("ad"):
            fits &= among(octets.bytes[begin], b"IWEFDVN")
        notation[left[fits]] = number
        at[left[fits]] = begin[fits] + shape.startswith("ad")
        left = left[~fits]
    return notation, at


def _behind_a_key(octets: Octets, hour: Ints) -> Ints:
    """How much is between date and clock where firewalls write `date=2026-01-02 time=03:04:05`."""
    key = b" time="
    may = octets.bytes[hour - 1] == ord("=")
    if not may.any():
        return np.zeros(len(hour), np.int64)
    size: Ints = (may & octets.literal(key, hour - len(key))) * len(key)
    return size


def _fraction(octets: Octets, end: Ints) -> tuple[Ints, Ints]:
    """Where the digits behind the second begin and end; both `end` if there are none."""
    mark = octets.bytes[end]
    begin = end + 1
    until = begin.copy()
    rows = np.flatnonzero(among(mark, b".,:") & digits(octets.bytes[begin]))
    for _ in range(9):
        if not rows.size:
            break
        rows = rows[digits(octets.bytes[until[rows]])]
        until[rows] += 1
    # `:` may also separate the clock from a number; Java writes three digits behind it.
    none = (until == begin) | ((mark == ord(":")) & (until != begin + 3))
    # More than nanoseconds are a number of their own behind a comma.
    none |= (until == begin + 9) & digits(octets.bytes[until])
    return np.where(none, end, begin), np.where(none, end, until)


def _meridiem(octets: Octets, end: Ints) -> Ints:
    blank = octets.bytes[end] == ord(" ")
    letter = end + blank
    half = among(octets.bytes[letter], b"APap") & among(octets.bytes[letter + 1], b"Mm")
    half &= ~letters(octets.bytes[letter + 2])
    until: Ints = np.where(half, letter + 2, end)
    return until


def _year(octets: Octets, end: Ints, notation: Ints, at: Ints) -> Ints:
    """Behind the year that asctime(3) and date(1) write last."""
    until = end.copy()
    rows = np.flatnonzero(
        ((notation == _BSD) | (notation == _SHORT_BSD)) & (octets.bytes[at - 1] == ord(" "))
    )
    rows = rows[shaped(octets, at[rows] - 4, "aaa ")]
    for century in (" 20dd", " 19dd"):
        fits = shaped(octets, end[rows], century) & ~digits(octets.bytes[end[rows] + 5])
        # Oracle's audit has the zone behind the year.
        until[rows[fits]] = behind_zone(octets, end[rows[fits]] + 5)
    return until


def _bare(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps) -> None:
    """Times of BARE, for the rows that have none yet."""
    rows = np.flatnonzero(stamps.at < 0)
    at = starts[rows] + among(octets.bytes[starts[rows]], b"[(")
    for call in _CALLS:
        if call not in octets.raw:
            continue
        ends_here = np.minimum(ends[rows], starts[rows] + HEAD_BYTES)
        paren = octets.find(ord("("), starts[rows], ends_here)
        called = octets.literal(call, np.maximum(paren + 1 - len(call), 0))
        at = np.where(called & (paren >= starts[rows] + len(call) - 1), paren + 1, at)
    at = _behind_a_process(octets, at)
    for number, shape in enumerate(BARE):
        if not rows.size:
            return
        end = at + len(shape)
        if "." in shape:  # as many digits as there are
            end = _fraction(octets, at + _WHOLE_DIGITS)[1]
        behind = octets.bytes[end]
        fits = shaped(octets, at, shape) & (end <= ends[rows])
        fits &= ~digits(behind) & ~letters(behind) | among(behind, b"Z")
        if shape in BEHIND_A_PROCESS:
            fits &= (octets.bytes[at - 1] == ord(":")) & (at > starts[rows])
        _put(stamps, rows[fits], _bare_stamps(octets, at[fits], end[fits], number))
        rows, at = rows[~fits], at[~fits]
    _behind_a_word(octets, starts, ends, stamps, rows)
    _bracketed(octets, starts, ends, stamps)


def _behind_a_process(octets: Octets, at: Ints) -> Ints:
    """
    Past the numbers of a process and a thread, where a date follows them.

    Zabbix's `  1234:20260102:030405.678 text`, Chromium's `[7:7:0102/030405.678:ERROR:a.cc(3)]`.
    """
    rows = np.flatnonzero(digits(octets.bytes[at]) | (octets.bytes[at] == ord(" ")))
    begin, found = at[rows], at.copy()
    for _ in range(_PROCESS_DIGITS):
        begin += octets.bytes[begin] == ord(" ")
    for shapes in (BEHIND_A_PROCESS, BEHIND_A_PROCESS[1:]):
        for _ in range(_PROCESS_DIGITS):
            begin += digits(octets.bytes[begin])
        fits = (octets.bytes[begin] == ord(":")) & digits(octets.bytes[begin - 1])
        rows, begin = rows[fits], begin[fits] + 1
        for shape in shapes:
            dated = shaped(octets, begin, shape)
            found[rows[dated]] = begin[dated]
    return found


def _behind_a_word(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps, rows: Ints) -> None:
    """`Info: 1767323045.678 text`: a level before the seconds, or strace's number of a process."""
    at = octets.find(ord(" "), starts[rows], np.minimum(ends[rows], starts[rows] + _LEVEL_BYTES))
    at += 1
    shape = BARE[_SECONDS]
    fits = shaped(octets, at, shape) & (at + len(shape) <= ends[rows])
    end = _fraction(octets, at + _WHOLE_DIGITS)[1]
    fits &= ~letters(octets.bytes[end])
    _put(stamps, rows[fits], _bare_stamps(octets, at[fits], end[fits], _SECONDS))


def _bracketed(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps) -> None:
    """`[node-1] [INFO] [1767323045.678901234] [arm]: text`, as ROS 2 writes what it launched."""
    at = octets.positions(ord("[")) + 1
    at = at[shaped(octets, at, BARE[_SECONDS])]
    row = rows_of(at, starts)
    inside = (row >= 0) & (at < np.minimum(ends[row], starts[row] + HEAD_BYTES))
    inside &= stamps.at[row] < 0
    end = _fraction(octets, at + _WHOLE_DIGITS)[1]
    inside &= octets.bytes[end] == ord("]")
    at, row, end = at[inside], row[inside], end[inside]
    first = np.flatnonzero(np.diff(row, prepend=-1) != 0)
    found = _bare_stamps(octets, at[first], end[first], _SECONDS)
    _put(stamps, row[first], found)


def _bare_stamps(octets: Octets, at: Ints, end: Ints, number: int) -> Stamps:
    """Of seconds since 1970 the first ten digits are whole, until the year 2286."""
    notation = np.full(len(at), FIRST_BARE + number)
    if BARE[number] == TAI64N:
        return Stamps(at, end, end - _HEX_FRACTION, end - _HEX_FRACTION, end, notation)
    if not BARE[number].startswith("d" * _WHOLE_DIGITS):
        fraction, until = _fraction(octets, end)
        return Stamps(at, until + (octets.bytes[until] == ord("Z")), end, fraction, until, notation)
    whole = at + _WHOLE_DIGITS
    return Stamps(at, end, whole, whole + ("." in BARE[number]), end, notation)
