"""An output of events that may fail for a while: what it did not take is kept, and said once."""

import asyncio
import errno
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.counts import Count
from agent.sinks import Buffered, Output

_log = logging.getLogger(__name__)

_STALLED_S = 10.0  # when it is said that an output does not take what it is offered

_FIXES = {
    errno.ENOENT: "make its folder",
    errno.ENOTDIR: "make its folder",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "let the service user write there",
    errno.EROFS: "mount it writable; in the unit: ReadWritePaths=",
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
}


@dataclass(slots=True)
class Outlet:
    """One place that events go to, shared by all sinks that write there."""

    path: Path | None  # None: standard output
    output: Output  # closed by close(), opened again by the next write
    # Its reader has gone and will not come back.
    deserted: bool = False
    buffer: Buffered = field(init=False)
    complaint: str = ""  # why it fails, and what would help; "" if it does not
    failing_since: float | None = None  # Unix time
    # Unix time since when it has not taken what it was offered, though it did not fail.
    stalled_since: float | None = None
    # Two flushes at a time would write the same bytes twice, and forget others.
    _flushing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.buffer = Buffered(self.output)

    @property
    def name(self) -> str:
        """The output as people know it."""
        return str(self.path or "standard output")

    @property
    def holds_up(self) -> bool:
        """Whether reading waits for it: it holds too much, or does not take what it is offered."""
        return self.buffer.full or self.stalled_since is not None

    async def flush(self, count: Count) -> bool:
        """Hand over what is held; False if that failed, and then it is kept."""
        async with self._flushing:
            size = self._size()
            try:
                await self._offer()
            except OSError as error:
                count("events.flush_failed", 1)
                self._failed(error)
                await self._take_back(size)
                return False
        self._succeeded()
        return True

    async def close(self, count: Count) -> bool:
        """Flush and close; what is written later opens the file anew, by its name."""
        handed_over = await self.flush(count)
        async with self._flushing:
            with suppress(OSError):  # said by flush, and what was not written is still held
                await self.output.close()
        return handed_over

    async def _offer(self) -> None:
        """Flush the buffer, and say it if the output takes nothing for long."""
        if not self.buffer.held_bytes:
            return
        stalled = asyncio.get_running_loop().call_later(_STALLED_S, self._stalled)
        try:
            await self.buffer.flush()
        finally:
            stalled.cancel()
        if self.stalled_since is not None:
            _log.info("%s: takes events again", self.name)
            self.stalled_since = None

    def _stalled(self) -> None:
        self.stalled_since = time.time() - _STALLED_S
        _log.warning(
            "%s: has not taken in %.0f s what it was offered, so reading waits for it (look at who"
            " reads it; no event is lost, the files keep them)",
            self.name,
            _STALLED_S,
        )

    def _size(self) -> int | None:
        """The size of the file; None if it is none, or not there yet."""
        return self.path.stat().st_size if self.path and self.path.is_file() else None

    async def _take_back(self, size: int | None) -> None:
        """Cut off what a failed flush has written, half a line perhaps: it comes again, whole."""
        if self.path is None or size is None:
            return
        with suppress(OSError):
            await self.output.close()
        with suppress(OSError):
            os.truncate(self.path, size)

    def _failed(self, error: OSError) -> None:
        self.deserted = isinstance(error, BrokenPipeError)
        self.failing_since, self.stalled_since = self.failing_since or time.time(), None
        complaint = _in_words(error)
        if complaint != self.complaint:
            _log.error("%s: events cannot be written: %s", self.name, complaint)
        self.complaint = complaint

    def _succeeded(self) -> None:
        if self.complaint:
            _log.info("%s: events are written again", self.name)
        self.complaint, self.failing_since = "", None


def _in_words(error: OSError) -> str:
    what = (error.strerror or str(error)).lower()
    if isinstance(error, BrokenPipeError):
        return f"{what}; nobody reads it any more"
    fix = _FIXES.get(error.errno or 0, "see what the system says about it")
    return (
        f"{what}; kept, and tried again; when 4 MB are held the reading waits, and nothing is lost"
        f" ({fix}, or take it out of `sinks:` and reload)"
    )
