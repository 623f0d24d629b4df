"""The agent under test: a real process that is stopped, killed, reloaded and started again."""

import asyncio
import shutil
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.child import start_agent

_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.02


@dataclass(slots=True)
class Life:
    """One process of the agent; times by the monotonic clock, in ns."""

    ready_ns: int = 0  # 0: never was
    ended_ns: int = 0
    killed: bool = False
    events_bytes: int = 0  # the size of the file of events when it ended
    # When the last checkpoint was saved, and the one before it; 0 if there was none.
    checkpoint_ns: int = 0
    previous_ns: int = 0


@dataclass(slots=True)
class Subject:
    """Starts and ends the agent, and keeps what a verdict needs to know of it."""

    folder: Path
    config: Path
    lives: list[Life] = field(default_factory=list)
    reloads: int = 0
    troubles: list[str] = field(default_factory=list)  # what must not happen, in words
    _process: Process | None = None  # ended by end()
    _log_from: int = 0  # where in its log the present process began

    @property
    def events(self) -> Path:
        """Where its events go."""
        return self.folder / "events.jsonl"

    async def start(self) -> None:
        """Start it; it follows when `until_ready` returns."""
        self.lives.append(Life())
        with (self.folder / "agent.log").open("ab") as log:
            self._log_from = log.tell()
            self._process = await start_agent(self.config, log)

    async def until_ready(self) -> None:
        """Wait until it follows."""
        life = self.lives[-1]
        await self._until(lambda: self._is_ready(life), _READY_WITHIN_S, "was not ready")

    async def stop(self) -> None:
        """End it by SIGTERM, once it follows: a clean stop loses and repeats nothing."""
        await self.until_ready()
        process = self._alive()
        if process is None:
            return
        process.terminate()
        await self._until(lambda: process.returncode is not None, _STOP_WITHIN_S, "did not stop")
        if process.returncode is None:
            process.kill()
        code = await process.wait()
        self._ended(killed=code == -signal.SIGKILL)
        if code:
            self.troubles.append(f"the agent ended with code {code} when it was stopped")

    async def kill(self) -> None:
        """End it by SIGKILL."""
        process = self._alive()
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        self.lives[-1].ended_ns = time.monotonic_ns()
        await process.wait()
        self._ended(killed=True)
        self._keep_checkpoint()

    def _keep_checkpoint(self) -> None:
        """Keep what the next process starts from, for whoever has to find out what went wrong."""
        with suppress(FileNotFoundError):
            kept = self.folder / f"checkpoint-{len(self.lives)}.json"
            shutil.copy2(self.folder / "state" / "checkpoint.json", kept)

    async def reload(self) -> None:
        """Send it SIGHUP, once it follows, and wait until it does so again."""
        await self.until_ready()
        process = self._alive()
        if process is not None:
            before = self._times_following()
            process.send_signal(signal.SIGHUP)
            self.reloads += 1
            await self._until(
                lambda: self._times_following() > before, _READY_WITHIN_S, "did not reload"
            )

    async def until_flushed_twice(self) -> None:
        """Wait until everything that has been read by now is in a checkpoint."""
        checkpoint = self.folder / "state" / "checkpoint.json"
        for _ in range(2):
            saved_ns = checkpoint.stat().st_mtime_ns

            def is_newer(before_ns: int = saved_ns) -> bool:
                return checkpoint.stat().st_mtime_ns != before_ns

            await self._until(is_newer, _READY_WITHIN_S, "saved no checkpoint")

    def complaints(self) -> list[str]:
        """What the agent itself calls an error in its log: that something is lost or wrong."""
        lines = (self.folder / "agent.log").read_text(errors="backslashreplace").splitlines()
        return [f"the agent says: {line}" for line in lines if " ERROR " in line]

    def end(self) -> None:
        """End it at once if it still runs: the run was broken off."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _times_following(self) -> int:
        """How often the present process has said what it follows: at its start, at each reload."""
        with (self.folder / "agent.log").open("rb") as log:
            log.seek(self._log_from)
            return log.read().count(b" INFO following: ")

    def _alive(self) -> Process | None:
        process = self._process
        if process is not None and process.returncode is not None:
            self.troubles.append(f"the agent ended by itself, with code {process.returncode}")
            self._ended(killed=False)
            return None
        return process

    def _ended(self, *, killed: bool) -> None:
        life = self.lives[-1]
        life.killed = killed
        life.ended_ns = life.ended_ns or time.monotonic_ns()
        life.events_bytes = self.events.stat().st_size
        life.checkpoint_ns = self._saved_ns("checkpoint.json")
        life.previous_ns = self._saved_ns("checkpoint.json.previous")
        self._process = None

    def _saved_ns(self, name: str) -> int:
        """When a file of the agent's state was written, by the monotonic clock; 0: not there."""
        try:
            wall_ns = (self.folder / "state" / name).stat().st_mtime_ns
        except FileNotFoundError:
            return 0
        return wall_ns - time.time_ns() + time.monotonic_ns()

    def _is_ready(self, life: Life) -> bool:
        """Whether it has said that it follows; its heartbeat begins before that."""
        gone = self._process is None or self._process.returncode is not None
        if life.ready_ns or life is not self.lives[-1] or gone:
            return True
        if self._times_following():
            life.ready_ns = time.monotonic_ns()
        return life.ready_ns > 0

    async def _until(self, is_so: Callable[[], bool], within_s: float, otherwise: str) -> None:
        end_s = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > end_s:
                self.troubles.append(f"the agent {otherwise} within {within_s:.0f} s")
                return
            await asyncio.sleep(_LOOK_AGAIN_S)
