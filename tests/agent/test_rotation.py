"""Rotation, one behaviour a test: what is read, in which order, and nothing twice."""

from pathlib import Path

import pytest

from tests.agent.following import Reader, append, compress, copytruncate


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"one\ntwo\n")
    return path


def test_rename_with_create_reads_the_rest_of_the_old_file_first(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"four\n")

    assert reader.read() == b"three\nfour\n"
    assert reader.counts["files.rotated"] == 1
    assert reader.counts["files.truncated"] == 0


def test_rename_with_late_create_loses_nothing(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    append(log.with_name("access.log.1"), b"three\n")

    assert reader.read() == b"three\n"
    log.write_bytes(b"four\n")
    assert reader.read() == b"four\n"


def test_late_writes_to_the_renamed_file_are_read(log: Path) -> None:
    """nginx writes to the old file until it is told to reopen."""
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"four\n")
    reader.look()
    append(log.with_name("access.log.1"), b"three\n")

    assert reader.read() == b"three\n"


def test_renamed_file_is_closed_when_the_grace_time_is_over(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    reader.look()
    append(log.with_name("access.log.1"), b"late\n")
    reader.look(after_s=59)

    reader.look(after_s=59)
    assert reader.counts["files.closed"] == 0
    reader.look(after_s=2)
    assert reader.counts["files.closed"] == 1


def test_rename_chain_reads_each_file_once(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"three\n")
    first = reader.read()
    log.with_name("access.log.1").rename(log.with_name("access.log.2"))
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"four\n")

    assert (first, reader.read()) == (b"three\n", b"four\n")


def test_two_rotations_between_two_looks_lose_no_generation(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.2"))
    log.with_name("access.log.1").write_bytes(b"four\n")
    log.write_bytes(b"five\n")

    assert reader.read() == b"three\nfour\nfive\n"


@pytest.mark.parametrize("pattern", ["access.log", "*.log"])
def test_file_that_came_and_was_rotated_before_its_first_look_is_read(
    log: Path, pattern: str
) -> None:
    log.unlink()
    log.with_name("access.log.1").write_bytes(b"old\n")
    compress(log.with_name("access.log.1"))
    log.with_name("access.log.1").write_bytes(b"older than us\n")
    reader = Reader(log.with_name(pattern), start_at="end")
    reader.look()
    log.with_name("access.log.1").rename(log.with_name("access.log.2"))
    log.write_bytes(b"one\n")
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"two\n")

    assert reader.read() == b"one\ntwo\n"
    append(log.with_name("access.log.1"), b"late\n")
    assert reader.read() == b"late\n"


def test_dated_files_of_the_pattern_are_no_rotated_files_of_a_name_that_never_was(
    tmp_path: Path,
) -> None:
    """`app.log` would be their original, and is meant by the pattern as well."""
    dated = tmp_path / "app-2026-01-01.log"
    dated.write_bytes(b"one\nhal")
    reader = Reader(tmp_path / "*.log")
    before = reader.read()
    append(dated, b"f\n")
    (tmp_path / "app-2026-01-02.log").write_bytes(b"two\n")

    assert before == b"one\n"
    assert sorted(reader.read().splitlines()) == [b"half", b"two"]


def test_rename_with_dated_name_loses_nothing(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log-20260102"))
    log.write_bytes(b"four\n")

    assert reader.read() == b"three\nfour\n"


def test_rename_within_the_pattern_is_the_same_file(log: Path) -> None:
    reader = Reader(log.with_name("*"))
    first = reader.read()
    log.rename(log.with_name("access.log.1"))
    append(log.with_name("access.log.1"), b"three\n")
    log.write_bytes(b"four\n")
    second = reader.read()
    reader.look(after_s=61)
    append(log.with_name("access.log.1"), b"very late\n")

    assert (first, second) == (b"one\ntwo\n", b"three\nfour\n")
    assert reader.read() == b"very late\n"


@pytest.mark.parametrize(
    "written_after",
    [b"", b"4\n", b"four 89\n", b"four and more than there was before\n"],
    ids=["empty", "smaller", "equal", "larger"],
)
def test_copytruncate_reads_the_rest_from_the_copy(log: Path, written_after: bytes) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    copytruncate(log, "access.log.1")
    append(log, written_after)

    assert reader.read() == b"three\n" + written_after
    assert reader.counts["files.truncated"] == 1


def test_generation_of_a_writer_without_append_that_was_copied_unseen_is_read(log: Path) -> None:
    """Filled, copied and cut between two looks; the writer goes on where it was, behind NULs."""
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.2"))
    log.write_bytes(b"")
    reader.look()
    with log.open("r+b", buffering=0) as file:
        file.write(b"three\n" * 500)
        copytruncate(log, "access.log.1")
        file.write(b"four\n")

    assert reader.read() == b"three\n" * 500 + b"four\n"


def test_generation_behind_nuls_that_was_seen_and_not_read_before_it_was_copied_is_read(
    log: Path,
) -> None:
    """A writer without O_APPEND, whose file begins with NULs before and after."""
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))
    write_behind_nuls(log, 2000, b"four\n")
    reader.follower.look_again()
    first = [followed.block.raw for followed in reader.follower.look()]
    copytruncate(log, "access.log.2")
    write_behind_nuls(log, 2005, b"five\n")

    assert first == [b"three\n"]
    assert reader.read() == b"four\nfive\n"
    assert reader.counts["bytes.lost"] == 0


