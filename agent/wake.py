"""The one door to watchdog: "look again". Only a hint: whoever waits looks by the clock as well."""

from __future__ import annotations

import asyncio
import errno
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Collection

    from watchdog.observers.api import BaseObserver, ObservedWatch

_log = logging.getLogger(__name__)

# watchdog starts a thread for each directory (emitter); beyond this many, the sweep is cheaper.
MOST_DIRECTORIES = 64

_FIXES = {
    errno.EMFILE: "raise the sysctl fs.inotify.max_user_instances",
    # "No space left on device" is the kernel's way to say it; fluent/fluent-bit#1777.
    errno.ENOSPC: "raise the sysctl fs.inotify.max_user_watches",
}


class Wake(Protocol):
    """What a follower waits on."""

    async def wait(self, timeout_s: float) -> bool:
        """Wait until names may have changed (True), or for `timeout_s` (False)."""
        ...

    def wake(self) -> None:
        """End the wait now, or the next one; only from the event loop's own thread."""
        ...

    def watch(self, directories: Collection[str]) -> None:
        """Say which directories hold the names that matter, from now on."""
        ...

    def arm(self, path: str, fd: int) -> bool:
        """
        Have the next write to an open file end a wait; False if that cannot be had.

        `path` is what `written` will name. Look at the file afterwards: it may have been
        written to just before.
        """
        ...

    def written(self) -> Collection[str]:
        """Name those armed whose files were written to since the last call; they are not now."""
        ...

    def tells(self, path: str) -> bool:
        """Whether the file of one who was armed, and which is seen to have grown, told of it."""
        ...

    def close(self) -> None:
        """Let go of threads and descriptors; nothing wakes any more."""
        ...


class PollWake:
    """Wakes by the clock only, for network file systems and wherever inotify cannot be had."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until `wake`, or for `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def wake(self) -> None:
        """End the wait now."""
        self._event.set()

    def watch(self, directories: Collection[str]) -> None:
        """Do nothing: the clock needs no directories."""

    def arm(self, path: str, fd: int) -> bool:  # noqa: ARG002 (the protocol's signature)
        """Say that there is no such thing: all files are polled."""
        return False

    def written(self) -> Collection[str]:
        """Name nobody."""
        return ()

    def tells(self, path: str) -> bool:  # noqa: ARG002 (the protocol's signature)
        """Be as good as a word: nobody was armed."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


