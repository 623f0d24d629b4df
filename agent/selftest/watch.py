"""Watches the events as the agent writes them: when they came, and how far each log is read."""

import re
import threading
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

MARK = re.compile(rb"(first|last)\.([a-z]+)\.(\d+)\.")
_EVERY_S = 0.02


@dataclass(slots=True)
class Watch:
    """A thread that looks at the file of events fifty times a second."""

    path: Path
    # When (monotonic ns) the file was first seen to have more than before, and how much it had.
    at_ns: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    seen: dict[str, int] = field(default_factory=dict)  # the highest number of each log, plus one
    events: int = 0
    _rest: bytes = b""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None  # joined by close()

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look for the last time and end."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def again(self) -> "Watch":
        """A watch that goes on where this one, closed, has ended."""
        return Watch(self.path, self.at_ns, self.sizes, self.seen, self.events, self._rest)

    def _run(self) -> None:
        self.path.touch()
        with self.path.open("rb") as file:
            file.seek(self.sizes[-1] if self.sizes else 0)
            while not self._stop.wait(_EVERY_S):
                self._take(file.read())
            self._take(file.read())

    def _take(self, raw: bytes) -> None:
        if not raw:
            return
        self.at_ns.append(time.monotonic_ns())
        self.sizes.append((self.sizes[-1] if self.sizes else 0) + len(raw))
        self.events += raw.count(b"\n")
        whole, newline, rest = raw.rpartition(b"\n")
        whole, self._rest = (self._rest + whole, rest) if newline else (b"", self._rest + raw)
        highest: dict[bytes, int] = {}
        for _, log, number in MARK.findall(whole):
            highest[log] = max(highest.get(log, 0), int(number) + 1)
        for log, number in highest.items():
            name = log.decode()
            self.seen[name] = max(self.seen.get(name, 0), number)
