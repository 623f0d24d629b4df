"""`logtell status`: a running agent's own view, over a socket that nobody can hold it up by."""

import asyncio
import io
import json
import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from agent import outlet as outlet_module
from agent.asking import NoAnswerError, ask, read_answer
from agent.ledger import Ledgers
from agent.outlet import Outlet
from agent.overview import MOST_FILES, out_of_balance
from agent.status import Status
from agent.status_page import show_status
from agent.status_socket import StatusSocket
from agent.survey import Survey
from parsers.formats import parser_for
from tests.agent.following import Reader
from tests.agent.following import append as append_raw
from tests.agents import LOGTELL, Agent, access_line, append, run_agent, run_statsd_double

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.touch()
    return path


def web(log: Path) -> dict[str, dict[str, Any]]:
    return {"web": {"paths": str(log), "format": "combined"}}


def socket_of(folder: Path) -> Path:
    return folder / "run/status.sock"


def asked(folder: Path, *, all_files: bool = False) -> Status:
    """The answer of the agent that has its runtime folder here, held to its schema."""
    document = read_answer(ask(socket_of(folder), all_files=all_files))
    return Status.model_validate_json(json.dumps(document))


def run_status(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOGTELL, "status", *arguments],
        capture_output=True,
        text=True,
        timeout=15,
        env=os.environ | {"RUNTIME_DIRECTORY": str(folder / "run"), "COLUMNS": "200"},
        check=False,
    )


def until_read(agent: Agent, folder: Path, lines: int) -> Status:
    agent.until(lambda: asked(folder).sources[0].lines.read == lines)
    return asked(folder)


# What it says.


def test_a_well_agent_says_what_became_of_every_line_and_byte(tmp_path: Path, log: Path) -> None:
    with run_statsd_double() as statsd:
        with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
            append(log, *[access_line()] * 8, "no access line", b"x" * 300_000)
            status = until_read(agent, tmp_path, 10)
            shown = run_status(tmp_path)
            statsd.until(lambda: statsd.totals.gauges.get("logtell.web.bytes.unread") == 0)
            statsd.until_counted("web.bytes.read", log.stat().st_size - (300_001 - 262_144))

            assert agent.stop() == 0
        (source,), (file,) = status.sources, status.files
        lines = {"read": 10, "parsed": 8, "unparsed": 1, "truncated": 1}
        assert source.lines.model_dump() == {**lines, "dropped": {}, "unbalanced": 0}
        assert source.bytes.seen == log.stat().st_size
        assert source.bytes.skipped == {"overlong": 300_001 - 262_144}
        assert (source.bytes.lost, source.bytes.unread, source.bytes.unbalanced) == ({}, 0, 0)
        assert (source.formats, source.lag.bytes) == ({"nginx_access": 1}, 0)
        assert (file.path, file.state, file.inode) == (str(log), "live", log.stat().st_ino)
        assert (file.offset, file.lines) == (log.stat().st_size, source.lines)
        assert (status.well, status.troubles) == (True, [])
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "10 lines read = 8 parsed + 1 unparsed + 1 truncated + 0 dropped" in shown.stdout
        assert statsd.counter("web.bytes.skipped.overlong") == 300_001 - 262_144


def test_half_a_line_is_what_it_is_behind_by(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent:
        append_raw(log, access_line().encode() + b"\nhalf")
        status = until_read(agent, tmp_path, 1)

        assert status.sources[0].lag.bytes == status.sources[0].bytes.unread == 4
        assert 0 < status.sources[0].lag.seconds < 15
        assert agent.stop() == 0


def test_the_whole_answer_is_one_line_of_json(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)):
        ran = run_status(tmp_path, "--json", "--files")

        assert ran.returncode == 0
        assert Status.model_validate_json(ran.stdout).agent.state == "following"


