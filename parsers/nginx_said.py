"""What the text of an nginx error states itself: errno, zone, client, ModSecurity's marks."""

import re

from parsers.columns import Value, text

_ERRNO = re.compile(rb"\((?P<errno>\d+): (?P<errno_text>[^()]*)\)")
# Sources: ngx_http_limit_req_module.c, ngx_http_limit_conn_module.c and their stream twins.
_ZONE = re.compile(
    rb"(?:limiting|delaying) (?:requests?|connections)(?:, dry run)?"
    rb'(?:, excess: (?P<excess>\d+\.\d+),?)? by zone "(?P<zone>[^"]*)"\Z'
)
# Sources: "client %V closed keepalive connection" (ngx_http_request.c), "%*s connected to %V"
# (ngx_mail_handler.c, ngx_stream_handler.c), ModSecurity's connector (`[client …] ModSecurity:`).
_CLIENT = re.compile(
    rb"(?:(?:udp )?client (?P<client>[0-9A-Fa-f.:]+?|\[[0-9A-Fa-f.:]+\])(?::(?P<client_port>\d+))?"
    rb" (?:connected to |closed keepalive)|\[client (?P<of_modsecurity>[^\]\s]+)\])"
)
_MODSECURITY = b"ModSecurity: "
# The marks at the end, which ModSecurity writes behind all that strangers sent but in `data` and
# `uri`; there it writes a quote as \x22 (RuleMessage::_details, utils::string::toHexIfNeeded).
_MARKS = re.compile(rb'(?: \[[a-z_]+ "[^"]*"\])+(?: while [a-z ]+)?\Z')
_MARK = re.compile(rb' \[([a-z_]+) "([^"]*)"\]')
_LISTS = ("tag",)
# nginx cuts its records at 2 KiB; what is longer is not from nginx.
_MOST_BYTES = 4096
# Those that a person looks for; the others say how the rule set was made.
MARKS = ("id", "msg", "data", "severity", "file", "line", "tag", "hostname", "uri", "unique_id")
SAID_FIELDS = (
    *("errno", "errno_text", "excess", "zone", "client_port"),
    *(f"modsecurity_{name}" for name in MARKS),
)


def said(message: bytes) -> dict[str, Value]:
    """The parts of a message; a `client` only where the message names it, before the context."""
    parts: dict[str, Value] = {}
    for errno in _ERRNO.finditer(message):  # nginx writes it last; a path may hold another
        parts["errno"] = integer(errno["errno"])
        parts["errno_text"] = text(errno["errno_text"])
    if zone := _ZONE.search(message):
        parts |= {"zone": text(zone["zone"])}
        if zone["excess"]:
            parts["excess"] = float(zone["excess"])
    if client := _CLIENT.match(message):
        parts["client"] = text((client["client"] or client["of_modsecurity"]).strip(b"[]"))
        if client["client_port"]:
            parts["client_port"] = integer(client["client_port"])
    if _MODSECURITY in message:
        parts |= _modsecurity(message)
    return parts


def integer(digits: bytes) -> Value:
    """A number, or its text if it is too long for one."""
    return int(digits) if len(digits) < 19 else text(digits)


def _modsecurity(message: bytes) -> dict[str, Value]:
    marks = _MARKS.search(message[-_MOST_BYTES:])
    parts: dict[str, Value] = {}
    lists: dict[str, list[Value]] = {}
    for mark in _MARK.finditer(marks[0] if marks else b""):
        name = mark[1].decode()
        if name in _LISTS:
            lists.setdefault(f"modsecurity_{name}", []).append(text(mark[2]))
        elif name in MARKS:
            parts.setdefault(f"modsecurity_{name}", text(mark[2]))
    return parts | lists
