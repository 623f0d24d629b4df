"""Apache's `LogFormat` as the text of an nginx `log_format`, which says the same in other words."""

import re

from parsers.layout import LayoutError

# Source: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats. A field gets the name
# of nginx's variable for the same thing; what nginx has not gets one that says what it is.
_NAMES = {
    "h": "remote_addr",
    "a": "remote_addr",
    "l": "remote_logname",
    "u": "remote_user",
    "t": "time_local",
    "r": "request",
    "s": "status",
    "b": "body_bytes_sent",
    "B": "body_bytes_sent",
    "O": "bytes_sent",
    "I": "request_length",
    "S": "bytes_both",
    "D": "request_time_us",
    "T": "request_time",
    "v": "host",
    "V": "host",
    "p": "server_port",
    "m": "request_method",
    "U": "uri",
    "q": "args",
    "H": "server_protocol",
    "P": "pid",
    "f": "request_filename",
    "X": "connection_state",
    "k": "connection_requests",
    "L": "log_id",
    "A": "server_addr",
    "R": "handler_name",
}
_OF_NAME = {"i": "http_{}", "o": "sent_http_{}", "C": "cookie_{}", "e": "env_{}", "n": "note_{}"}
_DIRECTIVE = re.compile(r"%(?:[<>!]|\d{3},?)*(?:\{(?P<name>[^}]+)\})?(?P<letter>[A-Za-z%])")
# What no Python format and no nginx format has.
_TELLING = re.compile(r"%[<>]?[hsrtb](?![A-Za-z])|%\{[^}]+\}[ioC]")


def is_log_format(text: str) -> bool:
    """Whether a text is a `LogFormat` rather than the name of a format."""
    return _TELLING.search(text) is not None


def as_nginx(text: str) -> str:
    """
    Translate a `LogFormat`, with or without the backslashes that the configuration needs.

    Raises LayoutError for a directive that does not exist.
    """
    parts: list[str] = []
    end = 0
    text = text.replace('\\"', '"').replace("\\t", "\t")
    for match in _DIRECTIVE.finditer(text):
        parts += [text[end : match.start()], _variable(match)]
        end = match.end()
    return "".join([*parts, text[end:]])


def _variable(match: re.Match[str]) -> str:
    name, letter = match["name"], match["letter"]
    if letter == "%":
        return "%"
    if name and letter in _OF_NAME:
        cleaned = re.sub(r"\W", "_", name).lower()
        return f"${{{_OF_NAME[letter].format(cleaned)}}}"
    if letter not in _NAMES:
        raise LayoutError(f"{match[0]} is no directive of LogFormat", match.start() + 1)
    if letter == "T" and name in ("ms", "us"):
        return f"${{request_time_{name}}}"
    variable = f"${{{_NAMES[letter]}}}"
    return f"[{variable}]" if letter == "t" and not name else variable
