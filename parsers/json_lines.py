"""JSON lines: one object a line, in the key conventions that loggers use (`conventions.py`)."""

from dataclasses import dataclass, field

from parsers.batch import Batch, whole_lines
from parsers.block import Block
from parsers.columns import Column, Value
from parsers.json_objects import objects
from parsers.structured import Reader, batch_of_lines


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
        return batch_of_lines(block, self, objects)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a key of the objects, or what the key of a role holds."""
        return self.reader.cut(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All keys of each object, but those that are its time, level and message."""
        return self.reader.field_dicts(batch)
