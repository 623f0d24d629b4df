"""What happened when, and what was worst: collected from batches for the summary of a replay."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from parsers.batch import Batch
from parsers.columns import Labels, text
from parsers.severity import Severity
from parsers.words import Ints
from rules.match import Explanation, Matches

# Time buckets kept before they are made coarser: strangers may write any time into a log.
_MOST_BUCKETS = 5_000
_MINUTE_S = 60
# Kinds of unexplained errors kept apart; later ones are counted together.
_MOST_KINDS = 2_000
_OTHER = "(other errors)"
# Seconds since 1970 of the first and the last moment that a datetime can be.
_FIRST_S = int(datetime.min.replace(tzinfo=UTC).timestamp())
_LAST_S = int(datetime.max.replace(tzinfo=UTC).timestamp()) - 1
_SHOWN_CHARS = 160
# What differs between two lines of the same kind: numbers, hex, quoted things.
_VARIABLE = re.compile(r'0x[0-9a-f]+|"[^"\n]*"|\d+(?:[.:]\d+)*')


@dataclass(slots=True)
class Kind:
    """Events of one kind: explained by one rule, or errors of one shape."""

    severity: Severity
    # The raw message of the first of them.
    example: str
    explanation: Explanation | None = None
    count: int = 0
    # ISO times of the first and the last that had one.
    first: str | None = None
    last: str | None = None

    def add(self, times: Labels) -> None:
        """Count events, given their times in file order."""
        self.count += len(times)
        timed = np.array([name is not None for name in times.names], np.bool_)
        known = times.codes[timed[times.codes]]
        if known.size:
            self.first = self.first or times.names[known[0]]
            self.last = times.names[known[-1]]


@dataclass(slots=True)
class Story:
    """Collects as an event sink does; sizes are bounded whatever the log holds."""

    # Events by severity for each bucket of `bucket_s` seconds since 1970.
    buckets: dict[int, Ints] = field(default_factory=dict)
    bucket_s: int = _MINUTE_S
    kinds: dict[str, Kind] = field(default_factory=dict)

    def take(self, batch: Batch, matches: Matches, source: str) -> None:
        """Add a batch."""
        times = batch.column("time").labels()
        self._add_times(batch, times)
        for number in np.unique(matches.numbers).tolist():
            self._add_explained(batch, times, matches, number)
        severe = batch.severity >= Severity.ERROR
        severe[matches.rows] = False
        rows = np.flatnonzero(severe)
        if rows.size:
            self._add_unexplained(batch.select(rows), times.take(rows), source)

    def worst(self, most: int) -> list[Kind]:
        """The worst kinds: by severity, then by count."""
        ranked = sorted(self.kinds.values(), key=lambda kind: (-kind.severity, -kind.count))
        return ranked[:most]

    def _add_times(self, batch: Batch, labels: Labels) -> None:
        keys = labels.codes * len(Severity) + batch.severity
        counts = np.bincount(keys, minlength=len(labels.names) * len(Severity))
        for name, row in zip(labels.names, counts.reshape(-1, len(Severity)), strict=True):
            if name is not None:
                bucket = int(datetime.fromisoformat(name).timestamp()) // self.bucket_s
                self.buckets[bucket] = self.buckets.get(bucket, 0) + row
        if len(self.buckets) > _MOST_BUCKETS:
            self._coarsen()

    def _coarsen(self) -> None:
        finer, self.buckets = self.buckets, {}
        self.bucket_s *= 10
        for bucket, row in finer.items():
            self.buckets[bucket // 10] = self.buckets.get(bucket // 10, 0) + row

    def _add_explained(self, batch: Batch, times: Labels, matches: Matches, number: int) -> None:
        which = np.flatnonzero(matches.numbers == number)
        rule, rows = matches.rules[number].id, matches.rows[which]
        if rule not in self.kinds:
            explanation = matches.explanation(int(which[0]))
            example = _short(text(batch.record(int(rows[0]))))
            severity = Severity(int(batch.severity[rows].max()))
            self.kinds[rule] = Kind(severity, example, explanation)
        self.kinds[rule].add(times.take(rows))

    def _add_unexplained(self, batch: Batch, times: Labels, source: str) -> None:
        messages = [str(message) for message in batch.column("message").values()]
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, shape in enumerate(_shapes(messages)):
            rows_of[f"{source}: {shape}"].append(row)
        for shape, rows in rows_of.items():
            kind = shape if shape in self.kinds or len(self.kinds) < _MOST_KINDS else _OTHER
            if kind not in self.kinds:
                severity = Severity(int(batch.severity[rows[0]]))
                self.kinds[kind] = Kind(severity, _short(messages[rows[0]]))
            self.kinds[kind].add(times.take(np.array(rows)))


def _shapes(messages: Sequence[str]) -> list[str]:
    """The first lines of messages without what differs in each, over all at once."""
    joined = "\n".join([message.partition("\n")[0] for message in messages])
    return [shape[:_SHOWN_CHARS] for shape in _VARIABLE.sub("#", joined).split("\n")]


def _short(message: str) -> str:
    return message if len(message) <= _SHOWN_CHARS else f"{message[:_SHOWN_CHARS]}…"


def bucket_time(bucket: int, bucket_s: int) -> datetime:
    """When a bucket begins; within the years of a date, as a log may hold the last of them."""
    return datetime.fromtimestamp(min(max(bucket * bucket_s, _FIRST_S), _LAST_S), UTC)
