"""JSON lines: one object a line, in the key conventions that loggers use (`conventions.py`)."""

from dataclasses import dataclass, field

import orjson

from parsers.batch import Batch, whole_lines
from parsers.block import Block
from parsers.columns import Column, Value
from parsers.depth import MAX_DEPTH, is_deeper
from parsers.dotted import Record
from parsers.otlp import BATCH, worst_of
from parsers.structured import Reader, batch_of_lines

# A line that is not longer cannot be nested deeper than an event may be.
_SHALLOW_BYTES = 2 * MAX_DEPTH


@dataclass(frozen=True, slots=True)
class JsonParser:
    """Reads one JSON object a line."""

    reader: Reader = field(default_factory=Reader)
    name: str = "json"
    fields: tuple[str, ...] = ()

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return whole_lines(raw)

    def parse(self, block: Block) -> Batch:
        """Read all lines; what is not a JSON object is marked unparsed."""
        return batch_of_lines(block, self, _object)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a key of the objects, or what the key of a role holds."""
        return self.reader.cut(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All keys of each object, but those that are its time, level and message."""
        return self.reader.field_dicts(batch)


def _object(line: bytes) -> Record:
    if line[:1] != b"{" and not line.lstrip().startswith(b"{"):  # an exception costs 6 µs a line
        return {}
    try:
        value: Value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(value, dict):
        return {}
    log = value.get("log")
    if type(log) is str and log[:1] == "{":
        return _unnested(value, log)
    if BATCH in value:
        value = worst_of(value) or value
    if len(line) > _SHALLOW_BYTES and line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        return {} if is_deeper(value, MAX_DEPTH) else value
    return value


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
