"""Where lines state their time, whatever the notation: found on all lines of a block at once."""

from dataclasses import dataclass

import numpy as np

from parsers.words import Bools, Ints, Octets, Octets8, Words, rows_of

# A time further from the start of a line is part of what is said.
HEAD_BYTES = 160
# Dates before a clock such as `15:04:05`, the more telling first. `d` is a digit, `a` a letter, `b`
# a digit or a blank, `-` one of `-/.`, all else itself. What they mean is said in `timestamps.py`.
# Sources: ISO 8601 and strftime habits (`%Y-%m-%d`, `%Y/%m/%d`); CLF and BIND `02/Jan/2026:`,
# `02-Jan-2026 `; Windows and Splunk `01-02-2026`; asctime(3); RFC 3164 `Jan  2`; RFC 5322
# `2 Jan 2026`; Java's DateFormat `Jan 2, 2026`; Redis `02 Jan`; log4j's `yy/MM/dd` (Spark); MySQL 5
# and tornado `260102`; WebSphere `1/2/26`; logcat and geth `01-02`; glog `0102`, since 0.6
# `20260102`, and CockroachDB `260102`, behind their letters.
DATES = (
    *("dddd-dd-dd", "aaa bd", "dd-aaa-dddd", "dd-dd-dddd", "dd aaa dddd", "aaa dd dddd"),
    *("aaa bd, dddd", "dddd aaa bd", "dd aaa", "d-aaa-dddd", "d aaa dddd", "aaa d, dddd"),
    *("aaa  d dddd", "dd-dd-dd", "dddddddd", "dddddd", "d-d-dddd", "dd-d-dddd", "d-dd-dddd"),
    *("d-d-dd", "dd-d-dd", "d-dd-dd", "dd-dd", "adddd"),
    *("adddddd", "adddddddd"),
)
CLOCK_ONLY = len(DATES)
# Times without a colon, at the start of a line: HDFS `260102 030405`, seconds to nanoseconds since
# 1970 (squid, nagios, auditd), ISO 8601's basic form.
BARE = (
    *("dddddd dddddd", "dddddddd dddddd", "ddddddddTdddddd", "dddddddd-dddddd"),
    *("dddddddddd.ddd", "ddddddddddddddddddd", "dddddddddddddddd", "ddddddddddddd"),
    "dddddddddd",
)
_FIRST_BARE = CLOCK_ONLY + 1
YEARLESS = tuple(DATES.index(each) for each in ("aaa bd", "dd aaa", "dd-dd", "adddd"))
_BSD = DATES.index("aaa bd")
_WHOLE_DIGITS = 10
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
    lead = octets.bytes[at[far] - 1]
    own = among(lead, b'"=[') | ((lead == ord(" ")) & (octets.bytes[at[far] - 2] == ord(":")))
    far = far[~own]
    if not far.size:
        return said
    blank = octets.positions(ord(" "))
    between = is_lower(octets.bytes[blank - 1]) & is_lower(octets.bytes[blank + 1])
    blank = blank[between]
    first = np.searchsorted(blank, starts[far])
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
    until = _year(octets, _zone(octets, until), notation, at)
    return Stamps(at, until, colon + 6, fraction, fraction_end, notation)


def _date(octets: Octets, hour: Ints) -> tuple[Ints, Ints]:
    end = hour - among(octets.bytes[hour - 1], b"T _-:,t|")
    for _ in range(3):
        end = end - ((end < hour) & among(octets.bytes[end - 1], b" -:,"))
    notation, at = np.full(len(hour), CLOCK_ONLY), hour.copy()
    left = np.flatnonzero(end < hour)
    for number, shape in enumerate(DATES):
        if not left.size:
            break
        begin = end[left] - len(shape)
        fits = shaped(octets, begin, shape)
        # Not the end of something longer, such as a version or an address.
        before = octets.bytes[begin - 1]
        fits &= ~(digits(before) | letters(before) | among(before, b"-/")) | (begin == 0)
        if shape.startswith("ad"):
            fits &= among(octets.bytes[begin], b"IWEFDVN")
        notation[left[fits]] = number
        at[left[fits]] = begin[fits] + shape.startswith("ad")
        left = left[~fits]
    return notation, at


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
    return np.where(none, end, begin), np.where(none, end, until)


def _meridiem(octets: Octets, end: Ints) -> Ints:
    blank = octets.bytes[end] == ord(" ")
    letter = end + blank
    half = among(octets.bytes[letter], b"APap") & among(octets.bytes[letter + 1], b"Mm")
    half &= ~letters(octets.bytes[letter + 2])
    until: Ints = np.where(half, letter + 2, end)
    return until


def _zone(octets: Octets, end: Ints) -> Ints:
    """Behind `Z`, `+01:00`, ` +0100`, `+01`, ` UTC` and the like."""
    until = end.copy()
    zulu = among(octets.bytes[end], b"Zz") & ~letters(octets.bytes[end + 1])
    until[zulu] = end[zulu] + 1
    left = np.flatnonzero(~zulu)
    begin = end[left] + (octets.bytes[end[left]] == ord(" "))
    sign = among(octets.bytes[begin], b"+-") & digits(octets.bytes[begin + 1])
    rows, at = left[sign], begin[sign] + 1
    for shape in ("dd:dd", "dddd", "dd"):
        fits = shaped(octets, at, shape) & ~digits(octets.bytes[at + len(shape)])
        # ` -12 ` is a number of something; an offset of hours alone stands next to the clock.
        fits &= (at - 1 == end[rows]) | (shape != "dd")
        until[rows[fits]] = at[fits] + len(shape)
        rows, at = rows[~fits], at[~fits]
    _abbreviation(octets, left[~sign], begin[~sign], until)
    return until


