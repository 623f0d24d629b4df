"""What is counted, timed and kept of each batch: by default, and as the user asks."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import numpy as np

from agent.counts import Count, Counted
from agent.loggers import Threshold
from agent.names import metric_part, route_part
from agent.several import all_numbers
from agent.tally import Tally
from parsers.batch import Batch
from parsers.columns import Column, Labels
from parsers.servers import NAMES as SERVERS
from parsers.severity import LABELS
from parsers.upstreams import failed_upstreams
from parsers.words import Floats, Ints, Words, group
from rules.match import Matches
from rules.multimatch import Expression

OTHER = "_other"  # where the values go that came after a measure had its most series
MOST_SERIES = 500
# Larger numbers are taken as this one: up to here a float is exact, and the 1e308 that a stranger
# writes into a JSON log would make a sum infinite, which neither JSON nor StatsD can say.
_LARGEST = float(1 << 53)
# From this share on it costs more to leave rows out than to cut them.
_NEARLY_ALL = 0.9


# The values of the fields of `by` in one row.
Key = tuple[str | None, ...]


class Kind(StrEnum):
    """What a measure does with its rows."""

    COUNTER = "counter"
    TIMER = "timer"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows a measure takes: those whose `field` has a label that `wanted` says yes to."""

    field: str
    wanted: Callable[[str | None], bool]


@dataclass(slots=True)
class Measure:
    """One thing to count; `by` makes a series for each value of a field."""

    name: str
    kind: Kind = Kind.COUNTER
    # The field that is summed, timed or kept; None counts rows.
    of: str | None = None
    by: tuple[str, ...] = ()
    # Counted instead of rows: what a batch lists, a label for each.
    listed: Callable[[Batch], Labels] | None = None
    where: tuple[Condition, ...] = ()
    # From the field's unit to the metric's: 1000 for seconds to milliseconds.
    scale: float = 1
    # Sources and formats it applies to; empty: all.
    sources: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    # Distinct values of `by` before the rest goes to `_other`: strangers choose what is in a log.
    most_series: int = MOST_SERIES
    # How severe a row must be to count, by logger too.
    least: Threshold = field(default_factory=Threshold)
    _series: dict[Key, str] = field(default_factory=dict)

    def is_below(self, name: str) -> bool:
        """Whether this is the measure of that name, or below it; all are below `*`."""
        return name == "*" or f"{self.name}.".startswith(f"{name}.")

    def apply(self, batch: Batch, tally: Tally, prefix: str) -> None:
        """Count a batch into `tally`; a format without the fields is left alone."""
        fitting = batch.of_formats(self.formats) if self.formats else batch
        if fitting is None:
            return
        try:
            rows = self._rows(fitting)
            if rows is not None and not rows.size:
                return
            self._add(*_narrowed(fitting, rows), tally, f"{prefix}{self.name}")
        except KeyError:
            return  # the format has no such field, so there is nothing to measure

    def _rows(self, batch: Batch) -> Ints | None:
        """The rows that meet all conditions; None: all rows."""
        rows = self.least.rows(batch)
        for condition in self.where:
            column = batch.column(condition.field)
            labels = (column if rows is None else column.take(rows)).labels()
            yes = np.array([condition.wanted(name) for name in labels.names], np.bool_)
            kept = np.flatnonzero(yes[labels.codes]) if len(yes) else np.zeros(0, np.int64)
            rows = kept if rows is None else rows[kept]
        return rows

    def _add(self, batch: Batch, rows: Ints | None, tally: Tally, name: str) -> None:
        labels: list[Labels] = []
        if self.listed:
            labels = [self.listed(batch)]
        elif self.by:
            labels, batch, rows = self._labels(batch, rows)
        column = _of_rows(batch.column(self.of), rows) if self.of else None
        if not labels:
            self._put(tally, name, column, len(batch) if rows is None else len(rows))
            return
        codes, keys = _joined(labels)
        codes, series = self._by_series(codes, keys)
        counts = np.bincount(codes + 1, minlength=len(series) + 1)[1:].tolist()
        for number, each in enumerate(series):
            part = None if column is None else column.take(np.flatnonzero(codes == number))
            self._put(tally, f"{name}.{each}", part, counts[number])

    def _labels(self, batch: Batch, rows: Ints | None) -> tuple[list[Labels], Batch, Ints | None]:
        """The fields of `by`, and of which rows: where one is absent, the next need not be cut."""
        found: list[Labels] = []
        for name in self.by:
            labels = _of_rows(batch.column(name).labels(), rows)
            found.append(labels)
            absent = [label is None for label in labels.names] or [False]
            stated = np.flatnonzero(~np.array(absent, np.bool_)[labels.codes])
            if len(stated) < len(labels) * _NEARLY_ALL and len(found) < len(self.by):
                batch, rows = batch.select(stated if rows is None else rows[stated]), None
                found = [each.take(stated) for each in found]
        return found, batch, rows

    def _by_series(self, codes: Ints, keys: Sequence[Key]) -> tuple[Ints, list[str]]:
        """
        Number the rows by series instead of by key, -1 for none.

        The keys that go to `_other` are one series: a look for each were quadratic in the block.
        """
        present = np.bincount(codes, minlength=len(keys)).tolist()
        series: dict[str, int] = {}
        of_key = [
            series.setdefault(self._series_of(key), len(series))
            if count and None not in key
            else -1
            for key, count in zip(keys, present, strict=True)
        ]
        return np.array(of_key, np.int64)[codes], list(series)

    def _put(self, tally: Tally, name: str, column: Column | None, rows: int) -> None:
        if column is None:
            tally.count(name, rows)
            return
        numbers = all_numbers(column)
        found = _bounded(_bounded(numbers.found[numbers.present]) * self.scale)
        if self.kind is Kind.COUNTER:
            tally.count(name, float(found.sum()))
        elif self.kind is Kind.TIMER:
            tally.time(name, found)
        elif len(found):
            tally.value(name, float(found[-1]))

    def _series_of(self, key: Key) -> str:
        if key not in self._series:
            if len(self._series) >= self.most_series:
                return OTHER
            self._series[key] = ".".join(self._parts(key))
        return self._series[key]

    def _parts(self, key: Key) -> Iterator[str]:
        for name, part in zip(self.by or ("",), key, strict=True):
            yield route_part(str(part)) if name == "route" else metric_part(str(part))


