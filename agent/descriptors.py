"""How many files may be open at once, and which are closed for a while where that is not enough."""

import errno
import heapq
import logging
import os
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

_log = logging.getLogger(__name__)

# For the outputs, the checkpoint, sockets, inotify and what a library may open.
RESERVE = 64
# Beyond that, whatever the hard limit says: in some containers it is a billion.
MOST_EVER = 1 << 20
_FIX = "raise LimitNOFILE= of the unit, or `ulimit -n`"


class Rests(Protocol):
    """Whoever has a file open, and can close it for a while and lose nothing by it."""

    @property
    def grew_s(self) -> float:
        """Clock time when the open file last grew; infinity if it is none that may be closed."""
        ...

    def rest(self) -> bool:
        """Close the file until it changes; False if that would lose something."""
        ...

    def cut_grace(self) -> int:
        """Close rotated files that were read to their end; returns how many."""
        ...


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_EVER if hard == resource.RLIM_INFINITY else min(hard, MOST_EVER)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # A sandbox may forbid it, as our unit does, which sets both limits itself.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            _log.debug("open files: the limit is raised from %d to %d", soft, wanted)


def most_open() -> int:
    """How many files may be followed with an open descriptor, by the present limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_EVER
    return max(soft - RESERVE, soft // 2)


@dataclass(slots=True)
class Descriptors:
    """A budget of open files; the one that has not grown for longest makes room."""

    most: int = field(default_factory=most_open)
    # Who may have a file open, and how many are.
    holders: Callable[[], Iterable[Rests]] = tuple
    open_count: Callable[[], int] = lambda: 0
    _told: bool = False

    def make_room(self) -> bool:
        """Close some files if no more can be opened; False if none can be closed now."""
        if self.open_count() < self.most:
            return True
        self._tell()
        # Some at once, so that looking through all holders is paid once for many openings.
        some = max(1, self.most // 16)
        for holder in heapq.nsmallest(2 * some, self.holders(), key=lambda one: one.grew_s):
            some -= holder.rest()
            if some <= 0:
                return True
        for holder in self.holders():
            some -= holder.cut_grace()
            if some <= 0:
                return True
        return self.open_count() < self.most

    def may_exceed(self) -> bool:
        """Whether one more may be opened all the same, of the reserve, for who has waited."""
        return self.open_count() < self.most + RESERVE // 2

    def ran_out(self) -> bool:
        """
        Note that the kernel refused a file (EMFILE): somebody else takes more than the reserve.

        True if there is something to close: then a later try finds room, and nobody need be told
        of this one file.
        """
        most = self.open_count() - RESERVE
        if most < 1:
            return False
        self.most = min(self.most, most)
        self.make_room()
        return True

    def _tell(self) -> None:
        if self._told:
            return
        self._told = True
        _log.warning(
            "%s: %d files are kept open; the others are opened when they grow (%s)",
            os.strerror(errno.EMFILE).lower(),
            self.most,
            _FIX,
        )
