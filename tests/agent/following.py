"""What the tests of the following share: a clock, a wake on command, parser doubles, a reader."""

import bz2
import gzip
import lzma
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

from agent.checkpoint import Checkpoint
from agent.follow import Followed, Follower, FollowOptions, Watched
from agent.ledger import Ledgers
from agent.wake import PollWake
from parsers.batch import Parser


class Lines:
    """A parser double for a format in which every line is a record."""

    def __init__(self, path: str = "", head: bytes = b"") -> None:
        self.path, self.head = path, head

    def complete(self, raw: bytes) -> int:
        return raw.rfind(b"\n") + 1


class Indented(Lines):
    """A parser double for a format in which an indented line belongs to the record before it."""

    def complete(self, raw: bytes) -> int:
        lines = raw.splitlines(keepends=True)
        while lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        while lines and lines[-1].startswith(b" "):
            lines.pop()
        return sum(map(len, lines[:-1]))


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class WakeOnCommand(PollWake):
    """A wake that ends its wait when told to, and never by the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.directories: set[str] = set()

    async def wait(self, timeout_s: float) -> bool:  # noqa: ARG002 (the clock is the test's)
        await self._event.wait()
        self._event.clear()
        return True

    def watch(self, directories: Collection[str]) -> None:
        self.directories = set(directories)


class Counts:
    """What was counted of all sources, with all that is below a name."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers

    def __getitem__(self, name: str) -> int:
        return sum(ledger.group(name) for ledger in self._ledgers.items().values())


class Reader:
    """A follower of one source, read by hand: each look is asked for, time passes between them."""

    _made: ClassVar[list["Reader"]] = []

    @classmethod
    def close_all(cls) -> None:
        """Close what any reader has open, as the end of a test needs it."""
        for reader in cls._made:
            reader.follower.close()
        cls._made.clear()

    def __init__(
        self,
        *patterns: Path | str,
        checkpoint: Checkpoint | None = None,
        parser: Callable[[str, bytes], object] = Lines,
        wake: WakeOnCommand | None = None,
        **options: Any,
    ) -> None:
        Reader._made.append(self)
        self.patterns = patterns
        self.options = options
        self.parser = parser
        self.ledgers = Ledgers()
        self.counts = Counts(self.ledgers)
        self.clock = Clock()
        watched = Watched(
            "web", [str(p) for p in patterns], cast(Callable[[str, bytes], Parser], parser)
        )
        self.wake = wake or WakeOnCommand()
        self.follower = Follower(
            [watched],
            wake=self.wake,
            ledgers=self.ledgers,
            checkpoint=checkpoint,
            options=FollowOptions(
                **{
                    "clock": self.clock,
                    "wall_clock": self.clock,
                    "start_at": "beginning",
                    **options,
                }
            ),
        )

    def unbalanced(self) -> dict[str, int]:
        """Bytes seen of which nobody knows what became, by source; without zeros."""
        unread = self.follower.unread()
        found = {
            source: ledger.bytes_unbalanced(unread[source])
            for source, ledger in self.ledgers.items().items()
        }
        return {source: n for source, n in found.items() if n}

    def look(
        self, *, after_s: float = 1.1, sweep: bool = True, done: bool = True
    ) -> list[Followed]:
        """Let time pass and look until nothing more comes."""
        self.clock.now_s += after_s
        if sweep:
            self.follower.look_again()
        found: list[Followed] = []
        while more := list(self._round(done=done)):
            found += more
        assert self.unbalanced() == {}, "bytes of which nobody knows what became"
        return found

    def _round(self, *, done: bool) -> Iterator[Followed]:
        for followed in self.follower.look():
            if done:
                followed.done()
            yield followed

    def read(self, **how: Any) -> bytes:
        """The bytes of the blocks of one `look`."""
        return b"".join(followed.block.raw for followed in self.look(**how))

    def read_whole(self) -> bytes:
        """As `read`, until what takes several looks, such as unpacking, has come to its end."""
        found = self.read()
        while (more := self.read()) or any(
            lane.look_at_s <= self.clock.now_s for lane in self.follower._lanes.values()
        ):
            found += more
        return found

    def sweep(self) -> None:
        """Look the names up and open what is new, without reading."""
        self.follower.look_again()
        self.follower._sweep_to_the_end()

    def drain(self) -> bytes:
        found = b""
        for followed in self.follower.drain():
            found += followed.block.raw
            followed.done()
        return found

    def restarted(self, **options: Any) -> "Reader":
        """Another process, which knows what the checkpoint of this one says."""
        self.follower.close()
        return Reader(
            *self.patterns,
            checkpoint=self.follower.positions(),
            parser=self.parser,
            **{**self.options, **options},
        )


def append(path: Path, raw: bytes) -> None:
    """Write at the end of a file, as a logger with O_APPEND does."""
    with path.open("ab") as file:
        file.write(raw)


def copytruncate(path: Path, to: str) -> Path:
    """What logrotate's copytruncate does: a copy beside it, then the file cut to nothing."""
    copy = path.with_name(to)
    copy.write_bytes(path.read_bytes())
    with path.open("r+b") as file:
        file.truncate(0)
    return copy


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lambda raw: lzma.compress(raw, preset=0),
}


def compress(path: Path, ending: str = "gz", *, keeps_time: bool = True) -> Path:
    """What gzip does: a compressed file beside it, with its times, and then it is gone."""
    packed = path.with_name(f"{path.name}.{ending}")
    packed.write_bytes(PACKERS[ending](path.read_bytes()))
    if keeps_time:
        shutil.copystat(path, packed)
    path.unlink()
    return packed


def open_files(folder: Path) -> set[str]:
    """Which files of the folder this process has open."""
    links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]  # noqa: PTH208
    paths = [Path(os.readlink(link)) for link in links if os.path.lexists(link)]  # noqa: PTH115
    return {path.name for path in paths if path.parent == folder}
