"""What a disk can put in the place of a log, and what a log can hold."""

import errno
import os
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from tests.agent.following import Reader, append


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def test_empty_file_is_followed_from_its_first_line(log: Path) -> None:
    log.touch()
    reader = Reader(log)
    before = reader.read()
    append(log, b"one\n")

    assert (before, reader.read()) == (b"", b"one\n")


def test_missing_file_is_followed_when_it_appears(log: Path) -> None:
    reader = Reader(log, start_at="end")
    reader.look()
    log.write_bytes(b"one\n")

    assert reader.read() == b"one\n"


def test_missing_directory_is_followed_when_it_appears(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "later" / "*.log")
    reader.look()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.log").write_bytes(b"one\n")

    assert reader.read() == b"one\n"


def test_directory_instead_of_a_file_is_one_warning(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.mkdir()
    reader = Reader(log)
    for _ in range(3):
        reader.look(after_s=100)

    assert caplog.messages == [
        f"{log}: is a directory, not a file; left out (name its files, for example with /*.log)"
    ]


def test_directory_that_a_pattern_means_is_no_warning(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.mkdir()

    assert Reader(log.with_name("*")).read() == b""
    assert caplog.messages == []


def test_fifo_in_place_of_a_file_does_not_hang(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    log.unlink()
    os.mkfifo(log)
    reader.look()
    log.unlink()
    log.write_bytes(b"two\n")

    assert reader.read(after_s=100) == b"two\n"
    assert "is a named pipe, not a file" in caplog.messages[0]


def refuse(monkeypatch: pytest.MonkeyPatch, path: Path, error: int) -> None:
    """Let the kernel seem to refuse one path: for root, permissions do not count."""
    real = os.open

    def refusing(name: str, flags: int, *rest: int) -> int:
        if str(name) == str(path):
            raise OSError(error, os.strerror(error), name)
        return real(name, flags, *rest)

    monkeypatch.setattr(os, "open", refusing)


def test_unreadable_file_is_one_warning_and_read_when_it_may_be(
    log: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log.write_bytes(b"one\n")
    refuse(monkeypatch, log, errno.EACCES)
    reader = Reader(log)
    for _ in range(5):
        reader.look(after_s=100)
    monkeypatch.undo()

    assert reader.read(after_s=61) == b"one\n"
    assert caplog.messages == [
        f"{log}: permission denied; trying again every 60 s"
        " (add the service user to group adm, or give it leave to read)"
    ]
    assert reader.counts["files.trouble"] == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; run the tests as a user")
def test_unreadable_file_by_its_mode(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    log.write_bytes(b"one\n")
    log.chmod(0)

    assert Reader(log).read() == b""
    assert "permission denied" in caplog.messages[0]


def test_refused_file_is_tried_again_with_growing_pauses(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []
    log.write_bytes(b"one\n")
    reader = Reader(log)

    def refusing(*args: object) -> int:
        tries.append(reader.clock.now_s - 1000)
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refusing)
    for _ in range(200):
        reader.look(after_s=1)

    assert tries == [1, 2, 4, 8, 16, 32, 64, 124, 184]


def test_permission_lost_in_mid_rotation_stops_nothing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """influxdata/telegraf#13154: one refusal within logrotate stopped the following for ever."""
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    append(log, b"two\n")
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"three\n")
    refuse(monkeypatch, log, errno.EACCES)
    first = reader.read()
    monkeypatch.undo()

    assert (first, reader.read()) == (b"two\n", b"three\n")


def stale(*_args: object) -> bytes:
    """What reading says where the server has forgotten the file."""
    raise OSError(errno.ESTALE, "Stale file handle")


def test_stale_handle_is_opened_again_where_it_was_left(
    log: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """google/mtail#505: a stale NFS handle is no reason for a busy loop."""
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    append(log, b"two\n")

    monkeypatch.setattr(os, "pread", stale)
    first = reader.read(sweep=False)
    monkeypatch.undo()

    assert (first, reader.read()) == (b"", b"two\n")
    assert "stale file handle; trying again" in caplog.messages[0]


def test_file_that_is_renamed_while_its_handle_is_stale_is_finished_first(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    append(log, b"two\n")

    monkeypatch.setattr(os, "pread", stale)
    reader.look(sweep=False)
    monkeypatch.undo()
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"three\n")

    assert reader.read() == b"two\nthree\n"


def test_file_that_is_renamed_before_a_start_can_open_it_is_finished_and_not_repeated(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    append(log, b"two\n")
    again, really = reader.restarted(), os.open

    def refused(path: str, *args: int) -> int:
        if path == str(log):
            raise PermissionError(errno.EACCES, "Permission denied")
        return really(path, *args)

    monkeypatch.setattr(os, "open", refused)
    first = again.read()
    monkeypatch.undo()
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"three\n")

    assert (first, again.read(after_s=3600)) == (b"", b"two\nthree\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_mount_that_goes_away_is_followed_on_when_it_comes_back(tmp_path: Path) -> None:
    disk, mount = tmp_path / "disk", tmp_path / "mount"
    disk.mkdir()
    mount.mkdir()
    (disk / "app.log").write_bytes(b"one\n")
    subprocess.run(["mount", "--bind", disk, mount], check=True)
    reader = Reader(mount / "*.log")
    try:
        first = reader.read()
        subprocess.run(["umount", "--lazy", mount], check=True)
        reader.look(after_s=70)
        reader.look(after_s=70)  # given up
        append(disk / "app.log", b"two\n")
        gone = reader.read()
    finally:
        subprocess.run(["mount", "--bind", disk, mount], check=True)
    back = reader.read()
    reader.follower.close()
    subprocess.run(["umount", mount], check=True)

    assert (first, gone, back) == (b"one\n", b"", b"two\n")


def test_line_of_10_mb_does_not_need_10_mb(log: Path) -> None:
    log.write_bytes(b"one\n" + b"x" * 10_000_000 + b"\ntwo\n")
    reader = Reader(log)
    tracemalloc.start()
    found = reader.look()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [len(followed.block.raw) for followed in found] == [4, 256 * 1024, 4]
    assert [followed.block.truncated for followed in found] == [False, True, False]
    assert reader.counts["bytes.skipped.overlong"] == 10_000_001 - 256 * 1024
    assert peak < 5_000_000


def test_line_of_10_mb_that_grows_is_searched_once(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line written bit by bit must not be read again from its start at each look."""
    log.touch()
    reader = Reader(log)
    read = 0
    real = os.pread

    def counting(fd: int, length: int, offset: int) -> bytes:
        nonlocal read
        raw = real(fd, length, offset)
        read += len(raw)
        return raw

    monkeypatch.setattr(os, "pread", counting)
    for _ in range(100):
        append(log, b"x" * 100_000)
        reader.look()
    append(log, b"\n")

    assert [followed.block.truncated for followed in reader.look()] == [True]
    assert read < 130 * 1024 * 1024  # of 1 MiB a look; 500 MB were it searched whole each time


def test_gigabytes_of_nul_are_passed_in_one_step(log: Path) -> None:
    """logrotate/logrotate#363: a writer without O_APPEND goes on behind a hole."""
    with log.open("wb") as file:
        file.seek(8 * 1024**3)
        file.write(b"one\n")
    reader = Reader(log)

    assert reader.read() == b"one\n"
    assert reader.counts["bytes.skipped.nul"] == 8 * 1024**3


def test_writer_without_append_after_copytruncate(log: Path) -> None:
    with log.open("wb", buffering=0) as writer:
        writer.write(b"one\n" * 5000)
        reader = Reader(log)
        reader.look()
        log.with_name("app.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        writer.write(b"two\n")

    assert reader.read() == b"two\n"
    assert reader.counts["bytes.skipped.nul"] == 20_000


def test_invalid_utf8_passes_unchanged(log: Path) -> None:
    raw = bytes(range(1, 256)).replace(b"\n", b"") + b"\xc3\n\xff\xfe\n"
    log.write_bytes(raw)

    assert Reader(log).read() == raw


def test_last_line_without_newline_waits(log: Path) -> None:
    log.write_bytes(b"one\ntwo")
    reader = Reader(log)

    assert (reader.read(), reader.read(after_s=1000)) == (b"one\n", b"")


def test_name_that_is_no_utf8_is_followed_and_remembered(tmp_path: Path) -> None:
    log = tmp_path / os.fsdecode(b"caf\xe9.log")
    log.write_bytes(b"one\n")
    reader = Reader(tmp_path / "*.log")
    first = reader.read()
    append(log, b"two\n")

    assert (first, reader.restarted().read()) == (b"one\n", b"two\n")
