"""Where the files of a name have gone: the rest of a renamed, copied or missed generation."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from agent.checkpoint import Entry
from agent.identity import Key, before, digest, identity, key, same_head
from agent.listing import Found, Listings
from agent.register import Register

# O_NONBLOCK: a named pipe that took the file's place since we looked must not hang us.
OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Generations:
    """
    The files that stood under one path before the present one, looked for beside it.

    Each descriptor handed out is the caller's to close.
    """

    path: str
    source: str
    register: Register
    wall_clock: Callable[[], float]
    listings: Listings

    def left(
        self, present: Key | None, entries: Sequence[Entry]
    ) -> Iterator[tuple[int, Entry, bool]]:
        """
        Open what was followed under this name and is not `present`, the oldest first.

        The third value is True for a copy, to which nobody writes any more. What is not found is
        compressed (see `packed`), moved to another directory or deleted.
        """
        others = [
            e for e in entries if e.identity.key != present and not e.is_blank and not e.packed
        ]
        names = self.listings.called_otherwise(self.path, {entry.identity.key for entry in others})
        by_key = {key(found): name for name, found in names}
        # Of several that had one inode, one after the other, those first that are known by more.
        for entry in sorted(others, key=lambda entry: (entry.is_faceless, entry.mtime_ns)):
            fd = _open(by_key.get(entry.identity.key, ""))
            is_free = not self.register.is_open(entry.identity.key)
            if fd is not None and is_free and entry.goes_on_in(fd):
                yield fd, entry, False
                continue
            if fd is not None:
                os.close(fd)
            if (copy := self.copy_of(entry)) is not None:
                yield copy, entry, True

    def missed(self, since_ns: int) -> Iterator[int]:
        """
        Open whole generations that came and went between two looks, the oldest first.

        They have a rotated name, we do not know them, and they changed at or after `since_ns`,
        which is when the last generation that we know of had last changed.
        """
        for name, found in self.listings.rotated(self.path):
            if found.st_mtime_ns >= since_ns:
                fd = _open(name)
                if fd is not None and self._is_stranger(fd):
                    yield fd

    def copy_of(self, entry: Entry) -> int | None:
        """Open the copy that copytruncate made of a file that was not open: its rest is in it."""
        if entry.is_faceless:
            return None  # any file behind NULs would do
        return self.rest(
            entry.offset,
            lambda fd: entry.goes_on_in(fd),
            lambda fd: not entry.identity.is_faceless and same_head(fd, entry.identity),
        )

    def rest(
        self, offset: int, goes_on: Callable[[int], bool], begins_like: Callable[[int], bool]
    ) -> int | None:
        """Open the copy of a file that was read up to `offset`, if it holds more than that."""
        for name, _ in reversed(self.listings.rotated(self.path)):
            fd = _open(name)
            if fd is None or not self._is_stranger(fd):
                continue
            if goes_on(fd):
                return fd
            # Copied before our last look at the original: we have read it, and more, and it must
            # not be taken for a generation that we missed.
            if 0 < os.fstat(fd).st_size <= offset and begins_like(fd):
                self.register.remember(self._done(fd))
            os.close(fd)
        return None

    def packed(self) -> Iterator[Found]:
        """List the compressed files of the name that we do not know, the oldest first."""
        for name, found in self.listings.packed(self.path):
            if self.is_unknown(name):
                yield name, found

    def is_unknown(self, path: str) -> bool:
        """Whether a file can be read, and is none that we follow or did."""
        fd = _open(path)
        if fd is None or not self._is_stranger(fd):
            return False
        os.close(fd)
        return True

    def claim(self, path: str) -> Key | None:
        """Begin to look into a compressed file; None if it is known, or somebody else does."""
        fd = _open(path)
        if fd is None or not self._is_stranger(fd):
            return None
        try:
            found = key(os.fstat(fd))
            return found if self.register.claim(found, fd) else None
        finally:
            os.close(fd)

    def packed_entry(self, path: Path) -> Entry:
        """What is remembered of a compressed file when it is done. Raises OSError."""
        fd = os.open(path, OPEN_FLAGS)
        try:
            return replace(self._done(fd), packed=True)
        finally:
            os.close(fd)

    def leave_the_past(self) -> None:
        """
        Take what was rotated before we first came as done.

        Otherwise an old file might one day be taken for one that we missed, and be read.
        """
        for name, _ in self.listings.rotated(self.path):
            fd = _open(name)
            if fd is not None and self._is_stranger(fd):
                self.register.remember(self._done(fd))
                os.close(fd)
        for name, _ in self.packed():
            with suppress(OSError):  # gone since it was listed
                self.register.remember(self.packed_entry(Path(name)))

    def is_known(self, fd: int) -> bool:
        """Whether we follow the file or did. An inode that is used again is another file."""
        found = identity(fd).key
        entry = self.register.closed(found)
        return self.register.is_open(found) or (entry is not None and entry.goes_on_in(fd))

    def offset_in(self, fd: int) -> int | None:
        """How far a file was done, if it was followed before and holds what was read of it."""
        entry = self.register.closed(identity(fd).key)
        return entry.offset if entry is not None and entry.goes_on_in(fd) else None

    def is_followed_elsewhere(self, entry: Entry, unread: int) -> bool:
        """
        Whether what was unread of a generation is in another file that we follow or did.

        So it is where a copy was taken for a generation of its own before its original was looked
        at, and found to be cut.
        """
        if any(tail.holds(entry, unread) for tail, _ in self.register.open_beside(self.path)):
            return True
        for name, _ in self.listings.rotated(self.path):
            fd = _open(name)
            if fd is not None:
                try:
                    if self.is_known(fd) and entry.goes_on_in(fd, unread):
                        return True
                finally:
                    os.close(fd)
        return False

    def _is_stranger(self, fd: int) -> bool:
        """Close the file if we know it."""
        if self.is_known(fd):
            os.close(fd)
            return False
        return True

    def _done(self, fd: int) -> Entry:
        stat = os.fstat(fd)
        return Entry(
            path=self.path,
            source=self.source,
            identity=identity(fd),
            offset=stat.st_size,
            before=digest(before(fd, stat.st_size)),
            mtime_ns=stat.st_mtime_ns,
            gone_s=self.wall_clock(),
            finished=True,
        )


def last_line_start(fd: int, max_line_bytes: int) -> int:
    """Find the offset behind the last newline, so that a half line is read when it is whole."""
    size = os.fstat(fd).st_size
    start = max(0, size - max_line_bytes)
    newline = os.pread(fd, size - start, start).rfind(b"\n")
    if newline < 0 and start:
        return size  # in the middle of an over-long line, whose rest is all that can be had
    return start + newline + 1


def _open(path: str) -> int | None:
    try:
        return os.open(path, OPEN_FLAGS)
    except OSError:
        return None  # gone, or not ours to read: as good as not found
