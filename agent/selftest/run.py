"""The run: writers, rotations, StatsD and the agent, by the plan; then everything is compared."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.selftest.evidence import examine
from agent.selftest.ledger import read_ledger
from agent.selftest.logs import LOGS, RECORD_WAIT_S, configuration, log_path
from agent.selftest.pen import Log, open_log
from agent.selftest.plan import Action, Do, Order, make_plan
from agent.selftest.rotations import ROTATIONS, rotated_files
from agent.selftest.statsd import Statsd
from agent.selftest.subject import Subject
from agent.selftest.verdict import Happened, Verdict, judge
from agent.selftest.watch import Watch

_KEEP_ROTATED = 8  # files a log, as `rotate 8` of logrotate; their inodes are used again
_SEEN_WITHIN_S = 30.0
_REPORT_EVERY_S = 0.5
_LOOK_AGAIN_S = 0.02
_SURELY_LOOKED_S = 1.0  # within which the agent looks at every file, also when it is loaded


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is."""

    elapsed_s: float
    rotations: int
    events: int
    doing: str  # the last action in words


Report = Callable[[Progress], None]


def run(order: Order, folder: Path, report: Report) -> Verdict:
    """
    Torture a real agent for as long as ordered and compare what was written with what came out.

    All files are made in `folder`, which is empty or not there yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = Run(order, folder, report)
    happened = asyncio.run(present.play())
    ledgers = {name: read_ledger(log.ledger) for name, log in present.logs.items()}
    kills = [life.events_bytes for life in happened.lives if life.killed]
    evidence = examine(present.subject.events, ledgers, kills)
    statsd = present.statsd
    return judge(evidence, present.watch, happened, statsd.totals, statsd.lost)


@dataclass(slots=True)
class Run:
    """Everybody who takes part; `play` brings them on stage."""

    order: Order
    folder: Path
    report: Report
    statsd: Statsd = field(default_factory=Statsd)
    logs: dict[str, Log] = field(default_factory=dict)
    subject: Subject = field(init=False)
    watch: Watch = field(init=False)
    _began_ns: int = 0
    _done: list[tuple[int, str]] = field(default_factory=list)
    _absences: int = 0
    # Held by whoever stops, kills or reloads the agent, or needs that nobody does.
    _agent: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Held while StatsD is away, or while it must not be: a stop with metrics in hand needs it.
    _receiving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.subject = Subject(self.folder, self.folder / "logtell.yaml")
        self.watch = Watch(self.subject.events)

    async def play(self) -> Happened:
        """Start everything, do what is planned, and end it in order."""
        try:
            await self._begin()
            await self._follow_plan()
            await self._finish()
        finally:
            self.watch.close()
            self.subject.end()
            for log in self.logs.values():
                await log.stop()
            await self.statsd.go_away()
        ended_by = {name: log.ended_by for name, log in self.logs.items()}
        subject = self.subject
        return Happened(
            self._began_ns,
            self._done,
            subject.lives,
            ended_by,
            [*subject.troubles, *subject.complaints()],
            subject.reloads,
            self._absences,
        )

    async def _begin(self) -> None:
        await self.statsd.open()
        config = configuration(self.folder, self.statsd.port)
        self.subject.config.write_text(json.dumps(config, indent=1))
        self.watch.start()
        for name, spec in LOGS.items():
            path = log_path(self.folder, name)
            self.logs[name] = await open_log(name, spec, path, self.order.seed)
        await self.subject.start()
        await self.subject.until_ready()
        # Only now: what is in a log before it is followed for the first time is not read.
        for log in self.logs.values():
            await log.ask("go")
        self._began_ns = time.monotonic_ns()

    async def _follow_plan(self) -> None:
        async with asyncio.TaskGroup() as group:
            reporting = group.create_task(self._report())
            async with asyncio.TaskGroup() as actions:
                for action in make_plan(self.order):
                    await asyncio.sleep(action.at_s - self._elapsed_s())
                    actions.create_task(self._act(action))
                await asyncio.sleep(self.order.seconds - self._elapsed_s())
            reporting.cancel()

    async def _finish(self) -> None:
        """The writers end, the agent reads to the end of every file and stops."""
        for log in self.logs.values():
            await log.stop()
        await self._stop()
        self.watch.close()
        if self._is_all_seen():
            return
        # A stop reads on for five seconds; on a slow machine the rest is the next start's.
        self.watch = self.watch.again()
        self.watch.start()
        await self.subject.start()
        await self.subject.until_ready()
        end_s = time.monotonic() + _SEEN_WITHIN_S
        while not self._is_all_seen() and time.monotonic() < end_s:  # noqa: ASYNC110 (it reads a file)
            await asyncio.sleep(_LOOK_AGAIN_S)
        await self._stop()

    def _is_all_seen(self) -> bool:
        written = {name: len(read_ledger(log.ledger)) for name, log in self.logs.items()}
        return all(self.watch.seen.get(name, 0) >= count for name, count in written.items())

    async def _act(self, action: Action) -> None:
        match action.do:
            case Do.ROTATE:
                await self._rotate(self.logs[action.log], action.kind, action.lasts_s)
            case Do.BURST:
                await self.logs[action.log].ask(f"burst {action.lines}")
            case Do.AWAY:
                await self._away(action.lasts_s)
            case _:
                async with self._agent:
                    if self._is_over():  # it has waited for others
                        return
                    await self._interrupt(action)
                await self.subject.until_ready()
        self._note(str(action))

    def _note(self, what: str) -> None:
        self._done.append((time.monotonic_ns(), what))
        with (self.folder / "actions.log").open("a") as file:
            file.write(f"{self._elapsed_s():10.3f} {what}\n")

    def _is_over(self) -> bool:
        return self._elapsed_s() >= self.order.seconds

    async def _interrupt(self, action: Action) -> None:
        """Reload or end the agent, and start it; the next SIGKILL may come before it follows."""
        if action.do is Do.RELOAD:
            async with self._whole_records():
                await self.subject.reload()
            return
        if action.do is Do.KILL or action.hard:
            await self.subject.kill()
        else:
            async with self._whole_records():
                await self._stop()
        for log, kind in action.rotations:
            await self._rotate(self.logs[log], kind, action.lasts_s / 4)
            self._note(f"{kind} {log} while down")
        await asyncio.sleep(action.lasts_s)
        await self.subject.start()

    async def _stop(self) -> None:
        async with self._receiving:
            await self.subject.stop()

    async def _away(self, lasts_s: float) -> None:
        async with self._receiving:
            self._absences += 1
            await self.statsd.go_away()
            await asyncio.sleep(lasts_s)
            await self.statsd.open()

    @asynccontextmanager
    async def _whole_records(self) -> AsyncIterator[None]:
        """
        Let no record of several lines stand half written.

        A stop hands out the lines that are there: it cannot know that more will come.
        """
        for log in self.logs.values():
            await log.ask("whole")
        yield
        for log in self.logs.values():
            await log.ask("split")

    async def _rotate(self, log: Log, kind: str, late_s: float) -> None:
        if kind == "delete":
            # It holds the agent for seconds if SIGKILLs may come, which others wait for.
            if not (self.order.kill and self._agent.locked() and self._has_deleted()):
                await self._delete(log, late_s)
            return
        async with log.rotating:
            await ROTATIONS[kind](log, late_s)
            self._prune(log)

    async def _delete(self, log: Log, late_s: float) -> None:
        """
        Delete the file while the agent has it open: with nobody there, it is gone for everybody.

        For the same reason no SIGKILL comes before all that was in it is in a checkpoint.
        """
        async with self._agent, log.rotating:
            await self.subject.until_ready()
            if self._is_over() or not await self._is_seen(log, log.first_number + 1):
                return
            await ROTATIONS["delete"](log, late_s)
            if self.order.kill and await self._is_seen(log, log.first_number):
                # The last record is not sure to be whole before, and may still be waited for.
                await asyncio.sleep(RECORD_WAIT_S + _SURELY_LOOKED_S)
                await self.subject.until_flushed_twice()

    def _has_deleted(self) -> bool:
        return any("delete" in log.ended_by for log in self.logs.values())

    async def _is_seen(self, log: Log, number: int) -> bool:
        """Wait until the records before `number` are in events; False if that takes too long."""
        end_s = time.monotonic() + _SEEN_WITHIN_S
        while self.watch.seen.get(log.name, 0) < number:
            if time.monotonic() > end_s:
                self.subject.troubles.append(
                    f"{log.name}: record {number - 1} did not become an event"
                    f" within {_SEEN_WITHIN_S:.0f} s"
                )
                return False
            await asyncio.sleep(_LOOK_AGAIN_S)
        return True

    def _prune(self, log: Log) -> None:
        """Delete the oldest rotated files, if the agent is past them."""
        if self.watch.seen.get(log.name, 0) > log.first_number:
            for path in rotated_files(log)[:-_KEEP_ROTATED]:
                with suppress(FileNotFoundError):
                    path.unlink()

    async def _report(self) -> None:
        while True:
            rotations = sum(len(log.ended_by) for log in self.logs.values())
            doing = self._done[-1][1] if self._done else "starting"
            self.report(Progress(self._elapsed_s(), rotations, self.watch.events, doing))
            await asyncio.sleep(_REPORT_EVERY_S)

    def _elapsed_s(self) -> float:
        return (time.monotonic_ns() - self._began_ns) / 1e9
