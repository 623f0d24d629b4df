"""How metric names are made: clean whatever the log holds, so that every StatsD server agrees."""

import re
from functools import lru_cache
from zlib import crc32

MAX_NAME_CHARS = 200  # servers make a file name of it, and those end at 255 bytes
MAX_PART_CHARS = 80  # leaves room for two parts and our own words in one name
CACHED_NAMES = 10_000  # more than an agent has series; or each timer sample would clean its name

_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_UNSAFE_IN_PART = re.compile(r"[^A-Za-z0-9_-]+")
_DOTS = re.compile(r"\.{2,}")


def metric_part(text: str) -> str:
    """
    Clean one part of a name, built from log content: `[a-z0-9_-]+`, 1 to 80 characters.

    Whoever makes requests chooses the text. `:`, `|`, `@`, `#` or a newline would corrupt the line
    or inject another metric, a dot would make a new branch in Graphite, and servers disagree on the
    rest (statsd 0.9.0 deletes é, collectd keeps it), so that one series would have several names.

    >>> metric_part("GET /a.b")
    'get_a_b'
    """
    return _UNSAFE_IN_PART.sub("_", text[:MAX_PART_CHARS]).lower() or "_"


def route_part(route: str) -> str:
    """
    Clean a route, so that one can read it and tell it from others: `/a/b` is not `/a_b`.

    A `/` becomes `__`, what stands for an id `-id`, the rest behind `*` `-all`, and `/` alone
    `-root`. One that is too long ends in a checksum of the whole: many routes begin alike.

    >>> route_part("/api/order_items/:id")
    'api__order_items__-id'
    """
    text = route.removeprefix("/").replace("/", "__").replace(":", "-").replace("*", "-all")
    if len(text) > MAX_PART_CHARS:
        text = f"{text[: MAX_PART_CHARS - 9]}-{crc32(route.encode(errors='replace')):08x}"
    return metric_part(text or "-root")


@lru_cache(CACHED_NAMES)
def metric_name(text: str) -> str:
    """
    Clean a whole metric name: `[A-Za-z0-9_.-]+`, 1 to 200 characters, no empty part between dots.

    These characters are safe with statsd 0.9.0, collectd 5.12 and netdata 1.37; any other is
    deleted by one and replaced by the next. An empty part would be a nameless folder in Graphite.

    >>> metric_name("web..5xx rate")
    'web.5xx_rate'
    """
    clean = _DOTS.sub(".", _UNSAFE_IN_NAME.sub("_", text[:MAX_NAME_CHARS]))
    return clean.strip(".") or "_"
