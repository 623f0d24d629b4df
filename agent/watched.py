"""What is followed and how often it is looked at: what the configuration decides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.tail import OpenParser


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as the following needs it: which paths, and how to open a parser for one of them."""

    source: str
    patterns: Sequence[str]
    # Called with the path and the file's first whole lines, up to 64 KiB, once there is a line.
    open_parser: OpenParser


@dataclass(frozen=True, slots=True)
class Pace:
    """How long until the next look at a file, in seconds, by how long it has not grown."""

    # A look that finds lines costs 2 to 3 ms down to the sinks whatever their number, one that
    # finds nothing some µs. At 1,000 lines/s ten looks a second took 7.3 % of a core and four
    # 3.1 %, with an event 0.11 s after its line at p99 (measured, benchmarks/live.py).
    busy_s: float = 0.25  # grew within half a minute
    # Where a look finds so much, its lines cost more than the look: the next one comes sooner.
    much_bytes: int = 64 * 1024
    much_s: float = 0.1
    idle_s: float = 1.0
    # The kernel will tell of the next write, if the file system can: one-shot, so that the file is
    # polled as before once it is busy. Arming and being told cost what some looks do (20 µs).
    arm_after_s: float = 5.0
    armed_s: float = 15.0

    def look_after_s(self, now_s: float, found_bytes: int, *, phase_s: float = 0.0) -> float:
        """Choose the clock time of the next look after one that found something."""
        step = self.much_s if found_bytes >= self.much_bytes else self.busy_s
        return self._in_step(now_s, step, phase_s)

    def next_look_s(
        self, now_s: float, quiet_s: float, *, armed: bool = False, phase_s: float = 0.0
    ) -> float:
        """Choose the clock time of the next look after one that found nothing."""
        step = self.armed_s if armed else self.idle_s if quiet_s > 30 else self.busy_s
        return self._in_step(now_s, step, phase_s)

    def _in_step(self, now_s: float, step: float, phase_s: float) -> float:
        # With all others, so that one wake does for all.
        return (math.floor((now_s - phase_s) / step) + 1) * step + phase_s

    def phase_s(self, number: int) -> float:
        """
        Say how far the looks at the n-th file are behind those at the first.

        All at once, a hundred busy files would wait for each other longer than for their look: a
        block of a few lines takes about a millisecond.
        """
        return number // 20 % 5 * self.busy_s / 5
