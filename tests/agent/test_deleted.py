"""Deleted files that are still read: their disk is not held for ever, and the price is told."""

from pathlib import Path

import pytest

from tests.agent.following import Reader, append


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"one\n")
    return path


def unread_after_deletion(reader: Reader, log: Path, raw: bytes) -> None:
    """Leave bytes unread in a deleted file, as when an output takes nothing."""
    reader.look()
    append(log, raw)
    log.unlink()


def test_deleted_files_below_the_limit_are_read_to_their_end(log: Path) -> None:
    reader = Reader(log, max_deleted_bytes=10)
    unread_after_deletion(reader, log, b"three\n")

    reader.follower.relieve()

    assert reader.read() == b"three\n"
    assert reader.counts["bytes.lost.given_up"] == 0


def test_deleted_file_above_the_limit_is_closed_and_its_unread_bytes_are_counted(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(log, max_deleted_bytes=9)
    unread_after_deletion(reader, log, b"three\n")

    reader.follower.relieve()

    assert reader.read() == b""
    assert reader.counts["bytes.lost.given_up"] == len(b"three\n")
    assert reader.unbalanced() == {}
    assert reader.counts["files.closed"] == 1
    assert "its last 6 bytes were read" in caplog.text


def test_deleted_file_that_was_read_goes_before_one_that_was_not(tmp_path: Path) -> None:
    read, unread = tmp_path / "read.log", tmp_path / "unread.log"
    read.write_bytes(b"done\n")
    unread.write_bytes(b"")
    reader = Reader(read, unread, max_deleted_bytes=8)
    reader.look()
    append(unread, b"later\n")
    for log in (unread, read):
        log.unlink()

    reader.follower.relieve()

    assert reader.read() == b"later\n"
    assert reader.counts["bytes.lost.given_up"] == 0


def test_file_that_was_only_renamed_is_never_given_up(log: Path) -> None:
    reader = Reader(log, max_deleted_bytes=0)
    reader.look()
    append(log, b"three\n")
    log.rename(log.with_name("access.log.1"))

    reader.follower.relieve()

    assert reader.read() == b"three\n"