_Taken = TypeVar("_Taken", Column, Labels)


def _of_rows(column: _Taken, rows: Ints | None) -> _Taken:
    return column if rows is None else column.take(rows)


def _narrowed(batch: Batch, rows: Ints | None) -> tuple[Batch, Ints | None]:
    """
    The batch and which rows of it count, None for all.

    Most rows are taken from the columns asked for, as the batch keeps those for the next measure;
    of few, only they are cut.
    """
    if rows is None or len(rows) == len(batch):
        return batch, None
    return (batch, rows) if 2 * len(rows) > len(batch) else (batch.select(rows), None)


def _bounded(numbers: Floats | Ints) -> Floats:
    found: Floats = np.clip(numbers, -_LARGEST, _LARGEST).astype(np.float64)
    return found


def _joined(columns: Sequence[Labels]) -> tuple[Ints, list[Key]]:
    """Number the distinct combinations of several columns' labels."""
    if len(columns) == 1:
        return columns[0].codes, [(name,) for name in columns[0].names]
    codes, rows = columns[0].codes, list[int]()
    for labels in columns[1:]:
        # Numbered anew each time, so that no number of fields overflows.
        codes, rows = group(_as_words(codes * max(1, len(labels.names)) + labels.codes))
    return codes, [tuple(labels.names[labels.codes[row]] for labels in columns) for row in rows]


def _as_words(keys: Ints) -> Words:
    words: Words = keys.view(np.uint64)
    return words


_SECONDS_TO_MS = 1000.0
# Not of error logs, whose lines name requests that the access log counts.
_ACCESS = ("nginx_access",)
_REQUESTS = (*_ACCESS, "json", *SERVERS)
# Not what nobody serves: those who look for holes ask for paths without end.
_ANSWERED = (Condition("status_class", lambda name: name is not None and name != "4xx"),)
_MOST_ROUTES = 100
# Upstream servers with a counter of their own; service discovery gives them new addresses for ever.
_UPSTREAMS = 100


