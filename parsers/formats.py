"""The formats by name: what `--format` and a source's `format:` accept."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.detect import Verdict, detect
from parsers.guess import guess_access
from parsers.json_lines import JsonParser
from parsers.nginx_access import COMBINED, DEFAULT_SEVERITIES, AccessParser, access_parser
from parsers.nginx_error import NginxErrorParser
from parsers.plain import PlainParser
from parsers.python_log import COMMON_FORMATS, python_parser
from parsers.severity import Severity

_COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
# nginx formats that detection knows. Sources: `combined` is built into nginx; `main` is in the
# nginx.conf of nginx.org's packages; the others are those of distributions and images.
_ACCESS_FORMATS = {
    "combined": COMBINED,
    "main": f'{COMBINED} "$http_x_forwarded_for"',
    "common": _COMMON,
    "vhost": f"$host {COMBINED}",
    "vhost_combined": f"$host:$server_port {COMBINED}",
}
# Tried after those: one that leaves out the status.
_LOOSE_ACCESS_FORMATS = (
    '$remote_addr [$time_local] "$request" "$http_user_agent" "$http_x_forwarded_for"',
)
NAMES = (*_ACCESS_FORMATS, "nginx_error", "python", "json", "plain", "auto")


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
    severities: Mapping[str, Severity] | None = None


def parser_for(name: str, options: Options | None = None, *, head: bytes = b"") -> Parser:
    """
    The parser for a format's name, the text of a `log_format`, or a `%`-style Python format.

    `auto` and `python` look at `head`, the first lines of the log; without it they decide block by
    block. Raises FormatError for an unknown name, LayoutError for a text that is ambiguous.
    """
    options = options or Options()
    if "$" in name:
        return access_parser(name, severities=_severities(options))
    if "%(" in name:
        return python_parser(name, zone=options.zone)
    if name in _ACCESS_FORMATS:
        return access_parser(_ACCESS_FORMATS[name], severities=_severities(options))
    if name not in _MAKERS:
        near = difflib.get_close_matches(name, NAMES, 1)
        guess = f'did you mean "{near[0]}"? ' if near else ""
        raise FormatError(
            f'unknown format "{name}"',
            f"{guess}One of: {', '.join(NAMES)}, or the text of a log_format with its $variables",
        )
    parser = _MAKERS[name](options)
    return parser.choose(head).parser if head and isinstance(parser, AnyOf) else parser


def _severities(options: Options) -> Mapping[str, Severity]:
    return DEFAULT_SEVERITIES if options.severities is None else options.severities


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several formats of which each block, or better the head of a file, chooses one."""

    name: str
    candidates: tuple[Parser, ...]
    otherwise: Parser
    # Makes a further candidate from the lines themselves.
    guess: Callable[[bytes], Parser | None] = lambda _head: None
    fields: tuple[str, ...] = ()

    def choose(self, head: bytes) -> Verdict:
        """The format of a log that begins with `head`."""
        guessed = self.guess(head)
        # Last, because a known format has better names for what the guess calls `extra_1`.
        candidates = (*self.candidates, guessed) if guessed else self.candidates
        return detect(head, candidates, self.otherwise)

    def complete(self, raw: bytes) -> int:
        """As the format that `raw` seems to have."""
        return self.choose(raw).parser.complete(raw)

    def parse(self, block: Block) -> Batch:
        """As the format that the block seems to have."""
        return self.choose(block.raw).parser.parse(block)


def _access_parsers(options: Options) -> list[AccessParser]:
    texts = (*_ACCESS_FORMATS.values(), *_LOOSE_ACCESS_FORMATS)
    return [access_parser(text, severities=_severities(options)) for text in texts]


def _python_parsers(options: Options) -> list[Parser]:
    return [python_parser(text, zone=options.zone) for text in COMMON_FORMATS]


def _auto(options: Options) -> AnyOf:
    known: list[Parser] = [
        NginxErrorParser(options.zone),
        *_access_parsers(options),
        JsonParser(options.zone),
        *_python_parsers(options),
    ]
    guess = partial(guess_access, severities=_severities(options))
    return AnyOf("auto", tuple(known), PlainParser(options.zone), guess)


def _python(options: Options) -> AnyOf:
    known = _python_parsers(options)
    return AnyOf("python", tuple(known), known[0])


_MAKERS: Mapping[str, Callable[[Options], Parser]] = {
    "nginx_error": lambda options: NginxErrorParser(options.zone),
    "json": lambda options: JsonParser(options.zone),
    "plain": lambda options: PlainParser(options.zone),
    "python": _python,
    "auto": _auto,
}
