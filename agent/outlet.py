"""An output of events that may fail for a while: what it did not take is kept, and said once."""

import asyncio
import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.counts import Count
from agent.sinks import Buffered, Output

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outlet:
    """One place that events go to, shared by all sinks that write there."""

    path: Path | None  # None: standard output
    output: Output  # closed by close(), opened again by the next write
    # Its reader has gone and will not come back.
    deserted: bool = False
    buffer: Buffered = field(init=False)
    _complaint: str = ""
    # Two flushes at a time would write the same bytes twice, and forget others.
    _flushing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.buffer = Buffered(self.output)

    @property
    def name(self) -> str:
        """The output as people know it."""
        return str(self.path or "standard output")

    async def flush(self, count: Count) -> bool:
        """Hand over what is held; False if that failed, and then it is kept."""
        async with self._flushing:
            size = self._size()
            try:
                await self.buffer.flush()
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
        complaint = (error.strerror or str(error)).lower()
        if complaint != self._complaint:
            then = "nobody reads it any more" if self.deserted else "kept, and tried again"
            _log.error("%s: events cannot be written: %s; %s", self.name, complaint, then)
        self._complaint = complaint

    def _succeeded(self) -> None:
        if self._complaint:
            _log.info("%s: events are written again", self.name)
        self._complaint = ""
