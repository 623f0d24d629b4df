"""
Times of any notation as aware ISO 8601, whatever they leave out: the year, the zone, the century.

Parsers are pure, so what a time leaves out comes from outside: the zone of the source, and a
reference, a time by which the last record had been written (the file's modification time in a
replay, the wall clock when a file is followed).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from parsers.columns import Value
from parsers.notations import BARE, CLOCK_ONLY, DATES, TAI64N
from parsers.zone_marks import zone_of

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
# As syslog and journalctl write them in German, Dutch, French, Spanish, Italian and Portuguese,
# where three letters tell (glibc's locales, abmon; not opened).
_MONTHS |= {"gen": 1, "ene": 1, "fev": 2, "mrt": 3, "abr": 4, "avr": 4, "mai": 5, "mei": 5}
_MONTHS |= {"mag": 5, "giu": 6, "lug": 7, "ago": 8, "set": 9, "okt": 10, "ott": 10, "out": 10}
_MONTHS |= {"dez": 12, "dic": 12}
# What the numbers of each notation of DATES mean: Y year, y year of the century, m month, b its
# name, d day. Several readings are told apart by the lines of a block, the first if they cannot be:
# US order with slashes and dashes (Splunk, cacti, IBM MQ, WebSphere), log4j's `yy/MM/dd` (Spark).
_READINGS = {
    **dict.fromkeys(("dddd-dd-dd", "dddd:dd:dd", "dddd-d-dd", "dddd-dd-d", "dddd-d-d"), ("Ymd",)),
    **dict.fromkeys(("aaa bd", "aaa d", "adddd", "dd-dd", "aaa-dd"), ("md",)),
    **dict.fromkeys(("dd-aaa-dddd", "dd aaa dddd", "d-aaa-dddd", "d aaa dddd"), ("dmY",)),
    "ddaaadddd": ("dmY",),
    **dict.fromkeys(("dd-dd-dddd", "d-d-dddd", "dd-d-dddd", "d-dd-dddd"), ("mdY", "dmY")),
    **dict.fromkeys(("aaa dd dddd", "aaa bd, dddd", "aaa d, dddd", "aaa  d dddd"), ("mdY",)),
    "dddd aaa bd": ("Ymd",),
    **dict.fromkeys(("dd aaa", "d aaa"), ("dm",)),
    "dd-dd-dd": ("ymd", "mdy", "dmy"),
    **dict.fromkeys(("d-d-dd", "dd-d-dd", "d-dd-dd"), ("mdy", "dmy")),
    **dict.fromkeys(("dddddddd", "adddddddd"), ("Ymd",)),
    **dict.fromkeys(("dddddd", "adddddd"), ("ymd",)),
}
_ORDERS = tuple(_READINGS[shape] for shape in DATES)
_AMBIGUOUS = frozenset(number for number, orders in enumerate(_ORDERS) if len(orders) > 1)
_BARE_ORDERS = {"dddd/dddddd": "md"}
_TAI64N = CLOCK_ONLY + 1 + BARE.index(TAI64N)
_PARTS = re.compile(rb"[A-Za-z]+|\d+")
_CLOCK = re.compile(
    rb"(?:[T _\-:,t|\t[]{0,4}| time=)(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d) ?"
    rb"(?P<half>[AaPp][Mm])? ?"
    rb"(?P<zone>[Zz]|[+-]\d\d:?(?:\d\d)?|[A-Z]{2,4}"
    rb"|[A-Z][a-z]+/[\w/+-]{1,25})? ?"
    rb"(?:(?P<year>\d{4})(?: ?(?P<last>[+-]\d\d:?\d\d|[A-Z]{2,4}|Z))?)?"
)
_LATEST = timedelta(days=1)  # a clock that is ahead of ours by more says nothing
_NEAR = timedelta(days=2)
# TAI was so many seconds ahead in 1970; daemontools and s6 leave out the leap seconds since
# (skalibs' src/include/skalibs/tai.h: TAI_EPOCH).
_TAI_AHEAD = 10
_FIRST_SECOND = 10**9  # September 2001; a smaller number of ten digits is something else
# How much of a stamp is what ten minutes do not change, and what is read in its place.
WITH_COLON = len("0:00")
_ZERO = {0: b"", len("000"): b"000", WITH_COLON: b"0:00"}
_SECOND_PASS = timedelta(minutes=20)  # lines of several threads are a little out of order


# What stands before the last digit of the minutes, from there to the second's end, behind the
# fraction, the fraction's digits, and the notation.
Stamp = tuple[bytes, bytes, bytes, bytes, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A time without its fraction: what stands before and behind it in ISO 8601."""

    before: str
    behind: str
    # Of the hour that repeats when clocks go back: its wall clock, and what the later reading has.
    wall: datetime | None = None
    later: str = ""


