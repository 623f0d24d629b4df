"""Open files, handed from one follower to the next within a process."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.checkpoint import Entry


@dataclass(frozen=True, slots=True)
class Handed:
    """An open file, which may have lost its name since, or may lose it any moment."""

    entry: Entry  # what is known of it, as the checkpoint has it
    fd: int  # the next follower's to close
    retired: bool  # it has lost its name
    finished: bool  # nobody writes to it: it is a copy


@dataclass(slots=True)
class Handover:
    """The open files of the follower before, until each is taken by its name."""

    _waiting: dict[tuple[str, str], list[Handed]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, handed: Iterable[Handed]) -> "Handover":
        """Sort them by path and source; within a name they stay in their order."""
        found = cls()
        for each in handed:
            found._waiting[each.entry.path, each.entry.source].append(each)
        return found

    def paths(self, source: str) -> set[str]:
        """The names of a source that somebody waits for."""
        return {path for path, of_source in self._waiting if of_source == source}

    def take(self, path: str, source: str) -> list[Handed]:
        """Take those of a name; their descriptors are the caller's to close."""
        return self._waiting.pop((path, source), [])

    def take_all(self) -> list[Handed]:
        """Take those that nobody took; their descriptors are the caller's to close."""
        left = [each for handed in self._waiting.values() for each in handed]
        self._waiting.clear()
        return left

    def close(self) -> None:
        """Close those that nobody took: their source is not followed any more."""
        for each in self.take_all():
            os.close(each.fd)
