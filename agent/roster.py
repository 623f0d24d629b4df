"""The open files of one name, the oldest first: how they are opened, looked at and closed."""

import logging

from agent.checkpoint import Entry
from agent.common import Common
from agent.counts import Counted
from agent.identity import Key
from agent.ledger import Ledger
from agent.name import Name
from agent.records import Upto
from agent.tail import Tail
from agent.watched import Watched
from parsers.block import Block

_log = logging.getLogger(__name__)


class Roster:
    """
    What is open of one name, and what that means for the ledger and the register.

    Whatever opens or closes a file of the name does it here, so that nothing is forgotten.
    """

    def __init__(self, path: str, watched: Watched, common: Common) -> None:
        self.path = path
        self.watched = watched
        self.tails: list[Tail] = []  # closed by close()
        # When the last generation known of had last changed; 0 if none is known.
        self.since_ns = 0
        # A file that is closed and to be opened under the name; None: none, or it was.
        self.expected: Key | None = None
        self.look_at_s = 0.0  # clock time of the next look
        self.armed = False  # the next write will be told
        ledger = common.ledgers.of(watched.source)
        self.count = ledger.count
        self.name = Name(
            path,
            in_patterns=path in watched.patterns,
            count=self.count,
            descriptors=common.descriptors,
        )
        self._ledger = ledger
        self._common = common
        self._register = common.register

    @property
    def live(self) -> Tail | None:
        """The file that stands under the name."""
        return next((tail for tail in self.tails if tail.retired_s is None), None)

    def follow(self, fd: int, offset: int, now_s: float, *, retired_s: float | None = None) -> Tail:
        """Follow an open file from an offset on, as the youngest; `retired_s`: it has no name."""
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
        self.look_at_s, self.armed = 0.0, False
        self.since_ns = tail.mtime_ns
        self._register.opened(tail, self.watched.source)
        self.count(Counted.OPENED, 1)
        return tail

    def catch_up(self, fd: int, offset: int, now_s: float) -> Tail:
        """Follow what is left of an older generation."""
        self.count(Counted.CAUGHT_UP, 1)
        return self.follow(fd, offset, now_s, retired_s=now_s)

    def order(self) -> None:
        """Have the files read in the order in which they were last written, the live one last."""
        self.tails.sort(key=lambda tail: (tail.retired_s is None, tail.mtime_ns))

    def move_last(self, tail: Tail) -> None:
        """Have a file read after all others: it is the youngest."""
        self.tails.remove(tail)
        self.tails.append(tail)

    def look(self, tail: Tail, now_s: float) -> bool:
        """Look whether a file has changed; False if it cannot be read any more, and is closed."""
        size = tail.size
        try:
            tail.look(now_s)
        except OSError as error:
            self._lose(tail, error, now_s)
            return False
        if self.armed and tail.size > size >= 0:
            self.armed = False
            if not self._common.wake.tells(self.path):
                self._common.silent.add(tail.key[0])
        if tail.cut_bytes:
            self._say_lost(tail.cut_bytes, tail.key, tail.size)
            tail.cut_bytes = 0
        return True

    def next(self, tail: Tail, now_s: float, *, draining: bool) -> Block | None:
        """Hand out the next block of a file, if there is one and the file was not begun anew."""
        if not self.look(tail, now_s) or tail.truncated or tail.awoke:
            return None
        if draining and tail.stop_at is None:
            tail.stop_at = tail.size
        try:
            return tail.next(_upto(tail, now_s, draining))
        except OSError as error:
            self._lose(tail, error, now_s)
            return None

    def arm(self, tail: Tail) -> None:
        """Have the kernel tell of the next write to a file."""
        self.armed = self.armed or tail.arm(lambda fd: self._common.wake.arm(self.path, fd))

    def close_finished(self, now_s: float) -> None:
        """Close the files that nobody writes to any more and that were read to their end."""
        for tail in list(self.tails):
            if tail.is_over(now_s) and tail.exhausted:
                tail.write_off(Counted.NULS)  # nothing else is left out at the end of a file
                self._put_aside(tail, finished=True)

    def cut_grace(self) -> int:
        """
        Close rotated files that were read to their end; returns how many.

        What is written to them from now on is read after the next start at the earliest.
        """
        over = [tail for tail in self.tails if tail.may_be_left()]
        for tail in over:
            self._put_aside(tail)
        self.count(Counted.GRACE_CUT, len(over))
        return len(over)

    def give_up(self, tail: Tail, unread: int) -> None:
        """Close a file of which so many bytes were not read."""
        tail.write_off(Counted.GIVEN_UP, end=tail.place.offset + unread)
        self._put_aside(tail)

    def close(self) -> None:
        """Close all files; what is known of them stays in the register."""
        for tail in self.tails:
            _close(tail)
        self.tails.clear()

    def tell_lost(self, entry: Entry, unread: int, reason: Counted, *, set_aside: bool) -> None:
        """Take note that the rest of a generation is in no file; it was `set_aside`, or is news."""
        if not unread:
            return
        self.count(
            Counted.SET_ASIDE if set_aside else Counted.SEEN, -unread if set_aside else unread
        )
        self.count(reason, unread)
        self._say_lost(unread, entry.identity.key, entry.offset)

    def _say_lost(self, lost_bytes: int, key: Key, offset: int) -> None:
        _log.warning(
            "%s: truncated or deleted before its last %d bytes were read, and nothing beside it"
            " holds them (inode %d, from byte %d)",
            self.path,
            lost_bytes,
            key[1],
            offset,
        )

    def _lose(self, tail: Tail, error: OSError, now_s: float) -> None:
        # ESTALE, EIO: opened again where it was left, when the pause is over.
        self.name.failed(error, now_s)
        self.expected = tail.key if tail.retired_s is None else None
        self._put_aside(tail)

    def _put_aside(self, tail: Tail, *, finished: bool = False) -> None:
        self.tails.remove(tail)
        self._register.put_aside(tail, self._common.wall_clock(), finished=finished)
        _close(tail)
        self.count(Counted.CLOSED, 1)


def _close(tail: Tail) -> None:
    """Close a file for now; its rest is seen again when it is found again, or found to be lost."""
    tail.write_off(Counted.SET_ASIDE)
    tail.close()


def _upto(tail: Tail, now_s: float, draining: bool) -> Upto:
    if tail.is_over(now_s) or (draining and tail.unlinked):
        return Upto.END
    return Upto.LINES if draining or tail.is_quiet(now_s) else Upto.RECORDS
