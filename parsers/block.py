"""The unit that flows from a file to a parser: whole records as bytes, and where they stood."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """
    Whole records of one file, never half a line and never half a traceback.

    `raw` is at most about 1 MiB and ends with a newline, except for the last record of a file that
    ends without one and for a truncated block. Offsets count bytes from the start of the file (of
    the decompressed stream for a compressed file).
    """

    raw: bytes
    path: str = ""
    offset: int = 0
    # Where the next block starts on disk. Larger than offset + len(raw) where bytes were left out
    # (the tail of an over-long line, a hole of NULs); -1 means exactly offset + len(raw).
    next_offset: int = -1
    # raw is the head of one single record that was longer than the limit.
    truncated: bool = False

    @property
    def end(self) -> int:
        """The offset on disk just behind this block: where a checkpoint moves to."""
        return self.next_offset if self.next_offset >= 0 else self.offset + len(self.raw)