def write_behind_nuls(log: Path, nuls: int, raw: bytes) -> None:
    with log.open("ab") as file:
        file.truncate(nuls)
        file.write(raw)


def test_generation_that_was_copied_between_opening_and_the_first_look_is_read(log: Path) -> None:
    """As at a start with a backlog: seconds pass between the two."""
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"")
    reader.sweep()
    append(log, b"three\n")
    copytruncate(log, "access.log.2")

    assert reader.read() == b"three\n"
    append(log, b"four\n")
    assert reader.read() == b"four\n"


def test_truncate_and_regrow_between_two_looks_is_seen_by_the_bytes_before(tmp_path: Path) -> None:
    """The head is the same and the file longer; only the bytes before the offset differ."""
    log = tmp_path / "app.log"
    banner = b"=" * 1023 + b"\n"
    log.write_bytes(banner + b"one\n")
    reader = Reader(log)
    reader.look()
    copytruncate(log, "app.log.1")
    append(log, banner + b"two\nthree\n")

    assert reader.read() == banner + b"two\nthree\n"


def test_truncation_without_a_copy_tells_what_is_lost(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    reader.look()
    log.write_bytes(b"4\n")

    assert reader.read() == b"4\n"
    reader.look()  # it is looked for twice
    assert reader.counts["bytes.lost.truncated"] == 4


def test_truncation_does_not_glue_the_half_line_to_the_next(log: Path) -> None:
    reader = Reader(log)
    append(log, b"half")
    reader.look()
    copytruncate(log, "access.log.1")
    append(log, b"whole\n")

    assert [f.block.raw for f in reader.look()] == [b"half", b"whole\n"]


def test_copytruncate_where_the_pattern_means_the_copy_too_counts_nothing_twice(log: Path) -> None:
    reader = Reader(log.with_name("access.log*"))
    reader.look()
    append(log, b"three\n")
    copy = log.with_name("access.log.1")
    copy.write_bytes(log.read_bytes())
    between = reader.read()
    log.write_bytes(b"")
    append(log, b"four\n")

    assert (between, reader.read()) == (b"three\n", b"four\n")
    assert reader.read(after_s=70) == b""


def test_delete_and_recreate_reads_the_deleted_file_to_its_end(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.unlink()
    log.write_bytes(b"four\n")

    assert reader.read() == b"three\nfour\n"


def test_reused_inode_is_a_new_file(log: Path) -> None:
    """The file is not held open, so its inode is free: ext4 gives it to the next file."""
    reader = Reader(log)
    reader.look()
    again = reader.restarted()
    log.unlink()
    log.write_bytes(b"new\nand longer than the old one was\n")

    assert again.read() == b"new\nand longer than the old one was\n"


def test_symlink_swap_follows_the_new_target(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_bytes(b"one\n")
    (tmp_path / "b.data").write_bytes(b"three\n")
    link = tmp_path / "app.log"
    link.symlink_to("a.data")
    reader = Reader(link)
    reader.look()
    append(tmp_path / "a.data", b"two\n")
    link.unlink()
    link.symlink_to("b.data")

    assert reader.read() == b"two\nthree\n"


def test_symlink_swapped_back_repeats_nothing(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode() + b" one\n")
    link = tmp_path / "app.log"
    link.symlink_to("a")
    reader = Reader(link)
    reader.look()
    for target in "ba":
        link.unlink()
        link.symlink_to(target)
        reader.look()
    reader.look(after_s=70)
    append(tmp_path / "a", b"a two\n")

    assert reader.read() == b"a two\n"


def test_link_swapped_to_a_dated_file_is_read_once(tmp_path: Path) -> None:
    """cronolog and rotatelogs: the present file has the name of a rotated one."""
    (tmp_path / "app.log-20260101").write_bytes(b"one\n")
    link = tmp_path / "app.log"
    link.symlink_to("app.log-20260101")
    reader = Reader(link)
    reader.look()
    append(tmp_path / "app.log-20260102", b"two\n")
    link.unlink()
    link.symlink_to("app.log-20260102")

    assert reader.read() == b"two\n"


def test_rotation_while_down_finishes_the_old_file_first(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"four\n")

    assert reader.restarted().read() == b"three\nfour\n"


def test_rotation_while_down_without_a_new_file_finishes_the_old_one(log: Path) -> None:
    reader = Reader(log.with_name("*.log"))
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))

    assert reader.restarted().read() == b"three\n"


def test_two_rotations_while_down_read_the_generation_that_nobody_saw(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.2"))
    log.with_name("access.log.1").write_bytes(b"four\n")
    log.write_bytes(b"five\n")

    assert reader.restarted().read() == b"three\nfour\nfive\n"


def test_crash_before_a_generation_behind_nuls_was_read_does_not_lose_it(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.2"))
    with log.with_name("access.log.1").open("wb") as file:
        file.seek(5000)
        file.write(b"three\n")
    log.write_bytes(b"four\n")
    again = reader.restarted()
    again.follower._sweep_to_the_end()

    assert again.restarted().read() == b"three\nfour\n"


def test_copytruncate_while_down_reads_the_rest_from_the_copy(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    copytruncate(log, "access.log.1")
    append(log, b"four\n")

    again = reader.restarted()
    assert again.read() == b"three\nfour\n"
    assert again.restarted().read() == b""


def test_rest_that_was_read_from_a_copy_is_not_missing_at_the_next_start(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"three\n")
    reader.look(done=False)  # seen, and then killed
    copytruncate(log, "access.log.1")
    append(log, b"four\n")
    again = reader.restarted()
    read = again.read()
    log.with_name("access.log.1").unlink()
    third = again.restarted()

    assert (read, third.read() + third.read()) == (b"three\nfour\n", b"")
    assert third.counts["files.rest_missing"] == third.counts["bytes.lost"] == 0


def test_copytruncate_while_down_with_the_copy_in_the_pattern_counts_nothing_twice(
    log: Path,
) -> None:
    reader = Reader(log.with_name("access*"))
    reader.look()
    append(log, b"three\n")
    copytruncate(log, "access-20260102.log")
    append(log, b"four\n")

    assert reader.restarted().read() == b"three\nfour\n"


def test_restart_after_rotation_repeats_nothing_of_the_rotated_file(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"three\n")
    reader.look()

    again = reader.restarted()
    assert again.read() == b""
    append(log.with_name("access.log.1"), b"late\n")
    assert again.read() == b"late\n"


def test_what_was_rotated_before_we_first_came_is_never_read(log: Path) -> None:
    """Even where the live file is older than what was rotated from it: after an idle day."""
    log.with_name("access.log.1").write_bytes(b"old\n")
    log.write_bytes(b"")
    reader = Reader(log, start_at="end")
    reader.look()
    log.with_name("access.log.1").rename(log.with_name("access.log.2"))
    append(log, b"one\n")
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(b"two\n")

    assert reader.read() == b"one\ntwo\n"


def test_a_neighbour_with_a_like_name_is_not_taken_for_a_rotated_file(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    log.rename(log.with_name("access.log.1"))
    for name in ("access-api.log", "access.log.1.gz", "access.logic", "xaccess.log.1"):
        log.with_name(name).write_bytes(b"not ours\n")
    log.write_bytes(b"three\n")

    assert reader.read() == b"three\n"


def test_half_line_is_joined_across_a_rename(log: Path) -> None:
    reader = Reader(log)
    append(log, b"thr")
    reader.look()
    log.rename(log.with_name("access.log.1"))
    append(log.with_name("access.log.1"), b"ee\n")
    log.write_bytes(b"four\n")

    assert reader.read() == b"three\nfour\n"


def test_half_line_of_a_rotated_file_is_handed_out_after_the_grace_time(log: Path) -> None:
    reader = Reader(log)
    append(log, b"half")
    reader.look()
    log.rename(log.with_name("access.log.1"))
    before = reader.read(after_s=30)

    assert (before, reader.read(after_s=61)) == (b"", b"half")
    assert reader.counts["lines.half"] == 1
