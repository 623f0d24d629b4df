"""
The values of one field for all rows of a batch: kept as spans or arrays, decoded only when asked.

Every column answers the same three questions, so that measures, rules and sinks need not know which
kind they hold: `values()` for people, `labels()` for counting by value, `numbers()` for arithmetic.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from parsers.words import Bools, Floats, Ints, Octets, group, scaled

Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None


class Column(Protocol):
    """The values of one field, a row each."""

    def __len__(self) -> int: ...

    def take(self, rows: Ints) -> "Column":
        """The same column for only these rows, in this order."""
        ...

    def values(self) -> Sequence[Value]:
        """Decoded values as JSON knows them; None where a row has none."""
        ...

    def labels(self) -> "Labels":
        """The rows numbered by their distinct values."""
        ...

    def numbers(self) -> "Numbers":
        """The rows as numbers; absent where a row has none."""
        ...


@dataclass(frozen=True, slots=True)
class Labels:
    """Rows numbered by their distinct values: row i has `names[codes[i]]`."""

    codes: Ints
    names: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Ints) -> "Labels":
        return Labels(self.codes[rows], self.names)

    def values(self) -> list[Value]:
        names = self.names
        return [names[code] for code in self.codes.tolist()]

    def labels(self) -> "Labels":
        return self

    def numbers(self) -> "Numbers":
        return Objects(self.values()).numbers()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers, with the rows that have none marked; `whole` means that all are integers."""

    found: Floats | Ints
    present: Bools
    # What stood there instead of a number, so that nothing is lost; None: nothing did.
    instead: "Texts | None" = None

    def __len__(self) -> int:
        return len(self.found)

    def take(self, rows: Ints) -> "Numbers":
        instead = self.instead.take(rows) if self.instead else None
        return Numbers(self.found[rows], self.present[rows], instead)

    def values(self) -> list[Value]:
        values: list[Value] = self.found.tolist()
        for row in np.flatnonzero(~self.present).tolist():
            values[row] = self.instead.value(row) if self.instead else None
        return values

    def labels(self) -> Labels:
        if not self.present.all():
            return Objects(self.values()).labels()
        codes, rows = group(self.found.view(np.uint64))
        return Labels(codes, tuple(str(self.found[row].item()) for row in rows))

    def numbers(self) -> "Numbers":
        return self


@dataclass(frozen=True, slots=True)
class Texts:
    """Spans of the block; a row with start -1 has no value, nor has one that is `null`."""

    octets: Octets
    starts: Ints
    ends: Ints
    null: bytes | None = None
    # From the bytes of a value with an `escape` in it to what they stand for; None: themselves.
    unescape: Callable[[bytes], bytes] | None = None
    escape: bytes = b"\\"

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: Ints) -> "Texts":
        return self.at(self.starts[rows], self.ends[rows])

    def at(self, starts: Ints, ends: Ints) -> "Texts":
        """Other spans that are read in the same way."""
        return Texts(self.octets, starts, ends, self.null, self.unescape, self.escape)

    def raw(self, row: int) -> bytes:
        """The bytes of one row as they stand in the log."""
        return self.octets.raw[max(0, int(self.starts[row])) : max(0, int(self.ends[row]))]

    def value(self, row: int) -> str | None:
        """One row decoded."""
        if self.starts[row] < 0 or self.raw(row) == self.null:
            return None
        return self._text(self.raw(row))

    def _text(self, raw: bytes) -> str:
        return text(self.unescape(raw) if self.unescape and self.escape in raw else raw)

    def holding(self, octet: int) -> Bools:
        """Which texts have this byte in them."""
        starts, ends = np.maximum(self.starts, 0), np.maximum(self.ends, 0)
        found: Bools = self.octets.find(octet, starts, ends) < ends
        return found

    def unpadded(self, width: int) -> "Texts":
        """The same texts without the spaces that a format added to make them `width` bytes."""
        starts, ends = self.starts.copy(), self.ends.copy()
        rows = np.flatnonzero(ends - starts == width)  # a wider one was not padded
        for inward, edges, at in ((1, starts, 0), (-1, ends, -1)):
            padded = rows
            while padded.size:
                blank = self.octets.bytes[edges[padded] + at] == ord(" ")
                padded = padded[blank & (starts[padded] < ends[padded])]
                edges[padded] += inward
        return self.at(starts, ends)

    def values(self) -> list[Value]:
        raw, whole = self.octets.raw, self.octets.text()
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        values: list[Value]
        if whole is not None:  # decoded once for all columns; then strings are cut
            values = [whole[start:end] for start, end in spans]
        else:
            values = [text(raw[start:end]) for start, end in spans]
        values = self._without_nulls(values)
        return self._unescaped(values) if self.unescape and self.escape in raw else values

    def _unescaped(self, values: list[Value]) -> list[Value]:
        # Looked for in the text: a byte that is no UTF-8 shows with a backslash there, and is read
        # again from its bytes, which does not change it.
        escape = text(self.escape)
        return [
            self._text(self.raw(row)) if isinstance(value, str) and escape in value else value
            for row, value in enumerate(values)
        ]

    def _without_nulls(self, values: list[Value]) -> list[Value]:
        if self.null is not None:
            null = text(self.null)
            values = [None if value == null else value for value in values]
        if len(self) and int(self.starts.min()) < 0:
            for row in np.flatnonzero(self.starts < 0).tolist():
                values[row] = None
        return values

    def labels(self) -> Labels:
        codes, names = self.octets.group(np.maximum(self.starts, 0), np.maximum(self.ends, 0))
        words = [None if name == self.null else self._text(name) for name in names]
        absent = self.starts < 0
        if absent.any():
            codes[absent] = len(words)
            words.append(None)
        return Labels(codes, tuple(words))

    def numbers(self) -> Numbers:
        values, places, valid = self.octets.decimals(self.starts, self.ends)
        return Numbers(scaled(values, places), valid & (self.starts >= 0), self)

    def integers(self) -> Numbers:
        """As `numbers`, for a field that holds whole numbers only."""
        values, valid = self.octets.integers(self.starts, self.ends)
        return Numbers(values, valid & (self.starts >= 0), self)


