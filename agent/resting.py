"""A file that is followed without being open: how it was left, and whether it is still so."""

import os
from dataclasses import dataclass
from typing import Self

from agent.identity import Key, key
from agent.tail import Tail


@dataclass(frozen=True, slots=True)
class Resting:
    """A file by its name, as it was when it was closed."""

    path: str
    key: Key
    # Size and mtime_ns at the last look; what no file has, if it was not read since.
    seen: tuple[int, int]
    grew_s: float  # clock time when it last grew
    waits: bool  # its last record waits for more lines, as long as it has not waited long enough

    @classmethod
    def of(cls, tail: Tail) -> Self:
        """Note how an open file is."""
        waits = tail.awaits_more()
        seen = tail.seen if waits or tail.is_read() else (-1, -1)
        return cls(tail.path, tail.key, seen, tail.grew_s, waits)

    def is_due(self, now_s: float, wait_s: float) -> bool:
        """Whether the last record has waited so long that it is to be handed out."""
        return self.waits and now_s - self.grew_s >= wait_s

    def has_its_name(self) -> bool:
        """Whether it is this file that stands under the name."""
        found = self._stat()
        return found is not None and key(found) == self.key

    def has_changed(self) -> bool:
        """Whether there is something to read, or another file under the name, or none."""
        found = self._stat()
        if found is None:
            return True
        return (key(found), (found.st_size, found.st_mtime_ns)) != (self.key, self.seen)

    def _stat(self) -> os.stat_result | None:
        try:
            return os.stat(self.path)  # noqa: PTH116 (a Path costs three times as much)
        except OSError:
            return None