def test_bytes_that_are_lost_are_no_good_news(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent:
        append_raw(log, access_line().encode() + b"\nhalf")
        until_read(agent, tmp_path, 1)
        log.write_bytes(b"")
        agent.until_logged("its last 4 bytes were read")
        status, ran = asked(tmp_path), run_status(tmp_path)

        assert status.sources[0].bytes.lost == {"truncated": 4}
        assert status.sources[0].bytes.unbalanced == 0
        assert "source web: 4 bytes are lost (truncated)" in ran.stdout
        assert ran.returncode == 1


def test_an_output_in_a_missing_folder_is_said_with_what_to_do_until_it_is_well(
    tmp_path: Path, log: Path
) -> None:
    """It is back-pressure: the reading waits, the files keep what is not read, nothing is lost."""
    output = tmp_path / "missing/events.jsonl"
    count = 25_000  # more events than are held
    sinks = [{"to": str(output), "severity": "debug"}]
    with run_agent(tmp_path, sources=web(log), sinks=sinks) as agent:
        append(log, *[access_line()] * count)
        agent.until(
            lambda: (
                asked(tmp_path).outputs[0].waits
                and asked(tmp_path).outputs[0].failing_since is not None
            )
        )
        status, ran = asked(tmp_path), run_status(tmp_path)
        assert status.sources[0].lag.bytes > 0
        assert status.sources[0].bytes.unbalanced == 0
        assert "make its folder" in status.outputs[0].complaint
        assert ran.returncode == 1
        assert f"{output}: fails, " in ran.stdout
        agent.until_logged("make its folder, or take it out of `sinks:` and reload")
        output.parent.mkdir()
        agent.until(lambda: asked(tmp_path).sources[0].lines.read == count)
        agent.until_logged("events are written again")

        assert run_status(tmp_path).returncode == 0
        assert agent.stop() == 0
    assert len(output.read_bytes().splitlines()) == count


def test_a_checkpoint_and_a_statsd_that_fail_are_said(tmp_path: Path, log: Path) -> None:
    (tmp_path / "file").touch()
    state = {"folder": str(tmp_path / "file/state")}
    with run_agent(tmp_path, sources=web(log), state=state, statsd_port=9) as agent:
        agent.until_logged("Connection refused")
        status = asked(tmp_path)

        assert any("the checkpoint cannot be saved" in each for each in status.troubles)
        assert any("StatsD 127.0.0.1 port 9" in each for each in status.troubles)
        assert status.statsd
        assert status.statsd.buffered > 0


def test_odd_file_names_reach_no_terminal_raw(tmp_path: Path) -> None:
    for name in (b"a\x1b[31m\xe2\x80\xae.log", b"b\xff.log", b"[red]c.log"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    with run_agent(tmp_path, sources=web(tmp_path / "*.log")) as agent:
        ran, status = run_status(tmp_path), asked(tmp_path)

        assert agent.stop() == 0
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\x1b" not in ran.stdout
    assert "\u202e" not in ran.stdout
    assert "a\\x1b[31m\\u202e.log" in ran.stdout
    assert "[red]c.log" in ran.stdout
    assert f"{tmp_path}/b\\xff.log" in [file.path for file in status.files]


def test_a_difference_is_said_by_the_agent_itself() -> None:
    ledgers = Ledgers()
    ledgers.of("web").count("lines.read", 3)
    ledgers.of("web").count("lines.parsed", 2)
    ledgers.of("api").count("bytes.seen", 7)

    assert list(out_of_balance(ledgers, {"api": 7})) == [
        "source web: out of balance by 1 lines and 0 bytes; this is a defect of logtell (please"
        " report it with the output of `logtell status --json`)"
    ]


def test_a_difference_is_on_the_page(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)):
        document = read_answer(ask(socket_of(tmp_path)))
    document["sources"][0]["lines"]["unbalanced"] = -2
    console = Console(width=200, record=True, file=io.StringIO())

    show_status(console, document)

    assert "0 dropped; out of balance by -2" in console.export_text()


# Who may ask, and where.


def test_without_an_agent_it_says_what_to_do(tmp_path: Path) -> None:
    ran = run_status(tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"logtell: no agent serves {socket_of(tmp_path)}\n  fix: start it")


def test_the_socket_is_for_the_agents_user_and_group_only(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent:
        assert socket_of(tmp_path).stat().st_mode & 0o777 == 0o660
        assert agent.stop() == 0
        assert not socket_of(tmp_path).exists()


def test_a_socket_left_by_a_kill_is_taken_over(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)):
        pass  # its end is a SIGKILL
    assert socket_of(tmp_path).exists()
    with run_agent(tmp_path, sources=web(log)) as agent:
        assert asked(tmp_path).agent.pid == agent.pid


def test_a_socket_that_another_agent_serves_is_left_to_it(tmp_path: Path, log: Path) -> None:
    (tmp_path / "b").mkdir()
    environment = {"RUNTIME_DIRECTORY": str(tmp_path / "run")}
    with (
        run_agent(tmp_path, sources=web(log)) as first,
        run_agent(tmp_path / "b", sources=web(log), environment=environment) as second,
    ):
        second.until_logged("no `logtell status`: another agent serves it")
        append(log, access_line())
        second.until(lambda: second.events)

        assert asked(tmp_path).agent.pid == first.pid
        assert first.stop() == 0
        second.until(lambda: _pid(tmp_path) == second.pid)  # at its next flush
        assert second.stop() == 0


def _pid(folder: Path) -> int:
    try:
        return asked(folder).agent.pid
    except NoAnswerError:
        return 0


def test_a_socket_that_is_removed_is_served_again(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent:
        socket_of(tmp_path).unlink()
        agent.until(lambda: _pid(tmp_path) == agent.pid)

        assert agent.stop() == 0


def test_a_runtime_folder_that_cannot_be_made_stops_nothing(tmp_path: Path, log: Path) -> None:
    (tmp_path / "file").touch()
    environment = {"RUNTIME_DIRECTORY": str(tmp_path / "file/run")}
    with run_agent(tmp_path, sources=web(log), environment=environment) as agent:
        append(log, access_line())
        agent.until(lambda: agent.events)

        assert sum("no `logtell status`: not a directory" in line for line in agent.log) == 1
        assert agent.stop() == 0


# Hostile clients.


def connected(folder: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(15)
    client.connect(str(socket_of(folder)))
    return client


@pytest.mark.parametrize("request_", [b"\n", b"nonsense\n", b"status files=some\n", b"\xff\0\n"])
def test_a_wrong_request_is_told_what_is_right(tmp_path: Path, log: Path, request_: bytes) -> None:
    with run_agent(tmp_path, sources=web(log)), connected(tmp_path) as client:
        client.sendall(request_)

        assert b'{"error":"ask for `status`' in client.recv(1000)
        assert client.recv(1000) == b""


def test_clients_that_say_nothing_or_too_much_or_do_not_read_hold_nobody_up(
    tmp_path: Path, log: Path
) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent, ExitStack() as stack:
        silent = [stack.enter_context(connected(tmp_path)) for _ in range(7)]
        deaf = stack.enter_context(connected(tmp_path))
        deaf.sendall(b"status files=all\n")
        one_too_many = stack.enter_context(connected(tmp_path))
        assert b"too many ask at once" in one_too_many.recv(1000)
        append(log, *[access_line()] * 100)
        agent.until(lambda: len(agent.events) == 100)
        assert [client.recv(1) for client in silent] == [b""] * 7  # hung up on
        with connected(tmp_path) as babbler:
            babbler.sendall(b"x" * 5000)
            assert babbler.recv(1000) == b""

        assert asked(tmp_path).sources[0].lines.read == 100
        assert agent.stop() == 0
        assert not any("Traceback" in line or "exception" in line for line in agent.log)


def test_a_client_that_does_not_read_a_large_answer_is_hung_up_on(tmp_path: Path) -> None:
    async def large(_all_files: bool) -> dict[str, object]:
        return {"schema_version": 1, "files": ["x" * 1000] * 10_000}

    async def main() -> None:
        served = StatusSocket(tmp_path, large)
        await served.serve()
        _deaf, writer = await asyncio.open_unix_connection(tmp_path / "status.sock", limit=1)
        writer.write(b"status files=all\n")
        answer = await asyncio.to_thread(ask, tmp_path / "status.sock", all_files=False)
        assert len(answer) > 10_000_000
        with pytest.raises(NoAnswerError, match="somebody else asks for all files"):
            read_answer(await asyncio.to_thread(ask, tmp_path / "status.sock", all_files=True))
        while served._large.locked():  # until the deaf one is hung up on
            await asyncio.sleep(0.01)
        answer = await asyncio.to_thread(ask, tmp_path / "status.sock", all_files=True)
        assert len(answer) > 10_000_000
        writer.close()
        served.close()

    asyncio.run(main())


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b"7", b'{"error": "x"}', b"\xff"])
def test_an_answer_of_nonsense_is_said(answer: bytes) -> None:
    with pytest.raises(NoAnswerError, match="\n"):
        read_answer(answer)


# Ten thousand files.


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Path]:
    """A folder of 10,000 logs, and leave to open them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11_000:
        pytest.skip(f"only {hard} files may be open here: raise the hard limit (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (11_000, hard))
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.log").write_bytes(b"one line\n")
    yield folder
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_answer_about_10_000_files_is_small_and_holds_nothing_up(many: Path) -> None:
    reader = Reader(many / "*.log", parser=lambda _path, _head: parser_for("plain"))
    reader.look()
    reader.look()
    append_raw(many / "77.log", b"half")

    async def main() -> tuple[Survey, list[float]]:
        survey = Survey(reader.clock.now_s, MOST_FILES)
        pauses: list[float] = []

        async def ticks() -> None:
            while True:
                began_s = time.perf_counter()
                await asyncio.sleep(0)
                pauses.append(time.perf_counter() - began_s)

        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(ticks())
            await survey.over(reader.follower.lanes())
            ticking.cancel()
        return survey, pauses

    survey, pauses = asyncio.run(main())
    rows = survey.rows()
    reader.follower.close()

    assert (len(rows), survey.total) == (MOST_FILES, 10_000)
    assert rows[0]["path"] == f"{many}/77.log"
    assert len(json.dumps(rows)) < 20_000
    assert survey.waiting == {"web": 4}
    assert len(pauses) >= 20
    # In the middle, as the machine may be busy with something else: 2 ms when it is not.
    assert sorted(pauses)[len(pauses) // 2] < 0.02


# Outputs.


class Stuck:
    """An output that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def write(self, _raw: bytes) -> None:
        await self.let_go.wait()

    async def flush(self) -> None: ...

    async def close(self) -> None: ...


def test_an_output_that_takes_nothing_for_long_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outlet_module, "_STALLED_S", 0.01)
    caplog.set_level("INFO")

    async def main() -> None:
        stuck = Stuck()
        outlet = Outlet(None, cast(Any, stuck))
        outlet.buffer.write(b"{}\n")
        async with asyncio.TaskGroup() as group:
            flushing = group.create_task(outlet.flush(lambda *_: None))
            async with asyncio.timeout(10):
                while outlet.stalled_since is None:
                    await asyncio.sleep(0)
            stuck.let_go.set()
            assert await flushing
        assert outlet.stalled_since is None

    asyncio.run(main())

    assert [message.partition(",")[0] for message in caplog.messages] == [
        "standard output: has not taken in 0 s what it was offered",
        "standard output: takes events again",
    ]
