"""Logs whose records begin with a head of `heads.py`, and lines that continue them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from parsers import exceptions
from parsers.batch import Batch, line_spans
from parsers.block import Block
from parsers.columns import Column, Labels, Texts, Value
from parsers.cutting import compile_layout
from parsers.head_text import STAMP, tokens
from parsers.heads import HEADS, Head
from parsers.layout import Layout, Slot
from parsers.levels import severities
from parsers.loose import (
    begin_with_time,
    begins_with_crash,
    crashes,
    is_mild,
    marked,
    stated_in,
    with_stated,
)
from parsers.records import complete_before_last, join
from parsers.scan import cut
from parsers.severity import MARKS, severity_of
from parsers.stamps import find_stamps
from parsers.times import Times
from parsers.words import Bools, Ints, Octets

_INTEGERS = ("process", "pid", "tid", "line", "thread")


@dataclass(frozen=True, slots=True)
class HeadParser:
    """
    Reads one head; build it with `head_parser`.

    A line that does not fit, but begins with a time, is a record too: of plain text, with the level
    that it states. Any other line continues the record before it.
    """

    name: str
    layout: Layout
    # The parts of the format that are fields.
    slots: tuple[str, ...]
    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None
    # The level is one of Redis's marks.
    marks: bool = False
    # Lines of these levels continue the record before them.
    continues: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts of the format, and what a traceback says."""
        return (*self.slots, *exceptions.FIELDS)

    def complete(self, raw: bytes) -> int:
        """A record ends where the next one begins."""
        return complete_before_last(raw, lambda *lines: self._heads(*lines)[0])

    def _heads(
        self, octets: Octets, starts: Ints, ends: Ints
    ) -> tuple[Bools, Bools, dict[str, tuple[Ints, Ints]]]:
        """Which lines begin a record, which of them fit the head, and its parts."""
        found = cut(self.layout, octets)
        at, until = found.slots["level"]
        labels = Texts(octets, at, until).labels()
        known = [self._knows(name) for name in labels.names]
        fits = found.fits & np.array([*known, False], np.bool_)[labels.codes]
        for slot in self.layout.slots:
            if slot.name == "logger":  # what has a blank in it is none
                logger = Texts(octets, *found.slots["logger"]).unpadded(slot.least)
                fits &= ~logger.holding(ord(" "))
        heads = begin_with_time(octets, starts, ends, fits)
        if self.continues:
            heads &= ~self._continue(labels)
            # Also below the prefix of another kind of process: `[7] shop@shop ERROR:  text`.
            rest = np.flatnonzero(heads & ~fits)
            if rest.size:
                heads[rest] = ~self._continue(stated_in(octets, starts[rest], ends[rest]))
        mild = fits & is_mild(severities(labels)[0])
        heads[crashes(octets, (starts, ends), heads, lambda rows: mild[rows])] = True
        return heads, fits & heads, found.slots

    def _continue(self, levels: Labels) -> Bools:
        """Which lines are a part of the record before them, by their levels."""
        parts = np.array([*(name in self.continues for name in levels.names), False], np.bool_)
        found: Bools = parts[levels.codes]
        return found

    def _knows(self, level: str | None) -> bool:
        if self.marks:
            return level in MARKS
        return level is not None and severity_of(level) is not None

    def parse(self, block: Block) -> Batch:
        """Find the records, their parts and their levels."""
        octets = Octets(block.raw)
        starts, ends = line_spans(octets, octets.positions(ord("\n")))
        heads, fits, slots = self._heads(octets, starts, ends)
        heads[:1] |= begins_with_crash(octets)
        records = join(heads, starts, ends)
        first = records.first
        fits = fits[first]
        parts = {name: _texts(octets, span, first, fits) for name, span in slots.items()}
        for slot in self.layout.slots:
            parts[slot.name] = parts[slot.name].unpadded(slot.least)
        level = _stripped(parts["level"].labels())
        severity, _ = severities(level)
        loose = heads[first] & ~fits
        if loose.any():
            lines = (records.starts, ends[first])
            level, severity = with_stated(octets, lines, (level, severity), np.flatnonzero(loose))
        message = np.where(fits, parts["message"].starts, records.starts)
        columns: dict[str, Column] = {
            **parts,
            "level": level,
            "message": Texts(octets, message, records.ends),
        }
        batch = Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            heads[first],
            severity,
            self,
            columns,
            records.lines,
        )
        return marked(batch, loose)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut the time, or what a traceback says; the parts of the head are cut already."""
        if name != "time":
            return exceptions.exception_column(batch, name)
        stamp = batch.columns[STAMP]
        assert isinstance(stamp, Texts)
        starts = np.where(stamp.starts >= 0, stamp.starts, batch.starts)
        stamps, _, _ = find_stamps(batch.octets, starts, batch.ends)
        return Times(batch.octets, stamps, self.zone, self.reference)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """The parts of each head, but time, level and message."""
        columns = [_typed(batch.column(name), name) for name in self.slots]
        rows = [dict(zip(self.slots, values, strict=True)) for values in zip(*columns, strict=True)]
        rows = rows or [{} for _ in range(len(batch))]
        said = [{name: value for name, value in row.items() if value is not None} for row in rows]
        return exceptions.with_exceptions(batch, said)


def head_parsers(
    zone: tzinfo | None = None, reference: Callable[[], datetime] | None = None
) -> list[HeadParser]:
    """A parser for each head that is known."""
    return [head_parser(head, zone, reference) for head in HEADS]


def head_parser(
    head: Head, zone: tzinfo | None = None, reference: Callable[[], datetime] | None = None
) -> HeadParser:
    """Compile a head; raises ValueError if nothing separates two of its parts."""
    parts = tokens(head.text)
    names = [part.name for part in parts if isinstance(part, Slot)]
    fields = tuple(name for name in names if name not in ("level", "message", STAMP))
    return HeadParser(
        head.name, compile_layout(parts), fields, zone, reference, head.marks, head.continues
    )


def _texts(octets: Octets, span: tuple[Ints, Ints], first: Ints, fits: Bools) -> Texts:
    at, until = (np.where(fits, edge[first], -1) for edge in span)
    return Texts(octets, at, until)


def _stripped(labels: Labels) -> Labels:
    return Labels(labels.codes, tuple(name.strip() if name else None for name in labels.names))


def _typed(column: Column, name: str) -> list[Value]:
    if name in _INTEGERS and isinstance(column, Texts):
        return column.integers().values()
    return list(column.values())
