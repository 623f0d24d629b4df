"""The events of a block by field: what parsers make, and rules, measures and sinks read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from parsers.block import Block
from parsers.columns import Column, Labels, Texts, Value
from parsers.event import Event
from parsers.severity import LABELS, Severity
from parsers.words import Bools, Ints, Octets, Octets8


class Cutter(Protocol):
    """What a parser does for its batches after parsing, when someone asks."""

    def cut(self, batch: "Batch", name: str) -> Column:
        """Cut a field, or `time`, `level`, `message`; raises KeyError for an unknown name."""
        ...

    def field_dicts(self, batch: "Batch") -> list[dict[str, Value]]:
        """The format's own fields of each row, as an event shows them; empty if it did not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """
    The events of a block as columns; row order is file order.

    A column is cut when first asked for, and a field nobody asks for never is.
    """

    block: Block
    octets: Octets
    format: str
    # Record i is raw[starts[i]:ends[i]], without its line end.
    starts: Ints
    ends: Ints
    # False where the record did not fit the format.
    parsed: Bools
    # A Severity for each row.
    severity: Octets8
    cutter: Cutter
    columns: dict[str, Column] = field(default_factory=dict)
    # How many physical lines each record takes; None: one each.
    lines: Ints | None = None
    # The format of each row, where they differ (then `format` is that of none of them).
    formats: Labels | None = None
    # Where each record begins in the block, if not at `starts`: what framed it was taken off.
    offsets: Ints | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, name: str) -> Column:
        """
        The values of one field, or of `time`, `level`, `message`, and the names of `severity`.

        KeyError if there is none.
        """
        if name == "severity":  # of all formats the same six names, whatever a record calls its own
            return Labels(self.severity.astype(np.int64), LABELS)
        if name not in self.columns:
            self.columns[name] = self.cutter.cut(self, name)
        return self.columns[name]

    def select(self, rows: Ints) -> "Batch":
        """The same batch with only these rows: what is cut from it costs only them."""
        return replace(
            self,
            starts=self.starts[rows],
            ends=self.ends[rows],
            parsed=self.parsed[rows],
            severity=self.severity[rows],
            columns={name: column.take(rows) for name, column in self.columns.items()},
            lines=None if self.lines is None else self.lines[rows],
            formats=None if self.formats is None else self.formats.take(rows),
            offsets=None if self.offsets is None else self.offsets[rows],
        )

    def alike(self) -> Iterator[tuple["Batch", Ints]]:
        """The rows by format: a batch of each one's rows, and which they are."""
        if self.formats is None:
            yield self, np.arange(len(self))
            return
        for number, name in enumerate(self.formats.names):
            rows = np.flatnonzero(self.formats.codes == number)
            if rows.size:
                yield replace(self.select(rows), format=str(name), formats=None), rows

    def of_formats(self, formats: Sequence[str]) -> "Batch | None":
        """The rows that are of any of these formats; None: there are none."""
        if self.formats is None:
            return self if self.format in formats else None
        wanted = np.array([name in formats for name in self.formats.names], np.bool_)
        rows = np.flatnonzero(wanted[self.formats.codes])
        return self.select(rows) if rows.size else None

    def format_of(self) -> Labels:
        """The format of each row."""
        return self.formats or Labels(np.zeros(len(self), np.int64), (self.format,))

    def origins(self) -> Ints:
        """Where each record begins in the block on disk."""
        return self.starts if self.offsets is None else self.offsets

    def record(self, row: int) -> bytes:
        """The bytes of one record as they stand in the log, without the line end."""
        return self.octets.raw[int(self.starts[row]) : int(self.ends[row])]

    def records(self) -> Texts:
        """All records whole, as a column."""
        return Texts(self.octets, self.starts, self.ends)

    def line_counts(self) -> Ints:
        """How many physical lines each record takes."""
        return np.ones(len(self), np.int64) if self.lines is None else self.lines

    def event(self, row: int) -> Event:
        """One row as an event with all its fields."""
        return next(self.select(np.array([row], np.int64)).events())

    def events(self) -> Iterator[Event]:
        """All rows as events, cut column by column; only for sinks that want every row."""
        rows = zip(
            self.column("time").values(),
            self.severity.tolist(),
            self.column("level").values(),
            self.parsed.tolist(),
            self.column("message").values(),
            self.origins().tolist(),
            self.line_counts().tolist(),
            self.cutter.field_dicts(self),
            self.format_of().values(),
            strict=True,
        )
        path, offset = self.block.path, self.block.offset
        for time, severity, level, parsed, message, start, lines, values, name in rows:
            yield Event(
                None if time is None else str(time),
                Severity(severity),
                None if level is None else str(level),
                str(name),
                parsed,
                str(message),
                path,
                offset + start,
                lines,
                values,
            )


class Parser(Protocol):
    """Turns blocks of one format into batches; never raises on what a log holds."""

    @property
    def name(self) -> str:
        """The format's name, as events show it."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its batches can have besides time, level and message."""
        ...

    def complete(self, raw: bytes) -> int:
        """How many leading bytes of `raw` are whole records for certain, whatever comes next."""
        ...

    def parse(self, block: Block) -> Batch:
        """The events of `block`, a record a row; every byte of it belongs to one of them."""
        ...


def whole_lines(raw: bytes) -> int:
    """`Parser.complete` for the formats in which every line is a record."""
    return raw.rfind(b"\n") + 1


def line_spans(octets: Octets, newlines: Ints) -> tuple[Ints, Ints]:
    """The spans of the lines of a block, without their line ends (`\\n` or `\\r\\n`)."""
    size = len(octets.raw)
    if size and (not len(newlines) or int(newlines[-1]) != size - 1):
        newlines = np.append(newlines, size)  # the last line has no newline
    starts = np.empty_like(newlines)
    starts[:1] = 0
    starts[1:] = newlines[:-1] + 1
    ends = newlines - ((newlines > starts) & (octets.bytes[newlines - 1] == ord("\r")))
    return starts, ends


def dense_dicts(batch: Batch, names: tuple[str, ...]) -> list[dict[str, Value]]:
    """`Cutter.field_dicts` for a format in which every record has every field."""
    columns = [batch.column(name).values() for name in names]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    for row in np.flatnonzero(~batch.parsed).tolist():
        rows[row] = {}
    return rows
