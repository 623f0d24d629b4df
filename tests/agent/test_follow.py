"""Many files: where to begin, what is never followed, whose turn it is, and how it ends."""

import asyncio
import itertools
from pathlib import Path
from typing import Any, cast

import pytest

from agent.follow import Followed, Follower, FollowOptions, Limits, Pace, Watched
from agent.lane import Lane
from agent.ledger import Ledgers
from agent.wake import DirectoryWake, PollWake
from parsers.batch import Parser
from tests.agent.following import Lines, Reader, WakeOnCommand, append


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"one\ntwo\n")
    return path


def test_first_start_begins_at_the_end_by_default(log: Path) -> None:
    reader = Reader(log, start_at="end")
    before = reader.read()
    append(log, b"three\n")

    assert (before, reader.read()) == (b"", b"three\n")


def test_first_start_at_the_end_reads_a_half_line_whole(log: Path) -> None:
    append(log, b"ha")
    reader = Reader(log, start_at="end")
    reader.look()
    append(log, b"lf\n")

    assert reader.read() == b"half\n"


def test_file_that_appears_later_is_read_from_its_beginning(log: Path) -> None:
    reader = Reader(log.with_name("*.log"), start_at="end")
    reader.look()
    log.with_name("new.log").write_bytes(b"new\n")

    assert reader.read() == b"new\n"


def test_file_that_appeared_while_down_is_read_from_its_beginning(log: Path) -> None:
    reader = Reader(log.with_name("*.log"), start_at="end")
    reader.look()
    log.with_name("new.log").write_bytes(b"new\n")

    assert reader.restarted().read() == b"new\n"


def test_source_that_had_no_file_yet_is_no_first_start(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "*.log", start_at="end")
    reader.look()
    (tmp_path / "new.log").write_bytes(b"new\n")

    assert reader.restarted().read() == b"new\n"


