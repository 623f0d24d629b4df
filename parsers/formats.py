"""The formats by name: what `--format` and a source's `format:` accept."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial

from parsers.apache import as_nginx, is_log_format
from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.detect import ENOUGH, Verdict, best_of, detect, ranking, sample, share_of
from parsers.framed import FramedParser, frame_of, heads_in
from parsers.frames import Frame
from parsers.guess import guess_access
from parsers.head_log import HeadParser, head_parsers
from parsers.heads import HEADS
from parsers.journald import JournaldParser, is_export
from parsers.json_lines import JsonParser
from parsers.klog import KlogParser
from parsers.logfmt import LogfmtParser
from parsers.mixed import MixedParser
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
from parsers.young import GROWN_LINES, Young

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
# Longer lines say nothing of a format that others do not: all formats are tried on each.
_TRIED_BYTES = 1 << 14
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
        return _framed(_FRAMES[frame], parser_for(within or "auto", options), options, head)
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


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several formats of which each block, or better the head of a file, chooses one."""

    name: str
    candidates: tuple[Parser, ...]
    otherwise: Parser
    # Makes a further candidate from the lines themselves.
    guess: Callable[[bytes], Parser | None] = lambda _head: None
    # Whose lines may stand between those of another; none: a log has one format.
    others: tuple[Parser, ...] = ()
    # Of the journal's export.
    export: Parser | None = None
    options: Options = Options()
    fields: tuple[str, ...] = ()

    def choose(self, head: bytes) -> Verdict:
        """The format of a log that begins with `head`."""
        return detect(head, self._tried(head), self.otherwise)

    def ranking(self, head: bytes) -> list[Verdict]:
        """The format of a log that begins with `head`, and behind it those that lost."""
        return ranking(head, self._tried(head), self.otherwise)

    def _tried(self, head: bytes, *, guess: bool = True) -> Sequence[Parser]:
        guessed = self.guess(head) if guess else None
        # Last, because a known format has better names for what the guess calls `extra_1`.
        lines = [line.removesuffix(b"\r") for line in sample(head).split(b"\n")]
        lines = [line for line in lines if len(line) <= _TRIED_BYTES]
        known = [each for each in self.candidates if _may_be_among(each, lines)]
        return [*known, guessed] if guessed else known

    def chosen(self, head: bytes) -> Parser:
        """The parser for a log that begins with `head`: also of framed and of mixed lines."""
        if not self.others:
            return self.choose(head).parser
        if self.export and is_export(head):
            return self.export  # no line of its binary values is one of another format
        frame = frame_of(head)
        return _framed(frame, self, self.options, head) if frame else self._mixed(head)

    def _mixed(self, head: bytes) -> Parser:
        mixed = self._chosen_mixed(head)
        lines = head.count(b"\n")
        if isinstance(mixed, MixedParser) and 0 < lines < GROWN_LINES:
            mixed.young = Young(self._known, lines)
        return mixed

    def _known(self, recent: bytes) -> Parser | None:
        best = best_of(recent, self._tried(recent, guess=False))
        return best.parser if best and best.share >= ENOUGH else None

    def _chosen_mixed(self, head: bytes) -> Parser:
        best = best_of(head, self._tried(head))
        if best is None:
            return self._beside(self._without(head))
        if best.share < ENOUGH:
            # No format has most of the lines; several together may.
            best = Verdict(best.parser, share_of(self._beside(best.parser), sample(head)))
        if best.share < ENOUGH:
            return self._beside(self._without(head))
        mixed = self._beside(best.parser)
        mixed.parse(Block(sample(head)))  # a format that joins lines seems to fit them all
        return self._beside(mixed.main)

    def _without(self, head: bytes) -> Parser:
        """The parser for a log in none of the formats."""
        plain = self.otherwise
        return plain.chosen(sample(head)) if isinstance(plain, PlainParser) else plain

    def _beside(self, main: Parser) -> MixedParser:
        others = [each for each in self.others if each is not main and _may_stand(each, main)]
        prose = self.otherwise if isinstance(self.otherwise, PlainParser) else None
        return MixedParser(main, tuple(others), self.guess, prose)

    def complete(self, raw: bytes) -> int:
        """As the format that `raw` seems to have."""
        return self.chosen(raw).complete(raw)

    def parse(self, block: Block) -> Batch:
        """As the format that the block seems to have."""
        return self.chosen(block.raw).parse(block)


def _may_stand(parser: Parser, main: Parser) -> bool:
    """Whether lines of a format may stand between those of another."""
    if not isinstance(parser, ServerParser):
        return True
    return parser.name == main.name or bool(parser.server.marks)


def _may_be_among(parser: Parser, lines: Sequence[bytes]) -> bool:
    """A cheap test, because there are many formats and a line by itself tries them all."""
    if not isinstance(parser, AccessParser | ServerParser | HeadParser | PythonParser):
        return True
    return any(map(parser.layout.pattern.fullmatch, lines))


def _framed(frame: Frame, within: Parser, options: Options, head: bytes) -> FramedParser:
    inner: dict[str, Parser] = {}
    if isinstance(within, AnyOf):
        # A frame that takes nothing off would be found again for ever.
        inner = {
            name: within.chosen(raw) if raw != head else within.otherwise
            for name, raw in heads_in(frame, head).items()
        }
    return FramedParser(frame, inner, within, options.zone, options.reference)


def _access_parser(text: str, options: Options) -> AccessParser:
    return access_parser(text, severities=_severities(options), router=options.router)


def _access_parsers(options: Options) -> list[AccessParser]:
    texts = (*_ACCESS_FORMATS.values(), *_LOOSE_ACCESS_FORMATS)
    return [_access_parser(text, options) for text in texts]


def _python_parsers(options: Options) -> list[Parser]:
    return [python_parser(text, zone=options.zone) for text in COMMON_FORMATS]


def _auto(options: Options) -> AnyOf:
    known: list[Parser] = [
        NginxErrorParser(options.zone),
        *_access_parsers(options),
        JsonParser(_reader(options)),
        LogfmtParser(_reader(options), strict=True),
        KlogParser(),
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
        options,
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
    return AnyOf(name, known, plain, others=known, options=options)


def _python(options: Options) -> AnyOf:
    known = _python_parsers(options)
    return AnyOf("python", tuple(known), known[0])


_MAKERS: Mapping[str, Callable[[Options], Parser]] = {
    "nginx_error": lambda options: NginxErrorParser(options.zone),
    "klog": lambda _options: KlogParser(),
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
