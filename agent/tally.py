"""What was counted since the last flush: counters summed, timer samples kept, values the last."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Samples kept one by one before equal ones are folded into counts: 8 MB a timer.
_FOLD_AT = 1_000_000
# Distinct values kept of one timer. Request times have milliseconds, so a day of them has fewer;
# beyond, values are rounded to four significant digits, an error of 0.01 % at most.
_MOST_DISTINCT = 200_000
_PERCENTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}


class Samples:
    """
    The samples of one timer, in milliseconds.

    Count, sum and bounds are exact, percentiles until there are too many samples to keep.
    """

    def __init__(self) -> None:
        self._sum = 0.0
        self._min, self._max = np.inf, -np.inf
        self._loose: list[Floats] = []
        self._loose_count = 0
        self._values: Floats = np.zeros(0)
        self._counts = np.zeros(0, np.int64)

    def add(self, values: Floats) -> None:
        """Keep the samples of one batch."""
        if not len(values):
            return
        self._sum += float(values.sum())
        self._min = min(self._min, float(values.min()))
        self._max = max(self._max, float(values.max()))
        self._loose.append(values)
        self._loose_count += len(values)
        if self._loose_count >= _FOLD_AT:
            self._fold()

    def __len__(self) -> int:
        return self._loose_count + int(self._counts.sum())

    def each(self) -> list[float]:
        """Every sample, for a server that wants them one by one."""
        self._fold()
        samples: list[float] = np.repeat(self._values, self._counts).tolist()
        return samples

    def summary(self) -> dict[str, float]:
        """Count, sum, min, max and percentiles (nearest rank), in milliseconds."""
        self._fold()
        ranks = np.cumsum(self._counts)
        total = int(ranks[-1])
        found = {
            name: float(self._values[np.searchsorted(ranks, max(1, np.ceil(share * total)))])
            for name, share in _PERCENTILES.items()
        }
        bounds = {"min": self._min, "max": self._max}
        return {"count": total, "sum": round(self._sum, 6), **bounds, **found}

    def _fold(self) -> None:
        if not self._loose:
            return
        values, counts = np.unique(np.concatenate(self._loose), return_counts=True)
        self._loose, self._loose_count = [], 0
        self._values, self._counts = _merge(
            np.concatenate((self._values, values)), np.concatenate((self._counts, counts))
        )
        if len(self._values) > _MOST_DISTINCT:
            self._values, self._counts = _merge(_rounded(self._values), self._counts)


def _merge(values: Floats, counts: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.int64]]:
    distinct, where = np.unique(values, return_inverse=True)
    return distinct, np.bincount(where, counts, len(distinct)).astype(np.int64)


def _rounded(values: Floats) -> Floats:
    magnitude = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-9))) - 3)
    return np.round(values / magnitude) * magnitude


@dataclass(slots=True)
class Tally:
    """Counters, timers and values by metric name, without the StatsD prefix."""

    counters: dict[str, float] = field(default_factory=lambda: defaultdict(int))
    timers: dict[str, Samples] = field(default_factory=lambda: defaultdict(Samples))
    values: dict[str, float] = field(default_factory=dict)

    def count(self, name: str, count: float = 1) -> None:
        """Add to a counter; adding 0 still makes the name known, so that quiet series show 0."""
        self.counters[name] += count

    def time(self, name: str, values_ms: Floats) -> None:
        """Keep samples of a timer, in milliseconds."""
        if len(values_ms):
            self.timers[name].add(values_ms)

    def value(self, name: str, value: float) -> None:
        """Keep the last value."""
        self.values[name] = value

    def take(self) -> "Tally":
        """Hand over what was counted and begin anew."""
        taken = Tally(self.counters, self.timers, self.values)
        fresh = Tally()
        self.counters, self.timers, self.values = fresh.counters, fresh.timers, fresh.values
        return taken
