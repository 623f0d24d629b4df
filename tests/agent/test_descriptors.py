"""More files than descriptors: those silent for longest are closed, and nothing is lost by it."""

import errno
import gzip
import os
import random
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.descriptors import RESERVE
from tests.agent.following import Indented, Reader, append, copytruncate, open_files
from tests.agents import access_line, run_agent
from tests.agents import append as append_lines
from tests.programs import ROOT, needs

MOST = 8


def make(folder: Path, count: int) -> list[Path]:
    logs = [folder / f"app{number:03}.log" for number in range(count)]
    for log in logs:
        log.write_bytes(b"%s old\n" % log.name.encode())
    return logs


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    return make(tmp_path, 3 * MOST)


def reading(folder: Path, **options: Any) -> Reader:
    """A reader that has read all there was, and has most files closed again."""
    reader = Reader(folder / "*.log", most_open=MOST, **options)
    reader.read()
    return reader


def is_open(log: Path) -> bool:
    return log.name in open_files(log.parent)


def a_closed_one(logs: Sequence[Path]) -> Path:
    return next(log for log in logs if not is_open(log))


def test_no_more_files_are_open_than_may_be(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)

    assert len(open_files(tmp_path)) <= MOST
    assert reader.counts["files.rested"] >= len(logs) - MOST


def test_files_that_are_closed_are_read_when_they_grow(tmp_path: Path, logs: list[Path]) -> None:
    draw, reader = random.Random(7), reading(tmp_path)
    found, written = list[bytes](), list[bytes]()
    for number in range(300):
        written.append(b"%d\n" % number)
        append(draw.choice(logs), written[-1])
        found += reader.read(sweep=number % 7 == 0).splitlines(keepends=True)

    assert sorted(written) == sorted(found)
    assert len(open_files(tmp_path)) <= MOST


def test_all_grow_at_once_and_each_line_comes_once(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)
    for log in logs:
        append(log, b"%s new\n" % log.name.encode())

    assert sorted(reader.read().split()) == sorted(b" ".join(_new(logs)).split())
    assert reader.read() == b""


def test_files_that_grow_while_there_is_no_room_wait_for_it(
    tmp_path: Path, logs: list[Path]
) -> None:
    """Blocks are out and not handed over yet, as where the outputs are slow."""
    reader = reading(tmp_path)
    for log in logs:
        append(log, b"%s new\n" % log.name.encode())
    waiting = [*reader.look(done=False), *reader.look(done=False)]
    were_open = len(open_files(tmp_path))
    for followed in waiting:
        followed.done()

    found = b"".join(followed.block.raw for followed in waiting) + reader.read(sweep=False)

    assert (len(waiting), were_open) == (MOST, MOST)
    assert sorted(found.split()) == sorted(b" ".join(_new(logs)).split())


def test_a_stop_reads_also_what_waits_for_room(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)
    for log in logs:
        append(log, b"%s new\n" % log.name.encode())
    out = reader.look(done=False)

    found = b"".join(followed.block.raw for followed in out) + reader.drain()

    assert len(out) < len(logs)
    assert sorted(found.split()) == sorted(b" ".join(_new(logs)).split())


def test_files_do_not_wait_for_ever_for_deleted_ones_that_are_written_to(tmp_path: Path) -> None:
    logs = make(tmp_path, 6)
    reader = Reader(tmp_path / "*.log", most_open=2)
    reader.read()
    held = [log for log in logs if is_open(log)]
    writers = [log.open("ab", buffering=0) for log in held]
    for log in held:
        log.unlink()
    reader.read()
    for log in set(logs) - set(held):
        append(log, b"new\n")
    found = b""
    for _ in range(4):
        for writer in writers:
            writer.write(b"from the grave\n")
        found += reader.read(after_s=1.0)
    for writer in writers:
        writer.close()

    assert (len(held), found.count(b"new")) == (2, 4)


def test_files_that_rest_are_not_opened_while_nothing_is_written(tmp_path: Path) -> None:
    logs = make(tmp_path, 3 * MOST)
    reader = reading(tmp_path)
    for log in logs:
        append(log, b"new\n")
    reader.read()
    reader.read()
    opened = reader.counts["files.opened"]
    for _ in range(20):
        reader.read(after_s=0.3, sweep=False)

    assert reader.counts["files.opened"] == opened


