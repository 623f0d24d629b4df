"""
Rotations whose steps happen between two system calls of one look, at random places.

A look is not one moment: a log may be renamed after its name was looked up, cut while it is opened,
compressed while what lies beside it is listed. Every system call of the following is a place at
which the next steps of a rotation may happen; each line must come out once all the same.

    python -m tests.agent.interleaved --seconds 60            # look for a seed that fails
    python -m tests.agent.interleaved --seed 7 --wide --kill  # tell one as a story
"""

import argparse
import gzip
import itertools
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.checkpoint import Checkpoint
from tests.agent.following import Reader

# What the following asks of the kernel about files; `Path` asks by these too.
_CALLS = ("open", "stat", "fstat", "scandir", "pread")
# So much of a copy tells whose it is: a shorter one is like many.
_HALF_BYTES = 150
_BANNER = b"=" * 100 + b"\n"
_MOST_PLACES = 60

Step = tuple[str, Callable[[], object]]


class Interrupts:
    """Runs steps of others before chosen system calls."""

    def __init__(self, story: list[str]) -> None:
        self._story = story
        self._at: dict[int, list[Step]] = {}
        self._calls = 0
        self._busy = True  # nothing is due, or the steps' own calls are under way

    @contextmanager
    def during(self, steps: dict[int, list[Step]]) -> Iterator[None]:
        """Run steps before the system calls of these numbers, and what is left at the end."""
        self._at, self._calls, self._busy = steps, 0, False
        real = {name: getattr(os, name) for name in _CALLS}
        for name in _CALLS:
            setattr(os, name, self._interrupted(name, real[name]))
        try:
            yield
        finally:
            for name in _CALLS:
                setattr(os, name, real[name])
        self._busy = True
        for number in sorted(self._at):
            self.run(self._at[number])

    def run(self, steps: Sequence[Step]) -> None:
        """Run steps now."""
        busy, self._busy = self._busy, True
        for name, step in steps:
            self._story.append(f"  {name}")
            with suppress(FileNotFoundError):  # another rotation took it
                step()
        self._busy = busy

    def _interrupted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if not self._busy:
                self._calls += 1
                self.run(self._at.pop(self._calls, ()))
                self._story.append(f"      {self._calls} {name} {Path(str(args[0])).name}")
            return real(*args, **options)

        return call


