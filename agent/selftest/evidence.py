"""Goes through all events that the agent wrote, and marks each record off in its ledger."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from agent.selftest.ledger import Ledger
from agent.selftest.lines import Outcome, draw
from agent.selftest.logs import LOGS
from agent.selftest.watch import MARK

Numbers = npt.NDArray[np.int64]
_MOST_FAULTS = 20  # kept in words; all are counted
_TOLD_BYTES = 200
_KEYS = {"source", "parsed", "origin"}  # by which an event is known


@dataclass(slots=True)
class Faults:
    """What is wrong with events: how many, and the first in words."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.first) < _MOST_FAULTS:
            self.first.append(what)


class LogEvidence:
    """What was found of one log: by number, at which byte of the file of events it first stands."""

    def __init__(self, name: str, ledger: Ledger) -> None:
        self.name = name
        self.ledger = ledger
        self.first_at: Numbers = np.full(len(ledger), -1, np.int64)
        # Repeats: the number, where it stood before, and where it stands again.
        self.repeated, self.before, self.again = array("q"), array("q"), array("q")
        self.faults = Faults()
        self._last_at: dict[int, int] = {}  # of what was repeated
        self._offsets, self._lines = ledger["offset"], ledger["lines"]
        self._outcomes = ledger["outcome"]

    @property
    def missing(self) -> Numbers:
        """The numbers of the records that are in no event."""
        return np.flatnonzero(self.first_at < 0)

    @property
    def read(self) -> int:
        """How many records are in some event."""
        return int(np.count_nonzero(self.first_at >= 0))

    def take(self, number: int, event: dict[str, Any], raw: bytes, at: int) -> None:
        """Mark record `number` off, for the event that stands as `raw` at byte `at`."""
        if number >= len(self.first_at):
            self.faults.add(f"{self.name} {number}: an event of a record that was never written")
            return
        self._place(number, at)
        if wrong := self._wrong(number, event, raw):
            self.faults.add(f"{self.name} {number}: {wrong}")

    def _place(self, number: int, at: int) -> None:
        first_at = int(self.first_at[number])
        if first_at < 0:
            self.first_at[number] = at
            return
        self.repeated.append(number)
        self.before.append(self._last_at.get(number, first_at))
        self.again.append(at)
        self._last_at[number] = at

    def _wrong(self, number: int, event: dict[str, Any], raw: bytes) -> str:
        """What the event says differently from what was written; nothing if all agrees."""
        spec, outcome = LOGS[self.name], Outcome(self._outcomes[number])
        expected, origin = draw(self.name.encode(), number, spec.long_every), event["origin"]
        truncated = outcome is Outcome.TRUNCATED
        if expected.first not in raw or not (truncated or expected.last in raw):
            return "its text is not all there"
        if event["source"] != self.name:
            return f"it is of source {event['source']}"
        # The head that is left of a line too long may fit its format, or not.
        if not truncated and event["parsed"] is not (outcome is Outcome.PARSED):
            return f"parsed is {event['parsed']}, and the record is {outcome.name.lower()}"
        if origin["offset"] != self._offsets[number]:
            return (
                f"its offset is {origin['offset']}, and it was written at {self._offsets[number]}"
            )
        if origin["lines"] != self._lines[number]:
            return f"it has {origin['lines']} lines, and {self._lines[number]} were written"
        return ""


@dataclass(slots=True)
class Evidence:
    """What all events say."""

    logs: Mapping[str, LogEvidence]
    torn: int = 0  # lines that a SIGKILL cut off
    strays: Faults = field(default_factory=Faults)  # what cannot be laid to one record


def examine(events: Path, ledgers: Mapping[str, Ledger], kills: list[int]) -> Evidence:
    """
    Read the events once, from the start to the end.

    `kills` are the sizes that the file had after each SIGKILL: only there may a line be torn.
    """
    found = Evidence({name: LogEvidence(name, ledger) for name, ledger in ledgers.items()})
    at = 0
    with events.open("rb") as file:
        for raw in file:
            _judge(found, raw, at, kills)
            at += len(raw)
    return found


def _judge(found: Evidence, raw: bytes, at: int, kills: list[int]) -> None:
    event = _event(raw)
    if event is None:
        # The next process may have put a newline behind what the SIGKILL left.
        end = at + len(raw)
        if any(at < size <= end <= size + 1 for size in kills):
            found.torn += 1
        else:
            found.strays.add(f"the line at byte {at} is no event: {raw[:_TOLD_BYTES]!r}")
        return
    marks = {(log.decode(), int(number)) for _, log, number in MARK.findall(raw)}
    known = [(log, number) for log, number in marks if log in found.logs]
    if len(known) != 1:
        what = "holds parts of several records" if known else "holds no record's number"
        found.strays.add(f"the event at byte {at} {what}: {raw[:_TOLD_BYTES]!r}")
        return
    log, number = known[0]
    found.logs[log].take(number, event, raw, at)


def _event(raw: bytes) -> dict[str, Any] | None:
    """The event on a whole line; None for anything else."""
    if not raw.endswith(b"\n"):
        return None
    try:
        event = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and event.keys() >= _KEYS else None
