"""klog and glog, as Kubernetes' programs write: `I0102 15:04:05.000000 7 file.go:123] text`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from parsers.batch import Batch, line_spans
from parsers.block import Block
from parsers.columns import Column, Objects, Texts, Value, text
from parsers.levels import severities
from parsers.nginx_said import integer
from parsers.records import complete_before_last_head, head_test, join
from parsers.shapes import begins
from parsers.stamps import find_stamps
from parsers.times import Times
from parsers.words import Bools, Ints, Octets, positions

# Source: klog.go of k8s.io/klog (formatHeader): severity letter, month and day, local time without
# year or zone, thread id padded to seven, file and line.
_SHAPE = "_dddd dd:dd:dd.dddddd "
_LETTERS = b"IWEF"
_HEADER = re.compile(
    rb"[IWEF](?P<date>\d{4} \d\d:\d\d:\d\d\.\d{6}) +(?P<thread>\d+) "
    rb"(?P<file>[^\s:\]]+):(?P<line>\d+)\] ?(?P<message>.*)",
    re.DOTALL,
)
_FIELDS = ("thread", "file", "line")
# The file name is short; one that is not is no head.
_LOOK_BYTES = 120


@dataclass(frozen=True, slots=True)
class KlogParser:
    """Reads klog; a record states neither year nor zone: see `formats.Options`."""

    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None
    name: str = "klog"
    fields: tuple[str, ...] = _FIELDS

    def complete(self, raw: bytes) -> int:
        """A record ends where the next one begins: a fatal one is followed by all goroutines."""
        return complete_before_last_head(raw, head_test(_HEADER))

    def parse(self, block: Block) -> Batch:
        """Find the records and their letters; the rest is cut row by row when asked for."""
        octets = Octets(block.raw)
        starts, ends = line_spans(octets, positions(block.raw, ord("\n")))
        heads = _heads(octets, starts, ends)
        records = join(heads, starts, ends)
        stated = heads[records.first]
        at = np.where(stated, records.starts, -1)
        level = Texts(octets, at, np.where(stated, at + 1, -1))
        severity, known = severities(level.labels())
        columns: dict[str, Column] = {"level": level}
        return Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            stated & known,
            severity,
            self,
            columns,
            records.lines,
        )

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a part of the record."""
        if name == "time":
            # A record that fits no head is none of its own.
            ends = np.where(batch.parsed, batch.starts + len(_SHAPE), batch.starts)
            stamps, _, _ = find_stamps(batch.octets, batch.starts, ends)
            return Times(batch.octets, stamps, self.zone, self.reference)
        if name == "parts":
            return Objects([_parts(batch, row) for row in range(len(batch))])
        if name != "message" and name not in _FIELDS:
            raise KeyError(name)
        return Objects([parts.get(name) for parts in _dicts(batch)])

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """What each record's head says."""
        return [{name: parts[name] for name in _FIELDS if name in parts} for parts in _dicts(batch)]


def _heads(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    heads = begins(octets, starts, ends, _SHAPE)
    letter = octets.bytes[starts]
    heads &= np.isin(letter, np.frombuffer(_LETTERS, np.uint8))
    rows = np.flatnonzero(heads)
    # Few of a stranger's lines come so far, all of klog's do: the bracket is all that is left.
    close = octets.find(ord("]"), starts[rows], np.minimum(ends[rows], starts[rows] + _LOOK_BYTES))
    numbered = octets.bytes[close - 1] - np.uint8(ord("0")) < 10
    heads[rows] = numbered & (octets.bytes[close] == ord("]"))
    return heads


def _dicts(batch: Batch) -> list[dict[str, Value]]:
    return batch.column("parts").values()  # type: ignore[return-value]  # made by _parts


def _parts(batch: Batch, row: int) -> dict[str, Value]:
    record = batch.record(row)
    header = _HEADER.fullmatch(record) if batch.parsed[row] else None
    if not header:
        return {"message": text(record)}
    return {
        "thread": integer(header["thread"]),
        "file": text(header["file"]),
        "line": integer(header["line"]),
        "message": text(header["message"]),
    }