def test_last_records_are_handed_out_though_their_files_are_closed_meanwhile(
    tmp_path: Path,
) -> None:
    """Each waits a second for more lines, and there are more of them than descriptors."""
    logs = make(tmp_path, 3 * MOST)
    reader = reading(tmp_path, parser=lambda *_: Indented())
    reader.read(after_s=2.0)
    for log in logs:
        append(log, b"%s new\n" % log.name.encode())
    found = b"".join(reader.read(after_s=0.3, sweep=False) for _ in range(8))
    opened = reader.counts["files.opened"]
    for _ in range(20):
        reader.read(after_s=0.3, sweep=False)

    assert found.count(b"new") == len(logs)
    assert reader.counts["files.opened"] == opened


def test_half_lines_are_no_reason_to_open_files_again_and_again(tmp_path: Path) -> None:
    logs = make(tmp_path, 3 * MOST)
    reader = reading(tmp_path)
    for log in logs:
        append(log, b"half")
    for _ in range(8):
        reader.read(after_s=0.3, sweep=False)
    opened = reader.counts["files.opened"]
    for _ in range(20):
        reader.read(after_s=0.3, sweep=False)

    assert reader.counts["files.opened"] == opened


def test_older_file_is_read_while_the_present_one_rests(tmp_path: Path, logs: list[Path]) -> None:
    """A copy that came late, and is found when the names are looked up once more."""
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    append(log, b"last\n")
    (tmp_path / "elsewhere").mkdir()
    gone = log.rename(tmp_path / "elsewhere/gone")
    log.write_bytes(b"first\n")
    before = reader.read()
    for other in logs:
        if other != log:
            append(other, b"new\n")
    reader.read(sweep=False)
    rests = not is_open(log)
    gone.rename(f"{log}.1")

    assert (before, rests, reader.read()) == (b"first\n", True, b"last\n")


def _new(logs: Sequence[Path]) -> list[bytes]:
    return [b"%s new" % log.name.encode() for log in logs]


def test_closed_file_that_is_rotated_is_read_to_its_end_first(
    tmp_path: Path, logs: list[Path]
) -> None:
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    append(log, b"last\n")
    log.rename(f"{log}.1")
    log.write_bytes(b"first\n")

    assert reader.read() == b"last\nfirst\n"
    assert reader.counts["files.rest_found"] == 1


def test_closed_file_that_is_renamed_is_read_when_it_is_written_to_later(
    tmp_path: Path, logs: list[Path]
) -> None:
    """nginx writes to the old file until it is told to reopen it."""
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    log.rename(f"{log}.1")
    before = reader.read()
    append(Path(f"{log}.1"), b"late\n")

    assert (before, reader.read()) == (b"", b"late\n")


def test_closed_file_that_is_renamed_within_the_glob_is_read_once(
    tmp_path: Path, logs: list[Path]
) -> None:
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    append(log, b"more\n")
    log.rename(log.with_name("z.log"))

    assert (reader.read(), reader.read()) == (b"more\n", b"")


def test_closed_file_that_is_copied_and_truncated_loses_nothing(
    tmp_path: Path, logs: list[Path]
) -> None:
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    append(log, b"last\n")
    copytruncate(log, f"{log.name}.1")
    append(log, b"first\n")

    assert reader.read() == b"last\nfirst\n"


