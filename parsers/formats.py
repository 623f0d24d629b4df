"""The formats by name: what `--format` and a source's `format:` accept."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial

from parsers.any_of import AnyOf, framed
from parsers.apache import as_nginx, is_log_format
from parsers.batch import Parser
from parsers.detect import ENOUGH, best_of
from parsers.framed import frame_of, heads_in
from parsers.guess import guess_access
from parsers.head_log import HeadParser, head_parsers
from parsers.heads import HEADS
from parsers.journald import JournaldParser
from parsers.json_lines import JsonParser
from parsers.klog import KlogParser
from parsers.logfmt import LogfmtParser
from parsers.nginx_access import COMBINED, DEFAULT_SEVERITIES, AccessParser, access_parser
from parsers.nginx_error import NginxErrorParser
from parsers.plain import PlainParser
from parsers.prefixes import FRAMES
from parsers.python_log import COMMON_FORMATS, PythonParser, is_python_format, python_parser
from parsers.routes import Router
from parsers.server_log import ServerParser, server_parsers
from parsers.servers import NAMES as SERVER_NAMES
from parsers.severity import Severity
from parsers.structured import Reader

_COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
# nginx formats that detection knows. Sources: `combined` is built into nginx; `main` is in the
# nginx.conf of nginx.org's packages; `upstreaminfo` is ingress-nginx's default
# (docs/user-guide/nginx-configuration/log-format.md), `npm` Nginx Proxy Manager's
# (docker/rootfs/etc/nginx/conf.d/include/log.conf), `npmplus` its fork's; the others are those of
# distributions and images.
_UPSTREAMS = "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status"
_NPM = (
    "[$time_local] {} - $request_method $scheme $host "
    '"$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio]{} '
    '"$http_user_agent" "$http_referer"'
)
_ACCESS_FORMATS = {
    "combined": COMBINED,
    "main": f'{COMBINED} "$http_x_forwarded_for"',
    "common": _COMMON,
    "vhost": f"$host {COMBINED}",
    "vhost_combined": f"$host:$server_port {COMBINED}",
    "vhost_main": f'$host {COMBINED} "$http_x_forwarded_for"',
    "upstreaminfo": (
        f"{COMBINED} $request_length $request_time [$proxy_upstream_name] "
        f"[$proxy_alternative_upstream_name] {_UPSTREAMS} $req_id"
    ),
    "npm": _NPM.format("$upstream_cache_status $upstream_status $status", " [Sent-to $server]"),
    "npmplus": (
        '[$time_local] $host $remote_addr $request_time "$request" $status $body_bytes_sent '
        "$bytes_sent $http_referer $http_user_agent"
    ),
}
# Tried after those: what older versions and other servers of the same images write, and one format
# that leaves out the status.
_LOOSE_ACCESS_FORMATS = (
    _NPM.format("$status", ""),
    _NPM.format("$status", " [Sent-to $server]"),
    _NPM.format("$upstream_cache_status $upstream_status $status", ""),
    f"{COMBINED} $request_length $request_time [$proxy_upstream_name] {_UPSTREAMS} $req_id",
    f"{COMBINED} $request_length $request_time [$proxy_upstream_name] {_UPSTREAMS}",
    f"$remote_addr - [$the_real_ip] - {COMBINED.removeprefix('$remote_addr - ')} "
    f"$request_length $request_time [$proxy_upstream_name] {_UPSTREAMS} $req_id",
    '$remote_addr [$time_local] "$request" "$http_user_agent" "$http_x_forwarded_for"',
)
_FRAMES = {frame.name: frame for frame in FRAMES}
NAMES = (
    *_ACCESS_FORMATS,
    *SERVER_NAMES,
    *dict.fromkeys(head.name for head in HEADS),
    *("nginx_error", "klog", "python", "json", "logfmt", "journald", "plain"),
    *(*_FRAMES, "mixed", "auto"),
)


class FormatError(ValueError):
    """A format name or text that cannot be used; `fix` says what to write instead."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}; {fix}")
        self.what = what
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Options:
    """What a parser needs to know that the log does not say."""

    # The zone of times without offset; None: UTC.
    zone: tzinfo | None = None
    # A time by which what is parsed had been written (a file's modification time, the wall clock):
    # what a time without a year is told by. None: such a time stays unknown.
    reference: Callable[[], datetime] | None = None
    severities: Mapping[str, Severity] | None = None
    router: Router = field(default_factory=Router)


def parser_for(name: str, options: Options | None = None, *, head: bytes = b"") -> Parser:
    """
    The parser for a format's name, the text of a `log_format`, or a Python logging format.

    `auto`, `mixed` and `python` look at `head`, the first lines of the log; without it they decide
    block by block. `cri`, `docker` and `syslog` may be followed by a colon and the format of what
    they frame. Raises FormatError for an unknown name, LayoutError for a text that is ambiguous.
    """
    options = options or Options()
    frame, colon, within = name.partition(":")
    if frame in _FRAMES and (colon or not within):
        inner = parser_for(within or "auto", options)
        zone, reference = options.zone, options.reference
        return framed(_FRAMES[frame], inner, head, zone=zone, reference=reference)
    if is_python_format(name):
        return python_parser(name, zone=options.zone)
    if is_log_format(name):
        return _access_parser(as_nginx(name), options)
    if "$" in name:
        return _access_parser(name, options)
    if name in _ACCESS_FORMATS:
        return _access_parser(_ACCESS_FORMATS[name], options)
    if name not in _MAKERS:
        near = difflib.get_close_matches(name, NAMES, 1)
        guess = f'did you mean "{near[0]}"? ' if near else ""
        raise FormatError(
            f'unknown format "{name}"',
            f"{guess}One of: {', '.join(NAMES)}, or the text of a log_format with its $variables",
        )
    parser = _MAKERS[name](options)
    return parser.chosen(head) if head and isinstance(parser, AnyOf | PlainParser) else parser


