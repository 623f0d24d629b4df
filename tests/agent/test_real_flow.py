"""From log files through the agent to the original StatsD server: every number is exact."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import BinaryIO

import pytest

from benchmarks.generate import LOG_FORMAT, access_lines, error_lines
from tests.agents import access_line, append, run_agent
from tests.programs import needs
from tests.statsd_server import ServerTotals, StatsdServer, run_statsd

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def statsd_server(tmp_path: Path) -> Iterator[StatsdServer]:
    (tmp_path / "statsd").mkdir()
    with run_statsd(tmp_path / "statsd") as server:
        yield server


def put(log: BinaryIO, lines: Sequence[str]) -> None:
    """Write lines at once, as a burst."""
    log.write("".join(f"{line}\n" for line in lines).encode())


def rotate(log: Path, mode: str) -> None:
    conf = log.with_name(f"{log.name}.conf")
    conf.write_text(f"{log} {{\n rotate 5\n size 1\n nocompress\n {mode}\n}}\n")
    conf.chmod(0o644)
    state = log.with_name("logrotate.state")
    command = [needs("logrotate"), "-f", "-s", state, conf]
    subprocess.run([str(each) for each in command], check=True, timeout=20, capture_output=True)


def expected_of_access(lines: Sequence[str], source: str) -> Counter[str]:
    """The counters of an access log, counted by hand."""
    counted: Counter[str] = Counter()
    for line in lines:
        _, request, rest, *_ = line.split('"')
        status, sent = rest.split()
        counted[f"{source}.lines.read"] += 1
        counted[f"{source}.lines.parsed"] += 1
        counted[f"{source}.requests.status.{status[0]}xx"] += 1
        counted[f"{source}.requests.method.{request.split()[0].lower()}"] += 1
        counted[f"{source}.bytes"] += int(sent)
    return counted


def test_every_line_of_every_source_is_counted_once_over_bursts_and_rotations(
    tmp_path: Path, statsd_server: StatsdServer
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o755)
    web, err, app, jsons = (logs / name for name in ("web.log", "err.log", "app.log", "api.json"))
    sources = {
        "web": {"paths": str(web), "format": LOG_FORMAT},
        "err": {"paths": str(err), "format": "nginx_error"},
        "app": {"paths": str(app), "format": "python"},
        "api": {"paths": str(jsons), "format": "json"},
    }
    access, errors = list(access_lines(9000)), list(error_lines(1500))
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    said = [f"{levels[n % 4]}:shop.cart.{n % 3}:order {n} was looked at" for n in range(1200)]
    objects = [json.dumps({"level": "info", "msg": f"request {n}", "n": n}) for n in range(800)]
    burst = iter(access)
    sinks = [{"severity": "critical", "explained": False}]
    with (
        run_agent(tmp_path, sources=sources, sinks=sinks, statsd_port=statsd_server.port) as agent,
        app.open("ab", buffering=0) as copied,  # copytruncate wants O_APPEND
    ):
        with web.open("ab", buffering=0) as old:
            for part in range(4):
                put(old, list(islice(burst, 1000)))
                append(err, *errors[part * 300 : part * 300 + 300])
                put(copied, said[part * 100 : part * 100 + 100])
            rotate(web, "create 0644")
            put(old, list(islice(burst, 1000)))  # nginx writes on until it is told to reopen
        with web.open("ab", buffering=0) as fresh:
            put(fresh, list(islice(burst, 1000)))
            rotate(app, "copytruncate")  # nobody writes to it meanwhile
            put(copied, said[400:900])
            append(jsons, *objects)
            for line in islice(burst, 500):  # one by one
                put(fresh, [line])
            append(err, *errors[1200:])
            rotate(web, "create 0644")
            put(fresh, list(islice(burst, 500)))
        put(copied, said[900:])
        append(web, *burst)

        assert agent.stop() == 0
        assert agent.events == []
    wanted = expected_of_access(access, "web")
    wanted += Counter({"err.lines.read": 1500, "err.lines.parsed": 1500})
    wanted += Counter({"app.lines.read": 1200, "app.lines.parsed": 1200})
    wanted += Counter({f"app.events.logger.shop_cart_{n}": 400 for n in range(3)})
    wanted += Counter({"api.lines.read": 800, "api.lines.parsed": 800})

    def of_wanted(totals: ServerTotals) -> dict[str, float | None]:
        return {name: totals.counters.get(f"logtell.{name}") for name in wanted}

    totals = statsd_server.totals_once(lambda totals: of_wanted(totals) == dict(wanted))
    assert of_wanted(totals) == dict(wanted)
    upstream = [line for line in access if 'urt="-"' not in line]
    assert len(totals.timers["logtell.web.request_time"]) == len(access)
    assert len(totals.timers["logtell.web.upstream_time"]) == len(upstream)
    asked_ms = sum(round(float(line.partition(" rt=")[2].split()[0]) * 1000) for line in access)
    assert sum(totals.timers["logtell.web.request_time"]) == pytest.approx(asked_ms)
    for source, lines in (("web", 9000), ("err", 1500), ("app", 1200), ("api", 800)):
        by_severity = f"logtell.{source}.events.severity."
        counted = [n for name, n in totals.counters.items() if name.startswith(by_severity)]
        assert sum(counted) == lines
    assert totals.bad_lines == 0


def test_latency_from_a_write_to_its_event_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is asserted but that all come: how long it takes is the machine's affair."""
    log = tmp_path / "access.log"
    log.touch()
    sources = {"web": {"paths": str(log), "format": "combined"}}
    written_at_s: list[float] = []
    with run_agent(tmp_path, sources=sources) as agent:
        begun_s = time.monotonic()
        for number in range(200):
            agent.until_time(begun_s + number * 0.023)  # out of step with the polling
            written_at_s.append(time.monotonic())
            append(log, access_line(f"/{number}"))
        agent.until(lambda: len(agent.events) == 200)
        took_ms = [
            (came - written) * 1000
            for came, written in zip(agent.events_at_s, written_at_s, strict=True)
        ]
    cuts = quantiles(took_ms, n=100)
    with capsys.disabled():
        print(f"\nwrite to event: p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms")  # noqa: T201
