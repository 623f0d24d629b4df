"""Being told, once, that an idle file was written to; so that it need not be looked at often."""

from __future__ import annotations

import ctypes
import logging
import os
import struct
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_log = logging.getLogger(__name__)

T = TypeVar("T")

# inotify(7). With IN_ONESHOT the kernel takes the watch away after its first event, so that a busy
# file costs nothing: being told of each of 500 writes a second takes 31 to 91 µs a write
# (ecosystem.md §3.4). watchdog has no such watches.
IN_MODIFY = 0x00000002
IN_ONESHOT = 0x80000000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name, which a file's has not
_READ_BYTES = 64 * 1024


class Writes(Generic[T]):
    """
    One-shot watches of files, each for an item that is handed back when its file is written to.

    Only a hint: network file systems and mmap tell nothing, so everything is polled too, rarely.
    Whoever runs the loop calls `listen` when `fileno` is readable.
    """

    def __init__(self) -> None:
        """Raises OSError: EMFILE where the user has all inotify instances he may have."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._add: Callable[[int, bytes, int], int] = libc.inotify_add_watch
        libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self._remove: Callable[[int, int], int] = libc.inotify_rm_watch
        self._fd = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))  # closed by close()
        if self._fd < 0:
            raise _error()
        self._items: dict[int, T] = {}  # by watch
        self._watches: dict[T, int] = {}  # the present one of each item
        self._heard: dict[T, None] = {}  # written to, and not handed back yet

    def fileno(self) -> int:
        """The descriptor, readable when a file was written to."""
        return self._fd

    def arm(self, item: T, fd: int) -> None:
        """
        Watch the open file until it is next written to. Raises OSError, such as ENOSPC.

        By /proc, so that it is this file and no other that has its name now. Look at the file
        afterwards: it may have been written to just before.
        """
        watch = self._add(self._fd, b"/proc/self/fd/%d" % fd, IN_MODIFY | IN_ONESHOT)
        if watch < 0:
            raise _error()
        old = self._watches.get(item)
        if old is not None and old != watch:
            self._remove(self._fd, old)
            self._items.pop(old, None)
        self._items[watch], self._watches[item] = item, watch

    def written(self) -> list[T]:
        """Hand out the items whose files were written to since the last call; never waits."""
        self.listen()
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def tells(self, item: T) -> bool:
        """Whether an armed item's file, which is seen to have grown, has told so, or still will."""
        self.listen()
        return item in self._heard or item not in self._watches

    def close(self) -> None:
        """Close; nothing is told any more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def listen(self) -> None:
        """Take what the kernel has to tell; never waits."""
        for watch in self._events():
            item = self._items.pop(watch, None)  # IN_IGNORED follows, for nobody
            if item is not None and self._watches.get(item) == watch:
                del self._watches[item]
                self._heard[item] = None

    def _events(self) -> Iterator[int]:
        while raw := self._read():
            at = 0
            while at < len(raw):
                watch, _, _, length = _EVENT.unpack_from(raw, at)
                at += _EVENT.size + length
                yield watch

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return b""


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