def format_name(head: bytes) -> str | None:
    """
    The name of the format that most lines of `head` fit, as `parser_for` takes it.

    None if no format that has a name fits enough of them.
    """
    frame = frame_of(head)
    if frame:
        streams = heads_in(frame, head)
        within = format_name(max(streams.values(), key=len)) if streams else None
        return f"{frame.name}:{within}" if within else frame.name
    named = {name: parser_for(name) for name in NAMES if name not in ("plain", "mixed", "auto")}
    best = best_of(head, [parser for name, parser in named.items() if name not in _FRAMES])
    if best is None or best.share < ENOUGH:
        return None
    return next(name for name, parser in named.items() if parser is best.parser)


def _severities(options: Options) -> Mapping[str, Severity]:
    return DEFAULT_SEVERITIES if options.severities is None else options.severities


def parser_for_any(
    names: Sequence[str], options: Options | None = None, *, head: bytes = b""
) -> Parser:
    """
    The parser for a log in several formats: each block is read as the one that fits most of it.

    Unlike with `auto` the head of a file decides nothing: the format may change with any line.
    """
    if len(names) == 1:
        return parser_for(names[0], options, head=head)
    candidates = tuple(parser_for(name, options) for name in names)
    return AnyOf("any", candidates, candidates[0])


def _access_parser(text: str, options: Options) -> AccessParser:
    return access_parser(text, severities=_severities(options), router=options.router)


def _access_parsers(options: Options) -> list[AccessParser]:
    texts = (*_ACCESS_FORMATS.values(), *_LOOSE_ACCESS_FORMATS)
    return [_access_parser(text, options) for text in texts]


def _python_parsers(options: Options) -> list[Parser]:
    return [python_parser(text, zone=options.zone, guessed=True) for text in COMMON_FORMATS]


def _auto(options: Options) -> AnyOf:
    known: list[Parser] = [
        NginxErrorParser(options.zone),
        *_access_parsers(options),
        JsonParser(_reader(options)),
        LogfmtParser(_reader(options), strict=True),
        KlogParser(options.zone, options.reference),
        *_server_parsers(options),
        *head_parsers(options.zone, options.reference),
        *_python_parsers(options),
    ]
    guess = partial(guess_access, severities=_severities(options), router=options.router)
    others = tuple(
        each for each in known if _states_time(each) and not isinstance(each, HeadParser)
    )
    return AnyOf(
        "auto",
        tuple(known),
        PlainParser(options.zone, options.reference),
        guess,
        others,
        JournaldParser(_reader(options)),
        zone=options.zone,
        reference=options.reference,
    )


def _states_time(parser: Parser) -> bool:
    """Whether a line of the format is known by its time, and not only by the lines around it."""
    slots = parser.layout.slots if isinstance(parser, PythonParser) else ()
    return not slots or any(slot.name == "asctime" for slot in slots)


def _reader(options: Options) -> Reader:
    return Reader(options.zone, _severities(options), options.router)


def _heads(name: str, options: Options) -> Parser:
    """The variants of a head, of which the lines choose one."""
    known = [each for each in head_parsers(options.zone, options.reference) if each.name == name]
    return AnyOf(name, tuple(known), known[0]) if len(known) > 1 else known[0]


def _server_parsers(options: Options) -> list[ServerParser]:
    return server_parsers(
        options.zone,
        options.reference,
        severities=_severities(options),
        router=options.router,
    )


def _server(name: str, options: Options) -> AnyOf:
    """The variants of a server's log, and what else it writes."""
    known = tuple(each for each in _server_parsers(options) if each.name == name)
    plain = PlainParser(options.zone, options.reference)
    zone, reference = options.zone, options.reference
    return AnyOf(name, known, plain, others=known, zone=zone, reference=reference)


def _python(options: Options) -> AnyOf:
    known = _python_parsers(options)
    return AnyOf("python", tuple(known), known[0])


_MAKERS: Mapping[str, Callable[[Options], Parser]] = {
    "nginx_error": lambda options: NginxErrorParser(options.zone),
    "klog": lambda options: KlogParser(options.zone, options.reference),
    "json": lambda options: JsonParser(_reader(options)),
    "logfmt": lambda options: LogfmtParser(_reader(options)),
    "journald": lambda options: JournaldParser(_reader(options)),
    "plain": lambda options: PlainParser(options.zone, options.reference),
    "python": _python,
    **{name: partial(_heads, name) for name in dict.fromkeys(head.name for head in HEADS)},
    **{name: partial(_server, name) for name in SERVER_NAMES},
    "mixed": _auto,
    "auto": _auto,
}
