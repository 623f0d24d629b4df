"""One name being followed: the generations of files that stood under it, oldest first."""

import logging
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent import generations, paths
from agent.archive import Archive, Findings, Wanted
from agent.checkpoint import Entry
from agent.counts import Counted
from agent.descriptors import Descriptors
from agent.generations import Generations
from agent.identity import Key, identity
from agent.ledger import Ledger, Ledgers
from agent.listing import Listings
from agent.name import Name
from agent.records import Limits, Upto
from agent.register import Register
from agent.resting import Resting
from agent.tail import Tail
from agent.unpack import Known
from agent.wake import Wake
from agent.watched import Pace, Watched
from parsers.block import Block

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Common:
    """What all lanes share."""

    register: Register
    limits: Limits
    pace: Pace
    ledgers: Ledgers
    wall_clock: Callable[[], float]
    start_at_end: bool
    listings: Listings
    descriptors: Descriptors
    wake: Wake
    spool: Path | None = None  # where the rest of a compressed file is unpacked; None: the system's
    # Devices whose files grow and tell nobody: network file systems.
    silent: set[int] = field(default_factory=set)
    lanes: "dict[str, Lane]" = field(default_factory=dict)


class Lane:
    """
    A path and its files: at most one is live, standing under the name; the others are finished.

    An older generation is read to its present end before a newer one is begun, so that the order of
    lines is that of writing, but for what is written late to a renamed file.
    """

    def __init__(self, path: str, watched: Watched, common: Common) -> None:
        self.path = path
        self.watched = watched
        self.tails: list[Tail] = []  # closed by close()
        self.look_at_s = 0.0  # clock time of the next look
        self._common = common
        self._register = common.register
        self._older = Generations(
            path, watched.source, common.register, common.wall_clock, common.listings
        )
        self._ledger = common.ledgers.of(watched.source)
        self._count = self._ledger.count
        self._archive = Archive(self._older, common.spool, self._count)
        self._name = Name(
            path,
            in_patterns=path in watched.patterns,
            count=self._count,
            descriptors=common.descriptors,
        )
        self._resumed = False
        self._resting: Resting | None = None  # the file, if it is followed and yet not open
        self._armed = False  # the next write will be told
        self._phase_s = common.pace.phase_s(len(common.lanes))
        # When the last generation known of had last changed; 0 if none is known.
        self._since_ns = 0

    @property
    def live(self) -> Tail | None:
        """The file that stands under the name."""
        return next((tail for tail in self.tails if tail.retired_s is None), None)

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
        live.retired_s, self._since_ns = now_s, live.mtime_ns
        self.look_at_s, self._armed = 0.0, False
        self._count(Counted.ROTATED, 1)
        return True

    def is_settled(self, now_s: float) -> bool:
        """Whether the file under the name is the one that is followed, so that all is well."""
        if not self._resumed or self._archive.is_to_begin_again(now_s):
            return False
        if self._resting:
            return not self._name.looked_up or self._name.key == self._resting.key
        return self.live is not None

    def open_if_there(self, now_s: float, *, at_first: bool) -> None:
        """Follow what stands under the name, after what is left of the generations before it."""
        if not self._resumed:
            self._resumed = True
            self._resume(now_s)
        if self._archive.is_to_begin_again(now_s):
            self._search_packed(self._since_ns)
        if self._resting:
            self._follow_away(self._resting, now_s)
        if self._name.key is None:
            self._open_missed(now_s)
        elif not self.live and not self._register.is_open(self._name.key):
            self._open(now_s, at_first=at_first)

    def _open(self, now_s: float, *, at_first: bool) -> None:
        self._common.descriptors.make_room()
        fd = self._name.open(now_s, was_file=self._since_ns > 0)
        if fd is None:
            return
        # The second: another name has just taken it for the rest of a generation of its own.
        if self._may_be_copy(fd, now_s) or self._register.is_open(self._name.key):
            os.close(fd)
            return
        offset = self._start(fd, now_s, at_first=at_first)
        self._open_missed(now_s, present=identity(fd).key)
        self._follow(fd, offset, now_s)

    def _start(self, fd: int, now_s: float, *, at_first: bool) -> int:
        """Decide at which offset to begin with the file that stands under the name."""
        entry = self._register.closed(identity(fd).key)
        if entry is not None and not entry.is_blank:
            offset = self._older.offset_in(fd)
            if offset is None:
                self._finish_copy(entry, now_s)
            return offset or 0
        first_ever = (
            at_first and entry is None and not self._register.knows_source(self.watched.source)
        )
        if not first_ever or not self._common.start_at_end:
            return 0
        self._older.leave_the_past()
        return generations.last_line_start(fd, self._common.limits.max_line_bytes)

    def _follow(
        self, fd: int, offset: int, now_s: float, *, retired_s: float | None = None
    ) -> Tail:
        tail = Tail(
            fd,
            self.path,
            self.watched.open_parser,
            limits=self._common.limits,
            ledger=Ledger(self._ledger),
            offset=offset,
        )
        tail.retired_s = retired_s
        tail.grew_s = now_s  # as far as we know: a file just made will be written to soon
        self.tails.append(tail)
        self.look_at_s = 0.0
        self._armed = False
        self._since_ns = tail.mtime_ns
        self._register.opened(tail, self.watched.source)
        self._count(Counted.OPENED, 1)
        return tail

    # Older generations.

    def _resume(self, now_s: float) -> None:
        """Finish what the last run left under this name and rotation has moved since."""
        source = self.watched.source
        entries = self._register.closed_under(self.path, source)
        missing = self._register.unfinished(self.path, source, self._name.key)
        if not entries and not missing:
            return
        found = self._follow_left(entries, now_s)
        for entry in missing:
            if not any(entry is each for each in found):
                self._archive.want(Wanted(Known(entry), None))
        self._since_ns = max(entry.mtime_ns for entry in [*entries, *missing])

    def _follow_left(self, entries: Sequence[Entry], now_s: float) -> list[Entry]:
        """Follow what is found of generations that are not open; returns those."""
        found = []
        for fd, entry, is_copy in self._older.left(self._name.key, entries):
            self._follow(fd, entry.offset, now_s, retired_s=now_s).finished = is_copy
            self._count(Counted.CAUGHT_UP, 1)
            found.append(entry)
        return found

    def _open_missed(
        self, now_s: float, *, present: Key | None = None, unlike: Tail | None = None
    ) -> None:
        if not self._since_ns or not self._name.looked_up:
            return  # no generation of this name is known: what lies beside it is not ours
        since_ns = self._since_ns  # changed by what is followed meanwhile
        for tail in list(self.tails):
            # First, or the copy of one that was truncated too would be taken for a missed one.
            self._look(tail, now_s)
            if tail.truncated:
                self._begin_anew(tail, now_s)
        for fd in self._older.missed(since_ns, present):
            if unlike and unlike.begins_like(fd):
                os.close(fd)  # a copy of it in the making, which is no older generation
                continue
            self._follow(fd, 0, now_s, retired_s=now_s)
            self._count(Counted.CAUGHT_UP, 1)
        self._search_packed(since_ns)

    def _search_packed(self, since_ns: int) -> None:
        self._tell_missing(self._archive.begin(since_ns))
        if self._archive.searching:
            self.look_at_s = 0.0

    def _finish_copy(self, entry: Entry, now_s: float) -> None:
        """Finish a generation that copytruncate ended while it was not open."""
        self._count(Counted.TRUNCATED, 1)
        fd = self._older.copy_of(entry)
        if fd is None:
            self._want(entry)
            return
        self._follow(fd, entry.offset, now_s, retired_s=now_s).finished = True
        self._count(Counted.CAUGHT_UP, 1)

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
        lives = [lane.live for lane in beside]
        alike = any(live.begins_like(fd) for live in lives if live and live.size)
        return alike and not self._older.is_known(fd)

    def _want(self, entry: Entry, *, young: bytes = b"", unread: int | None = None) -> None:
        """Have the rest of a generation looked for in the compressed files."""
        self._register.keep_past(entry)  # its inode is the next generation's from now on
        self._archive.want(Wanted(Known(entry, was_cut=True, young=young), unread))

    def _search_on(self, now_s: float) -> None:
        """Search the compressed files for some ms more, and follow what was found in them."""
        if findings := self._archive.go_on(now_s):
            self._follow_unpacked(findings, now_s)
            self._tell_missing(findings.missing)

    def _follow_unpacked(self, findings: Findings, now_s: float) -> None:
        since_ns = self._since_ns
        for each in findings.unpacked:
            if each.entry:
                self._register.supersede(each.entry)
            tail = self._follow(each.fd, each.offset, now_s, retired_s=now_s)
            tail.finished, tail.unpacked, tail.packed = True, True, each.packed
            self._count(Counted.CAUGHT_UP, 1)
        self._since_ns = since_ns
        self.tails.sort(key=lambda tail: (tail.retired_s is None, tail.mtime_ns))
        for path, size in findings.damaged.items():
            self._count(Counted.TROUBLE, 1)
            _log.warning("%s: damaged; what it holds behind its first %d bytes is lost", path, size)

    def _tell_missing(self, missing: Iterable[Wanted]) -> None:
        for wanted in missing:
            self._register.supersede(wanted.known.entry)
            if wanted.unread is None:
                self._count(Counted.REST_MISSING, 1)
            else:
                self._tell_lost(wanted.unread)

    # Resting: a file that is closed because others need the descriptor, and followed all the same.

    def rest(self) -> bool:
        """Close the live file until it changes; False if something would be lost by it."""
        live = self.live
        if live is None or len(self.tails) > 1 or self._archive.searching or not live.may_rest():
            return False
        resting = Resting.of(live)
        if not resting.has_its_name():
            return False  # a way to it is not known any more
        self._armed = self._armed or live.arm(self._arm)
        self._resting, self._since_ns = resting, live.mtime_ns
        self._register.rest(live)
        self.tails.clear()
        self._close(live)
        self._count(Counted.RESTED, 1)
        return True

    def cut_grace(self) -> int:
        """
        Close rotated files that were read to their end; returns how many.

        What is written to them from now on is read after the next start at the earliest.
        """
        over = [tail for tail in self.tails if tail.may_be_left()]
        for tail in over:
            self._put_aside(tail)
        self._count(Counted.GRACE_CUT, len(over))
        return len(over)

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
        offset = self._older.offset_in(fd)
        if offset is not None:
            self._follow(fd, offset, now_s)
        else:  # truncated, or it was empty: generations may have come and gone
            os.close(fd)
            self._open(now_s, at_first=False)
        if self.tails:
            self._resting = None

    def _follow_away(self, resting: Resting, now_s: float) -> None:
        """Follow a file that has lost its name while it was resting, by its inode or as a copy."""
        if not self._name.looked_up or self._name.key == resting.key:
            return
        self._resting = None
        self._count(Counted.ROTATED, 1)
        entry = self._register.closed(resting.key)
        if entry is None or entry.is_blank:
            return  # another name has it; or it was empty, and is looked for as a missed one
        if not self._follow_left([entry], now_s):
            self._archive.want(Wanted(Known(entry), None))
            self._search_packed(self._since_ns)

    def _arm(self, fd: int) -> bool:
        return self._common.wake.arm(self, fd)

    # Reading.

    def turn(self, now_s: float, *, draining: bool = False) -> tuple[Tail, Block] | None:
        """Hand out one block, of the oldest file that has one; None if there is none now."""
        if self._resting and self._resting.has_changed():
            self.open_again(now_s)
        if self._archive.searching:
            self._search_on(now_s)
        if self._archive.searching:  # still: what it finds is older than all that is open
            self.look_at_s = now_s
            return None
        if self._is_still():
            self.look_at_s = self._next_look_s(now_s)
            return None
        return self._turn(now_s, draining=draining)

    @property
    def has_more(self) -> bool:
        """
        Whether another block may be there now, after one was handed out.

        Not if that one came to the end of the file: to look again at once would find what was
        written in the last milliseconds, and cost a block for each line (measured, 100 files).
        """
        return len(self.tails) != 1 or self.tails[0].unread > 0

    def written(self) -> None:
        """Take note that the kernel told of a write: it will not tell of the next one."""
        self._armed, self.look_at_s = False, 0.0

    def _is_still(self) -> bool:
        """Whether nothing has changed, as nearly every look finds."""
        return self._resting is not None or (len(self.tails) == 1 and self.tails[0].is_still())

    def _turn(self, now_s: float, *, draining: bool) -> tuple[Tail, Block] | None:
        for tail in list(self.tails):
            block = self._next(tail, now_s, draining=draining)
            if block is not None:
                self.look_at_s = self._common.pace.next_look_s(now_s, 0, phase_s=self._phase_s)
                return tail, block
            if tail.truncated:
                self._begin_anew(tail, now_s)
                return self.turn(now_s, draining=draining)
            if tail.awoke:
                self._search_before(tail, now_s)
                return self.turn(now_s, draining=draining)
        self._close_finished(now_s)
        self.look_at_s = self._next_look_s(now_s)
        return None

    def close(self) -> None:
        """Close all files; what is known of them stays in the register."""
        self._archive.close()
        for tail in self.tails:
            self._close(tail)
        self.tails.clear()

    def _close(self, tail: Tail) -> None:
        """Close a file for now; where a name leads to what it holds, its rest is seen again."""
        gone = tail.unlinked and not tail.packed
        tail.write_off(Counted.UNLINKED if gone else Counted.SET_ASIDE)
        tail.close()

    def _next(self, tail: Tail, now_s: float, *, draining: bool) -> Block | None:
        if not self._look(tail, now_s) or tail.truncated or tail.awoke:
            return None
        if draining and tail.stop_at is None:
            tail.stop_at = tail.size
        try:
            return tail.next(_upto(tail, now_s, draining))
        except OSError as error:
            self._lose(tail, error, now_s)
            return None

    def _look(self, tail: Tail, now_s: float) -> bool:
        size = tail.size
        try:
            tail.look(now_s)
        except OSError as error:
            self._lose(tail, error, now_s)
            return False
        if self._armed and tail.size > size >= 0:
            self._armed = False
            if not self._common.wake.tells(self):
                self._common.silent.add(tail.key[0])
        if tail.cut_bytes:
            self._say_lost(tail.cut_bytes)
            tail.cut_bytes = 0
        return True

    def _lose(self, tail: Tail, error: OSError, now_s: float) -> None:
        # ESTALE, EIO: opened again where it was left, when the pause is over.
        self._name.failed(error, now_s)
        self._put_aside(tail)

    def _begin_anew(self, tail: Tail, now_s: float) -> None:
        """Follow the new generation of a truncated file, after the rest of the old one."""
        self._count(Counted.TRUNCATED, 1)
        since_ns, retired_s = tail.mtime_ns, tail.retired_s
        begun = self._follow(self._detach(tail, now_s), 0, now_s, retired_s=retired_s)
        self._since_ns = since_ns
        self._open_missed(now_s)
        self._move_last(begun)

    def _search_before(self, tail: Tail, now_s: float) -> None:
        """
        Look for a generation that filled an empty file and was copied away between two looks.

        The file was empty at the last look and has changed: nothing in it could tell that it was
        truncated in between.
        """
        tail.awoke = False
        self._open_missed(now_s, unlike=tail)
        if tail in self.tails:
            self._move_last(tail)

    def _move_last(self, tail: Tail) -> None:
        self.tails.remove(tail)
        self.tails.append(tail)  # the youngest is read last

    def _detach(self, tail: Tail, now_s: float) -> int:
        """Take the file away from its old generation, which goes on in the copy if there is one."""
        old = tail.key
        copy = self._older.rest(tail.place.offset, tail.goes_on_in, tail.begins_like)
        if copy is not None:
            self._count(Counted.CAUGHT_UP, 1)
            fd = tail.move_to(copy)
            tail.retired_s, tail.finished = now_s, True
            self._register.moved(tail, old, self.watched.source)
            return fd
        unread = tail.write_off(Counted.SET_ASIDE)
        self._want(self._register.entry(tail), young=tail.young, unread=unread)
        self.tails.remove(tail)
        self._register.forget(old)
        return tail.release()

    def _tell_lost(self, unread: int) -> None:
        if not unread:
            return
        self._count(Counted.SET_ASIDE, -unread)  # it was, until this was certain
        self._count(Counted.LOST, unread)
        self._say_lost(unread)

    def _say_lost(self, lost_bytes: int) -> None:
        _log.warning(
            "%s: truncated before its last %d bytes were read, and no copy beside it holds them",
            self.path,
            lost_bytes,
        )

    def _close_finished(self, now_s: float) -> None:
        for tail in list(self.tails):
            if tail.is_over(now_s) and tail.exhausted:
                tail.write_off(Counted.NULS)  # nothing else is left out at the end of a file
                self._put_aside(tail, finished=True)

    def give_up(self, tail: Tail, unread: int) -> None:
        """Close a file of which so many bytes were not read."""
        tail.write_off(Counted.GIVEN_UP, end=tail.place.offset + unread)
        self._put_aside(tail)

    def _put_aside(self, tail: Tail, *, finished: bool = False) -> None:
        self.tails.remove(tail)
        self._register.put_aside(tail, self._common.wall_clock(), finished=finished)
        self._close(tail)
        self._count(Counted.CLOSED, 1)

    def _next_look_s(self, now_s: float) -> float:
        pace = self._common.pace
        if self._resting:
            return pace.next_look_s(now_s, math.inf, armed=self._armed, phase_s=self._phase_s)
        if not self.tails:
            return math.inf
        quiet_s = now_s - max(tail.grew_s for tail in self.tails)
        if quiet_s >= pace.arm_after_s and not self._armed and self._may_arm():
            self._armed = self.tails[0].arm(self._arm)
            if not self.tails[0].is_still():
                return now_s  # written to just before
        return pace.next_look_s(now_s, quiet_s, armed=self._armed, phase_s=self._phase_s)

    def _may_arm(self) -> bool:
        # Not where there is an older generation too: it has to be looked at for its end.
        tail = self.tails[0]
        return len(self.tails) == 1 and tail.is_still() and tail.key[0] not in self._common.silent


def _upto(tail: Tail, now_s: float, draining: bool) -> Upto:
    if tail.is_over(now_s) or (draining and tail.unlinked):
        return Upto.END
    return Upto.LINES if draining or tail.is_quiet(now_s) else Upto.RECORDS
