"""JSON lines: one object a line, in the key conventions that loggers use."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from types import UnionType

import numpy as np
import orjson

from parsers.batch import Batch, line_spans, whole_lines
from parsers.block import Block
from parsers.columns import Column, Objects, Value
from parsers.routes import Router
from parsers.severity import Severity, severity_of
from parsers.timestamps import clf_time, epoch_time, iso_time
from parsers.words import Octets, positions

# The keys in the order they are looked for. Sources: ECS, Bunyan, pino, zap, logrus, zerolog, slog,
# structlog, python-json-logger, Stackdriver, and nginx formats with escape=json.
_TIME_KEYS = (
    *("time", "timestamp", "@timestamp", "ts", "asctime", "datetime", "date", "t"),
    *("time_iso8601", "time_local"),
)
_LEVEL_KEYS = ("level", "severity", "levelname", "log.level", "lvl", "loglevel", "level_name")
_MESSAGE_KEYS = ("message", "msg", "event", "log", "text")
_LOGGER_KEYS = ("logger", "logger_name", "log.logger", "name", "loggerName")
# Sources: nginx's own names, ECS, OpenTelemetry's HTTP conventions, and what web frameworks write.
_PATH_KEYS = (
    *("request_uri", "uri", "path", "url.path", "http.target", "http.path", "request_path"),
    *("url", "req.url", "request.path", "request.uri", "request.url", "http.url"),
)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")  # of an absolute URL
# pino and Bunyan number their levels: 10 trace, 20 debug … 60 fatal.
_PINO = (Severity.DEBUG, Severity.DEBUG, Severity.INFO, Severity.WARNING, Severity.ERROR)
# GELF and journald number theirs as syslog does: 0 emergency … 7 debug (RFC 5424 table 2).
_SYSLOG = (
    *(Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL, Severity.ERROR),
    *(Severity.WARNING, Severity.NOTICE, Severity.INFO, Severity.DEBUG),
)
_EPOCH = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
_Named = tuple[str, Value]
# orjson writes at most 254 levels; what it could read (1024) and not write would stop a sink.
_MAX_DEPTH = 200
# The column of whole objects; no key can be asked for by this name (dots reach into objects).
_OBJECTS = "."


@dataclass(frozen=True, slots=True)
class JsonParser:
    """Reads one JSON object a line; a time without offset is local in `zone` (None: UTC)."""

    zone: tzinfo | None = None
    name: str = "json"
    fields: tuple[str, ...] = ()
    router: Router = field(default_factory=Router, compare=False)

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return whole_lines(raw)

    def parse(self, block: Block) -> Batch:
        """Read all lines; what is not a JSON object is marked unparsed."""
        octets = Octets(block.raw)
        starts, ends = line_spans(octets, positions(block.raw, ord("\n")))
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        objects = [_object(block.raw[start:end]) for start, end in spans]
        parsed = np.array([bool(each) for each in objects], np.bool_)
        levels = [_named(each, _LEVEL_KEYS, str | int | float)[1] for each in objects]
        severity = np.array([_severity(level) for level in levels], np.uint8)
        columns: dict[str, Column] = {
            _OBJECTS: Objects(objects),
            "level": Objects([None if level is None else str(level) for level in levels]),
        }
        return Batch(block, octets, self.name, starts, ends, parsed, severity, self, columns)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a key of the objects; dots reach into nested objects (`http.status`)."""
        objects = _dicts(batch)
        if name == "time":
            read = iso_time(self.zone)
            found = [_named(each, _TIME_KEYS, str | int | float)[1] for each in objects]
            return Objects([_time(value, read) for value in found])
        if name == "message":
            found = [_named(each, _MESSAGE_KEYS, str)[1] for each in objects]
            records = batch.records()
            return Objects(
                [records.value(row) if each is None else each for row, each in enumerate(found)]
            )
        if name == "status_class":
            return Objects([_status_class(_lookup(each, "status")) for each in objects])
        if name == "logger":
            return Objects([_named(each, _LOGGER_KEYS, str)[1] for each in objects])
        if name == "route":
            return self._routes(objects)
        return Objects([_lookup(each, name) for each in objects])

    def _routes(self, objects: Sequence[dict[str, Value]]) -> Column:
        """A `route` that the application itself names, else that of its path."""
        named = [_named(each, ("route", *_PATH_KEYS), str) for each in objects]
        paths = Objects([_path(value) for _, value in named])
        routes = self.router.labels(paths.labels()).values()
        pairs = zip(named, routes, strict=True)
        return Objects([value if key == "route" else route for (key, value), route in pairs])

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All keys of each object, but those that are its time, level and message."""
        rows = zip(_dicts(batch), batch.column("time").values(), strict=True)
        return [_others(each, timed=time is not None) for each, time in rows]


def _object(line: bytes) -> dict[str, Value]:
    if not line.lstrip().startswith(b"{"):  # an exception would cost 6 µs a line
        return {}
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(value, dict):
        return {}
    deep = line.count(b"{") + line.count(b"[") > _MAX_DEPTH
    return {} if deep and _is_deeper(value, _MAX_DEPTH) else value


def _is_deeper(value: Value, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_is_deeper(each, depth - 1) for each in inner)


def _dicts(batch: Batch) -> Sequence[dict[str, Value]]:
    return batch.column(_OBJECTS).values()  # type: ignore[return-value]  # made by _object


def _named(each: dict[str, Value], keys: tuple[str, ...], kind: UnionType | type) -> _Named:
    """The first of `keys` that has a value of this kind, and the value."""
    for key in keys if each else ():
        value = _lookup(each, key) if "." in key else each.get(key)
        if isinstance(value, kind) and not isinstance(value, bool):
            return key, value
    return "", None


def _lookup(each: Value, name: str) -> Value:
    """A key, or a path of keys joined by dots."""
    if isinstance(each, dict) and name in each:
        return each[name]
    key, dot, rest = name.partition(".")
    return _lookup(each.get(key), rest) if dot and isinstance(each, dict) else None


def _path(value: Value) -> str | None:
    return _ORIGIN.sub("", value, count=1) if isinstance(value, str) else None


def _severity(level: Value) -> Severity:
    if isinstance(level, int | float):
        if 0 <= level < len(_SYSLOG):
            return _SYSLOG[int(level)]
        return Severity.CRITICAL if level >= 60 else _PINO[max(0, min(4, int(level) // 10 - 1))]
    known = severity_of(level) if isinstance(level, str) else None
    return Severity.INFO if known is None else known


def _time(value: Value, read: Callable[[bytes], str | None]) -> str | None:
    if isinstance(value, str) and not _EPOCH.fullmatch(value):
        raw = value.encode()
        return read(raw) or clf_time(raw)
    return _epoch(float(value)) if isinstance(value, str | int | float) else None


def _epoch(number: float) -> str | None:
    """Seconds, milli-, micro- or nanoseconds, told apart by size: right from 1973 to 5138."""
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= number / unit < 1e11:
            return epoch_time(number / unit)
    return None  # `"time": 0.25` is how long something took


def _others(each: dict[str, Value], *, timed: bool) -> dict[str, Value]:
    taken = {
        _named(each, _TIME_KEYS, str | int | float)[0] if timed else "",
        _named(each, _LEVEL_KEYS, str | int | float)[0],
        _named(each, _MESSAGE_KEYS, str)[0],
    } - {""}
    return {key: value for key, value in each.items() if key not in taken}


def _status_class(status: Value) -> str | None:
    text = str(status)
    return f"{text[0]}xx" if len(text) == 3 and text.isascii() and text.isdigit() else None
