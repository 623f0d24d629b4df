"""Follows the files of all sources and hands out their blocks, the oldest first within a name."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from agent import paths
from agent.checkpoint import Checkpoint
from agent.counts import Count
from agent.deleted import relieve
from agent.lane import Common, Lane
from agent.ledger import Ledgers
from agent.records import Limits
from agent.register import Register
from agent.tail import Tail
from agent.wake import Wake
from agent.watched import Pace, Watched
from parsers.batch import Parser
from parsers.block import Block

__all__ = ["FollowOptions", "Followed", "Follower", "Limits", "Pace", "Watched"]

_log = logging.getLogger(__name__)


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
        self._watched = watched
        self._wake = wake  # not owned
        self._options = options = options or FollowOptions()
        self._register = Register(checkpoint or Checkpoint(), now_s=options.wall_clock())
        self._common = Common(
            register=self._register,
            limits=options.limits,
            pace=options.pace,
            ledgers=ledgers,
            wall_clock=options.wall_clock,
            start_at_end=options.start_at == "end",
            spool=options.spool,
        )
        self._lanes = self._common.lanes
        self._sweep_at_s = float("-inf")  # clock time; minus infinity: at once
        self._first = True
        self._stopping = False
        self._disputed: set[tuple[str, str]] = set()  # path and source, complained about once

    async def blocks(self) -> AsyncGenerator[Followed, None]:
        """
        Hand out blocks as they come, until `stop`; then what is there at that moment.

        One block a file in turn, so that a busy file does not starve a quiet one. A consumer that
        does not ask makes the files wait: they are their own buffer.
        """
        while not self._stopping:
            quiet = True
            for followed in self.look():
                quiet = False
                yield followed
                await asyncio.sleep(0)  # a backlog of hours must not keep the flush timer waiting
            if quiet:
                await self._rest()
        for followed in self.drain():
            yield followed

    def look(self) -> Iterator[Followed]:
        """Look once at every file that is due, and yield one block of each that has one."""
        now_s = self._options.clock()
        if now_s >= self._sweep_at_s:
            self._sweep(now_s)
        for lane in list(self._lanes.values()):
            if lane.look_at_s <= now_s:
                yield from _followed(lane, lane.turn(now_s))

    def drain(self) -> Iterator[Followed]:
        """
        Yield all that is in the files now, and not what is written meanwhile.

        A half line stays for the next start, except in a deleted file, for which there is none.
        """
        now_s = self._options.clock()
        self._sweep(now_s)
        for lane in list(self._lanes.values()):
            while turn := lane.turn(now_s, draining=True):
                yield from _followed(lane, turn)

    def stop(self) -> None:
        """Make `blocks` read each file to its present end and finish; from the loop's thread."""
        self._stopping = True
        self._wake.wake()

    def look_again(self) -> None:
        """Look the names up at the next look: something in their directories has changed."""
        self._sweep_at_s = float("-inf")

    def relieve(self) -> None:
        """Give up deleted files that hold too much; also needed while nobody asks for blocks."""
        now_s = self._options.clock()
        for lane in self._lanes.values():
            lane.retire_if_renamed(now_s)
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
        if not self._stopping and await self._wake.wait(self._pause_s()):
            self.look_again()

    def _pause_s(self) -> float:
        due_s = min((lane.look_at_s for lane in self._lanes.values()), default=self._sweep_at_s)
        return max(0.0, min(due_s, self._sweep_at_s) - self._options.clock())

    def _sweep(self, now_s: float) -> None:
        """Look all names up: what is new, what was renamed, what is gone."""
        self._sweep_at_s = now_s + self._options.sweep_s
        for watched in self._watched:
            self._find(watched)
        for lane in self._lanes.values():
            lane.retire_if_renamed(now_s)
        for lane in sorted(self._lanes.values(), key=self._is_after):
            lane.open_if_there(now_s, at_first=self._first)
        for watched in self._watched:
            self._register.followed(watched.source)
        self._first = False
        relieve(self._lanes.values(), self._options.max_deleted_bytes)
        self._register.expire(self._options.wall_clock())
        self._wake.watch(self._directories())

    def _find(self, watched: Watched) -> None:
        """Make a lane for each path that a source means, or meant when we stopped last."""
        found = set(paths.expand(watched.patterns, self._options.exclude))
        left = self._register.closed_paths(watched.source) if self._first else set()
        for path in sorted(found | {p for p in left if paths.is_meant(p, watched.patterns)}):
            lane = self._lanes.get(path)
            if lane is None:
                self._lanes[path] = Lane(path, watched, self._common)
            elif lane.watched is not watched:
                self._dispute(path, watched.source, lane.watched.source)

    def _dispute(self, path: str, source: str, owner: str) -> None:
        if (path, source) not in self._disputed:
            self._disputed.add((path, source))
            _log.warning(
                "%s: belongs to source %s, so source %s leaves it out (a file has one source;"
                " make their paths differ)",
                path,
                owner,
                source,
            )

    def _is_after(self, lane: Lane) -> bool:
        # A rotated name comes after its original, which may know the file: as its own rest.
        folder, _, name = lane.path.rpartition("/")
        beside = (
            f"{folder}/{original}" if folder else original for original in paths.originals(name)
        )
        return any(path in self._lanes for path in beside)

    def _directories(self) -> set[str]:
        patterns = [pattern for watched in self._watched for pattern in watched.patterns]
        return paths.directories(self._lanes.keys(), patterns)


def _followed(lane: Lane, turn: tuple[Tail, Block] | None) -> Iterator[Followed]:
    if turn is None:
        return
    tail, block = turn
    done = partial(tail.mark_done, tail.place)
    yield Followed(lane.watched.source, tail.parser, block, tail.ledger.count, done)
