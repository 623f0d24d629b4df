"""Who a file is, surviving rename: device, inode, hashes of the head and just before an offset."""

import os
from dataclasses import dataclass
from hashlib import blake2b

# Tells logs with the same banner apart, and is small enough to be hashed at every look (1.2 µs).
HEAD_BYTES = 1024
# About one time stamp and the end of a line: what differs even where two heads are the same
# (opentelemetry-collector-contrib#43693 stalled on an equal head of 1000 bytes).
BEFORE_BYTES = 64

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Identity:
    """A file as the kernel knows it, and what its first bytes were when it was last looked at."""

    device: int
    inode: int
    # How many leading bytes `head` covers. There is no minimum: a small file is read like any
    # other, and its head is hashed again as it grows.
    head_bytes: int = 0
    head: str = ""

    @property
    def key(self) -> Key:
        """Device and inode: unique among the files that exist now, used again after a deletion."""
        return self.device, self.inode

    @property
    def is_faceless(self) -> bool:
        """Whether the head is like that of many files: nothing, or the NULs before what was cut."""
        return self.head in _FACELESS


def key(stat: os.stat_result) -> Key:
    """Device and inode of a `stat`."""
    return stat.st_dev, stat.st_ino


def digest(raw: bytes) -> str:
    """Hash bytes as 32 hexadecimal digits; the same in every process, unlike `hash`."""
    return blake2b(raw, digest_size=16).hexdigest()


def identity(fd: int) -> Identity:
    """Identify the file open as `fd` by what it holds now."""
    stat = os.fstat(fd)
    head = read_head(fd)
    return Identity(stat.st_dev, stat.st_ino, len(head), digest(head))


def read_head(fd: int) -> bytes:
    """
    Read the first up to 1024 bytes, but for NULs at their end, which may be filled in later.

    Not those that something stands behind: a writer without O_APPEND leaves them after
    copytruncate, and without a head the file could not be known again before it was read.
    """
    head = os.pread(fd, HEAD_BYTES, 0)
    return head.rstrip(b"\0") or (head if _ends_in_text(fd) else b"")


def _ends_in_text(fd: int) -> bool:
    size = os.fstat(fd).st_size
    return size > HEAD_BYTES and bool(before(fd, size).strip(b"\0"))


_FACELESS = (digest(b""), digest(b"\0" * HEAD_BYTES))


def same_head(fd: int, known: Identity) -> bool:
    """Whether the file begins as it did, over the length remembered."""
    return digest(os.pread(fd, known.head_bytes, 0)) == known.head


def before(fd: int, offset: int) -> bytes:
    """Read the up to 64 bytes just before `offset`; fewer only where the file begins or ends."""
    length = min(BEFORE_BYTES, offset)
    return os.pread(fd, length, offset - length)


def continues(fd: int, known: Identity, offset: int, before_digest: str) -> bool:
    """
    Whether the file holds what was read of `known` up to `offset`, so that reading may go on there.

    Device and inode are not compared: a copy of the file continues it as well. A False for the same
    device and inode is a new generation: truncated, or the inode was used again.
    """
    return (
        os.fstat(fd).st_size >= offset
        and same_head(fd, known)
        and digest(before(fd, offset)) == before_digest
    )


@dataclass(frozen=True, slots=True)
class Place:
    """An offset, with the up to 64 bytes just before it, by which the place is known again."""

    offset: int = 0
    before: bytes = b""

    def is_in(self, fd: int) -> bool:
        """Whether a file has such a place."""
        return os.fstat(fd).st_size >= self.offset and before(fd, self.offset) == self.before


def place_in(fd: int, offset: int) -> Place:
    """Look at a place in a file."""
    return Place(offset, before(fd, offset))


@dataclass(frozen=True, slots=True)
class Face:
    """What a file looks like of which little was read: its head, and where it ends."""

    head: bytes
    end: Place

    @classmethod
    def of(cls, fd: int, size: int) -> "Face":
        """Look at a file that was so long just now."""
        return cls(read_head(fd), place_in(fd, size))

    def is_of(self, fd: int) -> bool:
        """Whether the file still looks so: if not, it was cut while it was looked at."""
        return self.end.is_in(fd) and os.pread(fd, len(self.head), 0) == self.head

    def identity(self, stat: os.stat_result) -> Identity:
        """Who the file is."""
        return Identity(*key(stat), len(self.head), digest(self.head))