class DirectoryWake(PollWake):
    """
    Wakes when a name is made, moved or taken away in the directories watched.

    Not when a file is written, unless it was idle: being told of each write costs 58 to 91 µs,
    polling a busy file 2 (measured, watchdog 7.1). Must be made in the running event loop. Where
    inotify fails, it says so once and goes on as `PollWake`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._observer: BaseObserver | None = None  # threads, stopped by close()
        # Directory to its watch and its inode; another inode is another directory, which the old
        # watch does not see.
        self._watches: dict[str, tuple[ObservedWatch, int]] = {}
        self._polling = False
        self._told = False
        self._names_changed = False
        self._writes: Writes[str] | None = None  # closed by close()
        self._no_writes = False  # they cannot be had

    async def wait(self, timeout_s: float) -> bool:
        """Wait until a name may have changed, a write, `wake`, or for `timeout_s`."""
        await super().wait(timeout_s)
        self._told = False
        changed, self._names_changed = self._names_changed, False
        return changed

    def wake(self) -> None:
        """End the wait now, as if a name had changed."""
        self._names_changed = True
        self._event.set()

    def arm(self, path: str, fd: int) -> bool:
        """Have the next write to an open file end a wait."""
        if self._no_writes:
            return False
        try:
            if self._writes is None:
                self._writes = Writes()
                self._loop.add_reader(self._writes.fileno(), self._hear_writes)
            self._writes.arm(path, fd)
        except OSError as error:
            self._refuse_writes(error)
            return False
        return True

    def written(self) -> Collection[str]:
        """Name those armed whose files were written to since the last call."""
        return self._writes.written() if self._writes else ()

    def tells(self, path: str) -> bool:
        """Whether the file of one who was armed, and which is seen to have grown, told of it."""
        return self._writes is None or self._writes.tells(path)

    def watch(self, directories: Collection[str]) -> None:
        """Watch these directories and no others; a missing one is tried again at the next call."""
        if len(directories) > MOST_DIRECTORIES and not self._polling:
            self._poll(f"{len(directories)} directories are more than {MOST_DIRECTORIES}", "")
        if self._polling:
            return
        wanted = {d: inode for d in directories if (inode := _inode(d))}
        for directory in [d for d, (_, inode) in self._watches.items() if wanted.get(d) != inode]:
            self._unschedule(directory)
        for directory, inode in wanted.items():
            if directory not in self._watches and not self._polling:
                self._schedule(directory, inode)

    def close(self) -> None:
        """Stop the threads; waits for them, which takes some milliseconds."""
        self._close_writes()
        self._close_directories()

    def _hear_writes(self) -> None:
        if self._writes:
            # Now: left readable, it would wake the loop for ever while an output is waited for.
            self._writes.listen()
            self._event.set()

    def _close_writes(self) -> None:
        writes, self._writes, self._no_writes = self._writes, None, True
        if writes is not None:
            self._loop.remove_reader(writes.fileno())
            writes.close()

    def _refuse_writes(self, error: OSError) -> None:
        fix = _FIXES.get(error.errno or 0)
        _log.warning(
            "idle files cannot be watched: %s; their first line is seen some seconds later%s",
            error.strerror or error,
            f" ({fix})" if fix else "",
        )
        self._close_writes()

    def _close_directories(self) -> None:
        observer, self._observer = self._observer, None
        self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join()

    def _schedule(self, directory: str, inode: int) -> None:
        try:
            self._watches[directory] = (self._watched(directory), inode)
        except FileNotFoundError:
            return  # gone since we looked; the next call tries again
        except OSError as error:
            fix = _FIXES.get(error.errno or 0, "")
            self._poll(f"{directory} cannot be watched: {error.strerror or error}", fix)

    def _watched(self, directory: str) -> ObservedWatch:
        # Imported here: watchdog takes 60 ms to import, and `replay` never comes here.
        from watchdog.events import (
            DirCreatedEvent,
            DirDeletedEvent,
            DirMovedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileMovedEvent,
            FileSystemEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer

        if self._observer is None:
            self._observer = Observer()
            self._observer.start()
        handler = FileSystemEventHandler()
        handler.dispatch = self._tell  # type: ignore[method-assign]  # every event says the same to us
        # These become the kernel's mask, so that writes are never reported (ecosystem.md §3.4).
        kinds: list[type[FileSystemEvent]] = [
            FileCreatedEvent,
            FileMovedEvent,
            FileDeletedEvent,
            DirCreatedEvent,
            DirMovedEvent,
            DirDeletedEvent,
        ]
        return self._observer.schedule(handler, directory, event_filter=kinds, follow_symlink=True)

    def _unschedule(self, directory: str) -> None:
        watch, _ = self._watches.pop(directory)
        if self._observer is not None:
            self._observer.unschedule(watch)

    def _tell(self, event: object) -> None:  # noqa: ARG002 (watchdog's signature)
        # In watchdog's thread. One callback until somebody has looked: logrotate over a thousand
        # files must not queue a thousand.
        if self._told:
            return
        self._told = True
        try:
            self._loop.call_soon_threadsafe(self.wake)
        except RuntimeError:
            return  # the loop has ended; nobody waits any more

    def _poll(self, why: str, fix: str) -> None:
        self._polling = True
        _log.warning(
            "%s; new and renamed files are found by the sweep, some seconds later%s",
            why,
            f" ({fix})" if fix else "",
        )
        self._close_directories()


def _inode(directory: str) -> int:
    try:
        return Path(directory).stat().st_ino
    except OSError:
        return 0