class Site:
    """A log, its writer, and what rotates it."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.log = folder / "access.log"
        self.log.touch()
        self.written: list[bytes] = []
        self.rotations = 0
        self._chains = 0
        self._folder = folder
        self._dice = dice
        self._written_to = self.log  # the file that the writer has open, by its name
        self._banner = _BANNER if dice.random() < 1 / 8 else b""
        # A writer without O_APPEND goes on where it was, behind NULs, when its file is cut.
        self._at: int | None = 0 if dice.random() < 1 / 4 else None
        self._kinds: Sequence[Callable[[Path], list[Step]]] = (
            self._renamed,
            self._copied,
            self._compressed,
            self._chained,
        )

    def write(self) -> Step:
        """Write some lines, as the writer does."""
        return "write", self._write

    def rotate(self) -> list[Step]:
        """The steps of one rotation."""
        self.rotations += 1
        rotated = self.log.with_name(f"{self.log.name}-{20260000 + self.rotations}")
        return self._dice.choice(self._kinds)(rotated)

    def prune(self, upto: int) -> Step:
        """Delete what the first rotations made."""

        def unlink() -> None:
            for path in self._folder.glob(f"{self.log.name}-*"):
                if int(path.name.removesuffix(".gz").rpartition("-")[2]) - 20260000 <= upto:
                    path.unlink()

        return "prune", unlink

    def _write(self) -> None:
        begin = self._banner if not self._written_to.stat().st_size else b""
        raw = begin + b"".join(self._line() for _ in range(self._dice.randint(1, 3)))
        with self._written_to.open("ab" if self._at is None else "r+b") as file:
            if self._at is not None:
                file.seek(self._at)
                self._at += len(raw)
            file.write(raw)

    def _line(self) -> bytes:
        line = b"line %d %s\n" % (len(self.written), b"x" * self._dice.choice((0, 5, 60, 3000)))
        self.written.append(line)
        return line

    def _maybe_write(self) -> list[Step]:
        return [self.write()] if self._dice.random() < 1 / 2 else []

    def _begin_anew(self) -> list[Step]:
        reopen: Step = "reopen", self._reopen
        return [("create", self.log.touch), *self._maybe_write(), reopen, *self._maybe_write()]

    def _reopen(self) -> None:
        self._written_to = self.log
        if self._at is not None:
            self._at = self.log.stat().st_size

    def _renamed(self, rotated: Path) -> list[Step]:
        return [
            ("rename", lambda: self._rename(rotated)),
            *self._maybe_write(),
            *self._begin_anew(),
        ]

    def _rename(self, rotated: Path) -> None:
        self.log.rename(rotated)
        self._written_to = rotated  # until it is told to reopen

    def _chained(self, _rotated: Path) -> list[Step]:
        self._chains += 1
        names = [self.log.with_name(f"{self.log.name}.{n}") for n in range(1, self._chains + 1)]
        older = list(itertools.pairwise(names))
        moves = [self._move(old, new) for old, new in reversed(older)]
        first: Step = "move the log", lambda: self._rename(names[0])
        return [*moves, first, *self._maybe_write(), *self._begin_anew()]

    def _move(self, old: Path, new: Path) -> Step:
        return f"move {old.name}", lambda: old.rename(new)

    def _copied(self, rotated: Path) -> list[Step]:
        def half() -> None:
            raw = self.log.read_bytes()
            rotated.write_bytes(raw[: max(len(raw) // 2, _HALF_BYTES)])

        return [
            ("begin the copy", rotated.touch),
            ("copy half", half),
            ("copy", lambda: rotated.write_bytes(self.log.read_bytes())),
            ("truncate", lambda: os.truncate(self.log, 0)),
            *self._maybe_write(),
        ]

    def _compressed(self, rotated: Path) -> list[Step]:
        packed = rotated.with_name(f"{rotated.name}.gz")

        def pack(share: int) -> None:
            raw = gzip.compress(rotated.read_bytes(), 1)
            packed.write_bytes(raw[: len(raw) // share])

        def finish() -> None:
            pack(1)
            if self._dice.random() < 2 / 3:
                shutil.copystat(rotated, packed)

        def rename() -> None:
            self.log.rename(rotated)
            self.log.touch()
            self._reopen()  # nobody compresses what is still written to

        return [
            ("rename and create", rename),
            *self._maybe_write(),
            ("compress half", lambda: pack(2)),
            ("compress", finish),
            ("unlink", rotated.unlink),
        ]


class Trial:
    """One random sequence of looks, rotations and kills, and what was read in it."""

    def __init__(self, seed: int, *, wide: bool, kill: bool) -> None:
        self.story: list[str] = []
        self._dice = random.Random(seed)
        self._kill = kill
        self._folder = Path(tempfile.mkdtemp(prefix="logtell-interleaved-"))
        self._site = Site(self._folder, self._dice)
        self._pattern = self._folder / ("access.log*" if wide else "access.log")
        self._interrupts = Interrupts(self.story)
        self._read = Counter[bytes]()
        self._reader = Reader(self._pattern)
        self._saved = (Checkpoint(), Counter[bytes]())
        # Rotations before which a whole look has seen everything, and that a restart knows of too.
        self._seen = self._done_with = 0

    def run(self) -> dict[bytes, int]:
        """Run it; returns the lines that were not read just once."""
        try:
            self._look({})
            self._save()
            for _ in range(self._dice.randint(1, 6)):
                self._go_on()
            for _ in range(8):
                self._look({})
        finally:
            self._reader.follower.close()
            shutil.rmtree(self._folder)
        counts = {line: self._read[line] for line in self._site.written}
        return {line: count for line, count in counts.items() if count != 1}

    def _go_on(self) -> None:
        self._look(self._scattered(self._steps()))
        if self._dice.random() < 1 / 2:
            self._look({})
            self._seen = self._site.rotations
            if not self._kill:
                self._done_with = self._seen
        chance = self._dice.random()
        if chance < 1 / 3:
            self._save()
        elif self._kill and chance < 1 / 2:
            self._restart()

    def _steps(self) -> list[Step]:
        steps: list[Step] = []
        for _ in range(self._dice.choice((1, 1, 2, 3))):
            steps += [self._site.write()] if self._dice.random() < 1 / 2 else []
            steps += self._site.rotate()
        prune = self._site.prune(self._done_with)
        return [*steps, prune] if self._dice.random() < 1 / 2 else steps

    def _scattered(self, steps: Sequence[Step]) -> dict[int, list[Step]]:
        """Before which system call each step happens; 0 is before the look."""
        if self._dice.random() < 1 / 4:
            self._interrupts.run(steps)
            return {}
        at = self._dice.randint(1, _MOST_PLACES)
        scattered = defaultdict[int, list[Step]](list)
        for step in steps:
            if self._dice.random() < 2 / 5:
                at += int(self._dice.expovariate(1 / self._dice.choice((2, 15))))
            scattered[at].append(step)
        return dict(scattered)

    def _look(self, steps: dict[int, list[Step]]) -> None:
        self.story.append("look")
        with self._interrupts.during(steps):
            found = self._reader.look(after_s=self._dice.choice((0.3, 1.1, 3.0)))
        for followed in found:
            lines = followed.block.raw.splitlines(keepends=True)
            self.story += [f"  read {line[:12]!r} of {followed.block.path}" for line in lines]
            self._read.update(lines)

    def _save(self) -> None:
        self.story.append("checkpoint")
        self._done_with = self._seen
        self._saved = self._reader.follower.positions(), self._read.copy()

    def _restart(self) -> None:
        if self._dice.random() < 1 / 3:
            self._save()
        self.story.append("kill and start")
        self._reader.follower.close()
        checkpoint, read = self._saved
        self._read, self._seen = read.copy(), self._done_with
        self._reader = Reader(self._pattern, checkpoint=checkpoint)


def main() -> int:
    """Try seeds until the time is over, or tell what happens with one."""
    parser = argparse.ArgumentParser(prog="python -m tests.agent.interleaved", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to try seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="run this one only, and tell the story")
    parser.add_argument("--wide", action="store_true", help="the pattern means rotated names too")
    parser.add_argument("--kill", action="store_true", help="start again from a checkpoint")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if options.seed is not None:
        trial = Trial(options.seed, wide=options.wide, kill=options.kill)
        wrong = trial.run()
        print("\n".join(trial.story), f"not read once: {wrong}", sep="\n")
        return bool(wrong)
    end_s, seed, failed = time.monotonic() + options.seconds, options.first, 0
    while time.monotonic() < end_s:
        for kill in (False, True):
            for wide in (False, True):
                if wrong := Trial(seed, wide=wide, kill=kill).run():
                    failed += 1
                    flags = " --wide" * wide + " --kill" * kill
                    print(f"--seed {seed}{flags}: {len(wrong)} lines wrong", flush=True)
        seed += 1
    print(f"{4 * (seed - options.first)} trials, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
