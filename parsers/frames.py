"""What container runtimes and syslog write around a program's lines, and how to take it off."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson

from parsers.columns import Column, Objects, Texts, text
from parsers.mixed import Lines
from parsers.words import Bools, Ints

_STREAMS = ("stdout", "stderr")
_STREAM_CHARS = len("stdout")
# An RFC 3339 time with nanoseconds and an offset has 35.
_STAMP_BYTES = (20, 40)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The lines of a block without their frame, a row for each line on disk."""

    # Which of `names` each line was written to; -1: it has no frame.
    stream: Ints
    names: tuple[str, ...]
    # The program's own text; what has no frame is empty here.
    texts: Sequence[bytes]
    # False: the program's line goes on in the next line of its stream.
    ended: Bools
    # When the runtime took the line, as it wrote it.
    times: Column
    # More that the frame says.
    fields: dict[str, Column] = field(default_factory=dict)

    @property
    def fits(self) -> Bools:
        """Which lines have a frame."""
        fits: Bools = self.stream >= 0
        return fits


@dataclass(frozen=True, slots=True)
class Frame:
    """One way of framing lines."""

    name: str
    unwrap: Callable[[Lines], Unwrapped]
    # Matches the beginning of every framed line.
    head: re.Pattern[bytes]
    # Whether JSON and plain text may be what it frames: not if a frame is that easily mistaken.
    certain: bool = True


def _unwrap_cri(lines: Lines) -> Unwrapped:
    """
    `2026-01-02T03:04:05.123456789Z stdout F text`; tags beside `F` and `P` are divided by colons.

    Source: kubelet's CRI log format (kuberuntime/logs/logs.go, parseCRILog).
    """
    octets, starts, ends = lines.octets, lines.starts, lines.ends
    least, most = _STAMP_BYTES
    blank = octets.find(ord(" "), starts, np.minimum(ends, starts + most))
    fits = (octets.bytes[blank] == ord(" ")) & (blank < ends) & (blank - starts >= least)
    fits &= (octets.bytes[starts + 10] == ord("T")) & (octets.bytes[starts + 4] == ord("-"))
    error = octets.literal(b"stderr ", blank + 1)
    fits &= error | octets.literal(b"stdout ", blank + 1)
    tag = np.where(fits, blank + _STREAM_CHARS + 2, starts)
    partial = octets.bytes[tag] == ord("P")
    fits &= (partial | (octets.bytes[tag] == ord("F"))) & (tag < ends)
    behind = octets.bytes[tag + 1]
    fits &= (tag + 1 >= ends) | (behind == ord(" ")) | (behind == ord(":"))
    begin = np.minimum(octets.find(ord(" "), tag, ends) + 1, ends)
    begin = np.where(fits, begin, ends)
    raw = octets.raw
    spans = zip(begin.tolist(), ends.tolist(), strict=True)
    return Unwrapped(
        np.where(fits, error.astype(np.int64), -1),
        _STREAMS,
        # A slice a line costs 0.1 µs; gathering all bytes by numpy costs ten times that.
        [raw[start:end] for start, end in spans],
        ~(partial & fits),
        Texts(octets, np.where(fits, starts, -1), np.where(fits, blank, -1)),
    )


def _unwrap_docker(lines: Lines) -> Unwrapped:
    """
    `{"log":"text\\n","stream":"stdout","time":"…"}`; without the newline the line goes on.

    Source: docker's json-file log driver (daemon/logger/jsonfilelog/jsonlog).
    """
    raw = lines.octets.raw
    spans = zip(lines.starts.tolist(), lines.ends.tolist(), strict=True)
    found = [_docker(raw[start:end]) for start, end in spans]
    return Unwrapped(
        np.array([stream for stream, _, _ in found], np.int64),
        _STREAMS,
        [log.removesuffix(b"\n").replace(b"\n", b"\\n") for _, log, _ in found],
        np.array([log.endswith(b"\n") or stream < 0 for stream, log, _ in found], np.bool_),
        Objects([time for _, _, time in found]),
    )


_NO_DOCKER: tuple[int, bytes, str | None] = (-1, b"", None)


def _docker(line: bytes) -> tuple[int, bytes, str | None]:
    if not line.startswith(b"{"):
        return _NO_DOCKER
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _NO_DOCKER
    log, time = value.get("log"), value.get("time")
    stream = value.get("stream", _STREAMS[0])
    if not isinstance(log, str) or stream not in _STREAMS:
        return _NO_DOCKER
    return _STREAMS.index(stream), log.encode(), time if isinstance(time, str) else None


_PROGRAM = rb"(?P<hostname>[\w.:-]+) (?P<program>[\w./-]+)(?:\[\d+\])?: "
# RFC 3164 as rsyslog and nginx write it (ngx_syslog.c), with an ISO time too; the time may have
# been taken off by a relay, but then there is a process number.
_BSD = (
    rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    rb"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))) "
)
_RFC5424 = (
    rb"<\d{1,3}>1 (?P<time>\S+) (?P<hostname>\S+) (?P<program>\S+) \S+ \S+ "
    rb'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+) ?(?:\xef\xbb\xbf)?'
)
_SYSLOG = (
    re.compile(_BSD + _PROGRAM),
    re.compile(rb"(?P<hostname>[\w.:-]+) (?P<program>[\w./-]+)\[\d+\]: "),
    re.compile(_RFC5424),
)
# A relay that frames what was framed.
_AGAIN = re.compile(rb"[\w.:-]+ [\w./-]+: (?=\d{4}/\d\d/\d\d |\d|<)")


def _unwrap_syslog(lines: Lines) -> Unwrapped:
    """
    `Jan  2 03:04:05 host nginx[7]: text`, RFC 5424, and what relays make of them.

    Of the times only those with a year are taken.
    """
    raw = lines.octets.raw
    spans = list(zip(lines.starts.tolist(), lines.ends.tolist(), strict=True))
    found = [_syslog(raw, start, end) for start, end in spans]
    named = [match.groupdict() if match else {} for match in found]
    texts = []
    for match, (start, end) in zip(found, spans, strict=True):
        begin = match.end() if match else start
        again = _AGAIN.match(raw, begin, end) if match else None
        texts.append(raw[again.end() if again else begin : end])
    columns = {
        name: Objects([_text(each.get(name)) for each in named])
        for name in ("hostname", "program", "time")
    }
    times = columns.pop("time")
    return Unwrapped(
        np.array([0 if match else -1 for match in found], np.int64),
        ("syslog",),
        texts,
        np.ones(len(found), np.bool_),
        times,
        dict(columns),
    )


def _syslog(raw: bytes, start: int, end: int) -> re.Match[bytes] | None:
    return next((match for each in _SYSLOG if (match := each.match(raw, start, end))), None)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else text(raw)


CRI = Frame("cri", _unwrap_cri, re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+\S* std(?:out|err) [FP]"))
DOCKER = Frame("docker", _unwrap_docker, re.compile(rb'\{"log":"'))
SYSLOG = Frame(
    "syslog",
    _unwrap_syslog,
    re.compile(rb"|".join(re.sub(rb"\?P<\w+>", b"?:", each.pattern) for each in _SYSLOG)),
    certain=False,
)
FRAMES = (CRI, DOCKER, SYSLOG)
