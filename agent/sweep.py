"""Looks all names up: what is new, what was renamed, what is gone; a little at a time."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

from agent import paths
from agent.common import Common
from agent.deleted import relieve
from agent.lane import Lane
from agent.watched import Watched

_log = logging.getLogger(__name__)

# Looking names up takes at most this share of the time: of 10,000 it is done every ten seconds or
# so, and before that only when a name was made, moved or taken away. At most LONGEST_S apart. What
# opening files takes does not count: it has to be done once, whenever that is.
_SHARE = 1 / 300
_SHARE_WHEN_TOLD = 1 / 20
LONGEST_S = 30.0

# Names looked up between two chances for others: 2 µs each, or 100 where a file is opened.
_AT_ONCE = 200
_OPENED_AT_ONCE = 50


class Sweep:
    """What is done at each sweep, and what it leaves for the next."""

    def __init__(
        self,
        watched: Sequence[Watched],
        common: Common,
        *,
        exclude: Collection[str],
        every_s: float,
        max_deleted_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._watched = watched
        self._common = common
        self._lanes = common.lanes
        self._exclude = exclude
        self._every_s = every_s
        self._max_deleted_bytes = max_deleted_bytes
        self._clock = clock
        self.at_s = float("-inf")  # clock time of the next one; minus infinity: at once
        self._steps: Iterator[Lane | None] | None = None  # of the one that is going on
        self._cost_s = 0.0  # what the present one, or the last, took to look the names up
        self._looked_up = False  # the present one has come to opening files
        self._begun_s = 0.0  # the present step
        self._ended_s = float("-inf")
        self._cut_short = False
        self._first = True
        self._disputed: set[tuple[str, str]] = set()  # path and source, complained about once
        self._directories: set[str] = set()
        self._moved = True  # the names have changed since the directories were listed

    @property
    def going_on(self) -> bool:
        """Whether a sweep has been begun and not ended."""
        return self._steps is not None

    def ask(self) -> None:
        """Sweep at once, from the beginning."""
        self.at_s, self._steps = float("-inf"), None

    def hint(self) -> None:
        """Sweep soon: a name may have changed. Not all the time, though, where that is so."""
        self.at_s = min(self.at_s, self._ended_s + self._cost_s / _SHARE_WHEN_TOLD)

    def go_on(self) -> Iterator[Lane]:
        """Do one step of what is due, some milliseconds; yields whom to look at."""
        begun_s = self._clock()
        if self._steps is None:
            if begun_s < self.at_s:
                return
            self.at_s = float("inf")  # a hint from now on is another sweep
            self._cost_s, self._looked_up = 0.0, False
            self._steps = self._sweep()
        self._begun_s = begun_s
        for lane in self._steps:
            if lane is None:
                self._count_cost()
                return
            yield lane
        self._end()

    def _count_cost(self) -> None:
        if not self._looked_up:
            self._cost_s += self._clock() - self._begun_s

    def _end(self) -> None:
        self._steps = None
        self._ended_s = self._clock()
        pause_s = min(LONGEST_S, max(self._every_s, self._cost_s / _SHARE))
        if self._cut_short:
            self._cut_short, pause_s = False, max(0.25, self._cost_s / _SHARE_WHEN_TOLD)
        self.at_s = min(self.at_s, self._ended_s + pause_s)

    def _sweep(self) -> Iterator[Lane | None]:
        """
        Sweep; yields each lane that has something to read, and None where others may have a turn.

        All names are looked up before any is opened, so that a file renamed from one to another is
        known to be open.
        """
        for watched in self._watched:
            self._find(watched)
            yield None
        astray = []
        for lane in _paused(list(self._lanes.values()), _AT_ONCE):
            now_s = self._clock()
            if lane is None or lane.retire_if_renamed(now_s):
                yield lane
            if lane is not None and not lane.is_settled(now_s):
                astray.append(lane)
        self._common.listings.forget()
        self._count_cost()
        self._looked_up = True
        for lane in _paused(sorted(astray, key=self._is_after), _OPENED_AT_ONCE):
            if lane is not None and not self._common.descriptors.make_room():
                self._cut_short = True  # others have to be read first
                return
            if lane is None or self._open(lane):
                yield lane
        self._close()

    def _open(self, lane: Lane) -> bool:
        if paths.is_ours(lane.path, self._exclude):
            return False
        with self._common.listings.kept():
            lane.open_if_there(self._clock(), at_first=self._first)
        self._moved = self._moved or bool(lane.tails)
        return lane.look_at_s == 0.0

    def _close(self) -> None:
        for watched in self._watched:
            self._common.register.followed(watched.source)
        self._first = False
        relieve(self._lanes.values(), self._max_deleted_bytes)
        self._common.register.expire(self._common.wall_clock())
        if self._moved:
            patterns = [pattern for watched in self._watched for pattern in watched.patterns]
            directories = paths.directories(self._lanes.keys(), patterns)
            if directories != self._directories:
                self.at_s = float("-inf")  # what changed in them before they were watched
            self._directories, self._moved = directories, False
        self._common.wake.watch(self._directories)

    def _find(self, watched: Watched) -> None:
        """Make a lane for each path that a source means, or meant when we stopped last."""
        found = paths.expand(watched.patterns)
        if self._first:
            left = self._common.register.closed_paths(watched.source)
            if not self._common.register.knows_source(watched.source):
                left |= self._left_alone(watched, found)
            found |= {path for path in left if paths.is_meant(path, watched.patterns)}
        for path in sorted(found - self._lanes.keys()):
            if not paths.is_ours(path, self._exclude):
                self._lanes[path] = Lane(path, watched, self._common)
                self._moved = True
        if len(self._watched) > 1:
            self._dispute(watched, found)

    def _left_alone(self, watched: Watched, found: set[str]) -> set[str]:
        """
        The names that have rotated files and nothing else, among which a new one may come to be.

        What is there now is of the past, which can only be told of before it comes.
        """
        listings, folders = self._common.listings, paths.directories(found, watched.patterns)
        return {name for folder in folders for name in listings.rotated_away(folder, found)}

    def _dispute(self, watched: Watched, found: Iterable[str]) -> None:
        for path in found:
            owner = self._lanes[path].watched if path in self._lanes else watched
            if owner is not watched and (path, watched.source) not in self._disputed:
                self._disputed.add((path, watched.source))
                _log.warning(
                    "%s: belongs to source %s, so source %s leaves it out (a file has one source;"
                    " make their paths differ)",
                    path,
                    owner.source,
                    watched.source,
                )

    def _is_after(self, lane: Lane) -> bool:
        # A rotated name comes after its original, which may know the file: as its own rest.
        folder, _, name = lane.path.rpartition("/")
        beside = (
            f"{folder}/{original}" if folder else original for original in paths.originals(name)
        )
        return any(path in self._lanes for path in beside)


def _paused(lanes: Sequence[Lane], count: int) -> Iterator[Lane | None]:
    """The lanes, with None after each so many."""
    rest = iter(lanes)
    while some := list(islice(rest, count)):
        yield from some
        yield None
