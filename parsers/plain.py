"""Any text: a time and a level word where a line has them, and indented lines joined."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

import numpy as np

from parsers import exceptions
from parsers.batch import Batch, line_spans, whole_lines
from parsers.block import Block
from parsers.captions import captions
from parsers.columns import Column, Value
from parsers.inferred import inferred
from parsers.inner import with_stamps, with_year
from parsers.joining import Joining, joining_of
from parsers.levels import head_runs, severities, stated_levels
from parsers.records import Records, join
from parsers.severity import Severity
from parsers.times import Times
from parsers.words import Bools, Ints, Octets, positions

_LOGGING_ERROR = b"--- Logging error ---"


@dataclass(frozen=True, slots=True)
class PlainParser:
    """Reads any text; every line is an event unless it continues the one before."""

    zone: tzinfo | None = None
    # A time by which what is parsed had been written: what a time without a year is told by.
    reference: Callable[[], datetime] | None = None
    joining: Joining = field(default_factory=Joining)
    # Each line comes in a message of its own: what the others state says nothing of it.
    apart: bool = False
    name: str = "plain"
    fields: tuple[str, ...] = exceptions.FIELDS

    def chosen(self, head: bytes) -> "PlainParser":
        """The parser for a log that begins with `head`."""
        return self if self.apart else replace(self, joining=joining_of(head))

    def complete(self, raw: bytes) -> int:
        """A record ends where a line begins that does not continue it."""
        whole = raw[: whole_lines(raw)]
        octets = Octets(whole)
        starts, ends = line_spans(octets, positions(whole, ord("\n")))
        heads = np.flatnonzero(self.heads(octets, starts, ends))
        return int(starts[heads[-1]]) if heads.size else 0

    def heads(self, octets: Octets, starts: Ints, ends: Ints) -> Bools:
        """Which lines begin a record."""
        return self.joining.heads(octets, starts, ends)

    def parse(self, block: Block) -> Batch:
        """Find the records and the level of each."""
        octets = Octets(block.raw)
        starts, ends = line_spans(octets, positions(block.raw, ord("\n")))
        records = join(self.heads(octets, starts, ends), starts, ends)
        first_ends = _head_ends(octets, records, ends)
        timed = rows = with_stamps(octets, records.starts, first_ends)
        if self.joining.captioned:
            rows = with_stamps(octets, *_below_captions(octets, records, starts, ends, first_ends))
        runs = head_runs(octets, rows)
        levels = stated_levels(runs, rows)
        severity, stated = severities(levels)
        severity = inferred(runs, severity, stated)
        severity[octets.literal(_LOGGING_ERROR, records.starts)] = Severity.ERROR
        traced = exceptions.with_crash(octets, starts, records.first) & ~stated
        severity[traced] = np.maximum(severity[traced], np.uint8(Severity.ERROR))
        dated = with_year(octets, timed)
        columns: dict[str, Column] = {
            "level": levels,
            "time": Times(octets, dated, self.zone, self.reference),
        }
        parsed = np.ones(len(records.starts), np.bool_)
        return Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            parsed,
            severity,
            self,
            columns,
            records.lines,
        )

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut the message, or what a traceback says."""
        return batch.records() if name == "message" else exceptions.exception_column(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """What tracebacks say; plain text has no other fields."""
        return exceptions.with_exceptions(batch, [{} for _ in range(len(batch))])


def _head_ends(octets: Octets, records: Records, ends: Ints) -> Ints:
    """Where the first line of each record ends; an object of several lines is all head."""
    first = ends[records.first]
    spread = (octets.bytes[records.starts] == ord("{")) & (records.lines > 1)
    head: Ints = np.where(spread, records.ends, first)
    return head


def _below_captions(
    octets: Octets, records: Records, starts: Ints, ends: Ints, first_ends: Ints
) -> tuple[Ints, Ints]:
    """
    Where the level of each record is to be looked for.

    Of one with a caption that is also the line below it, and only there if it begins with a level:
    behind the time stands who wrote it then.
    """
    found = captions(octets, starts, ends)
    second = np.minimum(records.first + 1, len(starts) - 1)
    captioned = found.alone[records.first] & (records.lines > 1)
    leveled = captioned & found.leveled[second]
    begin: Ints = np.where(leveled, starts[second], records.starts)
    end: Ints = np.where(captioned, ends[second], first_ends)
    return begin, end