def test_closed_file_that_is_compressed_at_once_has_its_rest_read_once(
    tmp_path: Path, logs: list[Path]
) -> None:
    """The new file often gets the inode of the old one."""
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    append(log, b"last\n")
    packed = log.with_name(f"{log.name}.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    log.write_bytes(b"first\n")
    found = reader.read() + reader.read()
    packed.rename(log.with_name(f"{log.name}.2.gz"))

    assert (found, reader.read()) == (b"last\nfirst\n", b"")


def test_copy_of_a_closed_file_is_not_read_as_a_file_of_its_own(tmp_path: Path) -> None:
    logs = make(tmp_path, 3 * MOST)
    reader = Reader(tmp_path / "*.log*", most_open=MOST)
    reader.read()
    log = a_closed_one(logs)
    copy = log.with_name(f"{log.name}.1")
    copy.write_bytes(log.read_bytes())

    assert reader.read() == b""


def test_closed_file_that_is_deleted_is_a_rest_not_found(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)
    a_closed_one(logs).unlink()

    assert reader.read() == b""
    assert reader.read() == b"", "a second look: names may have been changed during the first"
    assert reader.counts["files.rest_missing"] == 1


def test_deleted_file_is_never_the_one_that_is_closed(tmp_path: Path, logs: list[Path]) -> None:
    """There would be no way back to it, and its writer may go on."""
    reader = reading(tmp_path)
    log = next(log for log in logs if is_open(log))
    with log.open("ab", buffering=0) as writer:
        log.unlink()
        for other in logs:
            if other != log:
                append(other, b"new\n")
        reader.read()
        writer.write(b"from the grave\n")
        found = reader.read()

    assert found == b"from the grave\n"


def test_rotated_files_are_closed_early_where_there_is_no_other_room(
    tmp_path: Path, logs: list[Path]
) -> None:
    """Twenty rotated at once, and eight descriptors: their time of grace is a luxury."""
    reader = reading(tmp_path)
    for log in logs[:20]:
        append(log, b"%s last\n" % log.name.encode())
        log.rename(f"{log}.1")
        log.write_bytes(b"%s first\n" % log.name.encode())
    found = b"".join(reader.read() for _ in range(20))

    assert [
        b"%s %s" % (log.name.encode(), which) for log in logs[:20] for which in (b"first", b"last")
    ] == sorted(found.splitlines())
    assert len(open_files(tmp_path)) <= MOST
    assert reader.counts["files.grace_cut"] > 0


def test_restart_knows_how_far_closed_files_are_done(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)
    append(a_closed_one(logs), b"more\n")

    assert reader.restarted().read() == b"more\n"


def test_closed_file_is_known_for_as_long_as_it_is_followed(
    tmp_path: Path, logs: list[Path]
) -> None:
    reader = reading(tmp_path)
    log = a_closed_one(logs)
    reader.look(after_s=30 * 86400)
    append(log, b"after a month\n")

    assert reader.read() == b"after a month\n"


def test_half_a_line_is_no_reason_to_lose_the_other_half(tmp_path: Path, logs: list[Path]) -> None:
    for log in logs:
        append(log, b"half ")
    reader = reading(tmp_path)
    append(a_closed_one(logs), b"and half\n")

    assert reader.read() == b"half and half\n"


def test_drain_reads_what_closed_files_have_got(tmp_path: Path, logs: list[Path]) -> None:
    reader = reading(tmp_path)
    append(a_closed_one(logs), b"last\n")

    assert reader.drain() == b"last\n"


def test_the_limit_is_one_warning_that_says_what_to_raise(
    tmp_path: Path, logs: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    reading(tmp_path)

    assert caplog.messages == [
        f"too many open files: {MOST} files are kept open; the others are opened when they grow"
        " (raise LimitNOFILE= of the unit, or `ulimit -n`)"
    ]


def test_a_limit_that_others_have_used_up_is_lived_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The kernel refuses all beyond 80 files, though we counted on more."""
    make(tmp_path, 200)
    real = os.open

    def refusing(name: str, flags: int, *rest: int) -> int:
        if str(name).startswith(str(tmp_path)) and len(open_files(tmp_path)) >= 80:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), name)
        return real(name, flags, *rest)

    monkeypatch.setattr(os, "open", refusing)
    found = Reader(tmp_path / "*.log").read()

    assert len(found.splitlines()) == 200
    assert len(open_files(tmp_path)) <= 80 - RESERVE
    assert [f"{80 - RESERVE} files are kept open" in message for message in caplog.messages] == [
        True
    ]


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    script = (
        "import resource; from agent.descriptors import most_open, raise_limit; raise_limit();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), most_open())"
    )
    said = subprocess.run(
        [needs("prlimit"), "--nofile=100:300", sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert said.stdout == f"(300, 300) {300 - RESERVE}\n"


def test_agent_with_128_descriptors_follows_300_files_over_rotation(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    logs = [folder / f"site{number:03}.log" for number in range(300)]
    expected = list[str]()

    def write(round_: str) -> None:
        for log in logs:
            expected.append(f"/{log.stem}/{round_}")
            append_lines(log, access_line(expected[-1]))

    write("before")
    with run_agent(
        tmp_path,
        under=[needs("prlimit"), "--nofile=128"],
        sources={"web": {"paths": str(folder / "*.log"), "format": "combined"}},
        follow={"start_at": "beginning"},
    ) as agent:
        agent.until(lambda: len(agent.events) >= len(expected))
        for number in range(3):
            write(f"once/{number}")
            for log in logs[number::10]:
                log.rename(f"{log}.1")
            write(f"rotated/{number}")
            agent.until(lambda: len(agent.events) >= len(expected))
        _, hard = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
        descriptors = len(list(Path(f"/proc/{agent.pid}/fd").iterdir()))
        code = agent.stop()

    assert (code, hard) == (0, 128)
    assert descriptors < 128
    assert sorted(expected) == sorted(event["fields"]["request_uri"] for event in agent.events)
    assert sum("LimitNOFILE" in line for line in agent.log) == 1
