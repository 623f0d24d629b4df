"""The objects of JSON lines: those of a block by one call, or one by one where a line is none."""

import secrets
from itertools import repeat
from operator import contains

import orjson

from parsers.columns import Value
from parsers.depth import MAX_DEPTH, is_deeper
from parsers.dotted import Record
from parsers.otlp import BATCH, worst_of
from parsers.words import Ints, Octets

# A line that is not longer cannot be nested deeper than an event may be.
_SHALLOW_BYTES = 2 * MAX_DEPTH
# Stands between the lines that are read by one call: no log can know it, so that what is between
# two of it is one line, however a stranger's brackets close.
_MARK = secrets.randbits(62)
_BETWEEN = b",%d," % _MARK


def objects(octets: Octets, starts: Ints, ends: Ints) -> list[Record]:
    """The object of each line of a block; an empty one where the line is no object."""
    found = _at_once(octets, starts, ends)
    if found is None:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return [_object(octets.raw[start:end]) for start, end in spans]
    return found


def _at_once(octets: Octets, starts: Ints, ends: Ints) -> list[Record] | None:
    """All objects; None if some line may be none. 0.3 µs a line less than one by one."""
    braced = (octets.bytes[starts] == ord("{")) & (octets.bytes[ends - 1] == ord("}"))
    if not (len(starts) and braced.all()):
        return None
    lines = octets.raw.removesuffix(b"\n").replace(b"\n", _BETWEEN)
    try:
        values: list[Value] = orjson.loads(b"[%b]" % lines)
    except orjson.JSONDecodeError:
        return None
    if values[1::2] != [_MARK] * (len(starts) - 1):
        return None
    # What begins with a brace and ends before the next mark is an object.
    records: list[Record] = values[::2]  # type: ignore[assignment]
    return _all_settled(records, octets.raw, starts, ends)


def _all_settled(records: list[Record], raw: bytes, starts: Ints, ends: Ints) -> list[Record]:
    rows = (ends - starts > _SHALLOW_BYTES).nonzero()[0].tolist()
    for key in ("log", BATCH):
        if any(map(contains, records, repeat(key))):
            rows += [row for row, record in enumerate(records) if key in record]
    for row in set(rows):
        records[row] = _settled(records[row], raw[starts[row] : ends[row]])
    return records


def _object(line: bytes) -> Record:
    if line[:1] != b"{" and not line.lstrip().startswith(b"{"):  # an exception costs 6 µs a line
        return {}
    try:
        value: Value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return _settled(value, line) if isinstance(value, dict) else {}


def _settled(record: Record, line: bytes) -> Record:
    """What a line says, if it says it as a text or as one of many; empty if it is too deep."""
    log = record.get("log")
    if type(log) is str and log[:1] == "{":
        return _unnested(record, log)
    if BATCH in record:
        record = worst_of(record) or record
    if len(line) > _SHALLOW_BYTES and line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        return {} if is_deeper(record, MAX_DEPTH) else record
    return record


def _unnested(record: Record, log: str) -> Record:
    """
    What a program said, with what stood around it: its own keys count.

    A collector that has read no JSON in a container's lines has a line as the text `log` beside its
    own keys. Fluent Bit's `Merge_Log` does the same
    (https://docs.fluentbit.io/manual/dev-4.0/pipeline/filters/kubernetes). Text that is no object
    stays as it is.
    """
    try:
        said = orjson.loads(log)
    except orjson.JSONDecodeError:
        said = {}
    if said:
        record = {key: value for key, value in record.items() if key != "log"} | said
    return {} if is_deeper(record, MAX_DEPTH) else record
