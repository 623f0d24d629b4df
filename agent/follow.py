"""Follows the files of all sources and hands out their blocks, the oldest first within a name."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from agent.checkpoint import Checkpoint
from agent.common import Common
from agent.counts import Count
from agent.deleted import relieve
from agent.descriptors import Descriptors, most_open
from agent.lane import Lane
from agent.ledger import Ledgers
from agent.listing import Listings
from agent.records import Limits
from agent.register import Register
from agent.schedule import Schedule
from agent.sweep import Sweep
from agent.tail import Tail
from agent.wake import Wake
from agent.watched import Pace, Watched
from parsers.batch import Parser
from parsers.block import Block

__all__ = ["FollowOptions", "Followed", "Follower", "Limits", "Pace", "Watched"]

# How long it is looked at files between two chances for others; 2 to 4 µs each, mostly.
_LOOK_ON_S = 0.005
# How long a stop searches compressed files on; what is not found by then the next start looks for.
_SEARCH_ON_S = 2.0
# The kernel's time of a file may be a tick behind the clock, and FAT's two seconds.
_COARSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Followed:
    """A block, where it is from, and how to say that it was handed over."""

    source: str
    parser: Parser
    block: Block
    count: Count  # tells the file's ledger, and so its source's, what becomes of the lines
    # Call it when the block's effects are handed over: the checkpoint may then move past it.
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """How to follow; times in seconds."""

    # Where to begin in files that exist when their source is followed for the first time ever.
    start_at: Literal["end", "beginning"] = "end"
    # The names are looked up so often even if nothing wakes us: inotify is silent on network mounts
    # and when its queue overflows.
    sweep_s: float = 3.0
    # How many files may be open at once; 0: as many as the limit of the process allows.
    most_open: int = 0
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    # Real paths that are never followed: what we write ourselves.
    exclude: Collection[str] = ()
    # Where the unread rest of a compressed file is unpacked; None: the system's temporary folder.
    spool: Path | None = None
    # Files that were deleted and that we still read may hold so much of the disk together.
    max_deleted_bytes: int = 1 << 30
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time


class Follower:
    """
    Follows the files of all sources.

    `blocks` is for the agent. `look` and `drain` are its parts that never wait, for whoever brings
    a clock of their own.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        *,
        wake: Wake,
        ledgers: Ledgers,
        checkpoint: Checkpoint | None = None,
        options: FollowOptions | None = None,
    ) -> None:
        self._wake = wake  # not owned
        self._options = options = options or FollowOptions()
        self._clock = options.clock
        self._register = Register(checkpoint or Checkpoint(), now_s=options.wall_clock())
        descriptors = Descriptors(options.most_open or most_open())
        self._common = Common(
            register=self._register,
            limits=options.limits,
            pace=options.pace,
            ledgers=ledgers,
            wall_clock=options.wall_clock,
            began_ns=int((options.wall_clock() - _COARSE_S) * 1e9),
            start_at_end=options.start_at == "end",
            spool=options.spool,
            listings=Listings(options.wall_clock),
            descriptors=descriptors,
            wake=wake,
        )
        self._lanes = self._common.lanes
        descriptors.holders = self._lanes.values
        descriptors.open_count = lambda: self._register.open_count
        self._schedule: Schedule[Lane] = Schedule()
        self._sweep = Sweep(
            watched,
            self._common,
            exclude=options.exclude,
            every_s=options.sweep_s,
            max_deleted_bytes=options.max_deleted_bytes,
            clock=options.clock,
        )
        self._stopping = False

    async def blocks(self) -> AsyncGenerator[Followed, None]:
        """
        Hand out blocks as they come, until `stop`; then what is there at that moment.

        One block a file in turn, so that a busy file does not starve a quiet one. A consumer that
        does not ask makes the files wait: they are their own buffer.
        """
        while not self._stopping:
            for followed in self._some():
                yield followed
                await asyncio.sleep(0)  # a backlog of hours must not keep the flush timer waiting
            await self._rest()
        for followed in self.drain():
            yield followed

    def look(self) -> Iterator[Followed]:
        """Look once at every file that is due, and yield one block of each that has one."""
        now_s = self._clock()
        self._sweep_to_the_end()
        self._take_written(now_s)
        for lane in self._schedule.take_all(now_s):
            yield from self._turn(lane, now_s)

    def drain(self) -> Iterator[Followed]:
        """
        Yield all that is in the files now, and not what is written meanwhile.

        A half line stays for the next start, except in a deleted file, for which there is none.
        Names with such a file come first, for whoever breaks off: nobody can read it later.
        """
        now_s = self._clock()
        until_s = now_s + _SEARCH_ON_S
        self._sweep.ask()
        self._sweep_to_the_end()
        for lane in sorted(self._lanes.values(), key=lambda lane: not lane.holds_deleted):
            while (turn := lane.turn(now_s, draining=True)) or lane.searching:
                if turn:
                    yield _followed(lane, turn)
                elif self._clock() >= until_s:
                    lane.break_off_search()

    def _some(self) -> Iterator[Followed]:
        """Look at some of the files that are due, and do some of a sweep; takes milliseconds."""
        self._sweep_on()
        begun_s = now_s = self._clock()
        self._take_written(begun_s)
        while now_s - begun_s < _LOOK_ON_S and (lane := self._schedule.take(now_s)) is not None:
            yield from self._turn(lane, now_s)
            now_s = self._clock()

    def _turn(self, lane: Lane, now_s: float) -> Iterator[Followed]:
        turn = lane.turn(now_s)
        if turn and lane.has_more:
            self._schedule.put_last(lane)
        else:
            may_wait = lane.look_at_s - now_s > self._options.pace.busy_s
            self._schedule.put(lane, lane.look_at_s, may_wait=may_wait)
        if turn:
            yield _followed(lane, turn)

    def _sweep_on(self) -> None:
        for lane in self._sweep.go_on():
            self._schedule.put(lane, lane.look_at_s)

    def _sweep_to_the_end(self) -> None:
        self._sweep_on()
        while self._sweep.going_on:
            self._sweep_on()

    def _take_written(self, now_s: float) -> None:
        for path in self._wake.written():
            lane = self._lanes[path]
            lane.written()
            self._schedule.put(lane, now_s)

    def stop(self) -> None:
        """Make `blocks` read each file to its present end and finish; from the loop's thread."""
        self._stopping = True
        self._wake.wake()

    def look_again(self) -> None:
        """Look the names up at the next look: something in their directories has changed."""
        self._sweep.ask()

    def relieve(self) -> None:
        """Give up deleted files that hold too much; also needed while nobody asks for blocks."""
        now_s = self._clock()
        for lane in self._lanes.values():
            if lane.retire_if_renamed(now_s):
                self._schedule.put(lane, now_s)
        relieve(self._lanes.values(), self._options.max_deleted_bytes)

    def positions(self) -> Checkpoint:
        """How far everything is done for which `done` was called: what a checkpoint is to hold."""
        return self._register.checkpoint()

    @property
    def now_s(self) -> float:
        """The time on the clock that all looks go by."""
        return self._options.clock()

    def lanes(self) -> list[Lane]:
        """All names that are followed, for whoever tells people about them."""
        return list(self._lanes.values())

    def unread(self) -> Counter[str]:
        """Bytes seen in open files and not handed out yet, by source."""
        return self._register.unread()

    def close(self) -> None:
        """Close all files. `positions` still answers."""
        for lane in self._lanes.values():
            lane.close()

    async def _rest(self) -> None:
        pause_s = min(self._schedule.due_s(), self._sweep.at_s) - self._clock()
        if self._stopping or self._sweep.going_on or pause_s <= 0:
            await asyncio.sleep(0)
        elif await self._wake.wait(pause_s):
            self._sweep.hint()


def _followed(lane: Lane, turn: tuple[Tail, Block]) -> Followed:
    tail, block = turn
    done = partial(tail.mark_done, tail.place)
    return Followed(lane.watched.source, tail.parser, block, tail.ledger.count, done)
