"""Rotated files that are still read, handed from one follower to the next within a process."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.identity import Key


@dataclass(frozen=True, slots=True)
class Orphan:
    """An open file that has lost its name, and perhaps has none any more."""

    path: str  # the name it had
    source: str
    key: Key
    fd: int  # the next follower's to close
    offset: int  # everything before it was handed over
    finished: bool  # nobody writes to it: it is a copy


@dataclass(slots=True)
class Orphans:
    """Those of the follower before, until each is taken by its name."""

    _waiting: dict[tuple[str, str], list[Orphan]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, orphans: Iterable[Orphan]) -> "Orphans":
        """Sort them by path and source; within a name they stay in their order."""
        found = cls()
        for orphan in orphans:
            found._waiting[orphan.path, orphan.source].append(orphan)
        return found

    def paths(self, source: str) -> set[str]:
        """The names of a source that somebody waits for."""
        return {path for path, of_source in self._waiting if of_source == source}

    def take(self, path: str, source: str) -> list[Orphan]:
        """Take those of a name; their descriptors are the caller's to close."""
        return self._waiting.pop((path, source), [])

    def close(self) -> None:
        """Close those that nobody took: their source is not followed any more."""
        for orphans in self._waiting.values():
            for orphan in orphans:
                os.close(orphan.fd)
        self._waiting.clear()
