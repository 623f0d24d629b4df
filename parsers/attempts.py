"""The values that nginx lists for each upstream server it asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parsers.columns import Labels, Numbers, Texts, Value
from parsers.words import Bools, Floats, Ints

# nginx puts `, ` between the servers of one upstream, and ` : ` where an internal redirect
# (`error_page`, `X-Accel-Redirect`) led to another one; if that one asked nobody, ` : ` ends the
# list (ngx_http_upstream_addr_variable and its sisters in src/http/ngx_http_upstream.c).
_BETWEEN = re.compile(rb" : |, ")
_MILLIS = 3  # decimals of nginx's times
_LARGEST = float(1 << 53)  # up to here a float is a whole number exactly


@dataclass(frozen=True, slots=True)
class Flat:
    """All attempts of all rows, one after the other: attempt i belongs to `rows[i]`."""

    rows: Ints
    texts: Texts

    def counts(self, rows: int) -> Ints:
        """How many attempts each of `rows` rows has."""
        return np.bincount(self.rows, minlength=rows)


@dataclass(frozen=True, slots=True)
class Attempts:
    """
    Values that nginx lists for each upstream server it asked: `0.1, 0.2 : -`.

    One attempt is a plain value, several are a list; as a number it is the last attempt's.
    Source: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#variables
    """

    texts: Texts
    # What one attempt's text is: a whole number, a number, a text.
    read: Callable[[Texts], Texts | Numbers] = Texts.numbers

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> "Attempts":
        return Attempts(self.texts.take(rows), self.read)

    def values(self) -> list[Value]:
        values = self.read(self.texts).values()
        null = self.null()
        for row in np.flatnonzero(null).tolist():
            values[row] = None
        rows = np.flatnonzero(self._lists(null))
        if rows.size:
            for row, each in zip(rows.tolist(), self.take(rows).lists(), strict=True):
                values[row] = each[0] if len(each) == 1 else each
        return values

    def lists(self) -> list[list[Value]]:
        """A list for each row, whatever its length."""
        flat = self.flat()
        values = self.read(flat.texts).values()
        ends = np.cumsum(flat.counts(len(self))).tolist()
        return [values[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def labels(self) -> Labels:
        return self.texts.labels()

    def numbers(self) -> Numbers:
        numbers = self.texts.numbers()
        rows = np.flatnonzero(~(numbers.present | self.null()))
        if not rows.size:  # most blocks: no list in any row
            return Numbers(numbers.found, numbers.present)
        last = self.take(rows)._last().numbers()
        found = numbers.found.astype(np.float64)
        present = numbers.present.copy()
        found[rows], present[rows] = last.found, last.present
        return Numbers(found, present)

    def last(self) -> Texts | Numbers:
        """The last attempt of each row."""
        return self.read(self._last())

    def _last(self) -> Texts:
        flat = self.flat()
        starts, ends = np.full(len(self), -1), np.full(len(self), -1)
        # Of several writes to one row the last one stays.
        starts[flat.rows], ends[flat.rows] = flat.texts.starts, flat.texts.ends
        return self._items(starts, ends)

    def _items(self, starts: Ints, ends: Ints) -> Texts:
        """Single attempts; nginx writes `-` for one that has no value, however it escapes."""
        return Texts(self.texts.octets, starts, ends, b"-", self.texts.unescape)

    def sum(self) -> Numbers:
        """The sum over the attempts of each row that state a number."""
        rows, found = self._stated()
        return self._by_row(np.bincount(rows, found, len(self)).astype(np.float64), rows)

    def max(self) -> Numbers:
        """The largest number among the attempts of each row."""
        rows, found = self._stated()
        largest = np.zeros(len(self), np.float64)
        np.maximum.at(largest, rows, found)
        return self._by_row(largest, rows)

    def _by_row(self, found: Floats, rows: Ints) -> Numbers:
        present = np.bincount(rows, minlength=len(self)) > 0
        if self.read is Texts.integers:
            return Numbers(np.minimum(found, _LARGEST).astype(np.int64), present)
        return Numbers(found.round(_MILLIS), present)

    def _stated(self) -> tuple[Ints, Floats]:
        """The attempts that state a number: their rows and numbers."""
        flat = self.flat()
        numbers = flat.texts.numbers()
        return flat.rows[numbers.present], numbers.found[numbers.present].astype(np.float64)

    def counts(self) -> Ints:
        """How many attempts each row has."""
        null = self.null()
        counts = (~null).astype(np.int64)
        rows = np.flatnonzero(self._lists(null))
        if rows.size:  # most blocks have no list in any row
            counts[rows] = self.take(rows).flat().counts(len(rows))
        return counts

    def flat(self) -> Flat:
        """Every attempt with its row; only rows that hold lists cost a step of Python each."""
        texts = self.texts
        starts, ends = np.maximum(texts.starts, 0), np.maximum(texts.ends, 0)
        null = self.null()
        lists = self._lists(null)
        single = np.flatnonzero(~null & ~lists)
        several = np.array(
            [
                (row, start, end)
                for row in np.flatnonzero(lists).tolist()
                for start, end in _spans(texts.octets.raw, int(starts[row]), int(ends[row]))
            ],
            np.int64,
        ).reshape(-1, 3)
        rows = np.concatenate((single, several[:, 0]))
        order = np.argsort(rows, kind="stable")
        begins = np.concatenate((starts[single], several[:, 1]))[order]
        stops = np.concatenate((ends[single], several[:, 2]))[order]
        unknown = begins == stops  # an attempt that nginx knows nothing of
        begins[unknown] = stops[unknown] = -1
        return Flat(rows[order], self._items(begins, stops))

    def _lists(self, null: Bools) -> Bools:
        """Rows that hold a space, as every list does."""
        texts = self.texts
        starts, ends = np.maximum(texts.starts, 0), np.maximum(texts.ends, 0)
        lists: Bools = ~null & (texts.octets.find(ord(" "), starts, ends) < ends)
        return lists

    def null(self) -> Bools:
        """Rows of which nginx says that there was no attempt at all: absent, empty or `-`."""
        texts = self.texts
        sizes = texts.ends - texts.starts
        dash = (sizes == 1) & (texts.octets.bytes[np.maximum(texts.starts, 0)] == ord("-"))
        null: Bools = dash | (sizes == 0) | (texts.starts < 0)
        return null


def _spans(raw: bytes, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = start
    for match in _BETWEEN.finditer(raw, start, end):
        spans.append((at, match.start()))
        at = match.end()
    # Behind a last ` : ` nobody was asked.
    nobody = bool(spans) and at == end and raw.endswith(b":", start, end - 1)
    return spans if nobody else [*spans, (at, end)]


@dataclass(frozen=True, slots=True)
class EachAttempt:
    """
    Who was asked and what they answered, an entry for each attempt of all rows in order.

    `statuses` is absent where nginx wrote `-`: no answer came (or the format has no status).
    """

    rows: Ints
    addresses: Labels
    statuses: Numbers
    # How many attempts each row has; 0: no upstream was asked.
    counts: Ints


def each_attempt(addresses: Attempts, statuses: Attempts | None) -> EachAttempt:
    """Flatten `$upstream_addr` and `$upstream_status` of the same rows side by side."""
    asked = addresses.flat()
    counts = asked.counts(len(addresses))
    names = asked.texts.labels()
    absent = np.full(len(asked.rows), -1)
    spans = (absent, absent.copy())
    if statuses is not None:
        answered = statuses.flat()
        # A row whose lists differ in length was not written by nginx: nobody's status is known.
        same = counts == answered.counts(len(addresses))
        mine, theirs = same[asked.rows], same[answered.rows]
        spans[0][mine] = answered.texts.starts[theirs]
        spans[1][mine] = answered.texts.ends[theirs]
    found = Texts(addresses.texts.octets, *spans, b"-").integers()
    return EachAttempt(asked.rows, names, Numbers(found.found, found.present), counts)
