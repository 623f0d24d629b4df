"""The long-running agent: follows, flushes, reloads, drains. What `logtell run` starts."""

import asyncio
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.checkpoint import Checkpoint, CheckpointStore
from agent.emit import emit, emit_dropped, emit_own
from agent.follow import Followed, Follower
from agent.heartbeat import Heartbeat, write
from agent.ledger import Ledgers
from agent.notify import Notifier
from agent.outlet import Outlet
from agent.overview import out_of_balance, overview
from agent.parts import Parts
from agent.statsd import Drop, StatsdClient
from agent.status_socket import StatusSocket
from agent.tally import Tally
from agent.wake import DirectoryWake

_log = logging.getLogger(__name__)

# systemd waits 20 s in our unit, Kubernetes 30 s.
_READ_ON_S = 5.0  # how long a stop or a reload reads on; what is left is read by whoever comes next
_DRAIN_S = 3.0  # how long the last metrics are offered to a StatsD that does not take them
_GIVE_UP_S = 10.0  # when a stop no longer waits for an output that takes nothing
_RETRY_OUTPUT_S = 1.0
_RELIEVE_EVERY_S = 3.0  # as often as the names are looked up while all is well
_LOOK_FOR_CHANGES_S = 2.0  # a look is a stat of each file: 1.5 ms for 200 (measured)

Load = Callable[[], Parts | None]


