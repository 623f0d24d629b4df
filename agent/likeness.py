"""What a generation of a file looks like: how it, or a copy of it, is known again."""

import os
from dataclasses import replace

from agent.identity import (
    HEAD_BYTES,
    Face,
    Identity,
    Place,
    before,
    continues,
    digest,
    key,
    same_head,
)

_MOST_TRIES = 3


class Likeness:
    """
    The head of one generation and, until something was read of it, where it ended.

    `place` is how far it was read. Files are asked about by their descriptors.
    """

    def __init__(self, stat: os.stat_result, face: Face) -> None:
        self.identity: Identity = face.identity(stat)
        # The head itself, 1 KB for each file: when that is cut, only this tells a shorter copy of
        # it from one of what it holds then.
        self.head = face.head
        # Where it ended at the last look: the only thing that tells a file of which nothing was
        # read, and that begins as its next generation does, with NULs or a banner.
        self._end = face.end

    def is_complete(self, place: Place) -> bool:
        """Whether nothing more can be learned: the head is all there, and something was read."""
        return self.identity.head_bytes == HEAD_BYTES and _is_begun(place)

    def learn(self, face: Face, place: Place) -> None:
        """Know the file by what it looks like now, too."""
        if not _is_begun(place):
            self._end = face.end
        if self.identity.head_bytes < HEAD_BYTES:
            self.head = face.head
            known = digest(self.head)
            self.identity = replace(self.identity, head_bytes=len(self.head), head=known)

    def moves_to(self, fd: int) -> None:
        """Take note that the generation goes on in a copy of its file."""
        device, inode = key(os.fstat(fd))
        self.identity = replace(self.identity, device=device, inode=inode)

    def is_of(self, fd: int, place: Place) -> bool:
        """Whether its own file still is this generation: it was not cut, nor written anew."""
        alike = before(fd, place.offset) == place.before and same_head(fd, self.identity)
        return alike and self._ends_alike(fd, place)

    def goes_on_in(self, fd: int, place: Place) -> bool:
        """Whether another file holds all that was read of this one: a copy, with its rest."""
        if not (self.identity.head_bytes or place.offset) or not self._ends_alike(fd, place):
            return False
        return continues(fd, self.identity, place.offset, digest(place.before))

    def may_be_copied_to(self, fd: int) -> bool:
        """Whether a file begins as this one did, as far as it goes if it is shorter."""
        if not self.identity.head_bytes:
            return False
        size = os.fstat(fd).st_size
        if size >= self.identity.head_bytes:
            return same_head(fd, self.identity)
        return os.pread(fd, size, 0) == self.head[:size]

    def _ends_alike(self, fd: int, place: Place) -> bool:
        """
        Whether a file has the bytes with which this one ended when it was looked at last.

        True where that need not be asked, or cannot: NULs may be filled in later.
        """
        end = self._end
        if _is_begun(place) or end.before[-1:] in (b"", b"\0"):
            return True
        return os.fstat(fd).st_size < end.offset or end.is_in(fd)


def met(fd: int) -> tuple[os.stat_result, Face]:
    """A file as it is, and its face at that moment, though it may be cut while it is looked at."""
    for _ in range(_MOST_TRIES):
        stat = os.fstat(fd)
        face = Face.of(fd, stat.st_size)
        if face.is_of(fd):
            break
    return stat, face


def _is_begun(place: Place) -> bool:
    """Whether something was read by which the file can be known again: more than NULs."""
    return bool(place.before.strip(b"\0"))
