"""
What a model endpoint got and answered: the columns in SageMaker's captured payloads.

Source: what a captured file holds in https://github.com/aws/amazon-sagemaker-examples,
deploy_and_monitor/sm-model_monitor_introduction: a line has `captureData.endpointInput` and
`.endpointOutput`, each with `data` (always a text), `encoding` (CSV, JSON, BASE64),
`observedContentType` and `mode`; `eventMetadata.inferenceTime`. Not opened: `batchTransformInput`.
"""

import base64
import binascii
import csv
import math
import re
from collections.abc import Iterable, Sequence
from itertools import islice

import orjson

from parsers.columns import Value
from parsers.depth import is_deeper

CAPTURE = "captureData"
SIDES = ("input.", "output.")
_HALVES = {"input": ("endpointInput", "batchTransformInput"), "output": ("endpointOutput",)}
# Models have up to thousands of features; a stranger who calls the endpoint chooses what is in it.
MOST_COLUMNS = 2_000
MOST_RECORDS = 1_000
# Longer payloads (images in base64, say) are left as they are.
MOST_BYTES = 1 << 20
# Payloads nested deeper are left as they are; beside what is around them an event can hold as much.
_MOST_DEPTH = 40
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}|(?:\d{1,18}\.\d*|\.\d+|\d{1,18})(?:[eE][+-]?\d{1,3})?)")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
# What servers and clients of models put their records under.
_ROWS = ("instances", "inputs", "predictions", "outputs", "features", "data", "dataframe_records")
Columns = dict[str, Value]


def captured(record: Columns) -> Columns:
    """The columns of both payloads as `input.age` or `input.0`; a list where there are several."""
    found: Columns = {}
    for side, names in _HALVES.items():
        half = _half(record, names)
        data = half.get("data")
        if isinstance(data, str) and len(data) <= MOST_BYTES:
            rows = _rows(data, str(half.get("encoding")), str(half.get("observedContentType")))
            if is_deeper(rows, _MOST_DEPTH):
                continue
            found |= {f"{side}.{name}": value for name, value in _by_column(rows).items()}
    return found


def without_payloads(record: Columns, columns: Columns) -> Columns:
    """The record without the `data` whose columns were found."""
    capture = record.get(CAPTURE)
    if not isinstance(capture, dict):
        return record
    kept: dict[str, Value] = {}
    read = {name for side, names in _HALVES.items() if _any_of(columns, side) for name in names}
    for name, half in capture.items():
        if name in read and isinstance(half, dict):
            half = {key: value for key, value in half.items() if key != "data"}
        kept[name] = half
    return record | {CAPTURE: kept}


def _any_of(columns: Columns, side: str) -> bool:
    return any(name.startswith(f"{side}.") for name in columns)


def _half(record: Columns, names: Sequence[str]) -> Columns:
    capture = record.get(CAPTURE)
    halves = [capture.get(name) for name in names] if isinstance(capture, dict) else []
    return next((half for half in halves if isinstance(half, dict)), {})


def _rows(data: str, encoding: str, content_type: str) -> list[Value]:
    """The records of a payload, each an object or a list of values."""
    if encoding.upper() == "BASE64":
        try:
            data = base64.b64decode(data, validate=True).decode()
        except (binascii.Error, ValueError):
            return []  # an image, an array of numpy
        encoding = "JSON" if "json" in content_type else "CSV" if "csv" in content_type else ""
    if encoding.upper() == "CSV":
        return _csv_rows(data)
    return _json_rows(data) if encoding.upper() == "JSON" else []


def _csv_rows(data: str) -> list[Value]:
    """CSV; a first row in which no value is a number, before one in which some are, is a header."""
    try:
        rows = [row for row in islice(csv.reader(data.splitlines()), MOST_RECORDS + 1) if row]
    except csv.Error:
        return []
    values = [[_value(text) for text in row[:MOST_COLUMNS]] for row in rows]
    if len(values) > 1 and not _has_number(values[0]) and any(map(_has_number, values[1:])):
        names = [str(name) for name in values[0]]
        return [dict(zip(names, row, strict=False)) for row in values[1:]]
    return list(values[:MOST_RECORDS])


def _has_number(row: Iterable[Value]) -> bool:
    return any(isinstance(value, int | float) for value in row)


def _value(text: str) -> Value:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text or None
    if _WHOLE.fullmatch(text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text  # JSON cannot write what 1e999 becomes


def _json_rows(data: str) -> list[Value]:
    try:
        return _records(orjson.loads(data))
    except orjson.JSONDecodeError:
        pass
    try:  # application/jsonlines
        lines = islice(filter(None, map(str.strip, data.splitlines())), MOST_RECORDS)
        return [row for line in lines for row in _records(orjson.loads(line))]
    except orjson.JSONDecodeError:
        return []


def _records(payload: Value) -> list[Value]:
    """The records in a JSON payload: itself, its items, or what stands under the usual key."""
    for _ in range(2):  # `{"instances": [{"features": [1, 2]}]}` has two
        key = next((key for key in _ROWS if isinstance(payload, dict) and key in payload), None)
        if key is None or not isinstance(payload, dict):
            break
        payload = payload[key]
    if isinstance(payload, list) and any(isinstance(each, list | dict) for each in payload):
        return [_features(each) for each in payload[:MOST_RECORDS]]
    return [payload]


def _features(record: Value) -> Value:
    inner = record.get("features") if isinstance(record, dict) and len(record) == 1 else None
    return inner if isinstance(inner, list | dict) else record


def _by_column(rows: Sequence[Value]) -> Columns:
    """Columns by name or position; of several records a list each, with null where one has none."""
    named = [_named(row) for row in rows]
    if len(named) == 1:
        return named[0]
    names = islice(dict.fromkeys(name for row in named for name in row), MOST_COLUMNS)
    # Not more values than the columns of the widest record that is allowed, ten times over.
    kept = named[: max(1, 10 * MOST_COLUMNS // max(map(len, named), default=1))]
    return {name: [row.get(name) for row in kept] for name in names}


def _named(row: Value) -> Columns:
    if isinstance(row, dict):
        return dict(islice(row.items(), MOST_COLUMNS))
    values = row if isinstance(row, list) else [row]
    return {str(place): value for place, value in enumerate(values[:MOST_COLUMNS])}
