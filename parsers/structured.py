"""Records that are keys with values, whatever wrote them: their columns, read by convention."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

import numpy as np

from parsers.batch import Batch, Cutter, line_spans
from parsers.block import Block
from parsers.capture import CAPTURE, SIDES, captured, without_payloads
from parsers.columns import Column, Objects, Value
from parsers.conventions import TAGS, Names
from parsers.dotted import Record, lookup, without
from parsers.judged import class_of, judged, stated_level
from parsers.nginx_access import DEFAULT_SEVERITIES
from parsers.plans import ALIKE, Plan, plans_for, sole
from parsers.record_times import record_time
from parsers.routes import Router
from parsers.severity import Severity
from parsers.words import Ints, Octets, Octets8, positions

# The columns of whole records, how each is read, and payloads; no field has such a name.
_RECORDS = "."
_PLANS = "./plans"
_PAYLOADS = "./payloads"
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")  # of an absolute URL
_OFFSET = re.compile(r"[+-]\d\d:?\d\d")
_Found = tuple[str, Value]
_Read = Callable[[Value], str | None]
_NOTHING: _Found = ("", None)


@dataclass(frozen=True, slots=True)
class Reader:
    """What cutting columns from structured records needs to know that the log does not say."""

    # Of times without offset; None: UTC.
    zone: tzinfo | None = None
    # Of requests that state no level, by status and its class.
    severities: Mapping[str, Severity] = field(default_factory=lambda: DEFAULT_SEVERITIES)
    router: Router = field(default_factory=Router, compare=False)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a key of the records, or what the key of a role holds; dots reach into objects."""
        if name == "time":
            read = record_time(self.zone)
            return Objects([_timed(each, plan, read)[1] for each, plan in _planned(batch)])
        if name == "message":
            return _messages(batch)
        if name in ALIKE:
            return _alike(batch, name)
        if name == "route":
            return self._routes(batch)
        if name == "status_class":
            return _status_classes(batch)
        records = _records(batch)
        if name == _PAYLOADS:
            return Objects([captured(each) if CAPTURE in each else {} for each in records])
        if name.startswith(SIDES):
            return _cut_payload(batch, name)
        look = dict.get if "." not in name else lookup
        return Objects([look(each, name) for each in records])

    def field_dicts(self, batch: Batch) -> list[Record]:
        """All keys of each record but its time, level and message; some under one name for all."""
        read = record_time(self.zone)
        rows = zip(_planned(batch), batch.column("time").values(), strict=True)
        return [_fields(each, plan, time, read) for (each, plan), time in rows]

    def _routes(self, batch: Batch) -> Column:
        """A `route` that the application itself names, else that of its path."""
        plan = sole(_plans(batch))
        if plan and not plan.paths:
            return _nothing(batch)
        named = [_path(each, plan) for each, plan in _planned(batch)]
        paths = Objects([_without_origin(value) for _, value in named])
        routes = self.router.labels(paths.labels()).values()
        pairs = zip(named, routes, strict=True)
        return Objects([value if key == "route" else route for (key, value), route in pairs])


class Structured(Cutter, Protocol):
    """A parser of structured records."""

    @property
    def name(self) -> str:
        """The format's name."""
        ...

    @property
    def reader(self) -> Reader:
        """What reads its records."""
        ...


def batch_of_lines(
    block: Block, parser: Structured, read: Callable[[Octets, Ints, Ints], list[Record]]
) -> Batch:
    """The lines of a block as records; those of which `read` makes an empty one do not fit."""
    octets = Octets(block.raw)
    starts, ends = line_spans(octets, positions(block.raw, ord("\n")))
    records = read(octets, starts, ends)
    severity, columns = judged_columns(records, parser)
    parsed = np.array([bool(each) for each in records], np.bool_)
    return Batch(block, octets, parser.name, starts, ends, parsed, severity, parser, columns)


def judged_columns(
    records: Sequence[Record], parser: Structured
) -> tuple[Octets8, dict[str, Column]]:
    """The severity of each record, and the columns that a batch of them begins with."""
    plans = plans_for(records)
    severity, levels = judged(records, plans, parser.reader.severities)
    planned = Objects(plans)  # type: ignore[arg-type]  # nobody but this module asks for them
    return severity, {_RECORDS: Objects(records), _PLANS: planned, "level": Objects(levels)}


def _records(batch: Batch) -> Sequence[Record]:
    return batch.columns[_RECORDS].values()  # type: ignore[return-value]  # put there by a parser


def _plans(batch: Batch) -> Sequence[Plan]:
    return batch.columns[_PLANS].values()  # type: ignore[return-value]  # put there by a parser


def _planned(batch: Batch) -> Iterator[tuple[Record, Plan]]:
    """Each record, and how it is read."""
    return zip(_records(batch), _plans(batch), strict=True)


