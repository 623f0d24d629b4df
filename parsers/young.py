"""A log that had few lines when its format was chosen: perhaps a banner, and no record yet."""

from collections.abc import Callable
from dataclasses import dataclass

from parsers.batch import Parser

# What is kept of each young log to choose from; ten thousand of them are 40 MiB.
_RECENT_BYTES = 4096
# A log of so many lines has shown what it is.
GROWN_LINES = 200


@dataclass(slots=True)
class Young:
    """The last lines of a log, until it has 200: when twice as many have come, they choose anew."""

    choose: Callable[[bytes], Parser | None]
    lines: int
    _next: int = 0
    _recent: bytes = b""

    @property
    def is_grown(self) -> bool:
        """Whether the choice stands."""
        return self.lines >= GROWN_LINES

    def chosen(self, raw: bytes) -> Parser | None:
        """The format of the last lines, of which `raw` is the end; None: no other is known."""
        recent = self._recent + raw[-_RECENT_BYTES:]
        if len(recent) > _RECENT_BYTES:
            recent = recent[recent.find(b"\n", len(recent) - _RECENT_BYTES) + 1 :]
        self._recent = recent
        self._next = self._next or 2 * self.lines
        self.lines += raw.count(b"\n")
        if self.lines < self._next:
            return None
        self._next = 2 * self.lines
        return self.choose(self._recent)
