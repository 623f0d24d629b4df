"""Rotated files that were compressed before they were read: found by content, read once."""

import gzip
import os
import zlib
from pathlib import Path

import pytest

from tests.agent.following import PACKERS, Reader, append, compress, copytruncate

# Longer than a head, so that only the bytes before the offset tell two generations apart.
BANNER = b"=" * 1500 + b"\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"one\ntwo\n")
    return path


def rotate(log: Path, to: str = "access.log.1", *, keeps_time: bool = True) -> Path:
    """Rename and compress at once, as logrotate does without delaycompress."""
    return compress(log.rename(log.with_name(to)), keeps_time=keeps_time)


@pytest.mark.parametrize("ending", PACKERS)
def test_immediate_compression_while_down_reads_the_rest_first(log: Path, ending: str) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    compress(log.rename(log.with_name("access.log.1")), ending)
    log.write_bytes(b"four\n")

    again = reader.restarted()
    assert again.read() == b"three\nfour\n"
    assert again.restarted().read() == b""


@pytest.mark.parametrize("keeps_time", [True, False])
def test_immediate_compression_while_followed_reads_each_line_once(
    log: Path, keeps_time: bool
) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    rotate(log, keeps_time=keeps_time)
    log.write_bytes(b"")

    assert reader.read() == b"three\n"
    reader.look(after_s=61)
    again = reader.restarted()
    assert again.read() == b""
    append(log, b"four\n")
    assert again.read() == b"four\n"


def test_crash_while_compressed_files_are_searched_loses_none_of_them(log: Path) -> None:
    """The checkpoint knows the present file, which is newer than what was not found yet."""
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.2"))
    log.write_bytes(b"three\n")
    rotate(log, keeps_time=True)
    log.write_bytes(b"four\n")
    later_ns = log.stat().st_mtime_ns + 10**10
    os.utime(log, ns=(later_ns, later_ns))
    again = reader.restarted()
    again.follower._sweep_to_the_end()

    assert again.restarted().read_whole() == b"three\nfour\n"


