"""Frames that stand before each line: of syslog, of tools that show containers' logs; colours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from parsers.columns import Column, Texts
from parsers.frames import CRI, DOCKER, Frame, Unwrapped
from parsers.kinds import digits, shaped
from parsers.lines import Lines
from parsers.severity import WORDS
from parsers.stamps import find_stamps
from parsers.traces import goes_on
from parsers.words import Bools, Ints, Octets

# Each stream is parsed by itself; more of them in one block are no containers or processes but
# something else that looks like it.
_MOST_STREAMS = 64

_LEVELS = "|".join(word for word in WORDS if len(word) > 1).encode()
# A level is neither a host nor a program: `2026-01-02T03:04:05Z INFO main: text` is no syslog.
_NO_LEVEL = rb"(?!(?:[A-Z]|(?i:%b))[ :\[(])" % _LEVELS
# Nor is a facility with one: OpenWrt's `daemon.err dnsmasq[7]: text`.
_NO_PRIORITY = rb"(?![a-z]+[0-7]?\.(?:%b) )" % _LEVELS
_PROGRAM = (
    _NO_LEVEL
    + _NO_PRIORITY
    + rb"(?P<hostname>[\w:][\w.:-]*) "
    + _NO_LEVEL
    + rb"(?P<program>[\w./-]+(?:\([\w./-]+\))?)"
)
_PROCESS = rb"(?: \d[\w.]*)?(?:\[(?P<process>\d+)\])?: ?"
# RFC 3164 as rsyslog and nginx write it (ngx_syslog.c), with an ISO time too; the time may have
# been taken off by a relay, but then there is a process number.
_BSD = (
    rb"(?:<\d{1,3}>)?(?:[A-Za-z][a-z]{2} (?:[ \d]\d|\d) \d\d:\d\d:\d\d"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
)
_RFC5424 = (
    rb"<\d{1,3}>1 \S+ (?P<hostname>\S+) (?P<program>\S+) (?P<process>\S+) \S+ "
    rb'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+) ?(?:\xef\xbb\xbf)?'
)
# Heroku's router and dynos (devcenter.heroku.com, Logging; not opened: logs of users).
_HEROKU = (
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00 "
    + _NO_LEVEL
    + rb"(?P<program>[a-z][\w-]*)\[(?P<process>[\w.-]+)\]: "
)
_SYSLOG = (
    re.compile(_BSD + _PROGRAM + _PROCESS),
    re.compile(_PROGRAM + rb"\[(?P<process>\d+)\]: "),
    re.compile(_RFC5424),
    re.compile(_HEROKU),
)
# Nearly all lines begin so; what comes then is looked at once for each program, not for each line.
_BSD_SHAPE = "aaa bd dd:dd:dd "
_WRITER = re.compile(_PROGRAM + _PROCESS)
# A longer name of a program is found too, but one line at a time.
_LONGEST_PROGRAM = 64
_PARTS = ("hostname", "program", "process")
# A relay that frames what was framed.
_AGAIN = re.compile(rb"[\w.:-]+ [\w./-]+: (?=\d{4}/\d\d/\d\d |\d|<)")
_MOST_INDENTED = 16
# What terminals take for commands (ECMA-48, 5.4: CSI; OSC ends with BEL or ST): colours above all.
_COMMAND = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\))"
_COMMANDS = re.compile(_COMMAND)
# As `docker logs --timestamps` and `kubectl logs --timestamps` write it: always nine digits
# (RFC3339NanoFixed in moby's and Kubernetes' sources).
_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) "
# `docker compose logs`: `web-1  | text` (compose's cmd/formatter/logs.go). A level there is the
# head of a program's own format.
_COMPOSE = re.compile(
    rb"(?:%b)*(?!(?i:%b) *\|)(?P<container>[A-Za-z][\w.-]*) *(?:%b)*\|(?:%b)*(?: |$)(?:%b)*(?:%b)?"
    % (_COMMAND, _LEVELS, _COMMAND, _COMMAND, _COMMAND, _STAMP)
)
# `kubectl logs --prefix`: `[pod/web-0/app] text` (kubectl's pkg/cmd/logs/logs.go).
_KUBECTL = re.compile(rb"\[pod/(?P<pod>[\w.-]+)/(?P<container>[\w.-]+)\] (?:%b)?" % _STAMP)
_STAMPED = re.compile(_STAMP)
# Jobs of GitHub and Azure, and of GitLab, which also says of what stream a line is (logs of users,
# not opened). GitHub's begin with a byte order mark.
_CI = re.compile(
    rb"(?:\xef\xbb\xbf)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\."
    rb"(?:\d{7}Z(?: |\r?$)|\d{6}Z [0-9a-f]{2}[OE](?:[ +]|\r?$))"
)
_Spans = tuple[Ints, Ints]
_Array = TypeVar("_Array", Ints, Bools)


def without_commands(raw: bytes) -> bytes:
    """What a terminal would show of `raw`: without colours and other commands to it."""
    return _COMMANDS.sub(b"", raw) if b"\x1b" in raw else raw


@dataclass(frozen=True, slots=True)
class _Prefixes:
    """What stands before each line, and where the parts of it stand; -1: nowhere."""

    lines: Lines
    fits: Bools
    ends: Ints  # behind the prefix; where there is none, the start of the line
    parts: dict[str, _Spans]

    def part(self, name: str) -> Texts:
        """A part of each line's prefix."""
        return Texts(self.lines.octets, *self.parts[name])

    def between(self, first: str, *last: str) -> Texts:
        """All from the start of one part to the end of the last of others, in each line."""
        ends = np.maximum.reduce([self.parts[name][1] for name in (first, *last)])
        starts = self.parts[first][0]
        for name in last:  # Heroku's lines have no host
            starts = np.where(starts < 0, self.parts[name][0], starts)
        return Texts(self.lines.octets, starts, ends)

    def unwrapped(
        self, begin: Ints, stream: Ints, names: tuple[str, ...], fields: Sequence[str]
    ) -> Unwrapped:
        """
        The lines from `begin` on; the time in the prefix is that of the frame.

        A line without prefix goes on with the stream of the line before it.
        """
        octets, ends = self.lines.octets, self.lines.ends
        last = np.maximum.accumulate(np.where(stream >= 0, np.arange(len(stream)), -1))
        stream = np.where(last >= 0, stream[last], -1)
        stamps, _, _ = find_stamps(octets, self.lines.starts, self.ends)
        spans = zip(begin.tolist(), ends.tolist(), strict=True)
        texts = [octets.raw[start:end] for start, end in spans]
        whole = np.ones(len(texts), np.bool_)
        columns: dict[str, Column] = {name: self.part(name) for name in fields}
        return Unwrapped(stream, names, texts, whole, stamps, columns)