# Minutes east of Greenwich, and the abbreviations for it. Sources: RFC 822 section 5.1, and what
# tzdata abbreviates without two meanings in wide use.
_ZONES = {
    0: "UTC GMT UT WET",
    60: "BST CET WEST",
    120: "CEST EET SAST",
    180: "EEST MSK",
    330: "IST",
    480: "SGT HKT AWST",
    540: "JST KST",
    570: "ACST",
    600: "AEST",
    660: "AEDT",
    720: "NZST",
    780: "NZDT",
    -600: "HST",
    -540: "AKST",
    -480: "PST AKDT",
    -420: "MST PDT",
    -360: "CST MDT",
    -300: "EST CDT",
    -240: "EDT",
}
# What else stands in capitals behind a clock is no zone.
ZONE_NAMES = {name: minutes for minutes, names in _ZONES.items() for name in names.split()}


def _abbreviation(octets: Octets, rows: Ints, begin: Ints, until: Ints) -> None:
    capital = octets.bytes[begin] - np.uint8(ord("A")) < 26
    rows, begin = rows[capital], begin[capital]
    if not rows.size:
        return
    word = octets.load(begin)
    for length in {len(name) for name in ZONE_NAMES}:
        mask = np.uint64((1 << (8 * length)) - 1)
        fits = np.isin(word & mask, _zone_keys(length)) & ~letters(octets.bytes[begin + length])
        until[rows[fits]] = begin[fits] + length


def _zone_keys(length: int) -> Words:
    names = [name.encode() for name in ZONE_NAMES if len(name) == length]
    return np.array([int.from_bytes(name, "little") for name in names], np.uint64)


def _year(octets: Octets, end: Ints, notation: Ints, at: Ints) -> Ints:
    """Behind the year that asctime(3) and date(1) write last."""
    until = end.copy()
    rows = np.flatnonzero((notation == _BSD) & (octets.bytes[at - 1] == ord(" ")))
    rows = rows[shaped(octets, at[rows] - 4, "aaa ")]
    for century in (" 20dd", " 19dd"):
        fits = shaped(octets, end[rows], century) & ~digits(octets.bytes[end[rows] + 5])
        until[rows[fits]] = end[rows[fits]] + 5
    return until


def _bare(octets: Octets, starts: Ints, ends: Ints, stamps: Stamps) -> None:
    """Times without a colon, for the rows that have none yet."""
    rows = np.flatnonzero(stamps.at < 0)
    at = starts[rows] + among(octets.bytes[starts[rows]], b"[(")
    for number, shape in enumerate(BARE):
        if not rows.size:
            return
        end = at + len(shape)
        behind = octets.bytes[end]
        fits = shaped(octets, at, shape) & (end <= ends[rows])
        fits &= ~digits(behind) & ~letters(behind) | among(behind, b"Z")
        zulu = (behind == ord("Z"))[fits]
        _put(stamps, rows[fits], _bare_stamps(at[fits], end[fits], zulu, number))
        rows, at = rows[~fits], at[~fits]


def _bare_stamps(at: Ints, end: Ints, zulu: Bools, number: int) -> Stamps:
    """Of seconds since 1970 the first ten digits are whole, until the year 2286."""
    notation = np.full(len(at), _FIRST_BARE + number)
    if not BARE[number].startswith("d" * _WHOLE_DIGITS):
        return Stamps(at, end + zulu, end, end, end, notation)
    whole = at + _WHOLE_DIGITS
    return Stamps(at, end, whole, whole + ("." in BARE[number]), end, notation)


def shaped(octets: Octets, at: Ints, shape: str) -> Bools:
    """Where a shape, see DATES, stands at the offsets `at`."""
    rows = np.arange(len(at))
    for number, wanted in enumerate(shape):
        if not rows.size:
            break
        rows = rows[_is(octets.bytes[at[rows] + number], wanted)]
    found = np.zeros(len(at), np.bool_)
    found[rows] = True
    return found


def _is(octet: Octets8, wanted: str) -> Bools:
    if wanted == "d":
        return digits(octet)
    if wanted == "a":
        return letters(octet)
    if wanted == "-":
        return among(octet, b"-/.")
    found: Bools = octet == ord(" " if wanted == "b" else wanted)
    return found | digits(octet) if wanted == "b" else found


def digits(octet: Octets8) -> Bools:
    """Which bytes are digits."""
    # uint8 wraps, so one comparison tells a digit from all that is below and above.
    found: Bools = octet - np.uint8(ord("0")) < 10
    return found


def letters(octet: Octets8) -> Bools:
    """Which bytes are ASCII letters."""
    found: Bools = (octet | np.uint8(0x20)) - np.uint8(ord("a")) < 26
    return found


def is_lower(octet: Octets8) -> Bools:
    """Which bytes are lower-case ASCII letters."""
    found: Bools = octet - np.uint8(ord("a")) < 26
    return found


def among(octet: Octets8, wanted: bytes) -> Bools:
    """Which bytes are one of `wanted`."""
    found: Bools = octet == wanted[0]
    for each in wanted[1:]:
        found |= octet == each
    return found