@dataclass(frozen=True, slots=True)
class Moments:
    """Reads times of one source."""

    zone: tzinfo | None = None
    # A time by which the last record had been written; None: years stay unknown.
    reference: datetime | None = None

    def read(self, raw: bytes, notation: int, order: str = "") -> Reading | None:
        """Read one stamp without its fraction; None if it is no time, or not enough of one."""
        if not raw:
            return None
        if notation > CLOCK_ONLY:
            return self._bare(raw, BARE[notation - CLOCK_ONLY - 1])
        shape = DATES[notation] if notation < CLOCK_ONLY else ""
        clock = _CLOCK.fullmatch(raw, len(shape) - shape.startswith("ad"))
        if not shape or not clock:
            return None
        days = raw[: clock.start()]
        return self._whole(_numbers(days, order or _ORDERS[notation][0]), clock)

    def _whole(self, parts: dict[str, int], clock: re.Match[bytes]) -> Reading | None:
        if clock["year"]:
            parts["Y"] = int(clock["year"])
        try:
            hour = _hour(int(clock["h"]), clock["half"])
            wall = self._dated(parts, (hour, int(clock["m"]), int(clock["s"])))
        except (ValueError, KeyError, OverflowError):  # the 31st of February, an unknown month
            return None
        return self._aware(wall, clock["zone"] or clock["last"]) if wall else None

    def _dated(self, parts: dict[str, int], clock: tuple[int, int, int]) -> datetime | None:
        month, day = parts["m"], parts["d"]
        if "Y" in parts or "y" in parts:
            year = parts.get("Y") or _century(parts["y"])
            return datetime(year, month, day, *clock)  # noqa: DTZ001 - the zone comes behind
        if self.reference is None:
            return None
        limit = self.reference.astimezone(self.zone or UTC).replace(tzinfo=None) + _LATEST
        # The last such time before the reference; of the 29th of February that may be long ago.
        for year in range(limit.year, limit.year - 9, -1):
            if (month, day) == (2, 29) and not _is_leap(year):
                continue
            wall = datetime(year, month, day, *clock)  # noqa: DTZ001
            if wall <= limit:
                return wall
        return None

    def _aware(self, wall: datetime, zone: bytes | None) -> Reading | None:
        stated = zone_of(zone, wall, self.zone) or self.zone
        if stated is None:
            return _reading(wall.replace(tzinfo=UTC))
        first, second = (wall.replace(tzinfo=stated, fold=fold) for fold in (0, 1))
        one, two = _reading(first), _reading(second)
        if not one or not two or first.utcoffset() == second.utcoffset():
            return one
        if (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta()):
            return one  # the hour that is left out in spring: nobody's clock shows it
        return Reading(one.before, one.behind, wall, two.behind)

    def _bare(self, raw: bytes, shape: str) -> Reading | None:
        if shape == TAI64N:
            return _since_1970(int(raw[-8:], 16) - _TAI_AHEAD)
        if shape.startswith("d" * 10):
            return _since_1970(int(raw))
        stripped = raw.rstrip(b"Z")
        zone = b"Z" if raw[-1:] == b"Z" else b""
        days, clock = stripped[:-7], stripped[-6:]
        match = _CLOCK.fullmatch(b"%b:%b:%b%b" % (clock[:2], clock[2:4], clock[4:], zone))
        order = _BARE_ORDERS.get(shape) or ("ymd" if len(days) == len("yymmdd") else "Ymd")
        return self._whole(_numbers(days, order), match) if match else None

    def order_of(self, notation: int, stamps: Sequence[bytes]) -> str:
        """
        Which part of an ambiguous date is the month: the first reading that all lines allow.

        If they allow several, and the last line would be about as old as the reference by one of
        them, it is that one.
        """
        orders = _ORDERS[notation]
        days = [raw[: len(DATES[notation])] for raw in stamps]
        # 02.01.2026; Suricata's 2/1/2026 -- 03:04:05 (src/util-debug.c: SC_LOG_FMT_TIME).
        if b"." in days[0] or stamps[0][len(days[0]) :].startswith(b" -- "):
            orders = tuple(order for order in orders if order[0] == "d") or orders
        possible = [each for each in orders if all(_is_date(raw, each) for raw in days)]
        for order in possible if self.reference is not None else ():
            read = self.read(stamps[-1], notation, order)
            if read and _is_near(read, self.reference):
                return order
        return (possible or list(orders))[0]

    def column(self, rows: Sequence[Stamp]) -> list[Value]:
        """
        The times of all rows in file order.

        Of the two readings of the repeated hour the later one is taken from where the wall clock
        goes back, or, if it never does, if the reference says so. No zone changes its offset but at
        a multiple of ten minutes, so ten minutes are read once, and the rest is text.
        """
        orders = self._orders(rows)
        times: list[Value] = []
        passes = _Passes(self.reference)
        known: dict[tuple[bytes, bytes, int], Reading | None] = {}
        for head, tail, zone, fraction, notation in rows:
            key = (head, zone, notation)
            if key not in known:
                whole = head + _ZERO[len(tail)] + zone
                known[key] = self.read(whole, notation, orders.get(notation, ""))
            read = known[key]
            if read is None or tail[-2:-1] > b"5":  # a second that leaps is no time in ISO 8601
                times.append(None)
                continue
            behind = passes.behind(read) if read.wall else read.behind
            before = read.before[:-4] + _minutes(tail) if tail else read.before
            digits = _digits(fraction, notation)
            times.append(before + behind if digits == "000000" else f"{before}.{digits}{behind}")
        return times

    def _orders(self, rows: Sequence[Stamp]) -> dict[int, str]:
        orders = {}
        for number in {row[-1] for row in rows} & _AMBIGUOUS:
            stamps = {row[0] + _ZERO[4] + row[2]: None for row in rows if row[-1] == number}
            orders[number] = self.order_of(number, list(stamps))
        return orders


