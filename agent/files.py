"""The one door to aiofiles: what can block and is rare. A call takes 100 µs: never one a line."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedIOBase


async def read_file(path: Path) -> bytes:
    """Read a small file whole. Raises OSError."""
    async with aiofiles.open(path, "rb") as file:
        return bytes(await file.read())


class OutputFile:
    """A file that results are appended to; what is written is on its way to disk after `flush`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: AsyncBufferedIOBase | None = None  # closed by close()

    async def open(self) -> None:
        """
        Open for appending, creating the file but never its directory. Raises OSError.

        Half a line at the end, as a SIGKILL in a write leaves, is ended first. Otherwise the next
        line would be glued to it, and lost for whoever reads lines. It is not cut off: a file that
        becomes shorter looks truncated to whoever follows it, and would be read anew.
        """
        if self._file is None:
            is_torn = await asyncio.to_thread(_ends_in_half_a_line, self.path)
            self._file = await aiofiles.open(self.path, "ab")
            if is_torn:
                await self._file.write(b"\n")

    async def write(self, raw: bytes) -> None:
        """Append bytes; give it a batch, not a line. Raises OSError, as on a full disk."""
        await self.open()
        assert self._file is not None
        await self._file.write(raw)

    async def flush(self) -> None:
        """Pass what is buffered to the kernel: it then survives us, though not a power cut."""
        if self._file is not None:
            await self._file.flush()

    async def close(self) -> None:
        """Flush and close; harmless when closed. Raises OSError if the flush fails, but closes."""
        file, self._file = self._file, None
        if file is not None:
            await file.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class StandardOutput:
    """Standard output, for events: a slow reader of it holds up a thread, not the event loop."""

    async def write(self, raw: bytes) -> None:
        """Write bytes; give it a batch, not a line. Raises OSError, as when the reader is gone."""
        await aiofiles.stdout_bytes.write(raw)

    async def flush(self) -> None:
        """Pass what is buffered to the kernel. Raises OSError."""
        await aiofiles.stdout_bytes.flush()

    async def close(self) -> None:
        """Do nothing: standard output is not ours."""


def _ends_in_half_a_line(path: Path) -> bool:
    if not path.is_file():  # to open a fifo would wait for its writer
        return False
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:  # empty, or not ours to read
        return False


def write_atomically(path: Path, raw: bytes, *, previous: Path | None) -> None:
    """
    Replace a file so that a crash or power cut at any moment leaves the old or the new one, whole.

    Without the fsync before the rename, a power cut leaves a file of NULs (grafana/loki#6268);
    without that of the directory, the rename itself may be lost. Raises OSError; the old one stays.
    """
    temporary = path.with_name(path.name + ".writing")
    try:
        _write_through(temporary, raw)
        if previous is not None:
            _keep(path, previous)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _write_through(path: Path, raw: bytes) -> None:
    # 0600: the paths of other people's logs are nobody's business.
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:  # noqa: PTH123 (a descriptor is no path)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _keep(path: Path, previous: Path) -> None:
    # A second name rather than a rename: at no moment is there no file under the first one.
    if path.exists():
        previous.unlink(missing_ok=True)
        previous.hardlink_to(path)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
