"""What happened when, and what was worst: collected from batches for the summary of a replay."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from parsers.batch import Batch
from parsers.columns import text
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
_VARIABLE = re.compile(r'0x[0-9a-f]+|"[^"]*"|\d+(?:[.:]\d+)*')


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

    def add(self, times: Iterable[str | None]) -> None:
        """Count events, given their times in file order."""
        for time in times:
            self.count += 1
            self.first = self.first or time
            self.last = time or self.last


@dataclass(slots=True)
class Story:
    """Collects as an event sink does; sizes are bounded whatever the log holds."""

    # Events by severity for each bucket of `bucket_s` seconds since 1970.
    buckets: dict[int, Ints] = field(default_factory=dict)
    bucket_s: int = _MINUTE_S
    kinds: dict[str, Kind] = field(default_factory=dict)

    def take(self, batch: Batch, matches: Matches, source: str) -> None:
        """Add a batch."""
        self._add_times(batch)
        for number in np.unique(matches.numbers).tolist():
            self._add_explained(batch, matches, number)
        severe = batch.severity >= Severity.ERROR
        severe[matches.rows] = False
        rows = np.flatnonzero(severe)
        if rows.size:
            self._add_unexplained(batch.select(rows), source)

    def worst(self, most: int) -> list[Kind]:
        """The worst kinds: by severity, then by count."""
        ranked = sorted(self.kinds.values(), key=lambda kind: (-kind.severity, -kind.count))
        return ranked[:most]

    def _add_times(self, batch: Batch) -> None:
        labels = batch.column("time").labels()
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

    def _add_explained(self, batch: Batch, matches: Matches, number: int) -> None:
        which = np.flatnonzero(matches.numbers == number)
        rule = matches.rules[number].id
        rows = batch.select(matches.rows[which])
        if rule not in self.kinds:
            explanation = matches.explanation(int(which[0]))
            example = _short(text(rows.record(0)))
            self.kinds[rule] = Kind(Severity(int(rows.severity.max())), example, explanation)
        self.kinds[rule].add(_times(rows))

    def _add_unexplained(self, batch: Batch, source: str) -> None:
        messages = batch.column("message").values()
        rows = zip(messages, _times(batch), batch.severity.tolist(), strict=True)
        for message, time, severity in rows:
            first_line = str(message).partition("\n")[0]
            shape = f"{source}: {_VARIABLE.sub('#', first_line)[:_SHOWN_CHARS]}"
            if shape not in self.kinds and len(self.kinds) >= _MOST_KINDS:
                shape = _OTHER
            kind = self.kinds.setdefault(shape, Kind(Severity(severity), _short(str(message))))
            kind.add([time])


def _times(batch: Batch) -> list[str | None]:
    return [None if time is None else str(time) for time in batch.column("time").values()]


def _short(message: str) -> str:
    return message if len(message) <= _SHOWN_CHARS else f"{message[:_SHOWN_CHARS]}…"


def bucket_time(bucket: int, bucket_s: int) -> datetime:
    """When a bucket begins; within the years of a date, as a log may hold the last of them."""
    return datetime.fromtimestamp(min(max(bucket * bucket_s, _FIRST_S), _LAST_S), UTC)
