"""One open file being followed: whole records, exact offsets, the end of its generation."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property

from agent.checkpoint import Entry
from agent.counts import Counted
from agent.identity import (
    BEFORE_BYTES,
    HEAD_BYTES,
    Face,
    Identity,
    Key,
    Place,
    before,
    digest,
    place_in,
)
from agent.lag import Lag
from agent.ledger import Ledger
from agent.likeness import Likeness, met
from agent.records import Limits, Upto, is_cut_off, leading_nuls, ordinary_lines
from parsers.batch import Parser
from parsers.block import Block
from parsers.words import line_count

# What a parser is chosen by: some hundred lines, and less than one read.
HEAD_LINES_BYTES = 64 * 1024

OpenParser = Callable[[str, bytes], Parser]


class Tail:
    """
    One generation of a file: from its first byte, or where we began, to its end.

    The unfinished record is not held in memory but read again from `place`, so that the offset is
    the whole state. A truncation ends the generation: `truncated` is set, another Tail takes over.
    """

    def __init__(
        self,
        fd: int,
        path: str,
        open_parser: OpenParser,
        *,
        limits: Limits,
        ledger: Ledger,
        offset: int = 0,
    ) -> None:
        self.path = path
        self.ledger = ledger  # of this generation, from where we began
        stat, face = met(fd)
        self._likeness = Likeness(stat, face)
        self.place = place_in(fd, offset)  # everything before it was handed out
        self.done = self.place  # everything before it was handed over: what a checkpoint says
        self.mtime_ns = stat.st_mtime_ns
        self.grew_s = float("-inf")  # clock time when we last saw it longer
        self.truncated = False
        self.cut_bytes = 0  # by which it was made shorter, short of what was handed out; to be said
        self.awoke = False  # was empty at the last look, and has changed since
        self.unlinked = False  # no name leads to it any more: closed, it is lost
        self.retired_s: float | None = None  # clock time when it lost its name
        self.finished = False  # nobody writes to it: it is a copy
        # The compressed file that holds the same generation: all of it is done when this one is.
        self.packed: Entry | None = None
        self.unpacked = False  # we made this file, out of the compressed one
        self.stop_at: int | None = None  # the size when draining began: no block begins behind it
        self._open_parser = open_parser
        self._fd = fd  # closed by close()
        self._limits = limits
        self._count = ledger.count
        self._lag = Lag(offset)
        self._end = offset  # everything before it is in the ledger as seen
        self._seen = (-1, 0)  # size and mtime_ns at the last look
        self._opened = (stat.st_size, stat.st_mtime_ns)
        self._scanned = 0  # an over-long line has no newline before this offset
        self._stuck: tuple[tuple[int, int], Upto] | None = None  # nothing to hand out then

    @cached_property
    def parser(self) -> Parser:
        """The parser, opened when first asked for: when the file has something to choose it by."""
        return self._open_parser(self.path, self._head_lines())

    @property
    def identity(self) -> Identity:
        """Who the file is, and its head."""
        return self._likeness.identity

    @property
    def head(self) -> bytes:
        """The first up to 1,024 bytes, as they were read of this generation."""
        return self._likeness.head

    @property
    def key(self) -> Key:
        """Device and inode."""
        return self.identity.key

    @property
    def size(self) -> int:
        """Bytes in the file at the last look."""
        return self._seen[0]

    @property
    def seen(self) -> tuple[int, int]:
        """Size and mtime_ns at the last look."""
        return self._seen

    @property
    def unread(self) -> int:
        """Bytes seen and not handed out yet; never negative."""
        return self._end - self.place.offset

    @property
    def is_open(self) -> bool:
        """Whether the file is ours to read: not closed, and not begun anew as another Tail's."""
        return self._fd >= 0

    def is_deleted(self) -> bool:
        """Whether no name leads to the file now; what we unpacked ourselves never had one."""
        with suppress(OSError):  # ESTALE: the next look tells of it
            return not self.unpacked and os.fstat(self._fd).st_nlink == 0
        return False

    def deleted_bytes(self) -> int:
        """
        How much of the disk would be free again if we closed the file: all, if it has no name.

        What we unpacked does not count: it is ours. Raises OSError, such as ESTALE.
        """
        stat = os.fstat(self._fd)
        return 0 if stat.st_nlink or self.unpacked else stat.st_size

    @property
    def format(self) -> str | None:
        """The name of the format; None until a parser was needed."""
        parser: Parser | None = self.__dict__.get("parser")
        return parser.name if parser else None

    def waiting(self, now_s: float) -> tuple[int, float]:
        """Bytes to be read now, and at most for how many seconds they have been; costs a look."""
        # Asked afresh: a reader who is kept waiting by an output looks at no file.
        with suppress(OSError):
            size = os.fstat(self._fd).st_size
            if size > self._end:
                return size - self.place.offset, self._lag.seconds(now_s, seen=self.unread > 0)
        return self.unread, self._lag.seconds(now_s, seen=True) if self.unread else 0.0

    def look(self, now_s: float) -> bool:
        """
        Look whether the file has changed since the last look; sets `truncated` if it began anew.

        Costs one `fstat` (0.7 µs) where nothing changed. Raises OSError, such as ESTALE.
        """
        stat = os.fstat(self._fd)
        self.unlinked = stat.st_nlink == 0
        seen = (stat.st_size, stat.st_mtime_ns)
        if seen == self._seen:
            self._lag.looked(now_s)
            return False
        place, end = self.place.offset, stat.st_size
        complete = self._likeness.is_complete(self.place)
        face = None if complete else Face.of(self._fd, end)
        # Afterwards: the face is then that of this generation.
        if end < place or not self._likeness.is_of(self._fd, self.place):
            self.truncated = True
            return True
        if face and not face.is_of(self._fd):
            return False  # cut while we looked: the next look tells
        if end > self._seen[0]:
            self.grew_s = now_s
        known = self._seen if self._seen[0] >= 0 else self._opened
        # Until somebody has searched: it may grow again before that.
        self.awoke |= not known[0] and seen != known and self.retired_s is None
        self._seen, self.mtime_ns = seen, stat.st_mtime_ns
        self._lag.grew(now_s, place=place, before=self._end, end=end)
        self._see(end)
        if face:
            self._likeness.learn(face, self.place)
        return True

    def is_still(self) -> bool:
        """
        Whether the file stands under its name, has not changed, and has nothing to hand out.

        What most looks find, and all that they cost (2 µs). False where that cannot be told.
        """
        if self.retired_s is not None or self._stuck is None or self._stuck[1] is Upto.RECORDS:
            return False
        try:
            stat = os.fstat(self._fd)
        except OSError:
            return False
        seen = (stat.st_size, stat.st_mtime_ns)
        return stat.st_nlink > 0 and seen == self._seen == self._stuck[0]

    def is_read(self) -> bool:
        """Whether there was nothing left to hand out at the last look, now or when it is quiet."""
        return self.place.offset == self._seen[0] or self.is_still()

    def awaits_more(self) -> bool:
        """Whether all that is left is a record that more lines may belong to."""
        return self._stuck == (self._seen, Upto.RECORDS)

    def may_rest(self) -> bool:
        """Whether the file can be closed and opened again by its name, and nothing lost by it."""
        return self.retired_s is None and self.done.offset == self.place.offset

    def may_be_left(self) -> bool:
        """Whether the file has lost its name, has another, and was read and handed over whole."""
        if self.retired_s is None or self.truncated:
            return False
        stat = os.fstat(self._fd)
        return stat.st_nlink > 0 and stat.st_size == self.place.offset == self.done.offset

    def arm(self, arm: Callable[[int], bool]) -> bool:
        """Hand the descriptor to whoever watches it; look again afterwards."""
        return arm(self._fd)

    def is_quiet(self, now_s: float) -> bool:
        """Whether the last record has waited long enough for more lines of it."""
        return now_s - self.grew_s >= self._limits.record_wait_s

    def is_over(self, now_s: float) -> bool:
        """Whether the file lost its name, and the grace time since, or since it grew, is over."""
        if self.finished:
            return True
        if self.retired_s is None:
            return False
        return now_s - max(self.retired_s, self.grew_s) >= self._limits.grace_s

    def next(self, upto: Upto) -> Block | None:
        """Hand out the next block, as far as `upto` allows; None if there is none now."""
        if self._stuck == (self._seen, upto) or self._is_past_stop():
            return None
        raw = self._read()
        lines = ordinary_lines(raw, self._limits.max_line_bytes)
        if lines:
            block = self._records(raw, lines, upto)
        elif len(raw) > self._limits.max_line_bytes:
            block = self._overlong(upto)
        else:
            block = self._half_line(raw) if upto is Upto.END and raw else None
        self._stuck = None if block else (self._seen, upto)
        return block

    @property
    def exhausted(self) -> bool:
        """Whether all was handed out to the last half line, and handed over."""
        return self._stuck == (self._seen, Upto.END) and self.done.offset == self.place.offset

    def begins_like(self, fd: int) -> bool:
        """Whether another file begins as this one did, as far as it goes if it is shorter."""
        return not self.identity.is_faceless and self.may_be_copied_to(fd)

    def may_be_copied_to(self, fd: int) -> bool:
        """The same, also where many files begin like that: behind NULs."""
        return self._likeness.may_be_copied_to(fd)

    def begins_with(self, fd: int) -> bool:
        """Whether this file begins with all of another: that is a copy of it, perhaps half made."""
        size, head = os.fstat(fd).st_size, os.pread(fd, HEAD_BYTES, 0)
        return size > 0 and self.begins_so(head, size, digest(before(fd, size)))

    def begins_so(self, head: bytes, size: int, before_digest: str) -> bool:
        """Whether this file begins with so many bytes of this head, and this end of them."""
        if not self.is_open or os.fstat(self._fd).st_size < size:
            return False
        alike = os.pread(self._fd, len(head), 0) == head
        return alike and digest(before(self._fd, size)) == before_digest

    def holds(self, entry: Entry, unread: int) -> bool:
        """Whether the file is what `entry` knows, with all that was unread of that one."""
        return self.is_open and entry.goes_on_in(self._fd, unread)

    def goes_on_in(self, fd: int) -> bool:
        """Whether another file holds all that was read of this one: a copy, with its rest."""
        return self._likeness.goes_on_in(fd, self.place)

    def mark_done(self, place: Place) -> None:
        """Note that everything before `place` was handed over."""
        # Compared, for whoever keeps several blocks in hand and finishes a later one first.
        if place.offset > self.done.offset:
            self.done = place

    def write_off(self, reason: Counted, *, end: int = 0) -> int:
        """Count under `reason` what was seen, up to `end` at least, and will not be handed out."""
        if end > self._end:
            self._see(end)
        if written_off := self.unread:
            self._count(reason, written_off)
            self._end = self.place.offset
        return written_off

    def move_to(self, fd: int) -> int:
        """Go on in a copy, where the rest is; returns the old descriptor, now the caller's."""
        old, self._fd = self._fd, fd
        self._likeness.moves_to(fd)
        self._seen, self._scanned, self._stuck = (-1, 0), 0, None
        self.mtime_ns = os.fstat(fd).st_mtime_ns
        self.truncated = False
        return old

    def release(self) -> int:
        """Give up the descriptor, which is then the caller's to close."""
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        """Close the file; harmless when closed."""
        if self._fd >= 0:
            os.close(self.release())

    def _see(self, end: int) -> None:
        """Take into the ledger that the file goes up to `end`."""
        if end >= self._end:
            self._count(Counted.SEEN, end - self._end)
        else:  # cut, but not so far as what was handed out
            self._count(Counted.LOST, self._end - end)
            self.cut_bytes += self._end - end
        self._end = end

    def _move_to(self, place: Place) -> None:
        if place.offset > self._end:  # written since the last look
            self._see(place.offset)
        self.place = place

    def _is_past_stop(self) -> bool:
        return self.stop_at is not None and self.place.offset >= self.stop_at

    def _read(self) -> bytes:
        """
        Read behind `place`, past NULs, which a writer without O_APPEND leaves after copytruncate.

        NULs with nothing behind them yet are kept: a file laid out in advance is filled later.
        """
        raw = self._read_here()
        while raw[:1] == b"\0":
            nuls = leading_nuls(raw)
            if nuls < len(raw):
                self._skip(nuls)
                return raw[nuls:]
            if not (hole := self._hole(nuls)):
                return b""
            self._skip(hole)
            raw = self._read_here()
        return raw

    def _read_here(self) -> bytes:
        """Read behind `place`; nothing if the bytes before it are not the same any more."""
        # Never more than there is: allocating 1 MiB for one line costs 60 µs, ten times the rest.
        length = min(self.unread, self._limits.max_record_bytes)
        raw = os.pread(self._fd, length, self.place.offset)
        # Afterwards: what was read before the file was cut is then known to be of this generation.
        if not self._likeness.is_of(self._fd, self.place):
            self.truncated = True
            return b""
        return raw

    def _hole(self, nuls: int) -> int:
        """Say how many NULs can be left out at once, when so many were read and nothing else."""
        hole = _end_of_hole(self._fd, self.place.offset) - self.place.offset
        if hole <= 0 and nuls == self._limits.max_record_bytes:
            return nuls  # written out, not a hole
        return max(hole, 0)

    def _skip(self, nuls: int) -> None:
        self._count(Counted.NULS, nuls)
        offset = self.place.offset + nuls
        self._move_to(place_in(self._fd, offset))

    def _records(self, raw: bytes, lines: int, upto: Upto) -> Block | None:
        records = raw[:lines]
        whole = self.parser.complete(records)
        if whole < lines and upto >= Upto.LINES:
            whole = lines
        elif whole < lines and self._must_cut(raw, lines, whole):
            self._count(Counted.RECORDS_CUT, 1)
            whole = lines
        return self._hand_out(records[:whole]) if whole else None

    def _must_cut(self, raw: bytes, lines: int, whole: int) -> bool:
        too_long = not whole and len(raw) >= self._limits.max_record_bytes
        return too_long or is_cut_off(raw, lines, self._limits.max_line_bytes)

    def _half_line(self, raw: bytes) -> Block:
        self._count(Counted.HALF_LINES, 1)
        return self._hand_out(raw)

    def _overlong(self, upto: Upto) -> Block | None:
        """Hand out the head of a line that is too long, once its end is there."""
        start = self.place.offset
        self._scanned = max(self._scanned, start + self._limits.max_line_bytes)
        end = self._find_newline()
        if not end and upto is not Upto.END:
            return None
        end = end or self._scanned
        raw = os.pread(self._fd, self._limits.max_line_bytes, start)
        self._count(Counted.OVERLONG, end - start - len(raw))
        return self._advance(raw, place_in(self._fd, end), truncated=True)

    def _find_newline(self) -> int:
        """Find the offset behind the next newline, or 0; remember how far it looked."""
        while raw := os.pread(self._fd, self._limits.max_record_bytes, self._scanned):
            if (at := raw.find(b"\n")) >= 0:
                return self._scanned + at + 1
            self._scanned += len(raw)
        return 0

    def _hand_out(self, raw: bytes) -> Block:
        recent = raw if len(raw) >= BEFORE_BYTES else self.place.before + raw
        return self._advance(raw, Place(self.place.offset + len(raw), recent[-BEFORE_BYTES:]))

    def _advance(self, raw: bytes, place: Place, *, truncated: bool = False) -> Block:
        block = Block(raw, self.path, self.place.offset, place.offset, truncated)
        self._move_to(place)
        self._scanned = 0
        self._count(Counted.READ, len(raw))
        self._count(Counted.LINES_READ, line_count(raw))
        return block

    def _head_lines(self) -> bytes:
        """Read the first whole lines; where the file begins with none, from `place` on."""
        for offset in (0, self.place.offset):
            raw = os.pread(self._fd, HEAD_LINES_BYTES, offset).lstrip(b"\0")
            if end := raw.rfind(b"\n") + 1:
                return raw[:end]
        return raw


def _end_of_hole(fd: int, offset: int) -> int:
    """Find where data begins behind a hole; `offset` itself if there is none, or nobody knows."""
    try:
        return os.lseek(fd, offset, os.SEEK_DATA)
    except OSError:  # ENXIO: a hole up to the end; EINVAL: a file system that cannot tell
        return offset
