"""The wakes, with the real watchdog and real directories."""

import asyncio
import errno
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.wake import MOST_DIRECTORIES, DirectoryWake, PollWake

SOON_S = 10.0  # a wake comes in some milliseconds; a machine may be busy
NEVER_S = 0.05


@asynccontextmanager
async def watching(*directories: Path) -> AsyncIterator[DirectoryWake]:
    wake = DirectoryWake()
    wake.watch([str(d) for d in directories])
    try:
        yield wake
    finally:
        wake.close()


def woken_by(folder: Path, act: Callable[[], object], timeout_s: float = SOON_S) -> bool:
    async def story() -> bool:
        async with watching(folder) as wake:
            act()
            return await wake.wait(timeout_s)

    return asyncio.run(story())


def run(story: Awaitable[None]) -> None:
    async def main() -> None:
        await story

    asyncio.run(main())


def test_new_file_wakes(tmp_path: Path) -> None:
    assert woken_by(tmp_path, (tmp_path / "new.log").touch)


def test_rename_wakes(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()

    assert woken_by(tmp_path, lambda: (tmp_path / "a.log").rename(tmp_path / "a.log.1"))


def test_deletion_wakes(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()

    assert woken_by(tmp_path, (tmp_path / "a.log").unlink)


def test_swapped_symlink_wakes(tmp_path: Path) -> None:
    (tmp_path / "new").symlink_to("b.log")

    assert woken_by(tmp_path, lambda: (tmp_path / "new").rename(tmp_path / "app.log"))


def test_write_does_not_wake(tmp_path: Path) -> None:
    """Being told of each write would cost fifty times the parse."""
    (tmp_path / "a.log").touch()

    assert not woken_by(tmp_path, lambda: (tmp_path / "a.log").write_bytes(b"x\n"), NEVER_S)


def test_many_events_wake_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching(tmp_path) as wake:
            for n in range(100):
                (tmp_path / str(n)).touch()
            assert await wake.wait(SOON_S)
            while await wake.wait(NEVER_S):
                pass  # the rest of them, which came while nobody waited
            (tmp_path / "another").touch()
            assert await wake.wait(SOON_S)

    run(story())


def test_directory_that_appears_later_is_watched_from_the_next_call(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "later"
        async with watching(folder) as wake:
            folder.mkdir()
            wake.watch([str(folder)])
            (folder / "a.log").touch()
            assert await wake.wait(SOON_S)

    run(story())


def test_directory_made_anew_is_watched_again(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "again"
        folder.mkdir()
        async with watching(folder) as wake:
            folder.rename(tmp_path / "old")
            folder.mkdir()
            wake.watch([str(folder)])
            while await wake.wait(NEVER_S):
                pass
            (folder / "a.log").touch()
            assert await wake.wait(SOON_S)

    run(story())


def test_directory_no_longer_wanted_wakes_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching(tmp_path) as wake:
            wake.watch([])
            (tmp_path / "a.log").touch()
            assert not await wake.wait(NEVER_S)

    run(story())


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (errno.EMFILE, "fs.inotify.max_user_instances"),
        (errno.ENOSPC, "fs.inotify.max_user_watches"),
    ],
)
def test_inotify_limit_is_one_warning_that_names_the_sysctl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error, fix
) -> None:
    """The kernel's answer is put in watchdog's mouth: the limit itself is the whole machine's."""
    from watchdog.observers import Observer

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(error, "No space left on device")

    monkeypatch.setattr(Observer, "schedule", refuse)

    async def story() -> None:
        async with watching(tmp_path) as wake:
            wake.watch([str(tmp_path)])
            assert not await wake.wait(NEVER_S)

    run(story())
    assert len(caplog.messages) == 1
    assert fix in caplog.messages[0]


def test_too_many_directories_are_polled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folders = [tmp_path / str(n) for n in range(MOST_DIRECTORIES + 1)]

    async def story() -> None:
        async with watching(*folders):
            pass

    run(story())
    assert "found by the sweep" in caplog.messages[0]


def test_poll_wake_ends_its_wait_when_told(tmp_path: Path) -> None:
    async def story() -> None:
        wake = PollWake()
        assert not await wake.wait(0)
        wake.wake()
        assert await wake.wait(SOON_S)

    run(story())


def test_wait_passes_cancellation_on() -> None:
    async def story() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(NEVER_S):
                await PollWake().wait(SOON_S)

    run(story())


def test_importing_the_follower_does_not_import_watchdog() -> None:
    """It takes 60 ms, and `replay` has no use for it."""
    script = "import sys, agent.follow, agent.wake; sys.exit('watchdog' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
