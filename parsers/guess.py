"""The `log_format` behind access lines that begin as `combined` does and go on in their own way."""

import re
from collections.abc import Iterator, Mapping

from parsers.layout import LayoutError
from parsers.nginx_access import COMBINED, DEFAULT_SEVERITIES, AccessParser, access_parser
from parsers.severity import Severity

_COMBINED = re.compile(
    rb'[^ "]+ - [^"]* \[[^"\]]{26}\] "(?:[^"\\]|\\.)*" \d{3} [^ "]+ '
    rb'"(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"'
)
_TRIED_LINES = 10
# No log_format has more; a stranger's line may.
_MOST_PARTS = 40
# `"text"`, `key=text`, `key="text"` or bare text, with what separates it from the part before.
_PART = re.compile(
    rb'(?P<gap>[ |,;]*)(?P<label>[A-Za-z_]\w*[=:])?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^ "|,;]+))'
)
# What people call nginx's variables in `key=$variable`; any other key is its own name.
_NAMES = {
    "rt": "request_time",
    "urt": "upstream_response_time",
    "uct": "upstream_connect_time",
    "uht": "upstream_header_time",
    "ua": "upstream_addr",
    "us": "upstream_status",
    "cs": "upstream_cache_status",
    "xff": "http_x_forwarded_for",
    "host": "host",
    "rl": "request_length",
}


def guess_access(
    head: bytes, *, severities: Mapping[str, Severity] = DEFAULT_SEVERITIES
) -> AccessParser | None:
    """
    Make a parser for lines that `combined` begins, by the shape of the first of them.

    Unlabelled parts are called `extra_1`, `extra_2`, …; None if no early line is of that kind, or
    if the rest of it has no clear shape.
    """
    for line in head.split(b"\n", _TRIED_LINES)[:_TRIED_LINES]:
        record = line.removesuffix(b"\r")
        combined = _COMBINED.match(record)
        if combined and combined.end() < len(record):
            return _parser(record[combined.end() :], severities)
    return None


def _parser(rest: bytes, severities: Mapping[str, Severity]) -> AccessParser | None:
    parts = list(_parts(rest))
    if not parts or None in parts:
        return None
    try:
        text = COMBINED + "".join(part for part in parts if part)
        return access_parser(text, severities=severities)
    except LayoutError:
        return None


def _parts(rest: bytes) -> Iterator[str | None]:
    """The parts of a log_format for the rest of a line; None where it has no clear shape."""
    at = number = 0
    while at < len(rest):
        match = _PART.match(rest, at)
        number += 1
        if not match or not match["gap"] or number > _MOST_PARTS:
            yield None
            return
        yield _part(match, number)
        at = match.end()


def _part(match: re.Match[bytes], number: int) -> str:
    label = (match["label"] or b"").decode("ascii")
    key = label[:-1]
    variable = _NAMES.get(key, key) or f"extra_{number}"
    quote = '"' if match["quoted"] is not None else ""
    return f"{match['gap'].decode('ascii')}{label}{quote}${{{variable}}}{quote}"
