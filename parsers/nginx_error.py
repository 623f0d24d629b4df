"""nginx's error log: time, level, process, connection, message, and the context behind it."""

import re
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from parsers.batch import Batch, line_spans
from parsers.block import Block
from parsers.columns import Column, Memo, Objects, Texts, Value, text
from parsers.levels import severities
from parsers.records import complete_before_last_head, head_test, join
from parsers.timestamps import iso_time
from parsers.words import Bools, Ints, Octets, positions

_STAMP = len("2026/01/02 03:04:05")
_HEAD = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\]")
# Source: ngx_log_error_core() in src/core/ngx_log.c. Each part behind the level may be missing:
# syslog relays and the sample of the issue leave out the process, idle workers the connection.
_HEADER = re.compile(
    rb" ?(?:(?P<pid>\d+)#(?P<tid>\d+): ?)?(?:\*(?P<connection>\d+) )?(?P<message>.*)", re.DOTALL
)
_ERRNO = re.compile(rb"\((?P<errno>\d+): (?P<errno_text>[^()]*)\)")
# Source: ngx_http_log_error() and ngx_http_log_error_handler(); mail adds `login`.
_CONTEXT = re.compile(
    rb', client: (?P<client>[^,"]*)(?:, server: (?P<server>[^,"]*))?'
    rb'(?:, login: "(?P<login>[^"]*)")?'
)
_CLIENT = b", client: "
# What the stream module puts behind the context (ngx_stream_log_error in ngx_stream_handler.c).
_TRAFFIC = re.compile(rb"(?:, bytes from/to (?:client|upstream):\d+/\d+)+\Z")
# What may follow, in this order. nginx writes the values as the client sent them, quotes and all.
_QUOTED = (b"request", b"subrequest", b"upstream", b"host", b"referrer")
_FIRST_QUOTED = re.compile(rb', (%b): "' % b"|".join(_QUOTED))
_NEXT_QUOTED = re.compile(rb'", (%b): "' % b"|".join(_QUOTED))
_REQUEST = re.compile(rb"([A-Z_-]+) (.*?)(?: (HTTP/\d(?:\.\d)?))?", re.DOTALL)
_NUMBERS = ("pid", "tid", "connection", "errno")
_FIELDS = (
    *("pid", "tid", "connection", "errno", "errno_text", "client", "server", "login", "request"),
    *("request_method", "request_uri", "server_protocol", "subrequest", "upstream", "host"),
    "referrer",
)


@dataclass(frozen=True, slots=True)
class NginxErrorParser:
    """Reads the error log; its times are local in `zone` (None: UTC), as nginx writes no zone."""

    zone: tzinfo | None = None
    name: str = "nginx_error"
    fields: tuple[str, ...] = _FIELDS

    def complete(self, raw: bytes) -> int:
        """A record ends where the next time stamp begins a line: stderr of FastCGI has newlines."""
        return complete_before_last_head(raw, head_test(_HEAD))

    def parse(self, block: Block) -> Batch:
        """Find the records and their levels; the rest is cut row by row when asked for."""
        octets = Octets(block.raw)
        starts, ends = line_spans(octets, positions(block.raw, ord("\n")))
        heads = _stamped(octets, starts, ends)
        records = join(heads, starts, ends)
        stamped = heads[records.first]
        level = _levels(octets, records.starts, ends[records.first], stamped)
        severity, known = severities(level.labels())
        columns: dict[str, Column] = {"level": level}
        return Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            stamped & known,
            severity,
            self,
            columns,
            records.lines,
        )

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a part of the record."""
        if name == "time":
            starts = np.where(batch.parsed, batch.starts, -1)
            return Memo(Texts(batch.octets, starts, starts + _STAMP), iso_time(self.zone))
        if name == "parts":
            return Objects([_parts(batch, row) for row in range(len(batch))])
        if name != "message" and name not in _FIELDS:
            raise KeyError(name)
        return Objects([parts.get(name) for parts in _dicts(batch)])

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """What each record says; parts that nginx left out are not there."""
        return [{name: parts[name] for name in _FIELDS if name in parts} for parts in _dicts(batch)]


def _stamped(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """Lines that begin with a time stamp and a bracket, as every record of nginx does."""
    heads: Bools = ends - starts > _STAMP + 2
    for number, shape in enumerate("dddd/dd/dd dd:dd:dd ["):
        there = octets.bytes[np.where(heads, starts + number, 0)]
        heads &= there - np.uint8(ord("0")) < 10 if shape == "d" else there == ord(shape)
    return heads


def _levels(octets: Octets, starts: Ints, ends: Ints, heads: Bools) -> Texts:
    level = np.where(heads, starts + _STAMP + 2, 0)
    close = octets.find(ord("]"), level, np.where(heads, ends, 0))
    absent = ~heads | (close >= ends)
    return Texts(octets, np.where(absent, -1, level), np.where(absent, -1, close))


def _dicts(batch: Batch) -> list[dict[str, Value]]:
    return batch.column("parts").values()  # type: ignore[return-value]  # made by _parts


def _parts(batch: Batch, row: int) -> dict[str, Value]:
    record = batch.record(row)
    if not batch.parsed[row]:
        return {"message": text(record)}
    header = _HEADER.fullmatch(record, record.index(b"]", _STAMP) + 1)
    assert header  # it ends with .*
    found = {name: value for name, value in header.groupdict().items() if value is not None}
    message = found.pop("message")
    end, context = _context(message)
    message = message[:end]
    found |= context
    for errno in _ERRNO.finditer(message):  # nginx writes it last; a path may hold another
        found |= errno.groupdict()
    return _typed(found) | {"message": text(message)}


def _context(message: bytes) -> tuple[int, dict[str, bytes]]:
    """
    Where the context begins, and its parts: from the last `, client: ` behind which all else fits.

    From the right, because a message can quote a path that a stranger chose.
    """
    traffic = _TRAFFIC.search(message)
    message = message[: traffic.start()] if traffic else message
    at = message.rfind(_CLIENT)
    while at >= 0:
        context = _CONTEXT.match(message, at)
        quoted = _quoted(message, context.end()) if context else None
        if context and quoted is not None:
            unquoted = context.groupdict().items()
            return at, {name: value for name, value in unquoted if value is not None} | quoted
        at = message.rfind(_CLIENT, 0, at)
    return len(message), {}


def _quoted(message: bytes, start: int) -> dict[str, bytes] | None:
    """The quoted parts from `start` to the end, each up to the first that may follow it."""
    if start == len(message):
        return {}
    first = _FIRST_QUOTED.match(message, start)
    if not first or not message.endswith(b'"', first.end()):
        return None
    found: dict[str, bytes] = {}
    name, start = first[1], first.end()
    for mark in _NEXT_QUOTED.finditer(message, start):
        if _QUOTED.index(mark[1]) > _QUOTED.index(name):
            found[name.decode()] = message[start : mark.start()]
            name, start = mark[1], mark.end()
    if start >= len(message):  # the last quote opened the part
        return None
    return found | {name.decode(): message[start:-1]}


def _typed(found: dict[str, bytes]) -> dict[str, Value]:
    parts: dict[str, Value] = {
        name: int(value) if name in _NUMBERS and len(value) < 19 else text(value)
        for name, value in found.items()
    }
    if request := _REQUEST.fullmatch(found.get("request", b"")):
        names = ("request_method", "request_uri", "server_protocol")
        split = zip(names, request.groups(), strict=True)
        parts |= {name: text(value) for name, value in split if value is not None}
    return parts