def _matched(lines: Lines, *patterns: re.Pattern[bytes]) -> _Prefixes:
    """The first of the patterns that matches at the start of each line."""
    raw, names = lines.octets.raw, patterns[0].groupindex
    found = []
    for start, end in zip(lines.starts.tolist(), lines.ends.tolist(), strict=True):
        matches = (pattern.match(raw, start, end) for pattern in patterns)
        found.append(next(filter(None, matches), None))
    fits = np.array([match is not None for match in found], np.bool_)
    ends = np.where(fits, [match.end() if match else -1 for match in found], lines.starts)
    parts = {name: _spans_of(name, found) for name in names}
    return _Prefixes(lines, fits, ends.astype(np.int64), parts)


def _spans_of(name: str, found: Sequence[re.Match[bytes] | None]) -> _Spans:
    known = [match is not None and name in match.re.groupindex for match in found]
    spans = [
        match.span(name) if match and has else (-1, -1)
        for match, has in zip(found, known, strict=True)
    ]
    both = np.array(spans, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _unwrap_syslog(lines: Lines) -> Unwrapped:
    """
    `Jan  2 03:04:05 host nginx[7]: text`, RFC 5424, and what relays make of them.

    Processes whose records have several lines are streams of their own, as syslog interleaves them.
    """
    octets = lines.octets
    prefixes = _syslog_prefixes(lines)
    begin = _behind_relays(octets, prefixes.ends, lines.ends)
    # Each line of the kernel is a record, also one that it indents, and of sudo, which pads names.
    at, end = prefixes.parts["program"]
    indents = np.zeros(len(lines), np.bool_)
    for program in (b"kernel", b"sudo"):
        indents |= (end - at == len(program)) & octets.literal(program, at)
    rows = np.flatnonzero(indents)
    for _ in range(_MOST_INDENTED):
        rows = rows[(octets.bytes[begin[rows]] == ord(" ")) & (begin[rows] < lines.ends[rows])]
        begin[rows] += 1
    # One blank more than usual (sshd's `sshd[7]:  Server listening`) indents nothing.
    one = (octets.bytes[begin] == ord(" ")) & (octets.bytes[begin + 1] != ord(" "))
    begin += one & (begin < lines.ends)
    # Structured data without a message is a record, too: it says what there is to say.
    bare = prefixes.fits & (begin >= lines.ends) & (octets.bytes[lines.ends - 1] == ord("]"))
    begin = np.where(bare, octets.find(ord("["), lines.starts, lines.ends), begin)
    said_by = prefixes.between("hostname", "program", "process").labels()
    writers = np.where(prefixes.fits, said_by.codes, -1)
    further = goes_on(octets, begin, lines.ends)
    stream, count = _of_several_lines(writers, further)
    unwrapped = prefixes.unwrapped(begin, stream, ("syslog",) * count, ("hostname", "program"))
    return replace(unwrapped, writers=writers, further=further)


def _syslog_prefixes(lines: Lines) -> _Prefixes:
    """Lines in the usual form by columns, and only the others one by one."""
    octets, starts = lines.octets, lines.starts
    fits = shaped(octets, starts, _BSD_SHAPE) & (lines.ends - starts > len(_BSD_SHAPE))
    rows = np.flatnonzero(fits)
    host, ends = starts[rows] + len(_BSD_SHAPE), lines.ends[rows]
    program = octets.find(ord(" "), host, ends) + 1
    colon = octets.find(ord(":"), program, np.minimum(ends, program + _LONGEST_PROGRAM))
    behind = np.minimum(colon + 1, ends)
    behind += (octets.bytes[behind] == ord(" ")) & (behind < ends)
    writers = Texts(octets, host, behind).labels()
    _, examples, codes = np.unique(writers.codes, return_index=True, return_inverse=True)
    # Where the parts stand, counted from the host on, and the size of all; once for each writer.
    matches = [
        _WRITER.fullmatch(octets.raw, start, end)
        for start, end in zip(host[examples].tolist(), behind[examples].tolist(), strict=True)
    ]
    known = np.array([match is not None for match in matches], np.bool_)[codes]
    offsets = host - host[examples][codes]
    rest = np.ones(len(lines), np.bool_)
    rest[rows[known]] = False
    others = _matched(_some(lines, np.flatnonzero(rest)), *_SYSLOG)
    parts: dict[str, _Spans] = {}
    for name in _PARTS:
        here = [np.where(at[codes] < 0, -1, at[codes] + offsets) for at in _spans_of(name, matches)]
        start, end = (
            _both(mine[known], theirs, rest)
            for mine, theirs in zip(here, others.parts[name], strict=True)
        )
        parts[name] = start, end
    fitting = np.ones(int(known.sum()), np.bool_)
    return _Prefixes(
        lines,
        _both(fitting, others.fits, rest),
        _both(behind[known], others.ends, rest),
        parts,
    )


def _some(lines: Lines, rows: Ints) -> Lines:
    return Lines(lines.octets, lines.starts[rows], lines.ends[rows], lines.stops[rows])


def _both(known: _Array, rest: _Array, is_rest: Bools) -> _Array:
    """What is known of some rows and of the rest, as one in the order of rows."""
    both = np.empty(len(is_rest), known.dtype)
    both[~is_rest], both[is_rest] = known, rest
    return both


def _behind_relays(octets: Octets, begin: Ints, ends: Ints) -> Ints:
    """Where the text begins behind a second prefix, which a relay has put before the first."""
    begin = begin.copy()
    blank = octets.find(ord(" "), begin, np.minimum(ends, begin + _LONGEST_PROGRAM))
    colon = octets.find(ord(":"), blank, np.minimum(ends, blank + _LONGEST_PROGRAM))
    behind = octets.bytes[colon + 2]
    may = (octets.bytes[colon + 1] == ord(" ")) & (digits(behind) | (behind == ord("<")))
    for row in np.flatnonzero(may & (colon + 2 < ends)).tolist():
        if again := _AGAIN.match(octets.raw, int(begin[row]), int(ends[row])):
            begin[row] = again.end()
    return begin


def _of_several_lines(writers: Ints, further: Bools) -> tuple[Ints, int]:
    """The stream of each line, and how many there are: 0 is that of all one-line records."""
    several = np.unique(writers[further & (writers >= 0)])
    if not several.size or len(several) > _MOST_STREAMS:
        return np.minimum(writers, 0), 1
    own = np.searchsorted(several, writers)
    is_own = several[np.minimum(own, len(several) - 1)] == writers
    return np.where(is_own, own + 1, np.minimum(writers, 0)), len(several) + 1


def _unwrap_compose(lines: Lines) -> Unwrapped:
    """`web-1  | text`; each container is a stream."""
    prefixes = _matched(lines, _COMPOSE)
    return _by_container(prefixes, prefixes.part("container"), ("container",))


def _unwrap_kubectl(lines: Lines) -> Unwrapped:
    """`[pod/web-0/app] text`; each container is a stream."""
    prefixes = _matched(lines, _KUBECTL)
    return _by_container(prefixes, prefixes.between("pod", "container"), ("container", "pod"))


def _by_container(prefixes: _Prefixes, containers: Texts, fields: Sequence[str]) -> Unwrapped:
    labels = containers.labels()
    # Those without a prefix have no container.
    names = [name for name in labels.names if name is not None]
    numbers = {name: number for number, name in enumerate(names)}
    if len(names) > _MOST_STREAMS:
        numbers = dict.fromkeys(names, 0)
    streams = np.array([numbers.get(name or "", -1) for name in labels.names] or [-1], np.int64)
    stream = np.where(prefixes.fits, streams[labels.codes], -1)
    return prefixes.unwrapped(prefixes.ends, stream, tuple(names), fields)


def _unwrap_stamped(lines: Lines) -> Unwrapped:
    """`2026-01-02T03:04:05.123456789Z text`."""
    prefixes = _matched(lines, _STAMPED)
    return prefixes.unwrapped(prefixes.ends, np.where(prefixes.fits, 0, -1), ("stamped",), ())


def _unwrap_ci(lines: Lines) -> Unwrapped:
    """`2026-01-02T03:04:05.1234567Z text`, `2026-01-02T03:04:05.123456Z 00O text`."""
    prefixes = _matched(lines, _CI)
    return prefixes.unwrapped(prefixes.ends, np.where(prefixes.fits, 0, -1), ("ci",), ())


def _unwrap_coloured(lines: Lines) -> Unwrapped:
    """Text with commands to a terminal, which are taken off what is in any frame."""
    nothing = _Prefixes(lines, np.zeros(len(lines), np.bool_), lines.starts, {})
    return nothing.unwrapped(lines.starts, np.zeros(len(lines), np.int64), ("coloured",), ())


# One of the first lines suffices: some programs colour only what is bad (werkzeug: 4xx and 5xx).
COLOURED = Frame("coloured", _unwrap_coloured, re.compile(rb"[^\x1b]*" + _COMMAND), enough=0.01)
SYSLOG = Frame(
    "syslog",
    _unwrap_syslog,
    re.compile(rb"|".join(re.sub(rb"\?P<\w+>", b"?:", each.pattern) for each in _SYSLOG)),
    has_priority=True,
    shared=True,
)
FRAMES = (
    CRI,
    DOCKER,
    Frame("compose", _unwrap_compose, _COMPOSE),
    Frame("kubectl", _unwrap_kubectl, _KUBECTL),
    # All lines are: a .NET program writes such times itself, before the first line of a record.
    Frame("ci", _unwrap_ci, _CI, enough=0.99),
    SYSLOG,
    Frame("stamped", _unwrap_stamped, _STAMPED),
    COLOURED,
)