def test_restart_goes_on_in_mid_file(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")

    assert reader.restarted().read() == b"three\n"


def test_restart_before_anything_was_written_remembers_the_end(log: Path) -> None:
    reader = Reader(log, start_at="end")
    reader.look()
    append(log, b"three\n")

    assert reader.restarted().read() == b"three\n"


def test_kill_between_reading_and_done_repeats_only_that(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    assert reader.read(done=False) == b"three\n"

    assert reader.restarted().read() == b"three\n"


def test_positions_move_only_with_done(log: Path) -> None:
    reader = Reader(log)
    followed = reader.look(done=False)
    before = reader.follower.positions().entries[0].offset
    followed[0].done()

    assert (before, reader.follower.positions().entries[0].offset) == (0, 8)


def test_file_not_done_is_not_forgotten_when_the_grace_time_is_over(log: Path) -> None:
    reader = Reader(log)
    followed = reader.look(done=False)
    log.rename(log.with_name("app.log.1"))
    reader.look()
    reader.look(after_s=100)
    followed[0].done()
    entries = reader.follower.positions().entries

    assert [8] == [entry.offset for entry in entries]


def test_compressed_files_are_never_followed(log: Path) -> None:
    log.rename(log.with_name("app.log.1.gz"))
    reader = Reader(log.with_name("*"))

    assert reader.read() == b""


def test_our_own_output_is_never_followed(log: Path) -> None:
    link = log.with_name("link.log")
    link.symlink_to(log)

    assert Reader(log.with_name("*.log"), exclude={str(log)}).read() == b""


def test_a_file_with_two_names_is_read_once(log: Path) -> None:
    log.with_name("b.log").hardlink_to(log)
    log.with_name("c.log").symlink_to(log)

    assert Reader(log.with_name("*.log")).read() == b"one\ntwo\n"


def test_a_file_of_two_sources_belongs_to_the_first(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(log)
    follower = Follower(
        [Watched(name, [str(log)], cast(Any, Lines)) for name in ("web", "api")],
        wake=reader.wake,
        ledgers=reader.ledgers,
        options=FollowOptions(start_at="beginning"),
    )
    sources = [followed.source for followed in follower.look()]
    follower.look_again()
    list(follower.look())

    assert sources == ["web"]
    assert len(caplog.messages) == 1
    assert "belongs to source web, so source api leaves it out" in caplog.messages[0]


def test_busy_file_does_not_starve_a_quiet_one(tmp_path: Path) -> None:
    limits = Limits(max_line_bytes=10, max_record_bytes=40)
    (tmp_path / "a-busy.log").write_bytes(b"busy\n" * 1000)
    (tmp_path / "b-quiet.log").write_bytes(b"quiet\n")
    first_two = Reader(tmp_path / "*.log", limits=limits).look()[:2]

    assert [b"busy\n" * 8, b"quiet\n"] == [followed.block.raw for followed in first_two]


def test_quiet_file_waits_for_one_block_and_not_for_one_of_each_backlog(tmp_path: Path) -> None:
    """Five files with 200 MB together to be read, and a third of a second for each block."""
    for number in range(5):
        (tmp_path / f"backlog{number}.log").write_bytes((b"x" * 99 + b"\n") * 400_000)
    quiet = tmp_path / "quiet.log"
    quiet.touch()
    reader = Reader(tmp_path / "*.log")
    came: list[int] = []  # how many blocks after it was written

    async def main() -> None:
        written = blocks = 0
        async for followed in reader.follower.blocks():
            followed.done()
            blocks += 1
            reader.clock.now_s += 0.33
            if followed.block.path == str(quiet):
                came.append(blocks - written)
            if blocks == 150:
                return
            if blocks % 10 == 0:
                written = blocks
                append(quiet, b"line\n")

    asyncio.run(main())
    assert len(came) == 14
    assert max(came) <= 2


def test_idle_file_is_read_as_soon_as_it_is_written_to(tmp_path: Path) -> None:
    """The kernel tells of it: the next look by the clock would be much later."""
    log = tmp_path / "idle.log"
    log.write_bytes(b"old\n")
    pace = Pace(arm_after_s=0, armed_s=1000)
    found: list[bytes] = []

    def use(follower: Follower, followed: Followed) -> None:
        found.append(followed.block.raw)
        if len(found) == 1:
            asyncio.get_running_loop().call_later(0.3, append, log, b"first for long\n")
        else:
            follower.stop()

    follow(watched(log), DirectoryWake, use, pace=pace, sweep_s=1000.0)
    assert found == [b"old\n", b"first for long\n"]


class Deaf(WakeOnCommand):
    """What a network file system is: it takes the watch, and tells nothing of what others write."""

    def arm(self, item: object, fd: int) -> bool:  # noqa: ARG002 (the protocol's)
        return True

    def tells(self, item: object) -> bool:  # noqa: ARG002 (the protocol's)
        return False


def test_file_system_that_tells_nothing_is_found_out_and_polled(log: Path) -> None:
    reader = Reader(log, wake=Deaf())
    reader.look()
    reader.look(after_s=60, sweep=False)  # idle, and armed
    append(log, b"three\n")
    late = [reader.read(after_s=1, sweep=False) for _ in range(15)]
    reader.look(after_s=60, sweep=False)  # idle again
    append(log, b"four\n")

    assert sorted(late)[-1] == b"three\n"
    assert late[0] == b""
    assert reader.read(after_s=1, sweep=False) == b"four\n"


def test_many_names_are_swept_in_slices(tmp_path: Path) -> None:
    """Whoever else needs the event loop must not wait for ten thousand names."""
    for number in range(1000):
        (tmp_path / f"{number}.log").touch()
    reader = Reader(tmp_path / "*.log")
    turns: list[int] = []

    async def main() -> None:
        def turn() -> None:
            turns.append(reader.counts["files.opened"])
            if turns[-1] < 1000:
                asyncio.get_running_loop().call_soon(turn)
            else:
                reader.follower.stop()

        asyncio.get_running_loop().call_soon(turn)
        async for _ in reader.follower.blocks():
            pass

    asyncio.run(main())
    steps = [after - before for before, after in itertools.pairwise(turns)]
    assert max(steps) <= 50


def test_idle_files_are_looked_at_more_rarely() -> None:
    pace = Pace()
    steps = [pace.next_look_s(1000.0, quiet_s) for quiet_s in (0.5, 60)]

    assert steps == pytest.approx([1000.25, 1001.0])


def test_a_file_that_grows_much_is_looked_at_sooner() -> None:
    steps = [Pace().look_after_s(1000.0, found) - 1000.0 for found in (1, 65_536)]

    assert steps == pytest.approx([0.25, 0.1])


def test_drain_reads_to_the_present_end_and_no_further(log: Path) -> None:
    """A writer who never stops must not keep us from stopping."""
    reader = Reader(log, limits=Limits(max_line_bytes=10, max_record_bytes=40))
    found = b""
    for followed in reader.follower.drain():
        found += followed.block.raw
        append(log, b"more\n" * 100)
        assert len(found) < 100

    assert found.startswith(b"one\ntwo\n")


def test_drain_sees_what_was_rotated_since(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"four\n")

    assert reader.drain() == b"three\nfour\n"


def test_drain_hands_out_the_half_line_of_a_deleted_file(log: Path) -> None:
    """There is no other time for it."""
    append(log, b"half")
    reader = Reader(log)
    reader.look()
    log.unlink()

    assert reader.drain() == b"half"


def follow(watched: list[Watched], wake: Any, use: Any, **options: Any) -> None:
    async def main() -> None:
        follower = Follower(
            watched,
            wake=wake(),
            ledgers=Ledgers(),
            options=FollowOptions(start_at="beginning", **options),
        )
        async for followed in follower.blocks():
            followed.done()
            use(follower, followed)

    asyncio.run(main())


def watched(pattern: Path) -> list[Watched]:
    return [Watched("web", [str(pattern)], lambda path, head: cast(Parser, Lines(path, head)))]


def test_blocks_end_after_stop_with_what_is_there(log: Path) -> None:
    found: list[bytes] = []

    def use(follower: Follower, followed: Followed) -> None:
        found.append(followed.block.raw)
        if len(found) == 1:
            append(log, b"three\n")
            follower.stop()

    follow(watched(log), PollWake, use)
    assert found == [b"one\ntwo\n", b"three\n"]


def test_blocks_come_without_any_wake(log: Path) -> None:
    """Correctness never depends on watchdog: the file is polled, the names are swept."""
    found: list[bytes] = []

    def use(follower: Follower, followed: Followed) -> None:
        found.append(followed.block.raw)
        if found[-1] == b"one\ntwo\n":
            append(log, b"three\n")
        elif found[-1] == b"three\n":
            log.rename(log.with_name("app.log.1"))
            log.write_bytes(b"four\n")
        else:
            follower.stop()

    follow(watched(log), PollWake, use, sweep_s=0.01)
    assert found == [b"one\ntwo\n", b"three\n", b"four\n"]


def test_new_file_is_found_by_watchdog_long_before_the_sweep(log: Path) -> None:
    found: list[bytes] = []

    def use(follower: Follower, followed: Followed) -> None:
        found.append(followed.block.raw)
        if len(found) == 1:
            log.with_name("new.log").write_bytes(b"new\n")
        else:
            follower.stop()

    follow(watched(log.with_name("*.log")), DirectoryWake, use, sweep_s=1000.0)
    assert found == [b"one\ntwo\n", b"new\n"]


def test_new_names_do_not_wait_for_longer_because_opening_took_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten files that take a second each, as where all are rotated at night on a busy machine."""
    reader = Reader(tmp_path / "*.log")
    reader.look()
    for number in range(10):
        (tmp_path / f"app{number}.log").write_bytes(b"one\n")
    real = Lane.open_if_there

    def slow(lane: Lane, now_s: float, *, at_first: bool) -> None:
        reader.clock.now_s += 1.0
        real(lane, now_s, at_first=at_first)

    monkeypatch.setattr(Lane, "open_if_there", slow)
    reader.read()
    (tmp_path / "new.log").write_bytes(b"new\n")
    reader.follower._sweep.hint()

    assert reader.read(sweep=False, after_s=0.1) == b"new\n"


def test_stop_ends_the_wait(tmp_path: Path) -> None:
    async def main() -> list[Followed]:
        reader = Reader(tmp_path / "*.log")
        asyncio.get_running_loop().call_soon(reader.follower.stop)
        return [followed async for followed in reader.follower.blocks()]

    assert asyncio.run(main()) == []


def test_cancellation_ends_the_wait(tmp_path: Path) -> None:
    async def main() -> None:
        reader = Reader(tmp_path / "*.log")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(aiter(reader.follower.blocks())), 0.01)

    asyncio.run(main())


def test_other_tasks_run_during_a_backlog(log: Path) -> None:
    """Otherwise a backlog of hours would keep the flush timer waiting."""
    log.write_bytes(b"line\n" * 1000)
    ran: list[int] = []

    async def main() -> None:
        reader = Reader(log, limits=Limits(max_line_bytes=10, max_record_bytes=40))
        asyncio.get_running_loop().call_later(0, ran.append, 1)
        blocks = 0
        async for _ in reader.follower.blocks():
            blocks += 1
            if ran:
                break
        assert blocks < 10

    asyncio.run(main())


def test_directories_of_links_and_patterns_are_watched(tmp_path: Path) -> None:
    for name in ("logs", "target", "deep"):
        (tmp_path / name).mkdir()
    (tmp_path / "target" / "a").write_bytes(b"one\n")
    (tmp_path / "logs" / "app.log").symlink_to(tmp_path / "target" / "a")
    reader = Reader(tmp_path / "logs" / "app.log", tmp_path / "deep" / "*" / "x.log")
    reader.look()

    assert reader.wake.directories == {str(tmp_path / d) for d in ("logs", "target", "deep")}
