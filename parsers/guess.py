"""The `log_format` behind access lines of no known format, by the shape of one of them."""

import re
from collections.abc import Iterator, Mapping

from parsers.layout import LayoutError
from parsers.nginx_access import DEFAULT_SEVERITIES, AccessParser, access_parser
from parsers.routes import Router
from parsers.severity import Severity

_STRING = rb'"(?:[^"\\]|\\.)*"'
# What every access format has in common, with what may stand before and behind it.
_CORE = re.compile(
    rb'(?P<before>(?:[^ "\[\]]+ ){1,4})\[\d\d/[A-Z][a-z]{2}/\d{4}:[^"\]]{14}\] '
    rb"%b \d{3}(?P<size> (?:\d+|-))?(?P<agent> %b %b)?(?= |\Z)" % (_STRING, _STRING, _STRING)
)
_ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|unix:\S*")
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
    head: bytes,
    *,
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
    router: Router | None = None,
) -> AccessParser | None:
    """
    Make a parser for access lines of a format that is in no table, by the shape of the first.

    Parts that say what they are by their place have nginx's names, labelled ones their label, and
    the others are called `extra_1`, `extra_2`, …; None if no early line is an access line, or if
    the rest of it has no clear shape.
    """
    for line in head.split(b"\n", _TRIED_LINES)[:_TRIED_LINES]:
        record = line.removesuffix(b"\r")
        core = _CORE.match(record)
        before = _before(core["before"].split()) if core else None
        if core and before:
            return _parser(before + _core(core), record[core.end() :], severities, router)
    return None


def _before(words: list[bytes]) -> str | None:
    """
    The variables before the time: an address, a host before or behind it, a user.

    `host address - user` is what Apache and nginx call `vhost`; `address host user` is fluentd's
    idea of nginx's format, which many have configured.
    """
    host = ""
    if len(words) > 1 and not _ADDRESS.fullmatch(words[0]):
        host = "$host:$server_port " if b":" in words[0] else "$host "
        words = words[1:]
    if not words or not _ADDRESS.fullmatch(words[0]):
        return None
    users = {0: "", 1: " $remote_user", 2: " - $remote_user"}
    if len(words) == 3 and words[1] != b"-" and not host:
        return "$remote_addr $host $remote_user"
    if len(words) - 1 not in users or (len(words) == 3 and words[1] != b"-"):
        return None
    return f"{host}$remote_addr{users[len(words) - 1]}"


def _core(core: re.Match[bytes]) -> str:
    text = ' [$time_local] "$request" $status'
    text += " $body_bytes_sent" if core["size"] else ""
    return text + (' "$http_referer" "$http_user_agent"' if core["agent"] else "")


def _parser(
    text: str, rest: bytes, severities: Mapping[str, Severity], router: Router | None
) -> AccessParser | None:
    parts = list(_parts(rest))
    if None in parts:
        return None
    try:
        text += "".join(p for p in parts if p)
        return access_parser(text, severities=severities, router=router)
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
