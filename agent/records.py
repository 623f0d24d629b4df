"""Where a block may end: pure decisions over the bytes that stand behind the last block."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be held, and how long is waited; sizes in bytes, times in seconds."""

    # A longer line is handed out cut. The largest request that nginx takes by default is 40 KiB
    # (1k + 4 x 8k large_client_header_buffers); stack traces as one JSON line stay below this.
    max_line_bytes: int = 256 * 1024
    # One read, and so the largest block and the largest record of several lines.
    max_record_bytes: int = 1024 * 1024
    # A record of several lines is taken as ended when its file has been quiet for so long.
    record_wait_s: float = 1.0
    # A file that has lost its name is kept open for so long after it last grew: nginx writes to the
    # old file until it is told to reopen (logrotate's postrotate, run after the rename).
    grace_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.max_line_bytes < self.max_record_bytes:
            raise ValueError(
                f"max_line_bytes is {self.max_line_bytes}: it must be above 0"
                f" and below max_record_bytes, which is {self.max_record_bytes}"
            )


class Upto(IntEnum):
    """How much of the unread bytes may be handed out, from the careful to the final."""

    RECORDS = 0  # whole records for certain
    LINES = 1  # the last record too, if it ends with a newline: the file is quiet, or we stop
    END = 2  # half a line too: this generation is over, and nobody will finish it


def leading_nuls(raw: bytes) -> int:
    """How many NULs `raw` begins with."""
    return len(raw) - len(raw.lstrip(b"\0")) if raw[:1] == b"\0" else 0


def ordinary_lines(raw: bytes, max_line_bytes: int) -> int:
    """
    How many leading bytes of `raw` are whole lines that need nothing special.

    Ends before a line longer than `max_line_bytes` (its newline not counted) and before a line
    that begins with NUL; both are dealt with when they are what `raw` begins with.
    """
    if b"\0" in raw and (hole := raw.find(b"\n\0")) >= 0:
        raw = raw[: hole + 1]
    start, end = 0, raw.rfind(b"\n") + 1
    # Hops of the longest line allowed: four for a full read, however many lines there are.
    while end - start > max_line_bytes + 1:
        hop = raw.rfind(b"\n", start, start + max_line_bytes + 1) + 1
        if not hop:
            return start
        start = hop
    return end


def is_cut_off(raw: bytes, lines_end: int, max_line_bytes: int) -> bool:
    """Whether an over-long line or a hole follows the ordinary lines and ends the last record."""
    return raw.find(b"\n", lines_end) >= 0 or len(raw) - lines_end > max_line_bytes
