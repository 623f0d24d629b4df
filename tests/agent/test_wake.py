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
from tests.programs import ROOT, needs

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


LIMITED = """
import asyncio, pathlib, sys
from agent.wake import DirectoryWake

async def main(folder):
    wake = DirectoryWake()
    for name in "abc":
        (folder / name).mkdir()
        (folder / name / "log").touch()
    files = {name: (folder / name / "log").open("rb") for name in "abc"}
    armed = [wake.arm(name, file.fileno()) for name, file in files.items()]
    wake.watch([str(folder / name) for name in "abc"])
    wake.watch([str(folder / name) for name in "abc"])
    print(armed, await wake.wait(0.01))
    wake.close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.parametrize(
    ("limit", "fix", "armed"),
    [
        ("max_inotify_instances=0", "fs.inotify.max_user_instances", "[False, False, False]"),
        ("max_inotify_instances=1", "fs.inotify.max_user_instances", "[True, True, True]"),
        ("max_inotify_watches=2", "fs.inotify.max_user_watches", "[True, True, False]"),
        ("max_inotify_watches=4", "fs.inotify.max_user_watches", "[True, True, True]"),
    ],
)
def test_real_inotify_limit_is_a_warning_and_polling(
    tmp_path: Path, limit: str, fix: str, armed: str
) -> None:
    """In a user namespace, which has limits of its own: nobody else on the machine is hurt."""
    name, _, most = limit.partition("=")
    shell = f'echo {most} > /proc/sys/user/{name} || exit 77; exec "$@"'
    command = [str(needs("unshare")), "--user", "--map-root-user", "sh", "-c", shell, "sh"]
    ran = subprocess.run(
        [*command, sys.executable, "-W", "ignore", "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if ran.returncode == 77 or "unshare" in ran.stderr:
        pytest.skip("this kernel lets nobody make user namespaces")

    assert ran.stdout == f"{armed} False\n", ran.stderr
    assert 1 <= ran.stderr.count(fix) <= 2  # of files, and of directories
    assert "Traceback" not in ran.stderr


def test_write_to_an_armed_file_ends_the_wait_and_names_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching(tmp_path) as wake:
            with (tmp_path / "a.log").open("ab", buffering=0) as log:
                await settled(wake)
                assert wake.arm("a", log.fileno())
                log.write(b"line\n")
                names_changed = await wake.wait(SOON_S)
                assert (names_changed, list(wake.written())) == (False, ["a"])

    run(story())


async def settled(wake: DirectoryWake) -> None:
    """Let what was done to the names be told first."""
    while await wake.wait(NEVER_S):
        pass


def test_armed_file_tells_of_one_write_only(tmp_path: Path) -> None:
    """A busy file must cost nothing but its polling."""

    async def story() -> None:
        async with watching() as wake:
            with (tmp_path / "a.log").open("ab", buffering=0) as log:
                wake.arm("a", log.fileno())
                log.write(b"line\n")
                await wake.wait(SOON_S)
                first = list(wake.written())
                log.write(b"line\n")
                await wake.wait(NEVER_S)
                assert (first, list(wake.written())) == (["a"], [])

    run(story())


def test_file_is_armed_again_under_its_new_name_and_closed(tmp_path: Path) -> None:
    async def story() -> None:
        log = tmp_path / "a.log"
        log.touch()
        async with watching() as wake:
            with log.open("rb") as file:
                wake.arm("a", file.fileno())
            moved = log.rename(tmp_path / "a.log.1")
            moved.write_bytes(b"late\n")
            await wake.wait(SOON_S)
            assert list(wake.written()) == ["a"]

    run(story())


def test_armed_for_another_file_the_old_one_tells_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching() as wake:
            with (tmp_path / "a").open("wb") as old, (tmp_path / "b").open("wb") as fresh:
                wake.arm("a", old.fileno())
                wake.arm("a", fresh.fileno())
                (tmp_path / "a").write_bytes(b"line\n")
                await wake.wait(NEVER_S)
                before = list(wake.written())
                (tmp_path / "b").write_bytes(b"line\n")
                await wake.wait(SOON_S)
                assert (before, list(wake.written())) == ([], ["a"])

    run(story())


def test_growth_that_was_not_told_is_known_from_growth_that_was(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching() as wake:
            with (tmp_path / "a").open("wb", buffering=0) as log:
                wake.arm("a", log.fileno())
                silent = wake.tells("a")
                log.write(b"line\n")
                assert (silent, wake.tells("a")) == (False, True)

    run(story())


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
