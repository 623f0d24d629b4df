"""When events came: the lag of each log, and whether repeats are as recent as is promised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.selftest.evidence import LogEvidence, Numbers
from agent.selftest.subject import Life
from agent.selftest.watch import Watch

FLUSH_S = 1.0  # `flush_every_s` of the configuration
# The file of events is looked at every 0.02 s, by a thread that may be kept waiting.
_TOLERANCE_S = 0.25


@dataclass(frozen=True, slots=True)
class Repeats:
    """The events of one log that came more than once."""

    count: int = 0
    oldest_s: float = 0.0  # how long before a SIGKILL the oldest of them had come
    too_old: tuple[int, ...] = ()  # numbers that came again and should not have


def arrivals(watch: Watch, at: Numbers) -> Numbers:
    """When (monotonic ns) the events at these bytes were seen to be there."""
    sizes, times = np.array(watch.sizes, np.int64), np.array(watch.at_ns, np.int64)
    return times[np.minimum(np.searchsorted(sizes, at, "right"), len(times) - 1)]


def longest_lag_s(found: LogEvidence, watch: Watch, lives: Sequence[Life]) -> float:
    """The longest time from a record's last byte to its event, while the agent was ready."""
    read = np.flatnonzero(found.first_at >= 0)
    if not read.size or not watch.sizes:
        return 0.0
    at = found.first_at[read]
    # An agent that was not ready yet is catching up; one killed before it was ready never was.
    ready = np.array([life.ready_ns or life.ended_ns for life in lives], np.int64)
    since = np.maximum(found.ledger["written_ns"][read], ready[_life_of(at, lives)])
    return max(0.0, float((arrivals(watch, at) - since).max()) / 1e9)


def _life_of(at: Numbers, lives: Sequence[Life]) -> Numbers:
    """Which process wrote the events at these bytes."""
    ends = np.array([life.events_bytes for life in lives], np.int64)
    return np.minimum(np.searchsorted(ends, at, "right"), len(lives) - 1)


def judge_repeats(found: LogEvidence, watch: Watch, lives: Sequence[Life]) -> Repeats:
    """
    Hold each repeat to the promise: a SIGKILL came between, within one flush interval.

    A flush takes the positions, sends, and then saves them. So what the last checkpoint before the
    SIGKILL does not hold came after the begin of its flush, which was at least `FLUSH_S` after the
    checkpoint before; at once after it, if that was the start's or a reload's. That is `FLUSH_S`
    before the SIGKILL, and more by as much as flushes took.
    """
    if not found.repeated:
        return Repeats()
    ends = np.array([life.events_bytes for life in lives], np.int64)
    before, again = np.array(found.before, np.int64), np.array(found.again, np.int64)
    life = _life_of(before, lives)
    killed = np.array([each.killed for each in lives], np.bool_)[life] & (again >= ends[life])
    ended = np.array([each.ended_ns for each in lives], np.int64)[life]
    ages_s = np.maximum(0, ended - arrivals(watch, before)) / 1e9
    allowed_s = np.array([_allowed_s(each) for each in lives])[life]
    bad = ~killed | (ages_s > allowed_s)
    too_old = np.array(found.repeated, np.int64)[bad]
    return Repeats(len(before), float(ages_s.max()), tuple(too_old[:1000].tolist()))


def _allowed_s(life: Life) -> float:
    since_s = (life.ended_ns - life.previous_ns) / 1e9 if life.previous_ns else 0.0
    on_time = life.checkpoint_ns - life.previous_ns >= FLUSH_S * 1e9
    return max(FLUSH_S, since_s - FLUSH_S * on_time) + _TOLERANCE_S
