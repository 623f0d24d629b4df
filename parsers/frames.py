"""What container runtimes write around a program's lines, and how to take it off."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson

from parsers.columns import Column, Objects, Texts
from parsers.lines import Lines
from parsers.stamps import Stamps
from parsers.words import Bools, Ints

_STREAMS = ("stdout", "stderr")
_STREAM_CHARS = len("stdout")
# An RFC 3339 time with nanoseconds and an offset has 35.
_STAMP_BYTES = (20, 40)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The lines of a block without their frame, a row for each line on disk."""

    # Which of `names` each line was written to; -1: it has no frame. Streams of one name are read
    # by one parser.
    stream: Ints
    names: tuple[str, ...]
    # The program's own text; what has no frame is empty here.
    texts: Sequence[bytes]
    # False: the program's line goes on in the next line of its stream.
    ended: Bools
    # When the line was taken, as the frame says.
    times: Column | Stamps
    # More that the frame says.
    fields: dict[str, Column] = field(default_factory=dict)
    # Of frames that say who wrote a line: a number for each writer, and which lines go on with a
    # record of theirs.
    writers: Ints | None = None
    further: Bools | None = None

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
    # Matches the beginning of a framed line.
    head: re.Pattern[bytes]
    # The share of the lines that must be framed before a log is believed to be.
    enough: float = 0.6
    # The syslog priority before a line is its level, if it states none itself.
    has_priority: bool = False
    # The first of its streams is of several programs: no line of it goes on with that of another.
    shared: bool = False


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


CRI = Frame("cri", _unwrap_cri, re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+\S* std(?:out|err) [FP]"))
DOCKER = Frame("docker", _unwrap_docker, re.compile(rb'\{"log":"'))
