"""The journal's export format (`journalctl -o export`): `KEY=value` lines, and binary values."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from parsers.batch import Batch
from parsers.block import Block
from parsers.columns import Column, Value, text
from parsers.structured import Reader, judged_columns
from parsers.words import Octets

# Source: https://github.com/systemd/systemd, docs/JOURNAL_EXPORT_FORMATS.md: an entry ends with an
# empty line; a value with newlines or bytes that are no text is written as the key, a newline, its
# size in eight little-endian bytes, the value and a newline.
_SIZE_BYTES = 8
# What is larger than a block is never there whole: no size, or an entry that is read as unparsed.
_MOST_BYTES = 1 << 20
_KEY_BYTES = 64  # journal fields have at most 64
_KEY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_NEWLINES = re.compile(rb"\n*+")
# What entries of a journal begin with: the order is not promised, but these come first.
_HEADS = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=", b"__MONOTONIC_TIMESTAMP=", b"__SEQNUM")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the export: where it ends with its empty line, and what it says."""

    start: int
    end: int  # of its last field, without the newline
    behind: int
    fields: dict[str, Value]
    # Whether the empty line that ends it is there.
    whole: bool


@dataclass(frozen=True, slots=True)
class JournaldParser:
    """Reads entries of the journal; their times are microseconds since 1970."""

    reader: Reader = field(default_factory=Reader)
    name: str = "journald"
    fields: tuple[str, ...] = ()

    def complete(self, raw: bytes) -> int:
        """The entries whose empty line is there."""
        done = 0
        for entry in entries(raw):
            if not entry.whole:
                break
            done = entry.behind
        return done

    def parse(self, block: Block) -> Batch:
        """Read all entries; what is none is marked unparsed."""
        raw, octets = block.raw, Octets(block.raw)
        found = list(entries(raw))
        records = [each.fields for each in found]
        parsed = np.array([bool(each) for each in records], np.bool_)
        starts = np.array([each.start for each in found], np.int64)
        ends = np.array([each.end for each in found], np.int64)
        lines = [raw.count(b"\n", each.start, each.behind) for each in found]
        if found and not raw.endswith(b"\n"):
            lines[-1] += 1
        severity, columns = judged_columns(records, self)
        count = np.array(lines, np.int64)
        return Batch(
            *(block, octets, self.name, starts, ends, parsed, severity, self, columns), count
        )

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a field of the journal, or what a role's field holds."""
        return self.reader.cut(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All fields of each entry, but its time, priority and message."""
        return self.reader.field_dicts(batch)


def is_export(head: bytes) -> bool:
    """Whether a file that begins with `head` is an export."""
    return head.startswith(_HEADS)


def entries(raw: bytes) -> list[Entry]:
    """Divide a block into entries; what does not fit goes on to the next empty line."""
    found: list[Entry] = []
    at = 0
    while at < len(raw):
        entry = _entry(raw, at)
        found.append(entry)
        at = entry.behind
    return found


def _entry(raw: bytes, start: int) -> Entry:
    fields: dict[str, Value] = {}
    at = end = _past_newlines(raw, start)  # one empty line ends an entry; more are the next one's
    while at < len(raw) and raw[at] != ord("\n"):
        field = _field(raw, at)
        if field is None:
            return _foreign(raw, start, at)
        key, value, end = field
        if end > len(raw):  # the block ends in a binary value
            return replace(_foreign(raw, start, at), whole=False)
        _put(fields, key, value)
        at = end + 1
    ended = at < len(raw)
    return Entry(
        start, min(end, len(raw)), min(at + ended, len(raw)), fields, ended and bool(fields)
    )


def _foreign(raw: bytes, start: int, at: int) -> Entry:
    """What is no entry, up to the next empty line; also an entry that is cut in a binary value."""
    empty = raw.find(b"\n\n", at)
    end = len(raw) if empty < 0 else empty
    behind = min(end + len("\n\n"), len(raw))
    end -= end > start and raw[end - 1] == ord("\n") and end == len(raw)
    return Entry(start, end, behind, {}, empty >= 0)


def _past_newlines(raw: bytes, at: int) -> int:
    """Where the empty lines end."""
    match = _NEWLINES.match(raw, at)
    return match.end() if match else at


def _field(raw: bytes, at: int) -> tuple[str, Value, int] | None:
    """A field: its key, its value, and where it ends (before its newline)."""
    newline = raw.find(b"\n", at)
    line_end = len(raw) if newline < 0 else newline
    sign = raw.find(b"=", at, min(line_end, at + _KEY_BYTES + 1))
    key = raw[at : sign if sign >= 0 else line_end]
    if not key or len(key) > _KEY_BYTES or not _KEY.issuperset(key):
        return None
    if sign >= 0:
        return key.decode("ascii"), text(raw[sign + 1 : line_end]), line_end
    begin = line_end + 1 + _SIZE_BYTES
    size = int.from_bytes(raw[line_end + 1 : begin], "little")
    end = begin + size
    if end >= len(raw):  # also without its newline it is no whole value
        end = len(raw) + 1
    elif raw[end] != ord("\n"):
        return None
    return None if size > _MOST_BYTES else (key.decode("ascii"), text(raw[begin:end]), end)


def _put(fields: dict[str, Value], key: str, value: Value) -> None:
    """A field may be there several times: then its values are a list."""
    known = fields.get(key)
    if known is None:
        fields[key] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        fields[key] = [known, value]
