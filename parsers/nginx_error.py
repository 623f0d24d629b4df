"""nginx's error log: time, level, process, connection, message, and the context behind it."""

import re
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from parsers.batch import Batch, line_spans
from parsers.block import Block
from parsers.columns import Column, Memo, Objects, Texts, Value, text
from parsers.levels import severities
from parsers.nginx_context import CUT_BYTES, find_context
from parsers.nginx_said import SAID_FIELDS, integer, said
from parsers.records import complete_before_last_head, head_test, join
from parsers.shapes import begins
from parsers.timestamps import iso_time
from parsers.words import Bools, Ints, Octets, positions

_STAMP = len("2026/01/02 03:04:05")
_SHAPE = "dddd/dd/dd dd:dd:dd ["
# What nginx says on the terminal before it has a log, and so in a container's stream: without time
# (ngx_log_error_core in ngx_log.c).
_CONSOLE = b"nginx: ["
_HEAD = re.compile(rb"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d|nginx:) \[[a-z]+\]")
# Source: ngx_log_error_core() in src/core/ngx_log.c. Each part behind the level may be missing:
# syslog relays leave out the process, idle workers and the terminal the connection.
_HEADER = re.compile(
    rb" ?(?:(?P<pid>\d+)#(?P<tid>\d+): ?)?(?:\*(?P<connection>\d+) )?(?P<message>.*)", re.DOTALL
)
_REQUEST = re.compile(rb"([A-Z_-]+) (.*?)(?: (HTTP/\d(?:\.\d)?))?", re.DOTALL)
_INTEGERS = ("pid", "tid", "connection")
_CONTEXT = (
    *("client", "server", "login", "request", "request_method", "request_uri", "server_protocol"),
    *("subrequest", "upstream", "host", "referrer", "context", "resolver", "responder", "peer"),
    "certificate",
)
_FIELDS = ("pid", "tid", "connection", *SAID_FIELDS, *_CONTEXT)


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
        stamped, console = _stamped(octets, starts, ends), _on_console(octets, starts, ends)
        heads = stamped | console
        records = join(heads, starts, ends)
        first = records.first
        begin = starts[first] + np.where(console[first], len(_CONSOLE), len(_SHAPE))
        level = _levels(octets, begin, ends[first], heads[first])
        severity, known = severities(level.labels())
        columns: dict[str, Column] = {"level": level}
        return Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            heads[first] & known,
            severity,
            self,
            columns,
            records.lines,
        )

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a part of the record."""
        if name == "time":
            timed = batch.parsed & (batch.octets.bytes[batch.starts] != _CONSOLE[0])
            starts = np.where(timed, batch.starts, -1)
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
    return begins(octets, starts, ends, _SHAPE) & (ends - starts > len(_SHAPE))


def _on_console(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    if _CONSOLE not in octets.raw:
        return np.zeros(len(starts), np.bool_)
    return octets.literal(_CONSOLE, starts) & (ends - starts > len(_CONSOLE))


def _levels(octets: Octets, begin: Ints, ends: Ints, heads: Bools) -> Texts:
    level = np.where(heads, begin, 0)
    close = octets.find(ord("]"), level, np.where(heads, ends, 0))
    absent = ~heads | (close >= ends)
    return Texts(octets, np.where(absent, -1, level), np.where(absent, -1, close))


def _dicts(batch: Batch) -> list[dict[str, Value]]:
    return batch.column("parts").values()  # type: ignore[return-value]  # made by _parts


def _parts(batch: Batch, row: int) -> dict[str, Value]:
    record = batch.record(row)
    if not batch.parsed[row]:
        return {"message": text(record)}
    header = _HEADER.fullmatch(record, record.index(b"]") + 1)
    assert header  # it ends with .*
    found = {name: value for name, value in header.groupdict().items() if value is not None}
    message = found.pop("message")
    end, context = find_context(message, cut_short=len(record) >= CUT_BYTES)
    message = message[:end]
    parts = said(message) | _typed(found | context)
    return parts | {"message": text(message)}


def _typed(found: dict[str, bytes]) -> dict[str, Value]:
    parts: dict[str, Value] = {
        name: integer(value) if name in _INTEGERS else text(value) for name, value in found.items()
    }
    if request := _REQUEST.fullmatch(found.get("request", b"")):
        names = ("request_method", "request_uri", "server_protocol")
        split = zip(names, request.groups(), strict=True)
        parts |= {name: text(value) for name, value in split if value is not None}
    return parts