def test_generation_behind_nuls_is_not_taken_for_another_that_is_not_read_yet(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.3"))
    for name, text in (("access.log.2", b"three\n"), ("access.log.1", b"four\n")):
        with log.with_name(name).open("wb") as file:
            file.seek(5000)
            file.write(text)
    compress(log.with_name("access.log.1"))
    log.write_bytes(b"five\n")

    assert sorted(reader.read_whole().split()) == [b"five", b"four", b"three"]
    assert reader.restarted().read_whole() == b""


def test_generation_behind_nuls_is_known_again_in_its_compressed_file(log: Path) -> None:
    """After copytruncate a writer without O_APPEND goes on where it was."""
    reader = Reader(log)
    reader.look()
    with log.open("r+b", buffering=0) as file:
        file.seek(5000)
        copytruncate(log, "access.log.1")
        file.write(b"three\n")
    rotate(log, "access.log.2")

    assert reader.read_whole() == b"three\n"
    assert reader.restarted().read_whole() == b""


@pytest.mark.parametrize("keeps_time", [True, False])
def test_restart_within_the_grace_time_does_not_read_the_compressed_file_again(
    log: Path, keeps_time: bool
) -> None:
    reader = Reader(log)
    reader.look()
    rotate(log, keeps_time=keeps_time)
    log.write_bytes(b"")
    reader.look()

    assert reader.restarted().read() == b""


def test_generation_that_was_compressed_before_anybody_saw_it_is_read(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    rotate(log, "access.log.2")
    log.write_bytes(b"three\n")
    rotate(log)
    log.write_bytes(b"four\n")

    assert reader.read() == b"three\nfour\n"
    assert reader.restarted().read() == b""


@pytest.mark.parametrize("begin", [b"", BANNER], ids=["own heads", "same banner"])
def test_two_compressed_rotations_while_down_are_read_in_order(log: Path, begin: bytes) -> None:
    log.write_bytes(begin + b"one\n")
    reader = Reader(log)
    reader.look()
    append(log, b"two\n")
    rotate(log, "access.log.2")
    log.write_bytes(begin + b"three\n")
    rotate(log)
    log.write_bytes(begin + b"four\n")

    again = reader.restarted()
    assert again.read() == b"two\n" + begin + b"three\n" + begin + b"four\n"
    assert again.restarted().read() == b""


@pytest.mark.parametrize("down", [False, True], ids=["followed", "down"])
def test_copytruncate_with_immediate_compression_reads_the_rest(log: Path, down: bool) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    compress(copytruncate(log, "access.log.1"))
    append(log, b"four\n")

    reader = reader.restarted() if down else reader
    assert reader.read() == b"three\nfour\n"
    assert reader.counts["bytes.lost"] == 0
    assert reader.restarted().read() == b""


def test_compressed_copy_of_what_was_read_holds_nothing_new(log: Path) -> None:
    """The copy was made before the last look at the original, so it lacks a line that we have."""
    reader = Reader(log)
    reader.look()
    copy = log.with_name("access.log.1")
    copy.write_bytes(log.read_bytes())
    append(log, b"three\n")
    first = reader.read()
    os.truncate(log, 0)
    compress(copy, keeps_time=False)
    append(log, b"four\n")

    assert (first, reader.read()) == (b"three\n", b"four\n")


def test_truncation_with_another_file_compressed_tells_what_is_lost(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    reader.follower.look_again()
    list(reader.follower.look())
    log.write_bytes(b"4\n")
    log.with_name("access.log.1.gz").write_bytes(gzip.compress(b"from elsewhere, and longer\n"))
    os.utime(log.with_name("access.log.1.gz"), (0, 0))

    assert reader.read() == b"4\n"


def test_generation_written_while_the_one_before_was_compressed_is_read(log: Path) -> None:
    """The compressed file is younger than the generation that came after it."""
    reader = Reader(log)
    reader.look()
    packed = compress(log.rename(log.with_name("access.log.3")))
    later_s = packed.stat().st_mtime + 100
    os.utime(packed, (later_s, later_s))
    log.write_bytes(b"")
    reader.look()
    reader.look(after_s=70)
    again = reader.restarted()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"four\n")

    assert again.read() == b"three\nfour\n"


def test_rest_that_is_not_found_at_the_first_look_is_looked_for_again(log: Path) -> None:
    """It may be renamed or compressed at the very moment, and stand under neither name."""
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    (log.parent / "elsewhere").mkdir()
    away = log.rename(log.parent / "elsewhere" / "access.log")
    again = reader.restarted()
    first = again.read()
    compress(away.rename(log.with_name("access.log.1")))

    assert (first, again.read()) == (b"", b"three\n")
    assert again.counts["files.rest_missing"] == 0


def test_copy_that_is_not_found_at_the_first_look_is_looked_for_again(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    away = copytruncate(log, "elsewhere")
    append(log, b"four\n")
    first = reader.read()
    away.rename(log.with_name("access.log.1"))

    assert (first, reader.read()) == (b"four\n", b"three\n")
    assert reader.counts["bytes.lost"] == 0


def test_generation_that_turns_up_when_it_was_given_up_is_not_read_again(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    (log.parent / "elsewhere").mkdir()
    away = log.rename(log.parent / "elsewhere" / "access.log")
    log.write_bytes(b"three\n")
    again = reader.restarted()
    first = again.read() + again.read()
    packed = compress(away.rename(log.with_name("access.log.1")), keeps_time=False)
    log.rename(log.with_name("access.log.2"))
    log.write_bytes(b"four\n")

    assert (first, again.read()) == (b"three\n", b"four\n")
    assert packed.exists()


def test_kill_while_the_rest_is_read_repeats_only_what_was_not_done(log: Path) -> None:
    lines = [b"line %d %s\n" % (n, b"x" * 1000) for n in range(3000)]  # three blocks
    reader = Reader(log)
    reader.look()
    append(log, b"".join(lines))
    rotate(log)
    log.write_bytes(b"")
    again = reader.restarted()
    again.follower.look_again()
    while not (first := list(again.follower.look())):
        pass  # it is unpacked in steps
    first[0].done()
    done = first[0].block.raw

    assert done + again.restarted().read_whole() == b"".join(lines)


def test_compressed_file_that_was_done_is_not_unpacked_again(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    rotate(log)
    again = reader.restarted()
    again.read()
    again.look(after_s=61)
    monkeypatch.setattr("agent.archive.recognise", None)  # fails if it is called

    assert again.restarted().read() == b""


def test_compressed_file_still_being_written_is_read_when_it_is_whole(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))
    packed = compress(log.with_name("access.log.1"), keeps_time=False)
    whole = packed.read_bytes()
    packed.write_bytes(whole[:-10])
    again = reader.restarted(wall_clock=lambda: packed.stat().st_mtime)
    first = again.read()
    packed.write_bytes(whole)

    assert (first, again.read(after_s=3)) == (b"", b"three\n")


def test_damaged_compressed_file_is_read_as_far_as_it_goes(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n" * 10)
    packed = rotate(log)
    packed.write_bytes(packed.read_bytes()[:-4])  # the length at the end is gone
    again = reader.restarted(wall_clock=lambda: packed.stat().st_mtime + 3600)

    assert again.read() == b"three\n" * 10
    assert [f"{packed}: damaged; what it holds behind its first 68 bytes is lost"] == [
        record.message for record in caplog.records
    ]


def test_full_disk_is_one_warning_and_the_rest_is_read_when_there_is_room(
    log: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "missing"
    reader = Reader(log, spool=spool)
    reader.look()
    append(log, b"three\n")
    rotate(log)
    again = reader.restarted()
    first = again.read() + again.read(after_s=2)
    spool.mkdir()

    assert (first, again.read(after_s=60)) == (b"", b"three\n")
    assert sum("no such file" in record.message for record in caplog.records) == 1


def test_file_that_is_compressed_by_name_only_is_left_alone(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    log.with_name("access.log.2.gz").write_bytes(b"not ours\n")
    log.with_name("access.log.3.gz").write_bytes(b"")
    log.with_name("access.log.4.gz").write_bytes(gzip.compress(b"") + zlib.compress(b"no"))
    log.write_bytes(b"three\n")

    assert reader.read() == b"three\n"


def test_other_files_are_read_while_a_large_one_is_unpacked(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(b"")
    reader = Reader(log, other)
    reader.look()
    append(log, b"x" * 999 + b"\n" + b"three\n" * 1_000_000)  # six pieces of 1 MiB
    rotate(log)
    again = reader.restarted()
    append(other, b"meanwhile\n")
    again.follower.look_again()

    first = [followed.block.raw for followed in again.follower.look()]

    assert first == [b"meanwhile\n"]
    assert len(again.read_whole()) == 1000 + 6_000_000


def beside(folder: Path, old: str, new: str, raw: bytes) -> tuple[Path, Path, Reader]:
    """A log in `old` that was looked at, where one is to be in `new`, and who follows both."""
    for name in (old, new):
        (folder / name).mkdir()
    log = folder / old / "app.log"
    log.write_bytes(raw)
    reader = Reader(folder / "*" / "app.log")
    reader.look()
    return log, folder / new / "app.log", reader


@pytest.mark.parametrize(("old", "new"), [("a", "b"), ("b", "a")])
def test_rest_is_found_where_another_log_has_the_inode_now(
    tmp_path: Path, old: str, new: str
) -> None:
    """Compressed and unlinked, its inode is free, and the next file that is made gets it."""
    log, other, reader = beside(tmp_path, old, new, b"one\nhal")
    reader.follower.close()
    append(log, b"f\n")
    (tmp_path / old / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.rename(other)
    other.write_bytes(b"another\n")

    again = reader.restarted()

    assert sorted(again.read_whole().splitlines()) == [b"another", b"half"]
    assert again.counts["bytes.lost"] == again.counts["files.truncated"] == 0


def test_drain_reads_a_deleted_file_though_the_search_takes_too_long(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.follow._SEARCH_ON_S", 0)
    reader = Reader(log)
    reader.look()
    append(log, b"three\n" * 500_000)
    rotate(log)
    log.write_bytes(b"four\n")
    again = reader.restarted()
    again.sweep()
    log.unlink()

    assert again.drain() == b"four\n"
    assert again.restarted().read_whole() == b"three\n" * 500_000


@pytest.mark.parametrize("packed", [True, False], ids=["compressed", "renamed"])
@pytest.mark.parametrize("begun", [b"", b"\0" * 2000 + b"two\n"], ids=["empty", "behind NULs"])
def test_file_of_which_nothing_was_read_is_found_behind_a_newer_generation(
    log: Path, begun: bytes, packed: bool
) -> None:
    """Killed with a backlog: only its inode is known, and a later file of the name is known too."""
    second = log.with_name("access.log.20260102")
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.20260101"))
    log.write_bytes(begun)
    reader.sweep()
    append(log, b"late\n")
    log.rename(second)
    log.write_bytes(b"three\n")
    newer_ns = second.stat().st_mtime_ns + 5 * 10**9
    os.utime(log, ns=(newer_ns, newer_ns))
    reader.sweep()
    if packed:
        compress(second)

    assert reader.restarted().read_whole() == begun.lstrip(b"\0") + b"late\nthree\n"


@pytest.mark.parametrize(("old", "new"), [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("read", [True, False], ids=["read", "only opened"])
def test_copy_is_found_where_another_log_has_the_inode_now(
    tmp_path: Path, old: str, new: str, read: bool
) -> None:
    log, other, reader = beside(tmp_path, old, new, b"one\n")
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"two\n" if read else b"")
    reader.look()
    append(log, b"three\n")
    copytruncate(log, "app.log.2")
    log.rename(other)
    other.write_bytes(b"another\n")
    log.write_bytes(b"four\n")

    again = reader.restarted()

    assert sorted(again.read_whole().splitlines()) == [b"another", b"four", b"three"]


def test_unread_file_is_found_compressed_where_another_log_has_the_inode_now(
    tmp_path: Path,
) -> None:
    log, other, reader = beside(tmp_path, "b", "a", b"one\n")
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"")
    reader.sweep()
    append(log, b"two\n")
    (tmp_path / "b" / "app.log.2.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.rename(other)
    other.write_bytes(b"another\n")
    log.write_bytes(b"three\n")

    assert sorted(reader.restarted().read_whole().splitlines()) == [b"another", b"three", b"two"]


def test_drain_searches_compressed_files_to_the_end(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    many = b"".join(b"%d\n" % number for number in range(500_000))
    append(log, many)
    rotate(log)
    log.write_bytes(b"four\n")

    again = reader.restarted()

    assert again.drain() == many + b"four\n"


def test_what_was_compressed_before_we_first_came_is_never_read(log: Path) -> None:
    packed = log.with_name("access.log.1.gz")
    packed.write_bytes(gzip.compress(b"old\n"))
    log.write_bytes(b"")
    reader = Reader(log, start_at="end")
    reader.look()
    packed.rename(log.with_name("access.log.2.gz"))
    append(log, b"one\n")
    rotate(log)
    log.write_bytes(b"two\n")

    assert reader.read() == b"one\ntwo\n"


def test_many_files_compressed_at_once_are_not_compared_with_each_other(tmp_path: Path) -> None:
    """Two thousand took 60 s of CPU when each was compared with all, which no time limit allows."""
    logs = [tmp_path / f"{number}.log" for number in range(2000)]
    for log in logs:
        log.write_bytes(b"begun %s\n" % log.name.encode())
    reader = Reader(tmp_path / "*.log")
    reader.read()
    for log in logs:
        append(log, b"late %s\n" % log.name.encode())
        rotate(log, f"{log.name}.1")
        log.write_bytes(b"new %s\n" % log.name.encode())

    lines = reader.read_whole().splitlines()

    assert len(lines) == len(set(lines)) == 4000
