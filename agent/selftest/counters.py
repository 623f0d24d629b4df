"""What StatsD must have got, told from the ledgers alone, beside what it got."""

from dataclasses import dataclass

import numpy as np

from agent.receiver import Totals
from agent.selftest.ledger import Ledger, count_outcome
from agent.selftest.lines import Outcome
from agent.selftest.logs import LOGS

_ACCESS = ("timed", "combined")


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter, or the count of a timer's samples."""

    name: str
    written: float
    received: float

    def is_off(self, *, killed: bool) -> bool:
        """Whether it is wrong: any difference, or after a SIGKILL less than was written."""
        return self.received < self.written if killed else self.received != self.written


def compare(name: str, ledger: Ledger, totals: Totals) -> list[Counter]:
    """All counters that are known of one log."""
    prefix = f"logtell.{name}."
    counters = [
        Counter(each, count, totals.counters.get(f"{prefix}{each}", 0))
        for each, count in _expected(name, ledger).items()
    ]
    severities = [
        count
        for each, count in totals.counters.items()
        if each.startswith(f"{prefix}events.severity.")
    ]
    counters.append(Counter("events.severity.*", len(ledger), sum(severities)))
    if LOGS[name].form == "timed":
        timer = totals.timers.get(f"{prefix}request_time")
        requests = int(np.count_nonzero(ledger["status"]))
        counters.append(Counter("request_time", requests, timer.count if timer else 0))
    return counters


def _expected(name: str, ledger: Ledger) -> dict[str, int]:
    lines = {
        "lines.parsed": count_outcome(ledger, Outcome.PARSED),
        "lines.unparsed": count_outcome(ledger, Outcome.UNPARSED),
        "lines.truncated": count_outcome(ledger, Outcome.TRUNCATED),
    }
    found = {"lines.read": sum(lines.values()), **lines}
    if LOGS[name].form in _ACCESS:
        found["bytes"] = int(ledger["size"].sum(dtype=np.int64))
        classes = np.bincount(ledger["status"] // 100, minlength=6)
        found |= {f"requests.status.{n}xx": int(classes[n]) for n in (2, 3, 4, 5)}
    return found
