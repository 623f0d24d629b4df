"""The real `logtell run`: signals, systemd, outages, full disks, hostile logs."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.asking import ask, read_answer
from parsers.nginx_access import COMBINED
from tests.agents import (
    LOGTELL,
    Agent,
    Statsd,
    access_line,
    append,
    configuration,
    error_line,
    run_agent,
    run_statsd_double,
    write_configuration,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def statsd() -> Iterator[Statsd]:
    with run_statsd_double() as server:
        yield server


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.touch()
    return path


def web(log: Path) -> dict[str, dict[str, Any]]:
    return {"web": {"paths": str(log), "format": "combined"}}


def numbered(*numbers: int) -> list[str]:
    return [access_line(f"/{number}") for number in numbers]


def numbers(agent: Agent) -> list[int]:
    """Which of the numbered lines have come as events."""
    return [int(event["fields"]["request_uri"][1:]) for event in agent.events]


def checkpointed(folder: Path) -> dict[str, int]:
    """Offsets by path, as the checkpoint has them now."""
    path = folder / "state/checkpoint.json"
    entries = json.loads(path.read_text())["entries"] if path.exists() else []
    return {entry["path"]: entry["offset"] for entry in entries}


def status_of(folder: Path) -> dict[str, Any]:
    """What the agent says of itself at this moment."""
    return read_answer(ask(folder / "run/status.sock"))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that is expected to end by itself."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=15,
        env=os.environ | environment,
        check=False,
    )


def run_briefly(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """An agent that is expected to end by itself."""
    return run(LOGTELL, "run", *arguments, **environment)


# Stopping and starting again.


def test_sigterm_reads_counts_sends_and_checkpoints_what_was_written_just_before(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(500)))
        code = agent.stop()

        assert code == 0
        assert numbers(agent) == list(range(500))
    statsd.until_counted("web.lines.read", 500)
    assert checkpointed(tmp_path) == {str(log): log.stat().st_size}
    assert any(said.startswith("STOPPING=1\nSTATUS=") for said in agent.said)


def test_ctrl_c_drains_like_sigterm(tmp_path: Path, log: Path) -> None:
    with run_agent(tmp_path, sources=web(log)) as agent:
        append(log, *numbered(1))

        assert agent.stop(signal.SIGINT) == 0
        assert numbers(agent) == [1]


def test_a_restart_repeats_nothing_and_loses_nothing(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(100)))
        agent.until(lambda: len(agent.events) == 100)
        assert agent.stop() == 0
    append(log, *numbered(*range(100, 150)))
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(150, 200)))
        assert agent.stop() == 0

        assert numbers(agent) == list(range(100, 200))
    statsd.until_counted("web.lines.read", 200)


def test_sigkill_loses_nothing_and_repeats_at_most_one_flush_interval(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(200)))
        agent.until(lambda: checkpointed(tmp_path).get(str(log)) == log.stat().st_size)
        statsd.until_counted("web.lines.read", 200)
        append(log, *numbered(*range(200, 300)))
        agent.until(lambda: len(agent.events) == 300)
        agent.stop(signal.SIGKILL)
    append(log, *numbered(*range(300, 400)))
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        assert agent.stop() == 0

        # A flush may have come between the last line and the signal.
        assert numbers(agent) in (list(range(200, 400)), list(range(300, 400)))


def test_stopping_with_nobody_at_statsd_takes_seconds_and_says_what_was_not_sent(
    tmp_path: Path, log: Path
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=9) as agent:
        append(log, *numbered(1))
        agent.until(lambda: agent.events)

        assert agent.stop(within_s=8) == 0
        agent.until_logged("StatsD did not take the last")


# Reloading.


def test_sighup_follows_a_new_source_and_loses_nothing_of_the_old_one(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    other = tmp_path / "other.log"
    config = configuration(tmp_path, statsd_port=statsd.port, sources=web(log))
    with run_agent(tmp_path, config) as agent:
        append(log, *numbered(0, 1))
        api = {"api": {"paths": str(other), "format": "combined"}}
        write_configuration(tmp_path, config | {"sources": web(log) | api})
        before_us = time.monotonic_ns() // 1000
        agent.signal(signal.SIGHUP)
        append(log, *numbered(2, 3))
        agent.until_ready(times=2)
        append(other, *numbered(4))
        append(log, *numbered(5))
        agent.until(lambda: len(agent.events) == 6)

        assert agent.stop() == 0
        assert sorted(numbers(agent)) == [0, 1, 2, 3, 4, 5]
        assert [event["source"] for event in agent.events].count("api") == 1
    reloading = next(said for said in agent.said if said.startswith("RELOADING=1\n"))
    clock_us = int(reloading.partition("MONOTONIC_USEC=")[2])
    assert before_us <= clock_us <= time.monotonic_ns() // 1000
    first, second = (n for n, said in enumerate(agent.said) if said.startswith("READY=1"))
    assert first < agent.said.index(reloading) < second
    statsd.until_counted("web.lines.read", 5)
    statsd.until_counted("api.lines.read", 1)


def test_sighup_that_changes_statsd_sends_what_was_counted_before_to_the_old_one(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    config = configuration(tmp_path, statsd_port=statsd.port, sources=web(log))
    with run_agent(tmp_path, config) as agent, run_statsd_double() as another:
        append(log, *numbered(*range(10)))
        agent.until(lambda: len(agent.events) == 10)
        write_configuration(
            tmp_path, configuration(tmp_path, statsd_port=another.port, sources=web(log))
        )
        agent.signal(signal.SIGHUP)
        agent.until_ready(times=2)
        append(log, *numbered(*range(10, 15)))

        assert agent.stop() == 0
        statsd.until_counted("web.lines.read", 10)
        another.until_counted("web.lines.read", 5)


@pytest.mark.parametrize("broken", ["syntax", "unknown key", "rule file", "no sources", "no file"])
def test_a_broken_configuration_on_sighup_keeps_the_old_one_and_says_so(
    tmp_path: Path, log: Path, broken: str
) -> None:
    config = configuration(tmp_path, sources=web(log), rules={"folders": str(tmp_path / "rules")})
    (tmp_path / "rules").mkdir()
    with run_agent(tmp_path, config) as agent:
        path = tmp_path / "logtell.yaml"
        match broken:
            case "syntax":
                path.write_text("sources: [")
            case "unknown key":
                write_configuration(tmp_path, config | {"sauces": {}})
            case "rule file":
                (tmp_path / "rules/mine.yaml").write_text("rules:\n  - id: mine\n")
            case "no sources":
                write_configuration(tmp_path, config | {"sources": {}, "nginx": "off"})
            case "no file":
                path.unlink()
        agent.signal(signal.SIGHUP)
        agent.until_ready(times=2)
        agent.until_logged("the old one stays")
        append(log, *numbered(1))
        agent.until(lambda: numbers(agent) == [1])

        assert "old configuration kept" in agent.said[-1] or agent.count_said("READY=1") == 2
        assert agent.stop() == 0


# systemd.


def test_watchdog_is_fed_at_half_of_its_time(tmp_path: Path, log: Path) -> None:
    environment = {"WATCHDOG_USEC": "600000"}
    with run_agent(tmp_path, sources=web(log), environment=environment) as agent:
        agent.until(lambda: agent.count_said("WATCHDOG=1") >= 8)

        fed = zip(agent.said_at_s, agent.said, strict=True)
        pauses = [
            later - at for at, later in pairwise(at for at, what in fed if what == "WATCHDOG=1")
        ]
        assert sorted(pauses)[len(pauses) // 2] == pytest.approx(0.3, abs=0.1)


def test_status_tells_what_is_followed_and_how_fast(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        assert agent.said[0] == "READY=1\nSTATUS=following 1 source, 0 lines/s, 0 metrics dropped"
        append(log, *numbered(*range(100)))
        agent.until(lambda: any(" 0 lines/s" not in said for said in agent.said[1:]))

        statuses = [said for said in agent.said if said.startswith("STATUS=")]
        rate = int(statuses[-1].removeprefix("STATUS=following 1 source, ").split(" ")[0])
        assert 30 <= rate <= 130  # a look later or earlier than a second


def test_health_is_told(tmp_path: Path, log: Path) -> None:
    folder = str(tmp_path / "run")
    with run_agent(tmp_path, sources=web(log)) as agent:
        assert run(LOGTELL, "health", RUNTIME_DIRECTORY=folder).returncode == 0
        assert agent.stop() == 0
    assert run(LOGTELL, "health", RUNTIME_DIRECTORY=folder).returncode == 1


# StatsD that is not there.


def test_statsd_may_come_later_and_gets_what_was_counted_meanwhile(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    statsd.go_away()
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(100)))
        agent.until_logged("Connection refused")
        agent.until(lambda: len(agent.events) == 100)
        statsd.come_back()
        statsd.until_counted("web.lines.read", 100)

        assert agent.stop() == 0
    assert statsd.counter("web.lines.read") == 100


def test_counters_of_an_outage_arrive_after_it(tmp_path: Path, log: Path, statsd: Statsd) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(log, *numbered(*range(100)))
        statsd.until_counted("web.lines.read", 100)
        statsd.go_away()
        append(log, *numbered(*range(100, 150)))
        agent.until_logged("Connection refused")
        append(log, *numbered(*range(150, 200)))
        agent.until(lambda: len(agent.events) == 200)
        statsd.come_back()
        statsd.until_counted("web.lines.read", 200)

        assert agent.stop() == 0
        assert sum("Connection refused" in line for line in agent.log) == 1
    statsd.until_counted("web.lines.read", 200)


def test_more_timer_samples_than_the_buffer_holds_cost_neither_counters_nor_samples(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    timed = [f"{line} 0.{n % 1000:03d}" for n, line in enumerate(numbered(*range(120_000)))]
    sources = {"web": {"paths": str(log), "format": f"{COMBINED} $request_time"}}
    slowly = {"flush_every_s": 30}  # all at the end
    with run_agent(
        tmp_path, sources=sources, sinks=[], statsd=slowly, statsd_port=statsd.port
    ) as agent:
        append(log, *timed)

        assert agent.stop(within_s=30) == 0
    statsd.until_counted("web.lines.read", 120_000)
    assert statsd.timed("web.request_time") == 120_000


def test_standard_output_that_is_closed_at_the_start_is_said(tmp_path: Path, log: Path) -> None:
    path = write_configuration(tmp_path, configuration(tmp_path, sources=web(log)))

    done = run("sh", "-c", f"exec {LOGTELL} run -c {path} >&-")

    assert done.returncode == os.EX_IOERR
    assert done.stderr.startswith("logtell: standard output is closed")


def test_sighup_opens_the_events_file_anew_after_rotation(tmp_path: Path, log: Path) -> None:
    events = tmp_path / "events.jsonl"
    sinks = [{"to": str(events), "severity": "debug"}]
    with run_agent(tmp_path, sources=web(log), sinks=sinks) as agent:
        append(log, *numbered(1))
        agent.until(lambda: events.exists() and events.stat().st_size)
        events.rename(tmp_path / "events.jsonl.1")
        agent.signal(signal.SIGHUP)
        agent.until_ready(times=2)
        append(log, *numbered(2))

        assert agent.stop() == 0
    assert '"/2"' in events.read_text()


def test_a_statsd_host_that_does_not_resolve_is_said_and_stops_nothing(
    tmp_path: Path, log: Path
) -> None:
    # No name server is asked for such a name.
    with run_agent(
        tmp_path, sources=web(log), statsd={"enabled": True, "host": "no..host"}
    ) as agent:
        agent.until_logged("StatsD host no..host does not resolve")
        append(log, *numbered(1))
        agent.until(lambda: numbers(agent) == [1])

        assert agent.stop() == 0


def test_without_statsd_nothing_is_sent(tmp_path: Path, log: Path, statsd: Statsd) -> None:
    off = {"enabled": False, "port": statsd.port}
    with run_agent(tmp_path, sources=web(log), statsd=off) as agent:
        append(log, *numbered(1))
        agent.until(lambda: checkpointed(tmp_path).get(str(log)) == log.stat().st_size)

        assert agent.stop() == 0
    assert statsd.totals.lines == 0
    assert statsd.totals.datagrams == []


def test_the_environment_overrides_the_configuration(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    environment = {"LOGTELL_STATSD__PORT": str(statsd.port)}
    with run_agent(tmp_path, sources=web(log), statsd_port=9, environment=environment) as agent:
        append(log, *numbered(*range(3)))
        statsd.until_counted("web.lines.read", 3)

        assert agent.stop() == 0


# Outputs that fail.


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 256 KiB; skips the test where that cannot be had."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system: run as root, as .ci/run does")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave only a bit of the last page free, so that a write fails half way."""
    filler = disk / "filler"
    filler.write_bytes(bytes(4096 * (shutil.disk_usage(disk).free // 4096)))
    return filler


def test_a_full_disk_is_said_once_and_nothing_is_lost_when_there_is_space_again(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        output = disk / "events.jsonl"
        output.write_text("{}\n")  # some room in its page
        filler = fill(disk)
        sinks = [{"to": str(output), "severity": "debug"}]
        with run_agent(tmp_path, sources=web(log), sinks=sinks, statsd_port=statsd.port) as agent:
            append(log, *numbered(*range(100)))
            agent.until_logged("no space left")
            append(log, *numbered(*range(100, 200)))
            statsd.until_counted("web.lines.read", 200)
            assert checkpointed(tmp_path).get(str(log), 0) == 0
            filler.unlink()
            agent.until_logged("events are written again")

            assert agent.stop() == 0
            assert sum("no space left" in line for line in agent.log) == 1
        lines = output.read_text().splitlines()[1:]
        found = [int(json.loads(line)["fields"]["request_uri"][1:]) for line in lines]
        assert set(found) == set(range(200))
        assert checkpointed(tmp_path) == {str(log): log.stat().st_size}


def test_a_stop_or_a_reload_while_the_disk_is_full_loses_nothing(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        output = disk / "events.jsonl"
        output.write_text("{}\n")
        filler = fill(disk)
        config = configuration(
            tmp_path,
            sources=web(log),
            sinks=[{"to": str(output), "severity": "debug"}],
            statsd_port=statsd.port,
        )
        with run_agent(tmp_path, config) as agent:
            append(log, *numbered(*range(100)))
            agent.until_logged("no space left")
            agent.signal(signal.SIGHUP)
            agent.until_ready(times=2)
            append(log, *numbered(*range(100, 200)))
            statsd.until_counted("web.lines.read", 200)

            assert agent.stop() == 0
        filler.unlink()
        with run_agent(tmp_path, config) as agent:
            assert agent.stop() == 0
        lines = output.read_text().splitlines()[1:]
        found = [int(json.loads(line)["fields"]["request_uri"][1:]) for line in lines]
        assert set(found) == set(range(200))


def test_a_checkpoint_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    (tmp_path / "file").touch()
    state = {"folder": str(tmp_path / "file/state")}
    with run_agent(tmp_path, sources=web(log), state=state, statsd_port=statsd.port) as agent:
        append(log, *numbered(1))
        agent.until_logged("the checkpoint cannot be saved: not a directory")
        append(log, *numbered(2))
        statsd.until(lambda: statsd.counter("agent.checkpoint.failed") >= 2)

        assert agent.stop() == 0
        assert numbers(agent) == [1, 2]
        assert sum("cannot be saved" in line for line in agent.log) == 1


def test_a_full_disk_under_the_checkpoint_does_not_stop_the_following(
    tmp_path: Path, log: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        state = {"folder": str(disk)}
        with run_agent(tmp_path, sources=web(log), state=state) as agent:
            filler = fill(disk)
            (disk / "last bit").write_bytes(bytes(shutil.disk_usage(disk).free))
            append(log, *numbered(*range(100)))
            agent.until_logged("the checkpoint cannot be saved: no space left on device")
            append(log, *numbered(*range(100, 200)))
            agent.until(lambda: len(agent.events) == 200)
            assert "no space left" in status_of(tmp_path)["checkpoint"]["trouble"]
            filler.unlink()
            agent.until_logged("the checkpoint is saved again")
            assert status_of(tmp_path)["well"]

            assert agent.stop() == 0
            assert sum("cannot be saved" in line for line in agent.log) == 1
        with run_agent(tmp_path, sources=web(log), state=state) as agent:
            assert agent.stop() == 0
            assert agent.events == []


def test_what_a_reload_gives_up_with_its_output_is_counted_and_said(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    sinks = [{"to": str(tmp_path / "missing/events.jsonl"), "severity": "debug"}]
    config = configuration(tmp_path, sources=web(log), sinks=sinks, statsd_port=statsd.port)
    with run_agent(tmp_path, config) as agent:
        append(log, *numbered(*range(7)))
        agent.until_logged("make its folder")
        write_configuration(tmp_path, config | {"sinks": []})
        agent.signal(signal.SIGHUP)
        agent.until_ready(times=2)
        agent.until_logged("the 7 lines of events that it did not take are lost")
        statsd.until_counted("agent.events.dropped.output_removed", 7)

        assert agent.stop() == 0


def test_standard_output_closed_by_its_reader_ends_the_agent_in_order(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    reading, writing = os.pipe()
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port, stdout=writing) as agent:
        os.close(writing)
        os.close(reading)
        append(log, *numbered(*range(10)))
        code = agent.wait()

        assert code == os.EX_IOERR
        assert sum("standard output" in line for line in agent.log) == 1
        assert not any("Traceback" in line or "Exception" in line for line in agent.log)
    statsd.until_counted("web.lines.read", 10)
    with run_agent(tmp_path, sources=web(log)) as agent:
        assert agent.stop() == 0
        assert numbers(agent) == list(range(10))


def test_a_slow_reader_of_the_events_makes_reading_wait_and_memory_stay(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    count = 250_000  # about 100 MB of events
    reading, writing = os.pipe()
    environment = {"WATCHDOG_USEC": "200000"}
    found: list[int] = []

    def read() -> None:
        with os.fdopen(reading, "rb") as events:
            found.extend(int(json.loads(line)["fields"]["request_uri"][1:]) for line in events)

    with run_agent(
        tmp_path, sources=web(log), statsd_port=statsd.port, stdout=writing, environment=environment
    ) as agent:
        os.close(writing)
        append(log, *numbered(1))
        statsd.until_counted("web.lines.read", 1)  # all is loaded
        at_first = agent.resident_bytes()
        append(log, *numbered(*range(2, count)))
        at_most, fed = at_first, agent.count_said("WATCHDOG=1")
        for beat in range(1, 31):
            agent.until(partial(agent.has_said, "WATCHDOG=1", fed + beat))
            at_most = max(at_most, agent.resident_bytes())
        assert at_most - at_first < 60e6
        reader = threading.Thread(target=read)
        reader.start()
        statsd.until(lambda: statsd.counter("web.lines.read") >= count - 1, within_s=30)

        assert agent.stop() == 0
    reader.join()
    assert found == list(range(1, count))


_WRITE = """
import sys
with open(sys.argv[1], "ab") as log:
    for number in range(int(sys.argv[2])):
        log.write(b"%d %s\\n" % (number, b"x" * int(sys.argv[3])))
"""


def test_200_mb_written_while_nobody_reads_a_fifo_cost_no_memory_and_are_not_lost(
    tmp_path: Path,
) -> None:
    count, length = 50_000, 4_000
    log, fifo = tmp_path / "app.log", tmp_path / "events"
    log.touch()
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)
    sources = {"app": {"paths": str(log), "format": "plain"}}
    sinks = [{"to": str(fifo), "severity": "debug"}]
    found = bytearray()

    def read() -> None:
        while raw := os.read(reading, 1 << 20):
            found.extend(raw)

    with run_agent(
        tmp_path, sources=sources, sinks=sinks, environment={"WATCHDOG_USEC": "200000"}
    ) as agent:
        append(log, "first")
        agent.until(lambda: status_of(tmp_path)["sources"][0]["lines"]["read"] == 1)
        at_first = at_most = agent.resident_bytes()
        write = [sys.executable, "-c", _WRITE, str(log), str(count), str(length)]
        with subprocess.Popen(write) as writer:
            agent.until(lambda: status_of(tmp_path)["outputs"][0]["held_bytes"])
            while writer.poll() is None:
                at_most = max(at_most, agent.resident_bytes())
        held_up = status_of(tmp_path)
        fed = agent.count_said("WATCHDOG=1")
        agent.until(partial(agent.has_said, "WATCHDOG=1", fed + 3))
        at_most = max(at_most, agent.resident_bytes())
        reader = threading.Thread(target=read)
        reader.start()
        agent.until(lambda: status_of(tmp_path)["sources"][0]["lag"]["bytes"] == 0)
        at_most = max(at_most, agent.resident_bytes())
        source = status_of(tmp_path)["sources"][0]
        assert agent.stop() == 0
    reader.join()
    os.close(reading)

    size = log.stat().st_size
    assert size > 200e6
    assert held_up["sources"][0]["lag"]["bytes"] > size - 20e6  # nearly all waits in the file
    assert at_most - at_first < 60e6
    assert source["lines"]["read"] == source["lines"]["parsed"] == count + 1
    assert (source["bytes"]["seen"], source["bytes"]["unbalanced"]) == (size, 0)
    numbers = [int(number) for number in re.findall(rb'"message":"(\d+) ', found)]
    assert numbers == list(range(count))


def test_a_stop_does_not_wait_for_ever_for_a_reader_that_does_not_read(
    tmp_path: Path, log: Path
) -> None:
    reading, writing = os.pipe()
    with run_agent(tmp_path, sources=web(log), stdout=writing) as agent:
        os.close(writing)
        append(log, *numbered(*range(5000)))
        agent.until(lambda: agent.process.poll() is None and pipe_is_full(reading))

        assert agent.stop(within_s=19) == os.EX_IOERR  # systemd kills after 20 s
    os.close(reading)
    with run_agent(tmp_path, sources=web(log)) as agent:
        assert agent.stop() == 0
        assert numbers(agent) == list(range(5000))


def pipe_is_full(reading: int) -> bool:
    """Whether a pipe of 64 KiB takes no more."""
    held = fcntl.ioctl(reading, termios.FIONREAD, bytes(4))
    return int.from_bytes(held, "little") >= 60_000


# Logs.


def test_a_file_that_appears_later_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with run_agent(tmp_path, sources=web(log)) as agent:
        append(log, *numbered(*range(10)))
        agent.until(lambda: len(agent.events) == 10)

        assert agent.stop() == 0
        assert numbers(agent) == list(range(10))


def test_hostile_lines_are_counted_passed_on_and_stop_nothing(
    tmp_path: Path, log: Path, statsd: Statsd
) -> None:
    with run_agent(tmp_path, sources=web(log), statsd_port=statsd.port) as agent:
        append(
            log,
            *numbered(1),
            b"\xff\xfe\x00 \x1b[31m not a log line \xc3\x28",
            access_line("/2").encode().replace(b"curl", b"\xe9\x00\x1b"),
            b"x" * 10_000_000,
            b"",
            *numbered(3),
        )
        statsd.until_counted("web.lines.read", 6)

        assert agent.stop() == 0
        long = next(event for event in agent.events if len(event["message"]) > 1000)
        assert not long["parsed"]
        assert len(long["message"]) <= 262_144
        uris = [event["fields"].get("request_uri") for event in agent.events if event["parsed"]]
        assert uris == ["/1", "/2", "/3"]
    counted = {
        what: statsd.counter(f"web.lines.{what}") for what in ("parsed", "unparsed", "truncated")
    }
    assert counted == {"parsed": 3, "unparsed": 2, "truncated": 1}
    assert statsd.totals.bad_lines == []


def test_what_we_write_ourselves_is_not_followed(tmp_path: Path, statsd: Statsd) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    config = configuration(
        tmp_path,
        sources={"web": {"paths": str(logs / "*"), "format": "plain"}},
        sinks=[{"to": str(logs / "file"), "severity": "debug"}, {"severity": "debug"}],
        log={"level": "debug"},
        follow={"start_at": "beginning"},
        statsd_port=statsd.port,
    )
    command = [str(LOGTELL), "run", "-c", str(write_configuration(tmp_path, config))]
    environment = os.environ | {"RUNTIME_DIRECTORY": str(tmp_path / "run")}
    with (logs / "out").open("wb") as out, (logs / "err").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
    try:
        for number in range(1, 4):  # each round is at least one flush
            append(logs / "app", "something happened")
            statsd.until_counted("web.lines.read", number)
    finally:
        process.terminate()
        process.wait(15)
    assert statsd.counter("web.lines.read") == 3
    assert {path.name: len(path.read_bytes().splitlines()) for path in logs.iterdir()} == {
        "app": 3,
        "file": 3,
        "out": 3,
        "err": 2,  # following, stopping
    }


# What ends a start.


def test_an_empty_configuration_says_in_one_sentence_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "logtell.yaml"
    path.write_text("sources: {}\nnginx: off\n")

    done = run_briefly("-c", str(path))

    assert done.returncode == os.EX_CONFIG
    assert "nothing to follow" in done.stderr
    assert "fix: " in done.stderr
    assert "no configuration" not in done.stderr


def test_without_configuration_and_nginx_it_says_in_one_sentence_what_to_do() -> None:
    hidden = [
        path for path in ("/etc/logtell", "/etc/nginx", "/var/log/nginx") if Path(path).exists()
    ]
    if hidden and os.geteuid() != 0:
        pytest.skip(f"this machine has {hidden[0]}, which only root can hide from a program")
    hide = " && ".join([*(f"mount -t tmpfs none {path}" for path in hidden), f"exec {LOGTELL} run"])
    # Processes, too: tests beside this one run nginx.
    separate = ["unshare", "--mount", "--pid", "--fork", "--mount-proc"] if hidden else []

    done = run(*separate, "sh", "-c", hide)

    assert done.returncode == os.EX_CONFIG, done.stderr
    assert done.stderr.startswith(
        "logtell: there is nothing to follow: no configuration, and no nginx was found\n"
    )
    assert "fix: " in done.stderr


def test_wrong_settings_end_the_start_with_78_and_wrong_usage_with_2(
    tmp_path: Path, log: Path
) -> None:
    good = str(write_configuration(tmp_path, configuration(tmp_path, sources=web(log))))
    bad = tmp_path / "bad.yaml"
    bad.write_text("sources: 1\nstatsd: {prot: 1}\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/mine.yaml").write_text("rules:\n  - id: mine\n")

    wrong = run_briefly("-c", str(bad))
    missing = run_briefly("-c", str(tmp_path / "nowhere.yaml"))
    variable = run_briefly("-c", good, LOGTELL_STATSD__PORT="eighty")
    rules = run_briefly("-c", good, LOGTELL_RULES__FOLDERS=str(tmp_path / "rules"))
    usage = run_briefly("--follow")

    assert [78, 78, 78, 78, 2] == [
        done.returncode for done in (wrong, missing, variable, rules, usage)
    ]
    assert f"{bad}:2:" in wrong.stderr
    assert "did you mean `port`" in wrong.stderr
    assert "nowhere.yaml: cannot be read: No such file or directory" in missing.stderr
    assert "LOGTELL_STATSD__PORT" in variable.stderr
    assert "mine.yaml:2:" in rules.stderr


def test_events_are_explained_as_they_come(tmp_path: Path, log: Path, statsd: Statsd) -> None:
    sources = {"err": {"paths": str(log), "format": "nginx_error"}}
    with run_agent(tmp_path, sources=sources, statsd_port=statsd.port) as agent:
        append(log, error_line())
        agent.until(lambda: agent.events)
        statsd.until_counted("err.explained.nginx_upstream_refused", 1)

        assert agent.events[0]["explanation"]["rule"] == "nginx.upstream.refused"
        assert agent.stop() == 0
