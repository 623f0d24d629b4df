"""logfmt: `ts=2026-01-02T03:04:05Z level=info msg="a b" took=0.25`, as Go's loggers write text."""

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass, field

import orjson

from parsers.batch import Batch, whole_lines
from parsers.block import Block
from parsers.columns import Column, Value, text
from parsers.dotted import Record
from parsers.plans import plan_of
from parsers.structured import Reader, batch_of_lines
from parsers.words import Ints, Octets

# Sources: https://github.com/sirupsen/logrus (text_formatter.go), https://github.com/go-logfmt/logfmt
# (encode.go): what has blanks, quotes or `=` in it is quoted as Go does (%q), nil is `null`, a key
# is any run of other characters; https://github.com/kr/logfmt (decode.go) takes a key alone.
_PAIR = re.compile(r'\s*+([^\s="]++)(?:=("(?:[^"\\]|\\.)*+"|(?!")\S*+))?+(?!\S)', re.ASCII)
# What begins with another key, or with one alone, is rather a sentence.
_FIRST = re.compile(r"[ \t]*+[A-Za-z_@][\w.@/-]*+=", re.ASCII)
# No leading zeros and no exponents: those are rather the parts of an identifier.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(\.\d{1,17})?", re.ASCII)
_GO_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x[0-9a-fA-F]{2}|[0-7]{3}|(.))", re.DOTALL
)
_GO_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BLANKS = " \t\n\r\f\v"
_STATED_KEYS = 50  # loggers write time and level among the first


@dataclass(frozen=True, slots=True)
class LogfmtParser:
    """Reads `key=value` lines."""

    reader: Reader = field(default_factory=Reader)
    # Only lines that state a time or a level: what else has a `=` may be anything.
    strict: bool = False
    name: str = "logfmt"
    fields: tuple[str, ...] = ()

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return whole_lines(raw)

    def parse(self, block: Block) -> Batch:
        """Read all lines; what is not logfmt is marked unparsed."""
        return batch_of_lines(block, self, self._records)

    def _records(self, octets: Octets, starts: Ints, ends: Ints) -> list[Record]:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return [self._record(octets.raw[start:end]) for start, end in spans]

    def _record(self, line: bytes) -> Record:
        if b"=" not in line:
            return {}
        record = pairs(text(line))
        if not self.strict or not record:
            return record
        keys = plan_of(tuple(record)[:_STATED_KEYS]).keys
        return record if len(record) > 1 and (keys.time or keys.level) else {}

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a key of the records, or what a role's key holds."""
        return self.reader.cut(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All keys of each record, but those that are its time, level and message."""
        return self.reader.field_dicts(batch)


def pairs(line: str) -> dict[str, Value]:
    """
    The pairs of a line, empty if it is not logfmt throughout.

    A number without quotes is a number, a key alone is true, a key that comes again `key_2`.
    """
    found: dict[str, Value] = {}
    again: dict[str, int] = {}
    alone = at = 0
    end = len(line.rstrip(_BLANKS)) if _FIRST.match(line) else 0
    while at < end:
        match = _PAIR.match(line, at)  # never searched for: that would be quadratic
        if match is None:
            return {}
        key, value = match.groups()
        at = match.end()
        alone += value is None
        free = _numbered(key, found, again) if key in found else key
        found[free] = True if value is None else _value(value)
    return found if alone * 2 <= len(found) else {}  # a sentence with a `=` in it


def _numbered(key: str, found: Collection[str], again: dict[str, int]) -> str:
    number = again.get(key, 1) + 1
    while f"{key}_{number}" in found:
        number += 1
    again[key] = number
    return f"{key}_{number}"


def _value(value: str) -> Value:
    if value.startswith('"'):
        return value[1:-1] if "\\" not in value else _unquoted(value)
    number = _NUMBER.fullmatch(value)
    if number:
        return float(value) if number[1] else int(value)
    return None if value == "null" else value


def _unquoted(value: str) -> str:
    try:
        return str(orjson.loads(value))
    except orjson.JSONDecodeError:  # Go has escapes that JSON has not
        return _GO_ESCAPE.sub(_go_escape, value[1:-1])


def _go_escape(match: re.Match[str]) -> str:
    point = match[1] or match[2]
    if point:
        number = int(point, 16)
        is_character = number <= sys.maxunicode and not 0xD800 <= number < 0xE000
        return chr(number) if is_character else match[0]
    letter = match[3]
    if letter is None:
        return match[0]  # a byte that is no UTF-8 stays visible
    return _GO_LETTERS.get(letter, letter if letter in "\"'\\" else match[0])
