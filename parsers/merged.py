"""Batches of several formats as one, in file order: a column of it is made of theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.columns import Column, Labels, Numbers, Objects, Value
from parsers.lines import Lines
from parsers.words import Ints, Octets

# The hidden column that says which row of which batch each row is; no field has such a name.
WHERE = "/"
_MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch to be merged, and where its records stand in the bytes of the whole."""

    batch: Batch
    starts: Ints
    ends: Ints
    # How many lines each takes on disk, and where it begins there, if that is not `starts`.
    lines: Ints
    offsets: Ints | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """For each row the batch it comes from and its row there; narrowing it narrows those too."""

    batches: tuple[Batch, ...]
    batch: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Ints) -> "Where":
        batch, row = self.batch[rows], self.row[rows]
        narrowed = np.empty_like(row)
        batches = []
        for number, each in enumerate(self.batches):
            at = np.flatnonzero(batch == number)
            batches.append(each.select(row[at]))
            narrowed[at] = np.arange(len(at))
        return Where(tuple(batches), batch, narrowed)

    def rows_of(self, number: int) -> Ints:
        """Which rows come from a batch."""
        return np.flatnonzero(self.batch == number)

    def values(self) -> list[Value]:
        return list(self.row.tolist())

    def labels(self) -> Labels:
        return Objects(self.values()).labels()

    def numbers(self) -> Numbers:
        return Objects(self.values()).numbers()


@dataclass(frozen=True, slots=True)
class Pieces:
    """A column made of a column of each batch; None: that format has no such field."""

    where: Where
    columns: tuple[Column | None, ...]

    def __len__(self) -> int:
        return len(self.where)

    def take(self, rows: Ints) -> "Pieces":
        where = self.where
        batch, row = where.batch[rows], where.row[rows]
        columns: list[Column | None] = []
        narrowed = np.empty_like(row)
        for number, column in enumerate(self.columns):
            at = np.flatnonzero(batch == number)
            columns.append(column.take(row[at]) if column is not None else None)
            narrowed[at] = np.arange(len(at))
        return Pieces(Where(where.batches, batch, narrowed), tuple(columns))

    def _each(self) -> Iterator[tuple[Ints, Column]]:
        """The rows of each batch, and its column in their order."""
        for number, column in enumerate(self.columns):
            at = self.where.rows_of(number)
            if column is not None and at.size:
                yield at, column.take(self.where.row[at])

    def values(self) -> list[Value]:
        values: list[Value] = [None] * len(self)
        for at, column in self._each():
            for row, value in zip(at.tolist(), column.values(), strict=True):
                values[row] = value
        return values

    def labels(self) -> Labels:
        numbers: dict[str | None, int] = {None: 0}
        codes = np.zeros(len(self), np.int64)
        for at, column in self._each():
            labels = column.labels()
            known = [numbers.setdefault(name, len(numbers)) for name in labels.names]
            codes[at] = np.array(known, np.int64)[labels.codes]
        return Labels(codes, tuple(numbers))

    def numbers(self) -> Numbers:
        found = np.zeros(len(self), np.float64)
        present = np.zeros(len(self), np.bool_)
        for at, column in self._each():
            numbers = column.numbers()
            found[at], present[at] = numbers.found, numbers.present
        return Numbers(found, present)


@dataclass(frozen=True, slots=True)
class Merger:
    """Cuts the fields of a merged batch from those it is made of."""

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a field that any of the formats has; KeyError if none has it."""
        where = where_of(batch)
        columns = tuple(_column(each, name) for each in where.batches)
        if all(column is None for column in columns):
            raise KeyError(name)
        return Pieces(where, columns)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """What each row's own format says."""
        where = where_of(batch)
        fields: list[dict[str, Value]] = [{} for _ in range(len(batch))]
        for number, each in enumerate(where.batches):
            rows = where.rows_of(number)
            found = each.cutter.field_dicts(each)
            for row, there in zip(rows.tolist(), where.row[rows].tolist(), strict=True):
                fields[row] = found[there]
        return fields


MERGER = Merger()


def where_of(batch: Batch) -> Where:
    """Which row of which batch each row of a merged batch is."""
    return cast(Where, batch.columns[WHERE])


def parser_of(batch: Batch, row: int) -> Parser:
    """The parser that read a row."""
    if WHERE not in batch.columns:
        return cast(Parser, batch.cutter)  # every parser cuts its own batches
    where = where_of(batch)
    return parser_of(where.batches[int(where.batch[row])], int(where.row[row]))


def merge(block: Block, octets: Octets, pieces: Sequence[Piece]) -> Batch:
    """Merge batches whose records stand in `octets`; row order is their order on disk."""
    offsets = _joined(
        [piece.starts if piece.offsets is None else piece.offsets for piece in pieces]
    )
    order = np.argsort(offsets, kind="stable")
    batches = tuple(piece.batch for piece in pieces)
    numbers = np.repeat(np.arange(len(batches)), [len(each) for each in batches])
    rows = _joined([np.arange(len(each)) for each in batches])
    framed = any(piece.offsets is not None for piece in pieces)
    formats = _formats(batches)
    return Batch(
        block,
        octets,
        formats.names[0] or _MIXED if len(formats.names) == 1 else _MIXED,
        _joined([piece.starts for piece in pieces])[order],
        _joined([piece.ends for piece in pieces])[order],
        np.concatenate([np.zeros(0, np.bool_), *(each.parsed for each in batches)])[order],
        np.concatenate([np.zeros(0, np.uint8), *(each.severity for each in batches)])[order],
        MERGER,
        {WHERE: Where(batches, numbers[order], rows[order])},
        _joined([piece.lines for piece in pieces])[order],
        formats.take(order) if len(formats.names) != 1 else None,
        offsets[order] if framed else None,
    )


def _formats(batches: Sequence[Batch]) -> Labels:
    names: dict[str | None, int] = {}
    codes = []
    for each in batches:
        labels = each.format_of()
        known = [names.setdefault(name, len(names)) for name in labels.names] if len(each) else []
        codes.append(np.array(known, np.int64)[labels.codes])
    return Labels(_joined(codes), tuple(names))


def _joined(arrays: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *arrays])


def _column(batch: Batch, name: str) -> Column | None:
    try:
        return batch.column(name)
    except KeyError:
        return None


def piece_of(parser: Parser, lines: Lines, rows: Ints) -> Piece:
    """Some lines of a block as `parser` reads them, for `merge`."""
    part = parser.parse(Block(lines.of(rows)))
    count = part.line_counts()
    first = np.cumsum(count) - count
    return Piece(part, lines.starts[rows[first]], lines.ends[rows[first + count - 1]], count)
