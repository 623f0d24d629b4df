"""What can happen to a log: one function a kind, as logrotate, servers and people do it."""

import asyncio
import gzip
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from agent.selftest.pen import Log

Rotation = Callable[[Log, float], Awaitable[None]]


async def _rename(log: Log, _late_s: float) -> None:
    """A new name, a new file, and the writer opens it."""
    log.path.rename(_unique(log))
    log.path.touch()
    await log.reopen("rename")


async def _late_create(log: Log, late_s: float) -> None:
    """For a while no file has the name; the writer makes it (logrotate's `nocreate`)."""
    _shift(log)
    log.path.rename(_rotated(log))
    await asyncio.sleep(late_s)
    await log.reopen("late-create")


async def _late_writer(log: Log, late_s: float) -> None:
    """The writer goes on in the renamed file until it is told (logrotate's `postrotate`)."""
    _shift(log)
    log.path.rename(_rotated(log))
    log.path.touch()
    await asyncio.sleep(late_s)
    await log.reopen("late-writer")


async def _chain(log: Log, _late_s: float) -> None:
    """`.1` becomes `.2` and so on, then the log becomes `.1`."""
    _shift(log)
    log.path.rename(_rotated(log))
    log.path.touch()
    await log.reopen("chain")


async def _dated(log: Log, _late_s: float) -> None:
    """The date before the extension, as in `app-20260102-030405.log`."""
    log.serial += 1
    log.path.rename(log.path.with_stem(f"{log.path.stem}-20260102-{log.serial:06}"))
    log.path.touch()
    await log.reopen("dated")


async def _copytruncate(log: Log, _late_s: float) -> None:
    """
    A copy, and the file is emptied under the writer, which holds still meanwhile.

    What is written between the copy and the truncate is in no file: nobody could find it.
    """
    async with log.paused():
        _shift(log)
        await asyncio.to_thread(copy_sparse, log.path, _rotated(log))
        os.truncate(log.path, 0)
        await log.cut("copytruncate")


async def _delete(log: Log, late_s: float) -> None:
    """The file is deleted and another one made; the writer goes on in the deleted one a while."""
    log.path.unlink()
    log.path.touch()
    await asyncio.sleep(late_s / 2)
    await log.reopen("delete")


async def _symlink(log: Log, _late_s: float) -> None:
    """The name is a link, which is swapped in one step (as cronolog and rotatelogs do)."""
    log.serial += 1
    target = log.path.with_name(f"{log.path.name}-{log.serial:04}")
    target.touch()
    swapped = log.path.with_name("swapped")
    swapped.symlink_to(target.name)
    swapped.replace(log.path)
    await log.reopen("symlink")


async def _compress(log: Log, _late_s: float) -> None:
    """Renamed and compressed at once, without logrotate's `delaycompress`."""
    renamed = log.path.rename(_unique(log))
    log.path.touch()
    await log.reopen("compress")
    await asyncio.to_thread(_gzip, renamed)


ROTATIONS: Mapping[str, Rotation] = MappingProxyType(
    {
        "rename": _rename,
        "late-create": _late_create,
        "late-writer": _late_writer,
        "chain": _chain,
        "dated": _dated,
        "copytruncate": _copytruncate,
        "delete": _delete,
        "symlink": _symlink,
        "compress": _compress,
    }
)


def rotated_files(log: Log) -> list[Path]:
    """The files beside a log that were its generations, the oldest first."""
    live = log.path.resolve()
    files = [
        path
        for path in log.path.parent.iterdir()
        if path.name.startswith(log.path.stem) and path.suffix != ".ledger"
    ]
    old = [path for path in files if path not in (log.path, live)]
    return sorted(old, key=lambda path: path.stat().st_mtime_ns)


def copy_sparse(source: Path, copy: Path) -> None:
    """Copy a file and leave its holes out, as logrotate does: a writer may have left gigabytes."""
    with source.open("rb") as read, copy.open("wb") as written:
        fd, end = read.fileno(), os.fstat(read.fileno()).st_size
        start = _seek(fd, 0, os.SEEK_DATA, end)
        while start < end:
            hole = _seek(fd, start, os.SEEK_HOLE, end)
            written.seek(start)
            read.seek(start)
            written.write(read.read(hole - start))
            start = _seek(fd, hole, os.SEEK_DATA, end)
        written.truncate(end)


def _seek(fd: int, offset: int, what: int, end: int) -> int:
    try:
        return os.lseek(fd, offset, what)
    except OSError:  # ENXIO: nothing but a hole up to the end
        return end


def _unique(log: Log) -> Path:
    log.serial += 1
    return log.path.with_name(f"{log.path.name}.{20260102000000 + log.serial}")


def _rotated(log: Log) -> Path:
    return log.path.with_name(f"{log.path.name}.1")


def _shift(log: Log) -> None:
    """Number the rotated files up, the highest first."""
    numbers = [1]
    while log.path.with_name(f"{log.path.name}.{numbers[-1]}").exists():
        numbers.append(numbers[-1] + 1)
    for number in reversed(numbers[:-1]):
        name = log.path.with_name(f"{log.path.name}.{number}")
        name.rename(log.path.with_name(f"{log.path.name}.{number + 1}"))


def _gzip(path: Path) -> None:
    packed = path.with_name(f"{path.name}.gz")
    with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as file:
        shutil.copyfileobj(plain, file)
    path.unlink()
