"""What stood under a name before the file that stands there now: found, and read first."""

import logging
import os
from collections.abc import Iterable, Sequence

from agent.archive import Archive, Findings, Wanted
from agent.checkpoint import Entry
from agent.common import Common
from agent.counts import Counted
from agent.generations import Generations
from agent.identity import Key, digest, identity, key
from agent.roster import Roster
from agent.tail import Tail
from agent.unpack import Known

_log = logging.getLogger(__name__)


class Forerunners:
    """
    The older generations of one name: renamed, copied, compressed, or come and gone unseen.

    What is found of them is followed before the present file, so that the order of lines is that of
    writing.
    """

    def __init__(self, roster: Roster, common: Common) -> None:
        self._roster = roster
        self._register = common.register
        self._older = Generations(
            roster.path,
            roster.watched.source,
            common.register,
            common.wall_clock,
            common.listings,
        )
        self._archive = Archive(self._older, common.spool, roster.count)
        # What changed later is looked for once more, as a file's time in ns; 0: nothing is.
        self._again_since_ns = 0
        self._empty: set[Key] = set()  # files that nobody knows, and that were empty at that look

    @property
    def searching(self) -> bool:
        """Whether compressed files are being searched: nothing newer is read before that ends."""
        return self._archive.searching

    # Files that are not open.

    def is_known(self, fd: int) -> bool:
        """Whether we follow the file or did. An inode that is used again is another file."""
        return self._older.is_known(fd)

    def offset_in(self, fd: int) -> int | None:
        """How far a file was done, if it was followed before and holds what was read of it."""
        return self._older.offset_in(fd)

    def leave_the_past(self) -> None:
        """Take what was rotated before we first came as done."""
        self._older.leave_the_past()

    def resume(self, now_s: float) -> None:
        """Finish what the last run left under this name and rotation has moved since."""
        path, source, present = self._roster.path, self._roster.watched.source, self._present
        entries = self._register.closed_under(path, source)
        missing = self._register.unfinished(path, source, present)
        unseen = self._register.unseen(path, source)
        if not (entries or missing or unseen):
            return
        # Also those whose inode is another file's by now: a copy of them is known by its content.
        inodeless = [each for each in missing if not any(each is entry for entry in entries)]
        found = self._follow_left([*entries, *inodeless], now_s)
        for entry in missing:
            if not any(entry is each for each in found):
                self._archive.want(Wanted(Known(entry), None))
        self._roster.order()
        self._roster.since_ns = self._known_up_to([*entries, *missing, *unseen])

    def _known_up_to(self, known: Sequence[Entry]) -> int:
        """
        When what changed later is not known any more, as a file's time in ns.

        A file of which nothing was read is known by its inode alone. Where that does not stand
        under the name, its lines are in whatever has changed since: renamed, copied, compressed.
        """
        unseen = [
            entry
            for entry in known
            if entry.is_unseen
            and entry.identity.key != self._present
            and not self._register.is_open(entry.identity.key)
        ]
        for entry in unseen:
            self._register.supersede(entry)
        # Not of compressed files: theirs is when they were compressed, unless gzip kept the time.
        changed = max((entry.mtime_ns for entry in known if not entry.packed), default=0)
        return min((entry.mtime_ns for entry in unseen), default=changed)

    def follow_away(self, entry: Entry, now_s: float) -> None:
        """Follow a file that has lost its name while it was closed, by its inode or as a copy."""
        if not self._follow_left([entry], now_s):
            self._archive.want(Wanted(Known(entry), None))
            self._search_packed(self._roster.since_ns)

    def finish_copy(self, entry: Entry, now_s: float) -> None:
        """Finish a generation that copytruncate ended while it was not open."""
        self._roster.count(Counted.TRUNCATED, 1)
        fd = self._older.copy_of(entry)
        if fd is None:
            self._want(entry)
        else:
            self._follow_copy(fd, entry, now_s)

    def follow_present(self, fd: int, offset: int, now_s: float) -> None:
        """Follow the file under the name, after whole generations that came and went before it."""
        since_ns = self._roster.since_ns
        # First, or what is made of it meanwhile, by gzip, is taken for a generation by itself.
        present = self.go_on(fd, offset, now_s)
        changed_ns, self._roster.since_ns = present.mtime_ns, since_ns
        self.open_missed(now_s)
        self._roster.since_ns = changed_ns
        self._read_last(present)

    def go_on(self, fd: int, offset: int, now_s: float) -> Tail:
        """Follow a file from where it was left, or anew if it was cut since that was looked up."""
        entry = self._register.closed(key(os.fstat(fd)))
        tail = self._roster.follow(fd, offset, now_s)
        if entry is None or not offset or digest(tail.place.before) == entry.before:
            return tail
        self._roster.tails.remove(tail)
        self._register.forget(tail.key)
        tail.release()
        self.finish_copy(entry, now_s)
        return self._roster.follow(fd, 0, now_s)

    def open_missed(self, now_s: float) -> None:
        """
        Follow whole generations that came and went between two looks.

        The next sweep looks once more: names may have been changed while these were listed.
        """
        since_ns = self._roster.since_ns  # changed by what is followed meanwhile
        if not since_ns or not self._roster.name.looked_up:
            return  # no generation of this name is known: what lies beside it is not ours
        self._look_again(since_ns)
        self._look_at_all(now_s)
        self._follow_missed(since_ns, now_s)
        self._search_packed(since_ns)

    def _follow_missed(self, since_ns: int, now_s: float) -> None:
        """Follow what nobody knows, after what was known and not found."""
        self._follow_wanted(now_s)
        empty, self._empty = self._empty, set()
        for fd in self._older.missed(since_ns):
            size, found = os.fstat(fd).st_size, identity(fd).key
            if not size and found not in empty:  # a copy of which nothing is written yet, perhaps
                self._empty.add(found)
                self._look_again(since_ns)
                os.close(fd)
            elif self._is_copy(fd, now_s):
                os.close(fd)
            elif os.fstat(fd).st_size != size:  # being written: nobody knows by whom
                self._look_again(since_ns)
                os.close(fd)
            elif entry := self._known_by_content(fd):  # a copy that was looked for, and came late
                self._follow_copy(fd, entry, now_s)
            else:
                self._roster.catch_up(fd, 0, now_s)

    def _known_by_content(self, fd: int) -> Entry | None:
        """Which generation that has no file of its own a file holds; of several the longest."""
        past = self._register.past(self._roster.path, self._roster.watched.source)
        fitting = [each for each in past if not each.is_faceless and each.goes_on_in(fd)]
        return max(fitting, key=lambda entry: entry.offset, default=None)

    def _look_again(self, since_ns: int) -> None:
        self._again_since_ns = min(since_ns, self._again_since_ns or since_ns)
        self._register.looks_again(self._roster.path, self._roster.watched.source, since_ns)

    def _is_copy(self, fd: int, now_s: float) -> bool:
        """Whether a file is a copy of what is open, perhaps half made, or of what was cut since."""
        if any(tail.begins_with(fd) for tail in self._roster.tails):
            return True
        self._look_at_all(now_s)
        return self._older.is_known(fd)

    def _look_at_all(self, now_s: float) -> None:
        """Look at the open files first, or a copy of what they hold is taken for a missed one."""
        for tail in list(self._roster.tails):
            if tail in self._roster.tails and self._roster.look(tail, now_s) and tail.truncated:
                self.begin_anew(tail, now_s)

    def _follow_left(self, entries: Sequence[Entry], now_s: float) -> list[Entry]:
        """Follow what is found of generations that are not open; returns those."""
        found = []
        for fd, entry, is_copy in self._older.left(self._present, entries):
            if is_copy:
                self._follow_copy(fd, entry, now_s)
            else:
                self._roster.catch_up(fd, entry.offset, now_s)
            found.append(entry)
        return found

    def _follow_copy(self, fd: int, entry: Entry, now_s: float) -> None:
        # From now on the copy is what may have a rest.
        self._register.finish(entry, self._older.wall_clock())
        self._roster.catch_up(fd, entry.offset, now_s).finished = True

    @property
    def _present(self) -> Key | None:
        return self._roster.name.key

    # Files that were begun anew.

    def begin_anew(self, tail: Tail, now_s: float) -> None:
        """Follow the new generation of a truncated file, after the rest of the old one."""
        self._roster.count(Counted.TRUNCATED, 1)
        since_ns, retired_s = tail.mtime_ns, tail.retired_s
        begun = self._roster.follow(self._detach(tail, now_s), 0, now_s, retired_s=retired_s)
        self._roster.since_ns = since_ns
        self.open_missed(now_s)
        self._read_last(begun)

    def search_before(self, tail: Tail, now_s: float) -> None:
        """
        Look for a generation that filled an empty file and was copied away between two looks.

        The file was empty at the last look and has changed: nothing in it could tell that it was
        truncated in between.
        """
        tail.awoke = False
        self.open_missed(now_s)
        self._read_last(tail)

    def _read_last(self, tail: Tail) -> None:
        """Have a file read after all others, unless it was begun anew meanwhile: as that was."""
        if tail in self._roster.tails:
            self._roster.move_last(tail)

    def _detach(self, tail: Tail, now_s: float) -> int:
        """Take the file away from its old generation, which goes on in the copy if there is one."""
        old = tail.key
        copy = self._older.rest(tail.place.offset, tail.goes_on_in, tail.begins_like)
        if copy is not None:
            self._roster.count(Counted.CAUGHT_UP, 1)
            fd = tail.move_to(copy)
            tail.retired_s, tail.finished = now_s, True
            self._register.moved(tail, old, self._roster.watched.source)
            return fd
        unread = tail.write_off(Counted.SET_ASIDE)
        self._want(self._register.entry(tail), head=tail.head, unread=unread)
        self._roster.tails.remove(tail)
        self._register.forget(old)
        return tail.release()

    # What could not be told at the first look.

    def is_to_search_again(self, now_s: float) -> bool:
        """Whether the last search could not tell everything, and it is time for another."""
        return self._again_since_ns > 0 or self._archive.is_to_begin_again(now_s)

    def search_again(self, now_s: float) -> None:
        """Look once more for what was not found: names may have been changed while we looked."""
        since_ns, again_ns = self._roster.since_ns, self._again_since_ns
        self._again_since_ns = 0
        self._register.has_looked(self._roster.path, self._roster.watched.source)
        self._look_at_all(now_s)
        self._follow_wanted(now_s)
        if again_ns:
            self._follow_missed(again_ns, now_s)
        self._roster.order()
        self._roster.since_ns = since_ns
        self._search_packed(again_ns or since_ns)

    def _follow_wanted(self, now_s: float) -> None:
        for wanted in self._archive.wanted:
            if self._catch_up(wanted.known, now_s):
                self._archive.found(wanted)

    def _catch_up(self, known: Known, now_s: float) -> bool:
        if not known.was_cut:
            return bool(self._follow_left([known.entry], now_s))
        fd = self._older.copy_of(known.entry)
        if fd is not None:
            self._follow_copy(fd, known.entry, now_s)
        return fd is not None

    # Files that were compressed.

    def search_on(self, now_s: float) -> None:
        """Search the compressed files for some ms more, and follow what was found in them."""
        if findings := self._archive.go_on(now_s):
            self._follow_unpacked(findings, now_s)
            self._tell_missing(findings.missing)

    def close(self) -> None:
        """Break off a search under way."""
        self._archive.close()

    def _search_packed(self, since_ns: int) -> None:
        self._tell_missing(self._archive.begin(since_ns))
        if self._archive.searching:
            self._roster.look_at_s = 0.0

    def _want(self, entry: Entry, *, head: bytes = b"", unread: int | None = None) -> None:
        """Have the rest of a generation looked for in the compressed files."""
        self._register.keep_past(entry)  # its inode is the next generation's from now on
        self._archive.want(Wanted(Known(entry, was_cut=True, head=head), unread))

    def _follow_unpacked(self, findings: Findings, now_s: float) -> None:
        roster, since_ns = self._roster, self._roster.since_ns
        for each in findings.unpacked:
            if each.entry:
                self._register.supersede(each.entry)
            tail = roster.catch_up(each.fd, each.offset, now_s)
            tail.finished = tail.unpacked = True
            self._register.reads_packed(tail, each.packed)
        roster.since_ns = since_ns
        roster.order()
        for path, size in findings.damaged.items():
            roster.count(Counted.TROUBLE, 1)
            _log.warning("%s: damaged; what it holds behind its first %d bytes is lost", path, size)

    def _tell_missing(self, missing: Iterable[Wanted]) -> None:
        for wanted in missing:
            entry = wanted.known.entry
            lost = wanted.unread if wanted.unread is not None else entry.unread
            if lost and self._older.is_followed_elsewhere(entry, lost):
                self._register.supersede(entry)
                continue
            # Still known by its content: what was read is not read again if it turns up after all.
            self._register.finish(entry, self._older.wall_clock())
            self._roster.count(Counted.REST_MISSING, 1)
            reason = Counted.LOST if wanted.known.was_cut else Counted.UNLINKED
            self._roster.tell_lost(entry, lost, reason, set_aside=wanted.unread is not None)
