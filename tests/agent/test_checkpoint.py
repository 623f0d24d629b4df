"""The checkpoint file: whole or not there at all, whatever happens while it is written."""

import asyncio
import logging
import os
import resource
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import SIG_IGN, SIGXFSZ, signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import files
from agent.checkpoint import (
    BadCheckpointError,
    Checkpoint,
    CheckpointStore,
    Entry,
    decode,
    encode,
    unexpired,
)
from agent.identity import Identity
from tests.agent.following import Reader

DAY_S = 86400.0


def entry(offset: int = 10, path: str = "/var/log/app.log", gone_s: float | None = None) -> Entry:
    return Entry(path, "web", Identity(1, 2, 3, "ab"), offset, "cd", 1_700_000_000_000, gone_s)


def checkpoint(offset: int = 10) -> Checkpoint:
    return Checkpoint((entry(offset),), ("web",))


class Disk:
    """A store and what it counted; every store made of it is another process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self.store = CheckpointStore(path, count=self.count)

    def count(self, name: str, n: int) -> None:
        self.counts[name] += n

    def save(self, value: Checkpoint) -> bool:
        return asyncio.run(self.store.save(value))

    def load(self) -> Checkpoint:
        self.store = CheckpointStore(self.path, count=self.count)
        return asyncio.run(self.store.load())


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "checkpoint.json")


def test_what_is_saved_is_loaded(disk: Disk) -> None:
    disk.save(checkpoint())

    assert disk.load() == checkpoint()


def test_first_start_is_no_warning(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    assert disk.load() == Checkpoint()
    assert caplog.messages == []


@given(st.binary(max_size=20).filter(lambda raw: b"\0" not in raw), st.integers(0, 2**60))
def test_any_path_and_offset_survive(raw: bytes, offset: int) -> None:
    value = Checkpoint((entry(offset, os.fsdecode(raw), 1.5),), ("web", "api"))

    assert decode(encode(value)).entries == value.entries


def test_unchanged_checkpoint_is_not_written(disk: Disk) -> None:
    disk.save(checkpoint())
    first = disk.path.stat().st_ino
    disk.save(checkpoint())

    assert first == disk.path.stat().st_ino


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _: b"",
        lambda raw: raw[:-10],
        lambda raw: b"\0" * len(raw),
        lambda raw: raw.replace(b'"offset":20', b'"offset":21'),
        lambda raw: raw.replace(b'"version":1', b'"version":2'),
        lambda _: b"[]",
        lambda _: b'{"version":1}',
    ],
    ids=["empty", "truncated", "nul-filled", "altered", "future-version", "list", "bare"],
)
def test_spoilt_file_is_a_warning_and_the_previous_one_is_used(
    disk: Disk, caplog: pytest.LogCaptureFixture, spoilt
) -> None:
    disk.save(checkpoint(10))
    disk.save(checkpoint(20))
    disk.path.write_bytes(spoilt(disk.path.read_bytes()))

    assert disk.load() == checkpoint(10)
    assert len(caplog.messages) == 1
    assert str(disk.path) in caplog.messages[0]
    assert "the previous checkpoint is used" in caplog.messages[0]


def test_spoilt_file_does_not_become_the_previous_one(disk: Disk) -> None:
    disk.save(checkpoint(10))
    disk.save(checkpoint(20))
    disk.path.write_bytes(b"spoilt")
    disk.load()
    disk.save(checkpoint(30))
    disk.path.write_bytes(b"spoilt")

    assert disk.load() == checkpoint(10)


def test_two_files_of_a_future_version_are_said_and_start_anew(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    future = encode(checkpoint()).replace(b'"version":1', b'"version":2')
    disk.path.write_bytes(future)
    disk.store.previous.write_bytes(future)

    assert disk.load() == Checkpoint()
    assert [m.partition(": ")[2].partition(";")[0] for m in caplog.messages] == [
        "the checkpoint has version 2, and this logtell knows version 1"
    ] * 2
    disk.save(checkpoint(30))
    assert disk.store.previous.read_bytes() == future  # for whoever goes back to the newer logtell


@pytest.mark.parametrize("spoilt", [b"", b"\0" * 300, encode(checkpoint())[:-10]])
def test_two_files_cut_or_of_nuls_start_anew(disk: Disk, spoilt: bytes) -> None:
    disk.path.write_bytes(spoilt)
    disk.store.previous.write_bytes(spoilt)

    assert disk.load() == Checkpoint()


def test_the_file_is_synced_before_the_rename_and_its_directory_after(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls go on to the kernel; only their order is noted. strace shows the same."""
    asked: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noting_fsync(fd: int) -> None:
        asked.append(f"fsync {Path(f'/proc/self/fd/{fd}').readlink().name}")
        fsync(fd)

    def noting_replace(old: Path, new: Path) -> None:
        asked.append(f"rename {old.name} {new.name}")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "replace", noting_replace)
    disk.save(checkpoint())

    assert asked == [
        "fsync checkpoint.json.writing",
        "rename checkpoint.json.writing checkpoint.json",
        f"fsync {disk.path.parent.name}",
    ]