@dataclass(slots=True)
class Service:
    """
    One agent from start to stop.

    A checkpoint is saved only after what it covers was handed over: events written to their
    outputs, the tally sent to StatsD, or kept in memory while that is away.
    """

    parts: Parts
    # Reads the configuration anew; None if it is wrong, and then it has said why.
    load: Load
    store: CheckpointStore
    notifier: Notifier
    runtime_folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    # By source, since the start: they outlive a reload.
    ledgers: Ledgers = field(default_factory=Ledgers)
    # Whether what `load` reads has changed by itself, as nginx.conf does.
    changed: Callable[[], bool] = lambda: False
    # What `run` returns: not 0 if events could not be handed over for good.
    exit_code: int = 0
    follower: Follower | None = None
    stopping: bool = False
    started_s: float = field(default_factory=time.monotonic)
    lines_per_s: float = 0
    _next: Parts | None = None
    _leaving: asyncio.Event = field(default_factory=asyncio.Event)  # stopping or reloading
    _leave_at_s: float = 0  # monotonic time; see _READ_ON_S
    # What the client has dropped and its server knows of, by reason.
    _drops_told: Counter[str] = field(default_factory=Counter)
    _flushed_at_s: float = 0  # monotonic time
    # One flush at a time: each saves the checkpoint of what it sent, in their order.
    _flushing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _patience: asyncio.Timeout = field(init=False)  # made by run
    _socket: StatusSocket = field(init=False)
    _unbalanced: tuple[str, ...] = ()  # as said last

    def __post_init__(self) -> None:
        self._socket = StatusSocket(
            self.runtime_folder, lambda all_files: overview(self, all_files=all_files)
        )

    async def run(self) -> int:
        """Work until SIGTERM or SIGINT, then drain: a clean stop loses and repeats nothing."""
        try:
            async with asyncio.timeout(None) as self._patience:
                self._listen()
                await self._work()
        except TimeoutError:
            _log.error("an output takes no events; they will be read again")
            self.exit_code = os.EX_IOERR
        self._socket.close()
        await _drain(self.parts.client)
        return self.exit_code

    async def _work(self) -> None:
        position = await self.store.load()
        await self._socket.serve()
        async with asyncio.TaskGroup() as group:
            timers = [
                group.create_task(timer())
                for timer in (
                    self._flush_on_time,
                    self._watchdog,
                    self._relieve_on_time,
                    self._notice_changes,
                )
            ]
            while not self.stopping:
                position = await self._follow(position)
                while self._next:  # yet another may come while the last is being taken
                    await self._take(self._next)
            for timer in timers:
                timer.cancel()

    def stop(self) -> None:
        """Begin to drain."""
        if self.stopping:
            return
        self.stopping = True
        self.notifier.stopping("reading each file to its end and flushing")
        _log.info("stopping: reading each file to its end and flushing")
        self._patience.reschedule(asyncio.get_running_loop().time() + _GIVE_UP_S)
        self._leave()

    def reload(self) -> None:
        """Read the configuration anew; if it is wrong, the old one stays."""
        if self.stopping:
            return
        self.notifier.reloading()
        fresh = self.load()
        if fresh is None:
            _log.error("the configuration is wrong; the old one stays in force")
            self.notifier.ready(f"old configuration kept, the new one is wrong; {self.status()}")
            return
        self._next = fresh
        self._leave()

    def status(self) -> str:
        """One line for people: what is followed, how fast, and what was dropped."""
        client, sources = self.parts.client, len(self.parts.watched)
        dropped = sum(client.counts.dropped.values()) if client else 0
        plural = "s" * (sources != 1)
        rate = f"{self.lines_per_s:.0f} lines/s"
        return f"following {sources} source{plural}, {rate}, {dropped} metrics dropped"

    async def _follow(self, position: Checkpoint) -> Checkpoint:
        """Follow with the present parts until stopped or reloaded; how far everything is done."""
        wake = DirectoryWake()
        follower = Follower(
            self.parts.watched,
            wake=wake,
            ledgers=self.ledgers,
            checkpoint=replace(position, sources=(*position.sources, *self.parts.young)),
            options=self.parts.follow_options,
        )
        self.follower = follower
        self._leaving.clear()
        try:
            # Before READY, and saved, so that what is written from then on is never taken for old,
            # not even after a crash.
            for followed in follower.look():
                await self._feed(followed)
            await self.flush()
            self._say_ready()
            await self._read(follower)
            await self.flush(last=True)
            return follower.positions()
        finally:
            follower.close()
            wake.close()

    async def _read(self, follower: Follower) -> None:
        async for followed in follower.blocks():
            await self._feed(followed)
            if self._must_leave():
                _log.info("not everything was read in time; it will be read later")
                return

    async def _feed(self, followed: Followed) -> None:
        self.parts.pipeline.feed(followed.source, followed.parser, followed.block, followed.count)
        followed.done()
        for outlet in self.parts.outlets.values():
            await self._hand_over(outlet)

    async def _hand_over(self, outlet: Outlet) -> None:
        """
        Write events as they come, and make the reading wait for an output that does not take them.

        Memory must not grow; files can wait.
        """
        while not await self._flushed(outlet) and outlet.buffer.full and not self._leaving.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_OUTPUT_S):
                    await self._leaving.wait()

    def _leave(self) -> None:
        """Let `_follow` come to its end soon."""
        self._leave_at_s = time.monotonic() + _READ_ON_S
        self._leaving.set()
        if self.follower:
            self.follower.stop()

    def _must_leave(self) -> bool:
        if not self._leaving.is_set():
            return False
        full = any(outlet.buffer.full for outlet in self.parts.outlets.values())
        return full or time.monotonic() >= self._leave_at_s

    def _say_ready(self) -> None:
        _log.info("following: %s", ", ".join(each.source for each in self.parts.watched))
        self.notifier.ready(self.status())
        self._beat()

    async def _take(self, fresh: Parts) -> None:
        self._next = None
        old, self.parts = self.parts, fresh
        for outlet in old.outlets.values():
            # Closed in any case, so that a file that was rotated is written under its name again.
            handed_over = await outlet.close(self.count)
            if not handed_over and outlet not in fresh.outlets.values():
                self._give_up(outlet)
        if old.client is not fresh.client:
            await _drain(old.client)
            self._drops_told.clear()
        _log.info("the new configuration is in force")

    def _give_up(self, outlet: Outlet) -> None:
        lost = outlet.buffer.held_lines()
        self.count("events.dropped.output_removed", lost)
        _log.error(
            "%s: not configured any more; the %d lines of events that it did not take are lost",
            outlet.name,
            lost,
        )

    async def flush(self, *, last: bool = False) -> None:
        """Hand over everything counted so far, then save how far that is."""
        async with self._flushing:
            if self.follower is None:
                return
            taken = last or await self._statsd_keeps_up()
            # Together, without an await between: the tally covers exactly these positions.
            positions = self.follower.positions()
            if taken:
                await self._send(self._take_tally())
            handed_over = [await self._flushed(each) for each in self.parts.outlets.values()]
            if all(handed_over):
                await self.store.save(positions)

    def _take_tally(self) -> Tally:
        """What was measured and counted of all sources since the last flush, and what waits."""
        tally, unread = self.parts.pipeline.tally, self.unread()
        for name, n in self.ledgers.take():
            tally.count(name, n)
        for watched in self.parts.watched:
            tally.value(f"{watched.source}.bytes.unread", unread.get(watched.source, 0))
        return tally.take()

    async def _statsd_keeps_up(self) -> bool:
        """
        Whether StatsD has taken what it was sent before.

        If not, the tally goes on summing: a line for each counter and flush would soon fill the
        buffer of the client, which then drops.
        """
        if self.parts.client is None:
            return True
        await self.parts.client.flush()
        return not self.parts.client.buffered

    async def _send(self, tally: Tally) -> None:
        self._measure_rate(tally)
        client = self.parts.client
        if client is None:
            return
        for _ in emit(tally, client):
            await client.flush()
        emit_own(self.counts, client)
        emit_dropped(client, self._drops_told)
        await client.flush()

    async def _flushed(self, outlet: Outlet) -> bool:
        handed_over = await outlet.flush(self.count)
        if outlet.deserted:
            # Systemd or a person shall start us again with a reader, and then it gets these events.
            self.exit_code = os.EX_IOERR
            self.stop()
        return handed_over

    def _measure_rate(self, tally: Tally) -> None:
        lines = sum(count for name, count in tally.counters.items() if name.endswith("lines.read"))
        now_s = time.monotonic()
        self.lines_per_s = lines / max(1e-3, now_s - self._flushed_at_s)
        self._flushed_at_s = now_s

    async def _flush_on_time(self) -> None:
        while True:
            await asyncio.sleep(self.parts.statsd.flush_every_s)
            await self.flush()
            self._check_balance()
            self.notifier.status(self.status())
            self._beat()
            await self._socket.serve()

    async def _relieve_on_time(self) -> None:
        """See to deleted files also while an output takes nothing, and so nothing is followed."""
        while True:
            await asyncio.sleep(_RELIEVE_EVERY_S)
            if self.follower and any(each.holds_up for each in self.parts.outlets.values()):
                self.follower.relieve()

    async def _notice_changes(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_FOR_CHANGES_S)
            if self.changed():
                self.reload()

    async def _watchdog(self) -> None:
        """Tell systemd that the event loop turns; a hung loop cannot."""
        while self.notifier.watchdog_every_s:
            self.notifier.watchdog()
            await asyncio.sleep(self.notifier.watchdog_every_s)

    def unread(self) -> Mapping[str, int]:
        """Bytes that wait in open files as of the last look at each, by source."""
        return self.follower.unread() if self.follower else {}

    def _check_balance(self) -> None:
        """Say it, once a change, when what was read is not what became of it."""
        unbalanced = tuple(out_of_balance(self.ledgers, self.unread()))
        if unbalanced != self._unbalanced:
            for each in unbalanced:
                _log.error("%s", each)
        self._unbalanced = unbalanced

    def _beat(self) -> None:
        heartbeat = Heartbeat(
            os.getpid(), time.time(), self.parts.statsd.flush_every_s, self.status()
        )
        with suppress(OSError):  # `logtell health` will say that it is old
            write(self.runtime_folder, heartbeat)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)

    def count(self, name: str, count: int) -> None:
        """Add to one of the agent's own counters."""
        self.counts[name] += count


async def _drain(client: StatsdClient | None) -> None:
    if client is None:
        return
    await client.drain(_DRAIN_S)
    if lost := client.counts.dropped[Drop.UNDELIVERED.value]:
        _log.error("StatsD did not take the last %d metrics; they are lost", lost)
