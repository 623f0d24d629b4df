"""A writer's process as the run sees it: it is asked to pause, to reopen its log, to stop."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.selftest.logs import LogSpec


@dataclass(slots=True)
class Log:
    """One log of the run: its writer, and how its generations ended."""

    name: str
    spec: LogSpec
    path: Path
    ledger: Path
    process: Process  # ended by stop()
    ended_by: list[str] = field(default_factory=list)  # the kind, by generation
    first_number: int = 0  # of the present generation
    serial: int = 0  # what the next unique name gets
    rotating: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, command: str) -> int:
        """Give a command; the number of the next record. Raises RuntimeError if it is gone."""
        assert self.process.stdin
        assert self.process.stdout
        async with self._asking:
            self.process.stdin.write(f"{command}\n".encode())
            answer = await self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the writer of {self.path} has ended; its own words are above")
        return int(answer)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Let nothing be written until the block ends."""
        await self.ask("pause")
        try:
            yield
        finally:
            await self.ask("go")

    async def reopen(self, kind: str) -> None:
        """Make the writer open its log by name, as nginx does on USR1; `kind` is why."""
        self.first_number = await self.ask("reopen")
        self.ended_by.append(kind)

    async def cut(self, kind: str) -> None:
        """Tell the writer that its file was truncated."""
        self.first_number = await self.ask("cut")
        self.ended_by.append(kind)

    async def stop(self) -> None:
        """Let it finish its record and end."""
        if self.process.returncode is None:
            assert self.process.stdin
            self.process.stdin.close()
            await self.process.wait()


async def open_log(name: str, spec: LogSpec, path: Path, seed: int) -> Log:
    """Make a log, empty, and start its writer, which waits for `go`."""
    _make(path, linked=spec.linked)
    ledger = path.with_suffix(".ledger")
    command = ("-m", "agent.selftest.writer", name, str(path), str(ledger), str(seed))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=PIPE, stdout=PIPE
    )
    return Log(name, spec, path, ledger, process)


def _make(path: Path, *, linked: bool) -> None:
    path.parent.mkdir(parents=True)
    if linked:
        target = path.with_name(f"{path.name}-0000")
        target.touch()
        path.symlink_to(target.name)
    else:
        path.touch()
