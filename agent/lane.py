"""One name being followed: which file stands under it, and whose turn it is."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

from agent import generations, paths
from agent.checkpoint import Entry
from agent.common import Common
from agent.counts import Counted
from agent.forerunners import Forerunners
from agent.identity import identity
from agent.resting import Resting
from agent.roster import Roster
from agent.tail import Tail
from agent.watched import Watched
from parsers.block import Block

# How long a file that has grown waits until others are read and can be closed.
_MOST_WAIT_S = 2.0


class Lane:
    """
    A path and its files: at most one is live, standing under the name; the others are finished.

    An older generation is read to its present end before a newer one is begun, so that the order of
    lines is that of writing, but for what is written late to a renamed file.
    """

    def __init__(self, path: str, watched: Watched, common: Common) -> None:
        self.path = path
        self.watched = watched
        self._common = common
        self._register = common.register
        self._roster = Roster(path, watched, common)
        self._name = self._roster.name
        self._forerunners = Forerunners(self._roster, common)
        self._resumed = False
        self._resting: Resting | None = None  # the file, if it is followed and yet not open
        self._waits_since_s = math.inf  # clock time since when there is no room to open it
        self._phase_s = common.pace.phase_s(len(common.lanes))

    @property
    def tails(self) -> Sequence[Tail]:
        """The open files, the oldest first."""
        return self._roster.tails

    @property
    def live(self) -> Tail | None:
        """The file that stands under the name."""
        return self._roster.live

    @property
    def look_at_s(self) -> float:
        """Clock time of the next look."""
        return self._roster.look_at_s

    @property
    def holds_deleted(self) -> bool:
        """Whether a file is open that no name leads to at this moment."""
        return any(tail.is_deleted() for tail in self.tails)

    @property
    def searching(self) -> bool:
        """Whether compressed files are being searched: nothing is handed out before that ends."""
        return self._forerunners.searching

    @property
    def trouble(self) -> str:
        """Why the file under the name cannot be read now; "" if it can."""
        return self._name.trouble

    @property
    def grew_s(self) -> float:
        """Clock time when the live file last grew; infinity if there is none to be closed."""
        return self.tails[0].grew_s if len(self.tails) == 1 else math.inf

    # The name: the sweep calls the first for all lanes, and then the second for all, so that a file
    # renamed from one lane to another is known to be open.

    def retire_if_renamed(self, now_s: float) -> bool:
        """Look the name up; whether the live file stands there no more: it was rotated away."""
        self._name.look_up(now_s)
        live = self.live
        if live is None or not self._name.looked_up or self._name.key == live.key:
            return False
        live.retired_s, self._roster.since_ns = now_s, live.mtime_ns
        self._roster.look_at_s, self._roster.armed = 0.0, False
        self._roster.count(Counted.ROTATED, 1)
        return True

    def is_settled(self, now_s: float) -> bool:
        """Whether the file under the name is the one that is followed, so that all is well."""
        if not self._resumed or self._forerunners.is_to_search_again(now_s):
            return False
        if self._resting:
            return not self._name.looked_up or self._name.key == self._resting.key
        return self.live is not None

    def open_if_there(self, now_s: float, *, at_first: bool) -> None:
        """Follow what stands under the name, after what is left of the generations before it."""
        if not self._resumed:
            self._resumed = True
            self._forerunners.resume(now_s)
            self._roster.expected = self._name.key
            self._see_the_past(at_first=at_first)
        if self._forerunners.is_to_search_again(now_s):
            self._forerunners.search_again(now_s)
        if self._resting:
            self._let_go(self._resting, now_s)
        self._miss_expected(now_s)
        if self._name.key is None:
            self._forerunners.open_missed(now_s)
        elif not (self.live or self._resting or self._register.is_open(self._name.key)):
            self._open(now_s, at_first=at_first)

    def _see_the_past(self, *, at_first: bool) -> None:
        """Where nothing ever stood under the name, have all that will be read, also if unseen."""
        first_ever = at_first and not self._register.knows_source(self.watched.source)
        if self._roster.since_ns or (at_first and self._name.key is not None):
            return
        if first_ever:
            self._forerunners.leave_the_past()
        self._roster.since_ns = self._common.began_ns

    def _miss_expected(self, now_s: float) -> None:
        """Follow a file that has lost its name before it could be opened (again)."""
        expected = self._roster.expected
        if expected in (None, self._name.key) or not self._name.looked_up:
            return
        self._roster.expected = None
        entry = self._register.closed(expected)
        if entry and (entry.path, entry.source) == (self.path, self.watched.source):
            self._follow_away(entry, now_s)

    def _follow_away(self, entry: Entry, now_s: float) -> None:
        # One that is blank is looked for as a missed one.
        if not entry.is_blank:
            self._forerunners.follow_away(entry, now_s)

    def _open(self, now_s: float, *, at_first: bool) -> None:
        self._common.descriptors.make_room()
        fd = self._name.open(now_s, was_file=self._roster.since_ns > 0)
        if fd is None:
            return
        # The second: another name has just taken it for the rest of a generation of its own.
        if self._may_be_copy(fd, now_s) or self._register.is_open(self._name.key):
            os.close(fd)
            return
        offset = self._start(fd, now_s, at_first=at_first)
        self._forerunners.follow_present(fd, offset, now_s)
        self._roster.expected = None

    def _start(self, fd: int, now_s: float, *, at_first: bool) -> int:
        """Decide at which offset to begin with the file that stands under the name."""
        entry = self._register.closed(identity(fd).key)
        if entry is not None and not entry.is_blank:
            offset = self._forerunners.offset_in(fd)
            if offset is not None:
                return offset
            if (entry.path, entry.source) == (self.path, self.watched.source):
                self._forerunners.finish_copy(entry, now_s)
                return 0
            entry = None  # another file's, which is gone: its inode is used again
        first_ever = (
            at_first and entry is None and not self._register.knows_source(self.watched.source)
        )
        if not first_ever or not self._common.start_at_end:
            return 0
        self._forerunners.leave_the_past()
        return generations.last_line_start(fd, self._common.limits.max_line_bytes)

    def _may_be_copy(self, fd: int, now_s: float) -> bool:
        """
        Whether the file looks like what copytruncate is just making of a file that we follow.

        It happens only where a pattern means rotated names as well (`access.log*`). Read as a file
        of its own, every line in it would count twice; its rest is read when the original is cut.
        """
        path = Path(self.path)
        names = [str(path.with_name(name)) for name in paths.originals(path.name)]
        beside = [lane for name in names if (lane := self._common.lanes.get(name))]
        for lane in beside:
            lane.open_again(now_s)
        # Also those that have lost their name: cut and renamed since the last look.
        tails = [tail for lane in beside for tail in lane.tails]
        alike = any(tail.may_be_copied_to(fd) for tail in tails if tail.size)
        alike = alike or any(lane.is_left_in(fd) for lane in beside)
        return alike and not self._forerunners.is_known(fd)

    def is_left_in(self, fd: int) -> bool:
        """Whether a file holds what is known of this name, and is open under none."""
        path, source = self.path, self.watched.source
        entries = list(self._register.past(path, source))
        if not self._resumed or self._roster.expected is not None:
            entries += self._register.closed_under(path, source)
        return any(not each.is_faceless and each.goes_on_in(fd) for each in entries)

    # Resting: a file that is closed because others need the descriptor, and followed all the same.

    def rest(self) -> bool:
        """Close the live file until it changes; False if something would be lost by it."""
        live = self.live
        if live is None or len(self.tails) > 1 or self._forerunners.searching:
            return False
        resting = Resting.of(live)
        if not live.may_rest() or not resting.has_its_name():
            return False  # a way to it is not known any more
        self._roster.arm(live)
        self._resting, self._waits_since_s = resting, math.inf
        self._roster.since_ns = live.mtime_ns
        self._register.rest(live)
        self._roster.close()
        self._roster.count(Counted.RESTED, 1)
        return True

    def open_again(self, now_s: float) -> None:
        """Open the file that rests, if it still has its name; if not, the sweep looks for it."""
        if self._resting is None:
            return
        self._name.look_up(now_s)
        if not self._name.looked_up or self._name.key != self._resting.key:
            return
        self._common.descriptors.make_room()
        fd = self._name.open(now_s, was_file=True)
        if fd is None:
            return
        offset = self._forerunners.offset_in(fd)
        if offset is not None:
            self._forerunners.go_on(fd, offset, now_s)
        else:  # truncated, or it was empty: generations may have come and gone
            os.close(fd)
            self._open(now_s, at_first=False)
        if self.live:
            self._resting = None

    def _let_go(self, resting: Resting, now_s: float) -> None:
        """Follow the file that rests under whatever name it has now, if it has lost this one."""
        if not self._name.looked_up or self._name.key == resting.key:
            return
        self._resting = None
        self._roster.count(Counted.ROTATED, 1)
        entry = self._register.closed(resting.key)
        if entry is not None:  # else another name has it
            self._follow_away(entry, now_s)

    # Reading.

    def turn(self, now_s: float, *, draining: bool = False) -> tuple[Tail, Block] | None:
        """Hand out one block, of the oldest file that has one; None if there is none now."""
        if self._resting and self._is_to_wake(self._resting, now_s, draining):
            self._wake_up(self._resting, now_s, draining)
        if self._forerunners.searching:
            self._forerunners.search_on(now_s)
        if self._forerunners.searching:  # still: what it finds is older than all that is open
            self._roster.look_at_s = now_s
            return None
        if self._is_still():
            self._roster.look_at_s = self._next_look_s(now_s)
            return None
        return self._turn(now_s, draining=draining)

    def _is_to_wake(self, resting: Resting, now_s: float, draining: bool) -> bool:
        wait_s = 0.0 if draining else self._common.limits.record_wait_s
        return resting.has_changed() or resting.is_due(now_s, wait_s)

    def _wake_up(self, resting: Resting, now_s: float, draining: bool) -> None:
        """Open the file that rests, if there is room; if not, the next look tries again."""
        self._roster.armed = False  # what is waited for has come: of that the kernel tells no more
        if not resting.has_its_name():
            return  # the sweep looks for it
        self._waits_since_s = min(self._waits_since_s, now_s)
        # Where all that is open is deleted and still written to, there never is room. A stop is the
        # last chance: then all that the kernel still allows may be opened.
        patient = now_s - self._waits_since_s < _MOST_WAIT_S
        descriptors = self._common.descriptors
        if descriptors.make_room() or draining or (not patient and descriptors.may_exceed()):
            self.open_again(now_s)
        live = self.live
        if live and self._roster.look(live, now_s) and live.seen == resting.seen:
            live.grew_s = resting.grew_s  # the wait for more lines of its last record goes on

    @property
    def has_more(self) -> bool:
        """
        Whether another block may be there now, after one was handed out.

        Not if that one came to the end of the file: to look again at once would find what was
        written in the last milliseconds, and cost a block for each line (measured, 100 files).
        """
        return len(self.tails) != 1 or self.tails[0].unread > 0

    def break_off_search(self) -> None:
        """Search no more, so that what is open can be read; the next start searches again."""
        self._forerunners.close()

    def written(self) -> None:
        """Take note that the kernel told of a write: it will not tell of the next one."""
        self._roster.armed, self._roster.look_at_s = False, 0.0

    def cut_grace(self) -> int:
        """Close rotated files that were read to their end; returns how many."""
        return self._roster.cut_grace()

    def give_up(self, tail: Tail, unread: int) -> None:
        """Close a file of which so many bytes were not read."""
        self._roster.give_up(tail, unread)

    def close(self) -> None:
        """Close all files; what is known of them stays in the register."""
        self._forerunners.close()
        self._roster.close()

    def _is_still(self) -> bool:
        """Whether nothing has changed, as nearly every look finds."""
        if not self.tails:
            return self._resting is not None
        return len(self.tails) == 1 and self.tails[0].is_still()

    def _turn(self, now_s: float, *, draining: bool) -> tuple[Tail, Block] | None:
        for tail in list(self.tails):
            block = self._roster.next(tail, now_s, draining=draining)
            if block is not None:
                found = len(block.raw)
                pace = self._common.pace
                self._roster.look_at_s = pace.look_after_s(now_s, found, phase_s=self._phase_s)
                return tail, block
            if tail.truncated:
                self._forerunners.begin_anew(tail, now_s)
                return self.turn(now_s, draining=draining)
            if tail.awoke:
                self._forerunners.search_before(tail, now_s)
                return self.turn(now_s, draining=draining)
        self._roster.close_finished(now_s)
        self._roster.look_at_s = self._next_look_s(now_s)
        return None

    def _next_look_s(self, now_s: float) -> float:
        pace, roster = self._common.pace, self._roster
        if not self.tails:
            if self._resting is None:
                return math.inf
            armed = roster.armed and not self._resting.waits
            quiet_s = 0.0 if self._resting.waits else math.inf
            return pace.next_look_s(now_s, quiet_s, armed=armed, phase_s=self._phase_s)
        quiet_s = now_s - max(tail.grew_s for tail in self.tails)
        if quiet_s >= pace.arm_after_s and not roster.armed and self._may_arm():
            roster.arm(self.tails[0])
            if not self.tails[0].is_still():
                return now_s  # written to just before
        return pace.next_look_s(now_s, quiet_s, armed=roster.armed, phase_s=self._phase_s)

    def _may_arm(self) -> bool:
        # Not where there is an older generation too: it has to be looked at for its end.
        tail = self.tails[0]
        return len(self.tails) == 1 and tail.is_still() and tail.key[0] not in self._common.silent
