"""Frames that stand before each line: of syslog, of tools that show containers' logs; colours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parsers.columns import Column, Objects, text
from parsers.frames import CRI, DOCKER, Frame, Unwrapped
from parsers.mixed import Lines
from parsers.severity import WORDS
from parsers.stamps import find_stamps
from parsers.traces import CONTINUES
from parsers.words import Bools, Ints

# Each stream is parsed by itself; more of them in one block are no containers or processes but
# something else that looks like it.
_MOST_STREAMS = 64

# RFC 3164 as rsyslog and nginx write it (ngx_syslog.c), with an ISO time too; the time may have
# been taken off by a relay, but then there is a process number.
_LEVELS = "|".join(word for word in WORDS if len(word) > 1).encode()
# A level is neither a host nor a program: `2026-01-02T03:04:05Z INFO main: text` is no syslog.
_NO_LEVEL = rb"(?!(?:[A-Z]|(?i:%b))[ :\[(])" % _LEVELS
_PROGRAM = (
    _NO_LEVEL
    + rb"(?P<hostname>[\w:][\w.:-]*) "
    + _NO_LEVEL
    + rb"(?P<program>[\w./-]+(?:\([\w./-]+\))?)"
)
_BSD = (
    rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
)
_RFC5424 = (
    rb"<\d{1,3}>1 \S+ (?P<hostname>\S+) (?P<program>\S+) (?P<process>\S+) \S+ "
    rb'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+) ?(?:\xef\xbb\xbf)?'
)
_SYSLOG = (
    re.compile(_BSD + _PROGRAM + rb"(?:\[(?P<process>\d+)\])?: ?"),
    re.compile(_PROGRAM + rb"\[(?P<process>\d+)\]: "),
    re.compile(_RFC5424),
)
# A relay that frames what was framed.
_AGAIN = re.compile(rb"[\w.:-]+ [\w./-]+: (?=\d{4}/\d\d/\d\d |\d|<)")
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
_FURTHER = (b" ", b"\t", *CONTINUES)  # what a line begins with that continues a record


_Process = tuple[bytes | None, bytes | None, bytes | None]


def without_commands(raw: bytes) -> bytes:
    """What a terminal would show of `raw`: without colours and other commands to it."""
    return _COMMANDS.sub(b"", raw) if b"\x1b" in raw else raw


def _unwrap_syslog(lines: Lines) -> Unwrapped:
    """
    `Jan  2 03:04:05 host nginx[7]: text`, RFC 5424, and what relays make of them.

    Processes whose records have several lines are streams of their own, as syslog interleaves them.
    """
    raw = lines.octets.raw
    found = [
        next((match for each in _SYSLOG if (match := each.match(raw, start, end))), None)
        for start, end in _spans(lines)
    ]
    prefixes = _Prefixes.of(lines, found)
    texts = prefixes.texts
    for row, begin in enumerate(prefixes.begin):
        again = _AGAIN.match(raw, begin, int(lines.ends[row])) if found[row] else None
        prefixes.begin[row] = again.end() if again else begin
        if prefixes.groups[row].get("program") == b"kernel":
            # Each of its lines is a record, also one that it indents.
            prefixes.begin[row] += len(texts[row]) - len(texts[row].lstrip(b" "))
    numbers: dict[_Process, int] = {}
    processes = [
        numbers.setdefault(
            (said.get("hostname"), said.get("program"), said.get("process")), len(numbers)
        )
        for said in prefixes.groups
    ]
    writers = np.where(prefixes.fits, np.array(processes, np.int64), -1)
    further = np.array([line.startswith(_FURTHER) for line in prefixes.texts], np.bool_)
    stream, count = _of_several_lines(writers, further)
    unwrapped = prefixes.unwrapped(stream, ("syslog",) * count, ("hostname", "program"))
    return replace(unwrapped, writers=writers, further=further)


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
    return _by_container(lines, _COMPOSE, ("container",))


def _unwrap_kubectl(lines: Lines) -> Unwrapped:
    """`[pod/web-0/app] text`; each container is a stream."""
    return _by_container(lines, _KUBECTL, ("container", "pod"))


def _by_container(lines: Lines, prefix: re.Pattern[bytes], names: Sequence[str]) -> Unwrapped:
    prefixes = _Prefixes.by(lines, prefix)
    keys = ["/".join(text(each.get(name) or b"") for name in names) for each in prefixes.groups]
    known = [key for key, fits in zip(keys, prefixes.fits.tolist(), strict=True) if fits]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(known))}
    if len(numbers) > _MOST_STREAMS:
        numbers = dict.fromkeys(numbers, 0)
    stream = np.array([numbers.get(key, -1) for key in keys], np.int64)
    return prefixes.unwrapped(np.where(prefixes.fits, stream, -1), tuple(numbers), names)


def _unwrap_stamped(lines: Lines) -> Unwrapped:
    """`2026-01-02T03:04:05.123456789Z text`."""
    prefixes = _Prefixes.by(lines, _STAMPED)
    return prefixes.unwrapped(np.where(prefixes.fits, 0, -1), ("stamped",), ())


def _unwrap_coloured(lines: Lines) -> Unwrapped:
    """Text with commands to a terminal, which are taken off what is in any frame."""
    prefixes = _Prefixes.of(lines, [None] * len(lines))
    return prefixes.unwrapped(np.zeros(len(lines), np.int64), ("coloured",), ())


def _spans(lines: Lines) -> list[tuple[int, int]]:
    return list(zip(lines.starts.tolist(), lines.ends.tolist(), strict=True))


@dataclass(slots=True)
class _Prefixes:
    """What matched at the start of each line."""

    lines: Lines
    fits: Bools
    # What the pattern's groups say; nothing where it did not match.
    groups: list[Mapping[str, bytes | None]]
    # Where the program's text begins.
    begin: list[int]

    @classmethod
    def of(cls, lines: Lines, found: Sequence[re.Match[bytes] | None]) -> "_Prefixes":
        pairs = zip(found, lines.starts.tolist(), strict=True)
        return cls(
            lines,
            np.array([match is not None for match in found], np.bool_),
            [match.groupdict() if match else {} for match in found],
            [match.end() if match else start for match, start in pairs],
        )

    @classmethod
    def by(cls, lines: Lines, prefix: re.Pattern[bytes]) -> "_Prefixes":
        """Match one pattern at the start of each line."""
        raw = lines.octets.raw
        return cls.of(lines, [prefix.match(raw, *span) for span in _spans(lines)])

    @property
    def texts(self) -> list[bytes]:
        """What the program wrote."""
        raw = self.lines.octets.raw
        pairs = zip(self.begin, self.lines.ends.tolist(), strict=True)
        return [raw[begin:end] for begin, end in pairs]

    def named(self, name: str) -> Objects:
        """What a group says of each line."""
        found = [said.get(name) for said in self.groups]
        return Objects([None if each is None else text(each) for each in found])

    def unwrapped(self, stream: Ints, names: tuple[str, ...], fields: Sequence[str]) -> Unwrapped:
        """
        The lines without their prefix; the time in it is that of the frame.

        A line without one goes on with the stream of the line before it.
        """
        last = np.maximum.accumulate(np.where(stream >= 0, np.arange(len(stream)), -1))
        stream = np.where(last >= 0, stream[last], -1)
        stamps, _, _ = find_stamps(self.lines.octets, self.lines.starts, np.array(self.begin))
        whole = np.ones(len(self.lines), np.bool_)
        columns: dict[str, Column] = {name: self.named(name) for name in fields}
        return Unwrapped(stream, names, self.texts, whole, stamps, columns)


# A colour in one line of five is no accident.
COLOURED = Frame("coloured", _unwrap_coloured, re.compile(rb"[^\x1b]*" + _COMMAND), enough=0.2)
SYSLOG = Frame(
    "syslog",
    _unwrap_syslog,
    re.compile(rb"|".join(re.sub(rb"\?P<\w+>", b"?:", each.pattern) for each in _SYSLOG)),
    has_priority=True,
)
FRAMES = (
    CRI,
    DOCKER,
    Frame("compose", _unwrap_compose, _COMPOSE),
    Frame("kubectl", _unwrap_kubectl, _KUBECTL),
    SYSLOG,
    Frame("stamped", _unwrap_stamped, _STAMPED),
    COLOURED,
)
