"""The comparison at the end: what was written, against what the agent made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.receiver import Totals
from agent.selftest.counters import Counter, compare
from agent.selftest.evidence import Evidence, LogEvidence
from agent.selftest.subject import Life
from agent.selftest.times import Repeats, judge_repeats, longest_lag_s
from agent.selftest.watch import Watch

_MOST_TOLD = 10  # differences of one sort in words; all are counted
_LOSSES = (".bytes.lost.", ".metrics.dropped.", ".events.dropped.")  # in names of counters
_AROUND_S = (4.0, 2.0)  # actions from so long before a record was written until so long after


@dataclass(frozen=True, slots=True)
class Happened:
    """What was done to the logs and the agent, and when."""

    began_ns: int  # monotonic, as all times here
    done: Sequence[tuple[int, str]]  # when, and what in words
    lives: Sequence[Life]
    ended_by: Mapping[str, Sequence[str]]  # by log: which kind ended each generation
    troubles: Sequence[str] = ()  # what the agent did that it must not, in words
    reloads: int = 0
    absences: int = 0  # of StatsD

    def around(self, at_ns: int) -> str:
        """What was done shortly before and after a moment, in words."""
        before_s, after_s = _AROUND_S
        near = [(ns, what) for ns, what in self.done if -before_s < (ns - at_ns) / 1e9 < after_s]
        told = [f"{what} ({(ns - at_ns) / 1e9:+.2f} s)" for ns, what in near]
        return ", ".join(told) or "nothing"


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """One log."""

    name: str
    rotations: int
    written: int  # records
    read: int  # of them, those that are in an event
    repeats: Repeats
    wrong: int  # events that do not say what was written
    counters: Sequence[Counter]
    longest_lag_s: float

    @property
    def missing(self) -> int:
        """Records that are in no event."""
        return self.written - self.read


@dataclass(frozen=True, slots=True)
class KindVerdict:
    """One kind of rotation, over all logs."""

    done: int
    records: int  # in the generations that it ended
    missing: int


@dataclass(slots=True)
class Verdict:
    """What came out."""

    logs: Sequence[LogVerdict]
    kinds: Mapping[str, KindVerdict]
    kills: int
    restarts: int
    reloads: int
    absences: int
    torn: int  # lines of events that a SIGKILL cut off
    lost_datagrams: int  # by the receiver's own socket: then the counters prove nothing
    stray_events: int
    differences: list[str] = field(default_factory=list)  # in words, the first of each sort

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def written(self) -> int:
        """All records."""
        return sum(log.written for log in self.logs)

    @property
    def read(self) -> int:
        """The records that are in an event."""
        return sum(log.read for log in self.logs)

    @property
    def repeated(self) -> int:
        """Events that came again."""
        return sum(log.repeats.count for log in self.logs)

    @property
    def wrong(self) -> int:
        """Events that do not say what was written."""
        return sum(log.wrong for log in self.logs) + self.stray_events

    @property
    def oldest_repeat_s(self) -> float:
        """How long before a SIGKILL the oldest repeated event had come."""
        return max((log.repeats.oldest_s for log in self.logs), default=0.0)

    def counters_off(self, log: LogVerdict) -> list[Counter]:
        """The counters of a log that are wrong."""
        return [each for each in log.counters if each.is_off(killed=self.kills > 0)]


def judge(
    evidence: Evidence, watch: Watch, happened: Happened, totals: Totals, lost_datagrams: int
) -> Verdict:
    """Compare everything, and put every difference into words."""
    lives = happened.lives
    logs = [
        LogVerdict(
            name,
            len(happened.ended_by[name]),
            len(found.ledger),
            found.read,
            judge_repeats(found, watch, lives),
            found.faults.count,
            compare(name, found.ledger, totals),
            longest_lag_s(found, watch, lives),
        )
        for name, found in evidence.logs.items()
    ]
    kills = sum(life.killed for life in lives)
    verdict = Verdict(
        logs,
        _by_kind(evidence, happened),
        kills,
        len(lives) - 1 - kills,
        happened.reloads,
        happened.absences,
        evidence.torn,
        lost_datagrams,
        evidence.strays.count,
    )
    verdict.differences += [*happened.troubles, *_told(verdict, evidence, happened)]
    verdict.differences += _told_of_statsd(verdict, totals)
    return verdict


def _by_kind(evidence: Evidence, happened: Happened) -> dict[str, KindVerdict]:
    kinds: dict[str, KindVerdict] = {}
    for name, found in evidence.logs.items():
        generations = found.ledger["generation"]
        ended_by = happened.ended_by[name]
        records = np.bincount(generations, minlength=len(ended_by))
        missing = np.bincount(generations[found.missing], minlength=len(ended_by))
        for generation, kind in enumerate(ended_by):
            known = kinds.get(kind, KindVerdict(0, 0, 0))
            kinds[kind] = KindVerdict(
                known.done + 1,
                known.records + int(records[generation]),
                known.missing + int(missing[generation]),
            )
    return kinds


def _told(verdict: Verdict, evidence: Evidence, happened: Happened) -> list[str]:
    told: list[str] = []
    for log in verdict.logs:
        found = evidence.logs[log.name]
        told += [
            f"missing: {_where(found, number, happened)}"
            for number in found.missing[:_MOST_TOLD].tolist()
        ]
        told += [
            f"repeated, and not by a SIGKILL just before: {_where(found, number, happened)}"
            for number in log.repeats.too_old[:_MOST_TOLD]
        ]
        told += [f"wrong: {fault}" for fault in found.faults.first[:_MOST_TOLD]]
    return told + [f"wrong: {stray}" for stray in evidence.strays.first[:_MOST_TOLD]]


def _where(found: LogEvidence, number: int, happened: Happened) -> str:
    row = found.ledger[number]
    written_ns, generation = int(row["written_ns"]), int(row["generation"])
    ended_by = happened.ended_by[found.name]
    end = f"ended by {ended_by[generation]}" if generation < len(ended_by) else "the last one"
    return (
        f"{found.name} {number}, at offset {row['offset']} of inode {row['inode']}"
        f" (generation {generation}, {end}), written"
        f" {(written_ns - happened.began_ns) / 1e9:.2f} s after the start;"
        f" around it: {happened.around(written_ns)}"
    )


def _told_of_statsd(verdict: Verdict, totals: Totals) -> list[str]:
    told = [
        f"counter {log.name}.{each.name}: {each.written:,.0f} written,"
        f" {each.received:,.0f} received"
        for log in verdict.logs
        for each in verdict.counters_off(log)
    ]
    told += [
        f"the agent says that it lost something: {name} is {count:,.0f}"
        for name, count in totals.counters.items()
        if count and any(word in name for word in _LOSSES)
    ]
    told += [f"no StatsD line: {line!r}" for line in totals.bad_lines[:_MOST_TOLD]]
    if verdict.lost_datagrams:
        told.append(
            f"{verdict.lost_datagrams} datagrams were lost by the receiver's own socket, so the"
            " counters prove nothing; raise the sysctl net.core.rmem_max, or run as root"
        )
    return told
