"""Where events go: each sink selects, writes into a bounded buffer, and is flushed by the agent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent.console import Style, console_lines
from agent.events import Selection, json_lines
from parsers.batch import Batch
from rules.match import Matches

Write = Callable[[bytes], object]


class Output(Protocol):
    """Something that bytes are appended to, such as agent.files.OutputFile."""

    async def write(self, raw: bytes) -> None: ...

    async def flush(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class EventSink:
    """Writes the selected events of chosen sources as JSON lines, or as text for people."""

    write: Write
    selection: Selection = field(default_factory=Selection)
    # None: JSON lines.
    style: Style | None = None
    # Empty: all.
    sources: tuple[str, ...] = ()

    def take(self, batch: Batch, matches: Matches, source: str) -> None:
        """Write what is selected of a batch."""
        if self.sources and source not in self.sources:
            return
        rows = self.selection.rows(batch, matches)
        if not rows.size:
            return
        if self.style:
            lines = console_lines(batch, matches, rows, source, self.style)
            self.write("".join(f"{line}\n" for line in lines).encode())
        else:
            self.write(json_lines(batch, matches, rows, source))


class Buffered:
    """
    Holds what a sink wrote until the agent flushes it to the output.

    A slow output makes the agent wait (files are their own buffer), so this holds at most what one
    block gives on top of `limit_bytes`.
    """

    def __init__(self, output: Output, *, limit_bytes: int = 4 << 20) -> None:
        self._output = output  # closed by close()
        self._limit_bytes = limit_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0

    def write(self, raw: bytes) -> None:
        """Hold bytes for the next flush."""
        self._held.append(raw)
        self._held_bytes += len(raw)

    @property
    def held_bytes(self) -> int:
        """How much waits for the output."""
        return self._held_bytes

    def held_lines(self) -> int:
        """How many lines wait for the output: as JSON, one an event."""
        return sum(raw.count(b"\n") for raw in self._held)

    @property
    def full(self) -> bool:
        """Whether the reader should wait for a flush."""
        return self._held_bytes >= self._limit_bytes

    async def flush(self) -> None:
        """
        Hand what is held to the output. Raises OSError, and then still holds it.

        Bytes that the output took before it failed may come twice: at least once is the promise.
        """
        # Only what is held now: more may be written while the output is waited for.
        count = len(self._held)
        if not count:
            return
        held = b"".join(self._held[:count])
        await self._output.write(held)
        await self._output.flush()
        del self._held[:count]
        self._held_bytes -= len(held)

    async def close(self) -> None:
        """Flush for the last time and close."""
        await self.flush()
        await self._output.close()
