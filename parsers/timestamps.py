"""The times that logs write, as ISO 8601 with an offset."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

_NAMES = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
# 22/Jan/2021:14:53:35 +0000
_CLF = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)")
# 2021/01/22 14:59:12, 2021-01-22T14:59:12.123Z, 2021-01-22 14:59:12,123 +0100
ISO_LIKE = (
    rb"\d{4}(?:-\d\d-|/\d\d/)\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
)
_ISO_PARTS = re.compile(
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?"
)


def clf_time(raw: bytes) -> str | None:
    """Read nginx's `$time_local` (the Common Log Format), or None if `raw` is no such time."""
    match = _CLF.fullmatch(raw)
    if not match or match[2] not in _MONTHS:
        return None
    day, month, year, clock, hours, minutes = match.groups()
    iso = b"%b-%02d-%bT%b%b:%b" % (year, _MONTHS[month], day, clock, hours, minutes)
    return _checked(iso.decode("ascii"))


def iso_time(zone: tzinfo | None) -> Callable[[bytes], str | None]:
    """
    Make a reader for ISO-like times; one without an offset is local time in `zone` (None: UTC).

    Of the two readings of the hour that repeats when clocks go back it takes the first.
    """

    def read(raw: bytes) -> str | None:
        match = _ISO_PARTS.fullmatch(raw)
        if not match:
            return None
        year, month, day, clock, fraction, offset = match.groups()
        text = b"%b-%b-%bT%b" % (year, month, day, clock)
        text += b"." + fraction[:6] if fraction else b""
        return _checked((text + (offset or b"")).decode("ascii"), zone)

    return read


def epoch_time(seconds: float) -> str | None:
    """Seconds since 1970 as UTC, or None if out of range."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def with_year_of(outer: str, inner: str, record: bytes) -> str:
    """
    A time whose record leaves out the year, in that of `outer`, when it was written.

    A record that states its year keeps it, and so does one whose time is not that of `outer`.
    """
    if inner[:4].encode() in record:
        return inner
    written, time = datetime.fromisoformat(outer), datetime.fromisoformat(inner)
    for year in (written.year, written.year - 1, written.year + 1):
        try:
            moved = time.replace(year=year)
        except ValueError:  # the 29th of February
            continue
        if abs(moved - written) < timedelta(days=1):
            return moved.isoformat()
    return inner


def _checked(iso: str, zone: tzinfo | None = None) -> str | None:
    try:
        time = datetime.fromisoformat(iso)
    except ValueError:  # the 31st of February: the record has no time that means anything
        return None
    aware = time if time.tzinfo else time.replace(tzinfo=zone or UTC)
    offset = aware.utcoffset()
    if offset and offset.seconds % 60:
        # Local mean time, from before there were zones: RFC 3339 has no seconds in an offset.
        try:
            aware = aware.astimezone(UTC)
        except OverflowError:  # the first of all days
            return None
    return aware.isoformat()
