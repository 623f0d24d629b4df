"""
OpenTelemetry's log data as JSON lines, which carry many records each: the worst stands for all.

Source: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ and, for the names,
https://github.com/open-telemetry/opentelemetry-proto, opentelemetry/proto/logs/v1/logs.proto.
"""

from collections.abc import Iterator

from parsers.columns import Value
from parsers.dotted import Record

BATCH = "resourceLogs"
# How many records the line has, where it is not one.
COUNT = "records"
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")


def worst_of(line: Record) -> Record:
    """
    The record of a line with the highest severity, of equals the first, as one by itself.

    With its resource and scope, its attributes as an object, and how many the line has if not one.
    Empty if it has none.
    """
    found = list(_records(line))
    if not found:
        return {}
    worst = max(found, key=_severity)
    return worst if len(found) == 1 else worst | {COUNT: len(found)}


def _records(line: Record) -> Iterator[Record]:
    for resource_logs in _objects(line.get(BATCH)):
        resource = _attributes(resource_logs.get("resource"))
        for scope_logs in _objects(resource_logs.get("scopeLogs")):
            scope = scope_logs.get("scope")
            for record in _objects(scope_logs.get("logRecords")):
                attributes = _plain(record.get("attributes"))
                around = {"resource": resource, "scope": scope, "attributes": attributes}
                yield record | {name: value for name, value in around.items() if value}


def _severity(record: Record) -> int:
    number = record.get("severityNumber")
    return number if isinstance(number, int) else 0


def _attributes(holder: Value) -> Value:
    return _plain(holder.get("attributes")) if isinstance(holder, dict) else None


def _plain(attributes: Value) -> Value:
    """Pairs of keys and typed values as an object of plain values."""
    if not isinstance(attributes, list):
        return attributes
    return {str(each.get("key")): _value(each.get("value")) for each in _objects(attributes)}


def _value(typed: Value) -> Value:
    if not isinstance(typed, dict):
        return typed
    return next((typed[kind] for kind in _VALUES if kind in typed), typed)


def _objects(values: Value) -> list[Record]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
