"""What nginx writes behind an error's message: who asked for what, of which server and upstream."""

import re

_CLIENT = re.compile(rb", (?:udp )?client: ")
# The parts in nginx's own order, each of which may be missing. Sources: ngx_http_request.c (both
# log handlers), ngx_stream_handler.c and ngx_mail_handler.c of nginx 1.31.5.
_UNQUOTED = (
    rb', (?:udp )?client: (?P<client>[^,"]*?)(?: using starttls)?(?:, server: (?P<server>[^,"]*))?'
)
# What nginx lets through in each value. A host or a URI with a blank is refused since 1.21.1 (its
# CHANGES); a referrer may be anything that fits a header line.
_STRICT = re.compile(
    rb', (?:udp )?client: (?P<client>[0-9A-Fa-f.:]+|unix:[^,"]*)(?: using starttls)?'
    rb'(?:, server: (?P<server>[^,"]*))?(?:, login: "(?P<login>[^"]*)")?'
    rb'(?:, request: "(?P<request>[A-Z_-]+ \S* HTTP/\d(?:\.\d)?|[^"]*)")?'
    rb'(?:, subrequest: "(?P<subrequest>[^" ]*)")?(?:, upstream: "(?P<upstream>[^" ]*)")?'
    rb'(?:, host: "(?P<host>[^" ]*)")?(?:, referrer: "(?P<referrer>.*)")?\Z',
    re.DOTALL,
)
# What nginx says of a request line that it refuses, and then writes as it came, blanks and quotes.
_REFUSED = re.compile(rb"client sent [a-z0-9A-Z -]+ while reading client request (?:line|headers)")
_LOOSE = re.compile(_UNQUOTED + rb'(?=, [a-z]+: "|\Z)')
_QUOTED = (b"login", b"request", b"subrequest", b"upstream", b"host", b"referrer")
_FIRST_QUOTED = re.compile(rb', (%b): "' % b"|".join(_QUOTED))
_NEXT_QUOTED = re.compile(rb'", (%b): "' % b"|".join(_QUOTED))
# What stands behind the context: the stream module's traffic, the mail module's bare upstream.
_TRAFFIC = re.compile(rb"(?:, (?:bytes|packets) from/to (?:client|upstream):\d+/\d+)+\Z", re.DOTALL)
_MAIL_UPSTREAM = re.compile(rb', upstream: (?P<upstream>[^,"\s]+)\Z')
# What OpenResty's timers put before the client, if they have one (ngx_http_lua_timer.c).
_LUA_CONTEXT = re.compile(rb", context: (?P<context>ngx\.[a-z_.*]+)\Z")
_LUA_BYTES = 64
_TAIL_BYTES = 300  # what stands behind a context is shorter
# Contexts without a client: such timers, name resolution (ngx_resolver.c), OCSP
# (ngx_event_openssl_stapling.c), syslog itself.
_OTHER = (
    _LUA_CONTEXT,
    re.compile(rb', resolver: (?P<resolver>[^,"]+)\Z'),
    re.compile(
        rb', responder: (?P<responder>[^,"]+)(?:, peer: (?P<peer>[^,"]+))?'
        rb'(?:, certificate: "(?P<certificate>[^"]*)")?\Z'
    ),
    re.compile(rb'(?<=while logging to syslog), server: (?P<server>[^,"]+)\Z'),
)
_MARKS = (b", context: ", b", resolver: ", b", responder: ", b" syslog, server: ")
# nginx cuts a record at 2,048 bytes with its newline (NGX_MAX_ERROR_STR), wherever that is.
CUT_BYTES = 2047
_HALF_PART = re.compile(rb',[a-z :"]{0,16}\Z')
# Places looked at from either end. Strangers can write more of them than nginx ever would.
_MOST_PLACES = 8

Found = dict[str, bytes]


def find_context(message: bytes, *, cut_short: bool = False) -> tuple[int, Found]:
    """
    Where the context of a message begins, and its parts; `(len(message), {})` if it has none.

    nginx escapes nothing here, so a user name, a path or a header can hold the text of a whole
    context. Places are refused at which the rest would hold what nginx never writes (a host with
    a blank), or that lie inside a quote of the message; of those left the first counts, because a
    referrer, the one value that may hold anything, comes last. Not provable by anybody: a message
    in which a quote stays open, and a referrer or a name that was forged to fit it.

    `cut_short`: the record is as long as nginx ever writes one, so its last part may lack its end.
    """
    end, found = _whole_context(message)
    if found or not cut_short:
        return end, found
    for closed in (_HALF_PART.sub(b"", message), message + b'"'):
        end, found = _whole_context(closed)
        if found:
            return end, found
    return len(message), {}


def _whole_context(message: bytes) -> tuple[int, Found]:
    traffic = _TRAFFIC.search(message, max(0, len(message) - _TAIL_BYTES))
    whole = message[: traffic.start()] if traffic else message
    mail = _MAIL_UPSTREAM.search(whole, max(0, len(whole) - _TAIL_BYTES))
    rest = whole[: mail.start()] if mail else whole
    places = [mark.start() for mark in _CLIENT.finditer(rest)]
    if places and _REFUSED.fullmatch(rest, 0, places[0]):
        del places[1:]  # in such a message nothing is a stranger's, so the first place is nginx's
    found = _strict(rest, places) or _loosely(rest, places)
    if found is None:
        return _other(message)
    at, parts = found
    if lua := _LUA_CONTEXT.search(message, max(0, at - _LUA_BYTES), at):
        at = lua.start()
        parts |= _named(lua)
    return at, parts | (mail.groupdict() if mail else {})


def _strict(message: bytes, places: list[int]) -> tuple[int, Found] | None:
    """The first place outside the message's quotes; else the last of those that fit."""
    last: tuple[int, Found] | None = None
    few = len(places) <= 2 * _MOST_PLACES
    for at in places if few else places[:_MOST_PLACES] + places[-_MOST_PLACES:]:
        match = _STRICT.match(message, at)
        if match:
            last = at, _named(match)
            if message.count(b'"', 0, at) % 2 == 0:
                break
    return last


def _loosely(message: bytes, places: list[int]) -> tuple[int, Found] | None:
    """From the last place behind which all is parts in nginx's order, whatever they hold."""
    for at in reversed(places[-2 * _MOST_PLACES :]):
        context = _LOOSE.match(message, at)
        quoted = _quoted(message, context.end()) if context else None
        if context and quoted is not None:
            return at, _named(context) | quoted
    return None


def _quoted(message: bytes, start: int) -> Found | None:
    """The quoted parts from `start` to the end, each up to the first that may follow it."""
    if start == len(message):
        return {}
    first = _FIRST_QUOTED.match(message, start)
    if not first or not message.endswith(b'"', first.end()):
        return None
    found: Found = {}
    name, start = first[1], first.end()
    for mark in _NEXT_QUOTED.finditer(message, start):
        if _QUOTED.index(mark[1]) > _QUOTED.index(name):
            found[name.decode()] = message[start : mark.start()]
            name, start = mark[1], mark.end()
    if start >= len(message):  # the last quote opened the part
        return None
    return found | {name.decode(): message[start:-1]}


def _other(message: bytes) -> tuple[int, Found]:
    for pattern, mark in zip(_OTHER, _MARKS, strict=True):
        at = message.rfind(mark)
        if at >= 0 and (match := pattern.search(message, at)):
            return match.start(), _named(match)
    return len(message), {}


def _named(match: re.Match[bytes]) -> Found:
    return {name: value for name, value in match.groupdict().items() if value is not None}