def _nothing(batch: Batch) -> Column:
    return Objects([None] * len(_records(batch)))


def _messages(batch: Batch) -> Column:
    """What has no message is its own."""
    whole = batch.records()
    found = [_text_at(each, plan.keys.message, plan)[1] for each, plan in _planned(batch)]
    return Objects([whole.value(row) if each is None else each for row, each in enumerate(found)])


def _cut_payload(batch: Batch, name: str) -> Column:
    """A column of the payloads; what is no capture may have such a key of its own."""
    pairs = zip(batch.column(_PAYLOADS).values(), _records(batch), strict=True)
    return Objects(
        [
            payload[name] if isinstance(payload, dict) and name in payload else lookup(record, name)
            for payload, record in pairs
        ]
    )


def _timed(record: Record, plan: Plan, read: _Read) -> _Found:
    for key in plan.keys.time:
        time = read(lookup(record, key))
        if time is not None:
            return key, time
    return _of_day(record, read)


def _of_day(record: Record, read: _Read) -> _Found:
    """Firewalls (Fortinet's, Sophos') write `date=2026-01-02 time=03:04:05 tz="+0100"`."""
    date, clock, zone = record.get("date"), record.get("time"), record.get("tz")
    if not isinstance(date, str) or not isinstance(clock, str):
        return _NOTHING
    offset = zone if isinstance(zone, str) and _OFFSET.fullmatch(zone) else ""
    time = read(f"{date}T{clock}{offset}")
    return ("time", time) if time else _NOTHING


def _alike(batch: Batch, role: str) -> Column:
    """What the keys of a role hold; nearly always it is one key, and of all records the same."""
    records, plans = _records(batch), _plans(batch)
    plan = sole(plans)
    names: Names = getattr(plan.keys, role) if plan else ()
    if plan and len(names) <= 1 and not any("." in name for name in names):
        found = [record.get(name) for name in names for record in records]
        if {*map(type, found)} <= {str}:
            return Objects(found) if found else _nothing(batch)
    pairs = zip(records, plans, strict=True)
    return Objects([_text_at(each, getattr(plan.keys, role), plan)[1] for each, plan in pairs])


def _text_at(record: Record, names: Names, plan: Plan) -> _Found:
    """The first of the keys that holds a text; a list of lines is one, too."""
    for key in names:
        value = lookup(record, key)
        if isinstance(value, str):
            return key, value
        if isinstance(value, list) and value:
            joined = _joined(value, plan)
            if joined is not None:
                return key, joined
    return _NOTHING


def _joined(parts: list[Value], plan: Plan) -> str | None:
    """A stack as a list of lines, or what the journal writes as bytes because it is no UTF-8."""
    if all(isinstance(each, str) for each in parts):
        return "\n".join(str(each) for each in parts)
    if plan.convention.lists_bytes and all(isinstance(x, int) and 0 <= x < 256 for x in parts):
        return bytes(parts).decode("utf-8", "backslashreplace")  # type: ignore[arg-type]
    return None


def _path(record: Record, plan: Plan) -> _Found:
    for key in plan.paths:
        value = lookup(record, key)
        if isinstance(value, str):
            return key, value
    return _NOTHING


def _without_origin(value: Value) -> str | None:
    return _ORIGIN.sub("", value, count=1) if isinstance(value, str) else None


def _status_classes(batch: Batch) -> Column:
    plan = sole(_plans(batch))
    if plan and not plan.statuses:
        return _nothing(batch)
    return Objects([_status_class(each, plan) for each, plan in _planned(batch)])


def _status_class(record: Record, plan: Plan) -> str | None:
    return next(filter(None, (class_of(lookup(record, name)) for name in plan.statuses)), None)


def _fields(record: Record, plan: Plan, time: Value, read: _Read) -> Record:
    alike: Record = {}
    taken = [_time_key(record, plan, time, read), stated_level(record, plan)[0]]
    taken.append(_text_at(record, plan.keys.message, plan)[0])
    for role, names in plan.alike:
        key, value = _text_at(record, names, plan)
        if key:
            alike[role] = value
            taken.append(key)
    left = {key: value for key, value in record.items() if key == TAGS or key not in taken}
    for key in taken:
        if key and key not in record:
            left = without(left, key)
    if CAPTURE in left:
        columns = captured(record)
        left = without_payloads(left, columns) | columns
    return alike | left if alike else left


def _time_key(record: Record, plan: Plan, time: Value, read: _Read) -> str:
    """The key of the time that was read; nearly always there is one, and it is not read again."""
    if time is None:
        return ""
    return plan.keys.time[0] if len(plan.keys.time) == 1 else _timed(record, plan, read)[0]
