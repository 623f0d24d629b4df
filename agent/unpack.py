"""A generation out of its compressed file: known by its content, its rest laid out as a file."""

import io
import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agent.checkpoint import Entry
from agent.compressed import BROKEN, MAGIC_BYTES, opener
from agent.identity import BEFORE_BYTES, HEAD_BYTES, digest
from agent.tail import Tail

# Unpacked between two yields: some ms, as one block costs, so that nobody else waits long.
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Known:
    """A generation that a compressed file may hold, as far as it was read."""

    entry: Entry
    # Its file was copied and then cut, so that the copy may lack the last of what was read of it.
    was_cut: bool = False
    # The head itself: a copy may be shorter than that.
    head: bytes = b""
    # Its file is open, and all of it is read there.
    tail: Tail | None = None

    @property
    def is_unread(self) -> bool:
        """Whether nothing of an open file was read: many begin like it, and only its end tells."""
        return self.tail is not None and not self.entry.offset


@dataclass(frozen=True, slots=True)
class Contents:
    """What a compressed file holds."""

    size: int  # unpacked, as far as it could be
    owner: Known | None  # whose generation it is
    broken: bool  # damaged, or not all there yet

    @property
    def unread_from(self) -> int:
        """The offset of what was not read of it yet; `size` if there is nothing."""
        if self.owner is None:
            return 0
        return self.size if self.owner.tail else min(self.owner.entry.offset, self.size)


def recognise(path: Path, known: Sequence[Known]) -> Generator[None, None, Contents]:
    """
    Say whose generation a compressed file holds; yields after each full MiB that it has unpacked.

    Of several that fit, as all do that began with the same banner, the one that was read furthest.
    Raises OSError if the file cannot be opened.
    """
    with ExitStack() as opened:
        stream = _open(path, opened)
        pieces = _Pieces(stream)
        head = pieces.next(HEAD_BYTES)
        alike = [each for each in known if _begins(head, each)]
        pending = sorted(
            (each for each in alike if not (each.entry.is_faceless or each.is_unread)),
            key=lambda known: known.entry.offset,
        )
        owner: Known | None = None
        piece = head
        while piece:
            for each in pending:
                offset = each.entry.offset
                if offset <= pieces.end and pieces.before(offset) == each.entry.before:
                    owner = each
            pending = [each for each in pending if each.entry.offset > pieces.end]
            if len(piece) == PIECE_BYTES:
                yield
            piece = pieces.next(PIECE_BYTES)
        # What is still pending is longer than this file: a copy that was made before the last look.
        owner = owner or next((each for each in pending if each.was_cut), None)
        end, last = pieces.end, pieces.before(pieces.end)
        unread = (each for each in alike if each.is_unread)
        owner = owner or next(
            (each for each in unread if each.tail and each.tail.begins_so(head, end, last)), None
        )
        return Contents(pieces.end, owner, pieces.broken)


def lay_out(path: Path, offset: int, folder: Path | None) -> Generator[None, None, int]:
    """
    Unpack what stands behind `offset`; returns a descriptor that is the caller's to close.

    It is a file without a name, in `folder` (None: the system's), which holds the head, a hole, and
    everything from a little before `offset`: all that a Tail asks of a file that was read so far.
    Yields after each full MiB. Raises OSError, as on a full disk.
    """
    with ExitStack() as opened:
        pieces = _Pieces(_open(path, opened))
        name_fd, name = tempfile.mkstemp(prefix="logtell-rest-", dir=folder)
        os.unlink(name)  # noqa: PTH108 - at once, so that no crash leaves it behind
        opened.callback(lambda: os.close(name_fd))
        os.pwrite(name_fd, pieces.next(HEAD_BYTES), 0)
        kept_from = max(0, offset - BEFORE_BYTES)
        while piece := pieces.next(PIECE_BYTES):
            start = pieces.end - len(piece)
            unwanted = min(max(0, kept_from - start), len(piece))
            _write(name_fd, piece[unwanted:], start + unwanted)
            if len(piece) == PIECE_BYTES:
                yield
        times = path.stat()
        os.utime(name_fd, ns=(times.st_atime_ns, times.st_mtime_ns))
        return os.dup(name_fd)


class _Pieces:
    """A stream read forwards, which remembers where it is and the last bytes before that."""

    def __init__(self, stream: io.BufferedIOBase | None) -> None:
        self.end = 0  # how much was read
        self.broken = False
        self._stream = stream
        self._recent = b""  # the last piece, and the up to 64 bytes before it

    def next(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end; empty there, and where it is broken."""
        # Not read(): where the stream breaks off, it forgets what it has read so far.
        parts: list[bytes] = []
        try:
            while self._stream and size > 0 and (part := self._stream.read1(size)):
                parts.append(part)
                size -= len(part)
        except BROKEN:
            self.broken, self._stream = True, None
        piece = b"".join(parts)
        if piece:
            self._recent = self._recent[-BEFORE_BYTES:] + piece
            self.end += len(piece)
        return piece

    def before(self, offset: int) -> str:
        """Digest of the up to 64 bytes before an offset within the last piece."""
        end = len(self._recent) - (self.end - offset)
        return digest(self._recent[max(0, end - BEFORE_BYTES) : end])


def _open(path: Path, opened: ExitStack) -> io.BufferedIOBase | None:
    raw = opened.enter_context(path.open("rb"))
    opens = opener(raw.peek(MAGIC_BYTES)[:MAGIC_BYTES])
    return opened.enter_context(opens(raw)) if opens else None


def _begins(head: bytes, known: Known) -> bool:
    identity = known.entry.identity
    if len(head) < identity.head_bytes:
        return bool(head) and known.head.startswith(head)
    return digest(head[: identity.head_bytes]) == identity.head


def _write(fd: int, raw: bytes, offset: int) -> None:
    while raw:  # a disk that is almost full takes a part
        written = os.pwrite(fd, raw, offset)
        raw, offset = raw[written:], offset + written