def test_both_spoilt_start_anew(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    disk.path.write_bytes(b"spoilt")
    disk.store.previous.write_bytes(b"spoilt")

    assert disk.load() == Checkpoint()
    assert "as if for the first time" in caplog.messages[-1]


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(raw: bytes) -> None:
    with pytest.raises(BadCheckpointError):
        decode(raw)


@pytest.mark.parametrize("step", ["_write_through", "_keep", "replace", "_sync_directory"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_leaves_the_old_or_the_new_checkpoint(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    disk.save(checkpoint(10))
    owner = Path if step == "replace" else files
    real = getattr(owner, step)

    def killed(*args: object) -> None:
        if when == "after":
            real(*args)
        raise KeyboardInterrupt  # like a SIGKILL, it passes every `except OSError`

    monkeypatch.setattr(owner, step, killed)
    with pytest.raises(KeyboardInterrupt):
        disk.store._write(encode(checkpoint(20)), 2)
    monkeypatch.undo()

    assert disk.load() in (checkpoint(10), checkpoint(20))


def test_late_thread_does_not_overwrite_a_newer_checkpoint(disk: Disk) -> None:
    """A cancelled save leaves its thread behind, which may run after the save of the drain."""
    disk.store._write(encode(checkpoint(20)), 2)
    disk.store._write(encode(checkpoint(10)), 1)

    assert disk.load() == checkpoint(20)


def test_entries_expire_seven_days_after_the_file_has_gone() -> None:
    kept = [entry(1), entry(2, gone_s=1.0)]

    assert unexpired([*kept, entry(3, gone_s=0.0)], 7 * DAY_S) == tuple(kept)


def test_a_file_long_gone_leaves_the_checkpoint(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"one\n")
    reader = Reader(log)
    reader.look()
    log.rename(tmp_path / "elsewhere")
    reader.look()
    reader.look(after_s=61)

    assert [each.path for each in reader.follower.positions().entries] == [str(log)]
    reader.look(after_s=6.9 * DAY_S)
    assert len(reader.follower.positions().entries) == 1
    reader.look(after_s=0.2 * DAY_S)
    assert reader.follower.positions().entries == ()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, full; as far as this machine lets us mount one."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small tmpfs needs root (run the tests as root, or in a container)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (folder / "ballast").write_bytes(b"x" * 100_000)


def test_full_disk_is_one_warning_a_counter_and_a_new_try(
    full: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    disk = Disk(full / "checkpoint.json")
    disk.save(checkpoint(10))
    fill(full)

    assert [disk.save(checkpoint(20)), disk.save(checkpoint(30))] == [False, False]
    assert disk.counts["checkpoint.failed"] == 2
    assert [m.split(";")[0] for m in caplog.messages] == [
        f"{disk.path}: the checkpoint cannot be saved: no space left on device"
    ]
    (full / "ballast").unlink()
    assert disk.save(checkpoint(40))
    assert caplog.messages[-1] == f"{disk.path}: the checkpoint is saved again"
    assert disk.load() == checkpoint(40)


def test_full_disk_keeps_the_last_checkpoint(full: Path) -> None:
    disk = Disk(full / "checkpoint.json")
    disk.save(checkpoint(10))
    fill(full)
    disk.save(checkpoint(20))

    assert disk.load() == checkpoint(10)


def test_file_size_limit_keeps_the_last_checkpoint(disk: Disk) -> None:
    """The same without root: the kernel refuses to write more than some bytes (EFBIG)."""
    disk.save(checkpoint(10))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal(SIGXFSZ, SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        saved = disk.save(checkpoint(20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal(SIGXFSZ, before)

    assert not saved
    assert disk.load() == checkpoint(10)


def test_missing_directory_is_a_warning_and_not_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(tmp_path / "nowhere" / "checkpoint.json")

    assert not disk.save(checkpoint())
    assert "no such file or directory" in caplog.messages[0]


def test_checkpoint_is_for_its_owner_only(disk: Disk) -> None:
    disk.save(checkpoint())

    assert disk.path.stat().st_mode & 0o777 == 0o600