def _digits(fraction: bytes, notation: int) -> str:
    """Microseconds, as six digits."""
    if notation == _TAI64N:
        return f"{min(int(fraction, 16) // 1000, 999_999):06}"
    return fraction.decode("ascii")[:6].ljust(6, "0") if fraction else "000000"


@dataclass(slots=True)
class _Passes:
    """Which pass through the repeated hour the lines are in."""

    reference: datetime | None
    last: datetime | None = None
    second: bool = False

    def behind(self, read: Reading) -> str:
        assert read.wall  # only such are asked for
        if self.last is None or abs(read.wall - self.last) > timedelta(hours=2):
            self.second = self._is_late(read)
        elif read.wall < self.last - _SECOND_PASS:
            self.second = True
        self.last = read.wall
        return read.later if self.second else read.behind

    def _is_late(self, read: Reading) -> bool:
        """Whether the later reading is about as old as the reference, and the first is not."""
        if self.reference is None:
            return False
        late = datetime.fromisoformat(read.before + read.later)
        return timedelta(minutes=-5) <= self.reference - late < timedelta(minutes=30)


def _minutes(tail: bytes) -> str:
    text = tail.decode("ascii")
    return text if len(text) == WITH_COLON else f"{text[0]}:{text[1:]}"


def _numbers(days: bytes, order: str) -> dict[str, int]:
    parts = _PARTS.findall(days)
    if len(parts) == 1:  # 20260102, 260102, 0102
        raw = parts[0]
        parts = [raw[-4:-2], raw[-2:]] if order == "md" else [raw[:-4], raw[-4:-2], raw[-2:]]
    found: dict[str, int] = {}
    for name, part in zip(order, parts, strict=False):
        month = _MONTHS.get(part.decode("ascii").lower()) if part.isalpha() else None
        if part.isdigit() or month:
            found[name] = month or int(part)
    return found


def _is_date(days: bytes, order: str) -> bool:
    parts = _numbers(days, order)
    try:
        date(parts.get("Y") or _century(parts["y"]), parts["m"], parts["d"])
    except (ValueError, KeyError):
        return False
    return True


def _century(year: int) -> int:
    """Two digits as POSIX's `%y` reads them: 69 to 99 are of the last century."""
    return 1900 + year if 69 <= year < 100 else 2000 + year


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _hour(hour: int, half: bytes | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("a clock of twelve hours")
    return hour % 12 + (12 if half.lower() == b"pm" else 0)


def _reading(aware: datetime) -> Reading | None:
    offset = aware.utcoffset()
    if offset and offset.seconds % 60:
        # Local mean time, from before there were zones: RFC 3339 has no seconds in an offset.
        try:
            aware = aware.astimezone(UTC)
        except OverflowError:  # the first of all days
            return None
    text = aware.isoformat()
    return Reading(text[:19], text[19:])


def _since_1970(seconds: int) -> Reading | None:
    return _reading(datetime.fromtimestamp(seconds, UTC)) if seconds >= _FIRST_SECOND else None


def _is_near(read: Reading, reference: datetime | None) -> bool:
    time = datetime.fromisoformat(read.before + read.behind)
    return reference is not None and abs(time - reference) < _NEAR