@dataclass(frozen=True, slots=True)
class Memo:
    """Texts of which many are equal, read by a function once for each distinct text."""

    texts: Texts
    read: Callable[[bytes], Value]
    _known: dict[bytes, Value] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> "Memo":
        return Memo(self.texts.take(rows), self.read, self._known)

    def values(self) -> list[Value]:
        return self.labels().values()

    def _value(self, row: int) -> Value:
        if self.texts.starts[row] < 0:
            return None
        raw = self.texts.raw(row)
        if raw not in self._known:
            self._known[raw] = self.read(raw)
        return self._known[raw]

    def labels(self) -> Labels:
        codes = self.texts.labels().codes
        _, rows, codes = np.unique(codes, return_index=True, return_inverse=True)
        return Labels(codes, tuple(_label(self._value(row)) for row in rows.tolist()))

    def numbers(self) -> Numbers:
        return Objects(self.values()).numbers()


@dataclass(frozen=True, slots=True)
class Objects:
    """Values that already are Python objects (from JSON, or made row by row)."""

    items: Sequence[Value]

    def __len__(self) -> int:
        return len(self.items)

    def take(self, rows: Ints) -> "Objects":
        return Objects([self.items[row] for row in rows.tolist()])

    def values(self) -> Sequence[Value]:
        return self.items

    def labels(self) -> Labels:
        if (found := distinct(self.items)) is not None:
            values, numbered = found
            return Labels(numbered, tuple(map(_label, values)))
        numbers: dict[str | None, int] = {}
        codes = [numbers.setdefault(_label(item), len(numbers)) for item in self.items]
        return Labels(np.array(codes, np.int64), tuple(numbers))

    def numbers(self) -> Numbers:
        found = [_number(item) for item in self.items]
        present = np.array([number is not None for number in found], np.bool_)
        values = np.array([0.0 if number is None else number for number in found], np.float64)
        return Numbers(values, present)


def distinct(items: Sequence[Value]) -> tuple[list[Value], Ints] | None:
    """
    The different items, and for each item which of them it is; without a Python loop over all.

    None if they are not all texts or all whole numbers: 1, 1.0 and true are equal to Python.
    """
    kinds = set(map(type, items))
    if not (kinds <= {str, type(None)} or kinds == {int}):
        return None
    numbers: dict[Value, int] = {item: number for number, item in enumerate(dict.fromkeys(items))}
    codes = np.fromiter(map(numbers.__getitem__, items), np.int64, len(items))
    return list(numbers), codes


def text(raw: bytes) -> str:
    """Decode bytes of a log: UTF-8, and what is not UTF-8 as a visible `\\xNN`; never raises."""
    return raw.decode("utf-8", "backslashreplace")


def _label(item: Value) -> str | None:
    return None if item is None else str(item)


def _number(item: Value) -> float | None:
    if isinstance(item, bool) or item is None or isinstance(item, list | dict):
        return None
    try:
        number = float(item)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None  # the text "nan" would spoil every sum
