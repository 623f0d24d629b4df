"""What a time says of its zone: where that ends in a line, and which zone it is."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from parsers.kinds import among, digits, letters, shaped
from parsers.words import Ints, Octets, Words

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
# What the names of tzdata begin with.
_AREAS = (
    *(b"Africa/", b"America/", b"Antarctica/", b"Arctic/", b"Asia/", b"Atlantic/", b"Australia/"),
    *(b"Etc/", b"Europe/", b"Indian/", b"Pacific/"),
)
_LONGEST_PLACE = 32  # America/Argentina/ComodRivadavia


def behind_zone(octets: Octets, end: Ints) -> Ints:
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
    _place(octets, left[~sign], begin[~sign], until)
    return until


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


def _place(octets: Octets, rows: Ints, begin: Ints, until: Ints) -> None:
    """PHP's `[02-Jan-2026 03:04:05 Europe/Berlin]` (seen in logs; main/main.c was not opened)."""
    capital = among(octets.bytes[begin], b"AEIP") & (octets.bytes[begin - 1] == ord(" "))
    rows, begin = rows[capital], begin[capital]
    for area in _AREAS if rows.size else ():
        here = octets.literal(area, begin)
        close = octets.find(ord("]"), begin[here], begin[here] + _LONGEST_PLACE)
        ended = octets.bytes[close] == ord("]")
        until[rows[here][ended]] = close[ended]


def _zone_keys(length: int) -> Words:
    names = [name.encode() for name in ZONE_NAMES if len(name) == length]
    return np.array([int.from_bytes(name, "little") for name in names], np.uint64)


def zone_of(zone: bytes | None, wall: datetime, source: tzinfo | None) -> tzinfo | None:
    """What a stamp says of its zone; an abbreviation as the source's own zone means it."""
    if not zone:
        return None
    if zone in b"Zz":
        return UTC
    if zone[:1] in b"+-":
        sign = -1 if zone[:1] == b"-" else 1
        numbers = zone[1:].replace(b":", b"").ljust(4, b"0")
        minutes = int(numbers[:2]) * 60 + int(numbers[2:])
        return timezone(sign * timedelta(minutes=minutes)) if minutes < 24 * 60 else None
    name = zone.decode("ascii")
    if "/" in name:
        return _named(name)
    for fold in (0, 1):
        local = wall.replace(tzinfo=source, fold=fold) if source else wall
        if source and local.tzname() == name:
            return timezone(local.utcoffset() or timedelta())
    return timezone(timedelta(minutes=ZONE_NAMES[name])) if name in ZONE_NAMES else None


@lru_cache(maxsize=64)
def _named(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # `Europe/Nowhere`, `Europe`, a path
        return None
