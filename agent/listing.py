"""What lies beside a log: the names that rotation made of it, from one listing of its directory."""

import os
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from agent import paths
from agent.identity import Key, key

Found = tuple[str, os.stat_result]

# FAT keeps times of two seconds: a directory changed within them may have the same time.
_SETTLED_S = 2.0


@dataclass
class _Listing:
    """The names of one directory with their inodes, as they were at one moment."""

    folder: str
    signature: tuple[int, int, int]
    names: dict[str, int] = field(default_factory=dict)

    @cached_property
    def by_original(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for name in self.names:
            for original in paths.originals(name):
                found[original].append(name)
        return dict(found)

    @cached_property
    def packed_by_original(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for name in self.names:
            stem = paths.unpacked_name(name)
            if stem and stem not in self.names:
                for original in {stem, *paths.originals(stem)}:
                    found[original].append(name)
        return dict(found)


class Listings:
    """
    Directories as they were listed last, used again where that is as good as listing anew.

    Ten thousand files in one directory, each of which looks for what is beside it, would otherwise
    read a hundred million names (150 s at a start, measured).
    """

    def __init__(self, wall_clock: Callable[[], float] = time.time) -> None:
        self._wall_clock = wall_clock
        self._known: dict[str, _Listing] = {}
        self._kept = False
        self.epoch = (
            1  # how often everything was forgotten: what was listed since is as old at most
        )

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Use listings made since `forget` whatever has changed meanwhile."""
        self._kept = True
        try:
            yield
        finally:
            self._kept = False

    def forget(self) -> None:
        """List everything anew when it is asked for."""
        self._known.clear()
        self.epoch += 1

    def rotated(self, path: str) -> list[Found]:
        """List the uncompressed files beside `path` that rotation made of it, the oldest first."""
        folder, name = os.path.split(path)
        listing = self._listing(folder)
        names = listing.by_original.get(name, ())
        return _oldest_first(folder, (n for n in names if not n.endswith(paths.COMPRESSED)))

    def packed(self, path: str) -> list[Found]:
        """
        List the compressed files beside `path` that rotation made of it, the oldest first.

        Not those whose uncompressed twin is still there: it is being compressed, and better itself.
        """
        folder, name = os.path.split(path)
        return _oldest_first(folder, self._listing(folder).packed_by_original.get(name, ()))

    def rotated_away(self, folder: str, besides: Collection[str]) -> set[str]:
        """List the names in a directory that have rotated files but `besides`, and no file."""
        listing = self._listing(folder)
        made = (listing.by_original.items(), listing.packed_by_original.items())
        return {
            _in(folder, original)
            for each in made
            for original, names in each
            if original not in listing.names
            and any(_in(folder, name) not in besides for name in names)
        }

    def called_otherwise(self, path: str, wanted: Collection[Key]) -> list[Found]:
        """List the files beside `path`, by any name, whose device and inode are wanted."""
        if not wanted:
            return []
        folder, _ = os.path.split(path)
        inodes = {inode for _, inode in wanted}
        # The inode comes with the directory entry, for nothing; only what may be it costs a stat.
        names = self._listing(folder).names.items()
        maybe = _oldest_first(folder, (name for name, inode in names if inode in inodes))
        return [(name, found) for name, found in maybe if key(found) in wanted]

    def _listing(self, folder: str) -> _Listing:
        known = self._known.get(folder)
        if known is None or not (self._kept or self._is_unchanged(known)):
            known = self._known[folder] = _list(folder)
        return known

    def _is_unchanged(self, known: _Listing) -> bool:
        signature = _signature(known.folder)
        settled = self._wall_clock() - signature[2] / 1e9 > _SETTLED_S
        return settled and signature == known.signature


def _list(folder: str) -> _Listing:
    # Before: a change during the listing is then seen by the next look.
    listing = _Listing(folder, _signature(folder))
    with suppress(OSError), os.scandir(folder or ".") as entries:  # as good as nothing found
        listing.names = {entry.name: entry.inode() for entry in entries}
    return listing


def _signature(folder: str) -> tuple[int, int, int]:
    try:
        found = Path(folder).stat()
    except OSError:
        return 0, 0, 0
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _in(folder: str, name: str) -> str:
    return name if folder in {"", "."} else f"{folder}/{name}"


def _oldest_first(folder: str, names: Iterable[str]) -> list[Found]:
    found = []
    for path in (_in(folder, name) for name in names):
        with suppress(OSError):  # gone since it was listed
            found.append((path, Path(path).stat()))
    regular = [one for one in found if stat.S_ISREG(one[1].st_mode)]
    return sorted(regular, key=lambda one: one[1].st_mtime_ns)
