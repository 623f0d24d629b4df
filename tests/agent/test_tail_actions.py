"""
Random sequences of what happens to a log, against a model of what must be read (Vector's idea).

Nothing sleeps: the looks are actions like the others. Every line must come out exactly once.
"""

import itertools
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.checkpoint import Checkpoint
from tests.agent.following import Reader, append, compress, copytruncate


class Log(RuleBasedStateMachine):
    """
    One log, its writer, logrotate, and the reader.

    What nobody could know is left out: a file deleted before anyone looked at it, one copied and
    truncated between being filled and being looked at for the first time, and one that came and
    went after a restart that knew of no file at all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="logtell-actions-"))
        self.log = self.folder / "access.log"
        self.log.touch()
        self.numbers = itertools.count()
        self.written: Counter[bytes] = Counter()  # records that must come out
        self.half = b""  # written, without its newline
        self.late_half = b""  # the same, in the file renamed last
        self.seen = False  # the present generation was looked at, with something in it
        self.open = False  # the present file was looked at by the present reader
        self.read: Counter[bytes] = Counter()
        self.saved = (Checkpoint(), Counter[bytes]())
        self.last_renamed: Path | None = None
        self.deleted = False  # a file is held open that a kill would lose
        self.rests = False  # the present file is followed without being open

    @initialize(wide=st.booleans(), size=st.integers(0, 3))
    def start(self, wide: bool, size: int) -> None:
        """The pattern may mean the rotated names too; the log may begin with a banner."""
        if size:
            self.banner(size)
        self.reader = Reader(self.folder / ("access.log*" if wide else "access.log"))
        self.look()
        self.checkpoint()

    def banner(self, size: int) -> None:
        """Begin each generation alike: then only the bytes before the offset tell them apart."""
        self.write_line(b"=" * 500 * size)
        self.write_line(b"begun %d" % next(self.numbers))

    def write_line(self, text: bytes) -> None:
        self.written[self.half + text] += 1
        append(self.log, text + b"\n")
        self.half = b""

    @rule(lines=st.integers(1, 5), long=st.booleans())
    def write(self, lines: int, long: bool) -> None:
        for _ in range(lines):
            self.write_line(b"line %d %s" % (next(self.numbers), b"x" * 600 * long))

    @rule()
    def write_half(self) -> None:
        part = b"half %d " % next(self.numbers)
        append(self.log, part)
        self.half += part

    @precondition(lambda self: self.last_renamed)
    @rule()
    def write_late(self) -> None:
        """The writer has not reopened its log yet."""
        text = b"late %d" % next(self.numbers)
        assert self.last_renamed
        append(self.last_renamed, text + b"\n")
        self.written[self.late_half + text] += 1
        self.late_half = b""

    def shift(self) -> None:
        """Number the rotated files up, as logrotate does."""
        for n in range(30, 0, -1):
            for ending in ("", ".gz"):
                old = self.folder / f"access.log.{n}{ending}"
                if old.exists():
                    old.rename(self.folder / f"access.log.{n + 1}{ending}")
                    if self.last_renamed == old:
                        self.last_renamed = self.folder / f"access.log.{n + 1}"

    @precondition(lambda self: self.log.exists())
    @rule(create=st.booleans(), banner=st.integers(0, 2), compressed=st.booleans())
    def rename(self, create: bool, banner: int, compressed: bool) -> None:
        self.shift()
        self.end_late_half()
        self.last_renamed = self.log.rename(self.folder / "access.log.1")
        self.late_half, self.half = self.half, b""
        self.begin(create, banner)
        if compressed:
            self.compress(keeps_time=True)

    @precondition(lambda self: self.last_renamed)
    @rule(keeps_time=st.booleans())
    def compress(self, keeps_time: bool) -> None:
        """What logrotate does at once, or at the next rotation, when nobody writes any more."""
        assert self.last_renamed
        self.end_late_half()
        compress(self.last_renamed, keeps_time=keeps_time)
        self.last_renamed = None

    def end_late_half(self) -> None:
        """Nobody writes any more to the file that was renamed before."""
        if self.late_half:
            self.written[self.late_half] += 1
        self.late_half = b""

    def begin(self, create: bool, banner: int) -> None:
        self.seen = self.open = self.rests = False
        if create:
            self.log.touch()
        if banner:
            self.banner(banner)

    @precondition(lambda self: self.log.exists() and self.seen)
    @rule(banner=st.integers(0, 2), compressed=st.booleans(), hole=st.booleans())
    def copytruncate(self, banner: int, compressed: bool, hole: bool) -> None:
        self.shift()
        size = self.log.stat().st_size
        copy = copytruncate(self.log, "access.log.1")
        if compressed:
            compress(copy)
        if self.half:
            self.written[self.half] += 1
        self.half = b""
        self.seen = False
        if hole:  # of a writer without O_APPEND
            os.truncate(self.log, size)
            self.write_line(b"after %d" % next(self.numbers))
        if banner:
            self.banner(banner)

    @precondition(lambda self: self.log.exists())
    @rule(sweep=st.booleans(), save=st.booleans())
    def begin_to_look(self, sweep: bool, save: bool) -> None:
        """One block of each file, as a start reads them; a flush may come then."""
        self.reader.clock.now_s += 1.1
        if sweep:
            self.reader.follower.look_again()
        for followed in self.reader._round(done=True):
            self.note(followed.block.raw)
        self.open = self.open or sweep
        if save and self.open:
            self.checkpoint()

    @rule()
    def rest(self) -> None:
        """Other files need the descriptors: what is open may be closed until it changes."""
        for lane in self.reader.follower._lanes.values():
            lane.rest()
        self.rests = True

    @precondition(lambda self: self.log.exists() and self.open and not self.rests)
    @rule(create=st.booleans())
    def delete(self, create: bool) -> None:
        self.log.unlink()
        self.deleted = True
        if self.half:
            self.written[self.half] += 1
        self.half = b""
        self.begin(create, 0)

    @rule(sweep=st.booleans())
    def look(self, sweep: bool = True) -> None:
        for followed in self.reader.look(after_s=1.1, sweep=sweep):
            self.note(followed.block.raw)
        if sweep:
            self.open = self.log.exists()
            self.seen = self.open and self.log.stat().st_size > 0

    def note(self, raw: bytes) -> None:
        lines = raw.split(b"\n")
        self.read.update(line for n, line in enumerate(lines) if line or n < len(lines) - 1)

    @precondition(lambda self: self.log.exists())
    @rule()
    def restart(self) -> None:
        """A clean stop: all that is there is read, but for half lines of files that stay."""
        self.look()
        for followed in self.reader.follower.drain():
            self.note(followed.block.raw)
            followed.done()
        self.reader = self.reader.restarted()
        self.open = self.deleted = self.rests = False
        self.checkpoint()

    @precondition(lambda self: self.open)
    @rule()
    def checkpoint(self) -> None:
        self.saved = (self.reader.follower.positions(), Counter(self.read))

    @precondition(lambda self: not self.deleted)
    @rule()
    def kill(self) -> None:
        """What was read since the last checkpoint is read again, and only that."""
        self.reader = self.reader.restarted()
        positions, read = self.saved
        self.reader = Reader(*self.reader.patterns, checkpoint=positions)
        self.read = Counter(read)
        self.open = self.rests = False

    @invariant()
    def every_byte_is_accounted_for(self) -> None:
        assert not hasattr(self, "reader") or self.reader.unbalanced() == {}

    def teardown(self) -> None:
        if hasattr(self, "reader"):
            self.end_late_half()
            if self.half:
                self.write_line(b"end")
            for after_s in (1, 61, 61, 1):
                for followed in self.reader.look(after_s=after_s):
                    self.note(followed.block.raw)
            self.reader.follower.close()
            self.every_byte_is_accounted_for()
            missing, repeated = self.written - self.read, self.read - self.written
            assert (missing, repeated) == (Counter(), Counter()), f"{missing=} {repeated=}"
            assert self.reader.counts["bytes.lost"] == 0, "said to be lost, and nothing is missing"
        shutil.rmtree(self.folder)


TestLog = Log.TestCase
TestLog.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
