"""The time of a structured record, in whatever notation its logger writes it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from parsers.columns import Value
from parsers.timestamps import clf_time, epoch_time, iso_time

_EPOCH = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
_LONGEST = 64  # no time is longer; a text may be a megabyte
# `2022-11-01 10:15:07.123 CET`.
_NAMED_ZONE = re.compile(rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?) ?([A-Z]{2,5})")
# Seconds and nanoseconds apart.
_APART = (("seconds", "nanos"), ("epochSecond", "nanoOfSecond"), ("_seconds", "_nanoseconds"))
# Objects with one key that holds the time, as mongod and loguru write it.
_WITHIN = ("$date", "$numberLong", "timestamp", "repr")


def record_time(zone: tzinfo | None) -> Callable[[Value], str | None]:
    """
    Make a reader of times: ISO-like texts, the Common Log Format, epochs, and objects of those.

    A text without offset is local time in `zone` (None: UTC). Epochs are told apart by size. What
    is none of these has no time.
    """
    iso = iso_time(zone)

    def read(value: Value, depth: int = 2) -> str | None:
        if isinstance(value, str):
            return _text_time(value, iso, zone)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _epoch(value)
        if isinstance(value, dict) and depth:
            for whole, part in _APART:
                if whole in value:
                    return _apart(value[whole], value.get(part))
            return next((read(value[key], depth - 1) for key in _WITHIN if key in value), None)
        return None

    return read


def _text_time(value: str, iso: Callable[[bytes], str | None], zone: tzinfo | None) -> str | None:
    if len(value) > _LONGEST:
        return None
    if _EPOCH.fullmatch(value):
        return _epoch(float(value))
    raw = value.encode()
    return iso(raw) or clf_time(raw) or _with_zone_name(raw, iso, zone)


def _with_zone_name(
    raw: bytes, iso: Callable[[bytes], str | None], zone: tzinfo | None
) -> str | None:
    """A time with an abbreviation, if that is UTC's or what the source's zone calls that time."""
    match = _NAMED_ZONE.fullmatch(raw)
    if not match:
        return None
    if match[2] in (b"UTC", b"GMT"):
        return iso(match[1] + b"Z")
    local = iso(match[1])
    for fold in (0, 1) if local and zone else ():
        aware = datetime.fromisoformat(str(local)).replace(tzinfo=zone, fold=fold)
        if aware.tzname() == match[2].decode("ascii"):
            return aware.isoformat()
    return None


def _apart(seconds: Value, nanos: Value) -> str | None:
    whole, part = _whole(seconds), _whole(nanos or 0)
    if whole is None or part is None or not 0 <= part < 1_000_000_000:
        return None
    try:
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=part // 1000).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _whole(value: Value) -> int | None:
    if isinstance(value, str) and len(value) <= _LONGEST and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _epoch(number: float) -> str | None:
    """Seconds, milli-, micro- or nanoseconds, told apart by size: right from 1973 to 5138."""
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= number / unit < 1e11:
            return epoch_time(number / unit)
    return None  # `"time": 0.25` is how long something took