def defaults() -> list[Measure]:
    """The measures that every source has; a fresh set, as each remembers the series it made."""
    return [
        Measure("requests.status", by=("status_class",), formats=_REQUESTS),
        Measure("requests.method", by=("request_method",), formats=_REQUESTS),
        _by_route("requests.route"),
        Measure("bytes", of="body_bytes_sent", formats=_REQUESTS),
        Measure("bytes", of="bytes_sent", formats=("haproxy", "squid")),  # headers and all
        _timer("request_time", "request_time"),
        _timer("upstream_time", "upstream_response_time"),
        # What other servers state is in milliseconds.
        Measure("request_time", Kind.TIMER, "request_time_ms", formats=SERVERS),
        Measure("upstream_time", Kind.TIMER, "response_ms", formats=SERVERS),
        Measure("upstream.attempts", of="upstream_attempts", formats=_ACCESS),
        Measure("upstream.retries", of="upstream_retries", formats=_ACCESS),
        Measure(
            "upstream.failed", listed=failed_upstreams, formats=_ACCESS, most_series=_UPSTREAMS
        ),
        Measure("events.logger", by=("logger",)),
    ]


def _by_route(name: str) -> Measure:
    return Measure(
        name, by=("route",), where=_ANSWERED, formats=_REQUESTS, most_series=_MOST_ROUTES
    )


def _timer(name: str, of: str) -> Measure:
    return Measure(name, Kind.TIMER, of, scale=_SECONDS_TO_MS, formats=_REQUESTS)


def count_severities(batch: Batch, tally: Tally, prefix: str) -> None:
    """Count events by severity; all six names, so that a quiet severity shows 0."""
    for label, count in zip(LABELS, np.bincount(batch.severity, minlength=6).tolist(), strict=True):
        tally.count(f"{prefix}events.severity.{label}", count)


def count_lines(batch: Batch, count: Count) -> None:
    """Count physical lines by what became of them; those read are counted where they are read."""
    parsed, unparsed, truncated = line_totals(batch)
    count(Counted.PARSED, parsed)
    count(Counted.UNPARSED, unparsed)
    count(Counted.LINES_TRUNCATED, truncated)


def count_explained(matches: Matches, tally: Tally, prefix: str) -> None:
    """Count explained events by rule, and under the rule's own counter if it has one."""
    if not len(matches):
        return
    totals = np.bincount(matches.numbers)
    for number in np.flatnonzero(totals).tolist():
        rule = matches.rules[number]
        tally.count(f"{prefix}explained.{metric_part(rule.id)}", int(totals[number]))
        if rule.counter:
            tally.count(f"{prefix}{rule.counter}", int(totals[number]))


def line_totals(batch: Batch) -> tuple[int, int, int]:
    """Physical lines of a batch: parsed, unparsed, truncated."""
    if batch.block.truncated:
        return 0, 0, int(batch.line_counts().sum())
    if batch.lines is None:
        parsed = int(np.count_nonzero(batch.parsed))
        return parsed, len(batch) - parsed, 0
    parsed = int(batch.lines[batch.parsed].sum())
    return parsed, int(batch.lines.sum()) - parsed, 0


_COMPARISON = re.compile(r"(>=|<=|>|<) *(-?\d+(?:\.\d+)?)")
_CLASS = re.compile(r"[1-9]xx")


def condition(field: str, wanted: str | Sequence[str]) -> Condition:
    """
    Compile a condition of the configuration.

    `POST` is equality, `2xx` a status class, `>= 500` compares numbers, `/shop*` is a beginning,
    `~regex` a search; a list means any of them. Raises ValueError for a bad regex.
    """
    texts = [wanted] if isinstance(wanted, str) else list(wanted)
    tests = [_test(text) for text in texts]
    return Condition(field, lambda label: label is not None and any(test(label) for test in tests))


def _test(wanted: str) -> Callable[[str], bool]:
    if wanted.startswith("~"):
        return Expression(wanted[1:]).is_in
    if match := _COMPARISON.fullmatch(wanted):
        return _compare(match[1], float(match[2]))
    if _CLASS.fullmatch(wanted):
        return lambda label: len(label) == 3 and label[0] == wanted[0] and label[1:].isdigit()
    if wanted.endswith("*"):
        return lambda label: label.startswith(wanted[:-1])
    return lambda label: label == wanted


def _compare(sign: str, bound: float) -> Callable[[str], bool]:
    def test(label: str) -> bool:
        try:
            number = float(label)
        except ValueError:
            return False
        return {">": number > bound, "<": number < bound, ">=": number >= bound}.get(
            sign, number <= bound
        )

    return test
