"""Routes: what is left of a path when the ids in it are taken for what they are, `/orders/:id`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

import numpy as np

from parsers.columns import Labels, Texts
from parsers.route_table import RouteTable

MOST_SEGMENTS = 8  # a deeper path ends in `/*`
MOST_CHARS = 40  # of a segment that is shown as it stands
# Remembered paths of a source, twice, of at most so many characters: 2 MB, 6 MB if all are long.
MOST_KNOWN = 10_000
_MOST_KNOWN_CHARS = 256
_MOST_PATH_CHARS = 4096
_KNOWN_SEGMENTS = 4_096  # of all sources: `api`, `v1` are in every path
NO_PATH = ":other"  # `host:443`, nothing, or what is no request at all

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SLASHES = re.compile(r"/{2,}")
# What a segment may hold (`pchar` without escapes, RFC 3986, 3.3).
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,=:@-]*")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LEAST_HASH = 16  # hex digits that are one for certain; from 7 on, if two of them are digits
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME = r"[0-9]{2}[:.]?[0-9]{2}(?:[:.]?[0-9]{2}(?:\.[0-9]+)?)?(?:z|[+-][0-9]{2}:?[0-9]{2})?"
# The first kind that fits a whole segment names it.
_KINDS = re.compile(
    rf"""
    (?P<uuid> {_UUID} )
  | (?P<date> [0-9]{{4}}-[0-9]{{2}}(?:-[0-9]{{2}}(?:[t_]{_TIME})?)?
            | [0-9]{{8}}t[0-9]{{4,6}}z? | [0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})? )
  | (?P<id> -?[0-9][0-9-]*                      # 17, 17-4
          | -?[0-9]+(?:\.[0-9]+)?(?:,-?[0-9]+(?:\.[0-9]+)?)+   # 1,2,3 and 52.5,13.4
          | [a-z]{{1,3}}[0-9]{{4,}} )           # Q42000, tt0111161
  | (?P<hash> 0x[0-9a-f]+ | [0-9a-f]{{{_LEAST_HASH},}}
            | (?=[a-f]*[0-9][a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{{7,}} )
  | (?P<email> [^@/]++@[^@/.]++\.[^@/]+ )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Long, with digits, and of both cases or of one piece: `my-post-of-2026-in-words` is neither.
_LEAST_TOKEN = 20
_TOKEN = re.compile(
    r"(?=\D*\d)(?:(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])|(?![A-Za-z0-9]*[_+=~.-]))"
    r"[A-Za-z0-9_+=~-]{20,}(?:\.[A-Za-z0-9_+=~-]+)*",
    re.ASCII,
)
# `order-4711`; `app-3f9a1c2b` of a file.
_NUMBERED = re.compile(r"([A-Za-z]+[-_])[0-9]{3,}")
_HASHED = re.compile(r"(.+[-_])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{8,}")
_FILE_HASH = re.compile(r"(?=[a-f]*[0-9])[0-9a-f]{6,}", re.IGNORECASE)
# The ids that most paths have, taken from many paths at once.
_MANY_IDS = re.compile(r"/[0-9]+(?=[/\n])")
_MANY_HASHES = re.compile(rf"/[0-9A-Fa-f]{{{_LEAST_HASH},}}(?=[/\n])")
_MANY_UUIDS = re.compile(rf"/{_UUID}(?=[/\n])", re.IGNORECASE)


def route(path: str) -> str:
    """
    Make the template of a path: `/api/v1/orders/17?page=2` is `/api/v1/orders/:id`.

    What a program made up becomes `:id`, `:uuid`, `:hash`, `:date`, `:email` or `:token`; what
    is no name of a route, as it is long or has escapes or other bytes than ASCII in it, `:text`.
    Query, `;parameters`, empty segments and a last `/` are left out. A template is its own.
    """
    return _template(_cut(path))


def _cut(path: str) -> str:
    path = path.partition("?")[0]
    return path[:_MOST_PATH_CHARS]


def _template(path: str) -> str:
    segments = clean(path)
    if segments is None:
        return "*" if path == "*" else NO_PATH
    shown = [_segment(each) for each in segments[:MOST_SEGMENTS]]
    if len(segments) > MOST_SEGMENTS:
        shown.append("*")
    return "/" + "/".join(shown)


def clean(path: str) -> list[str] | None:
    """
    The segments of a path without what two equal paths may differ in; None if it is no path.

    An escape of what needs none is undone (RFC 3986, 6.2.2.2), so that `/%75sers` is `/users`; that
    of a `/` is not, as it separates nothing.
    """
    if not path.startswith("/"):
        return None
    if "%" in path:
        path = _ESCAPE.sub(_unescaped, path)
    segments = path.split("/")
    if ";" in path:
        segments = [each.partition(";")[0] for each in segments]
    return [each for each in segments if each]


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


@lru_cache(_KNOWN_SEGMENTS)
def _segment(text: str) -> str:
    text = text.replace("%40", "@")
    if not _PLAIN.fullmatch(text):
        return ":text"
    shown = _kind(text) or (_file(text) if "." in text else _named(text))
    return shown if len(shown) <= MOST_CHARS else ":text"


def _kind(text: str) -> str:
    if text.isalpha() and len(text) < _LEAST_HASH:  # most segments
        return ""
    if match := _KINDS.fullmatch(text):
        return f":{match.lastgroup}"
    return ":token" if len(text) >= _LEAST_TOKEN and _TOKEN.fullmatch(text) else ""


def _named(text: str) -> str:
    match = _NUMBERED.fullmatch(text)
    return f"{match[1]}:id" if match else text


def _file(text: str) -> str:
    """A file name part by part, as build tools hash them: `app.3f9a1c.js`, `app-3f9a1c2b.js`."""
    return ".".join([_file_part(each) for each in text.split(".")])


def _file_part(part: str) -> str:
    if _FILE_HASH.fullmatch(part) and not part.isdecimal():
        return ":hash"
    if match := _HASHED.fullmatch(part):
        return f"{match[1]}:id" if part[match.end(1) :].isdecimal() else f"{match[1]}:hash"
    if part.isdecimal() and len(part) < 3:  # of a version: 1.2.3
        return part
    return _kind(part) or _named(part)


@dataclass(frozen=True, slots=True)
class Router:
    """Finds the route of each path: one of the configuration's own, in order, or its template."""

    own: tuple[str, ...] = ()
    # Both forgotten when full, so that a million distinct paths cost no memory.
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _templates: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _patterns: list[re.Pattern[str]] = field(default_factory=list, repr=False, compare=False)
    _table: RouteTable = field(default_factory=RouteTable, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.own:
            patterns = "|".join(f"({_pattern(each)})" for each in self.own)
            self._patterns.append(re.compile(patterns, re.DOTALL))

    def labels(self, paths: Labels) -> Labels:
        """The routes of rows whose paths are numbered: each distinct path is looked at once."""
        numbers: dict[str | None, int] = {}
        routes = self.routes(paths.names)
        codes = np.array([numbers.setdefault(each, len(numbers)) for each in routes], np.int64)
        return Labels(codes[paths.codes], tuple(numbers))

    def of_uris(self, uris: Texts) -> Labels:
        """The routes of URIs as they stand in a log: a path seen before is not looked at again."""
        return self._table.labels(uris, self.routes)

    def routes(self, paths: Sequence[str | None]) -> list[str | None]:
        """The route of each of distinct paths; None of None."""
        known = self._known
        found = [None if path is None else known.get(path) for path in paths]
        missing = [path for path, each in zip(paths, found, strict=True) if each is None]
        unknown = [path for path in missing if path is not None]
        if not unknown:
            return found
        learnt = self._learn([_cut(path) for path in unknown])
        _remember(known, zip(unknown, learnt, strict=True))
        following = iter(learnt)
        return [
            next(following) if each is None and path is not None else each
            for path, each in zip(paths, found, strict=True)
        ]

    def _learn(self, paths: Sequence[str]) -> list[str]:
        reduced, templates = _without_ids(paths), self._templates
        fresh = {path: _template(path) for path in set(reduced) if path not in templates}
        found = [templates.get(path) or fresh[path] for path in reduced]
        _remember(templates, fresh.items())
        if not self.own:
            return found
        own = [self._own(path) for path in paths]
        return [mine or template for mine, template in zip(own, found, strict=True)]

    def _own(self, path: str) -> str | None:
        segments = clean(path)
        if segments is None:
            return None
        match = self._patterns[0].fullmatch("/" + "/".join(segments))
        return self.own[match.lastindex - 1] if match and match.lastindex else None


def _remember(known: dict[str, str], learnt: Iterable[tuple[str, str]]) -> None:
    short = {path: template for path, template in learnt if len(path) <= _MOST_KNOWN_CHARS}
    if len(known) + len(short) > MOST_KNOWN:
        known.clear()
    known.update(islice(short.items(), MOST_KNOWN))


def _without_ids(paths: Sequence[str]) -> Sequence[str]:
    """The same paths with the commonest ids taken for what they are, over them all at once."""
    joined = "\n".join(paths) + "\n"
    if joined.count("\n") != len(paths):  # of a JSON log: read one by one
        return paths
    for ids, kind in ((_MANY_IDS, "/:id"), (_MANY_UUIDS, "/:uuid"), (_MANY_HASHES, "/:hash")):
        joined = ids.sub(kind, joined)
    return joined.split("\n")[:-1]


def _pattern(own: str) -> str:
    """The pattern of an own route: `:name` is any one segment, a last `*` all that follow."""
    pieces = {"*": ".+"}
    segments = clean(own) or []
    return "/" + "/".join(
        pieces.get(each) or ("[^/]+" if each.startswith(":") else re.escape(each))
        for each in segments
    )


def covers(first: str, second: str) -> bool:
    """Whether the own route `first` fits whatever the own route `second` fits."""
    one, other = clean(first) or [], clean(second) or []
    for number, each in enumerate(one):
        if each == "*":
            return len(other) > number
        if number >= len(other) or other[number] == "*":
            return False
        if not each.startswith(":") and each != other[number]:
            return False
    return len(one) == len(other)
