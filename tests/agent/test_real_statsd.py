"""The original StatsD server understands what we send, to the last line."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.names import metric_part
from agent.statsd import StatsdClient
from agent.udp import UdpTransport
from tests.statsd_server import ServerTotals, StatsdServer, run_statsd

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def statsd_server(tmp_path: Path) -> Iterator[StatsdServer]:
    with run_statsd(tmp_path) as server:
        yield server


def totals_of(server: StatsdServer, act: Callable[[StatsdClient], object]) -> ServerTotals:
    """Return what the server has after everything that `act` sends."""

    async def story() -> int:
        client = StatsdClient(UdpTransport("127.0.0.1", server.port), prefix="web")
        act(client)
        await client.drain(20)
        return client.counts.lines

    return server.totals_after(asyncio.run(story()))


def test_twenty_thousand_metrics_arrive_exactly(statsd_server: StatsdServer) -> None:
    def act(client: StatsdClient) -> None:
        for number in range(5000):
            client.incr("requests", number)
            client.incr(f"status.{number % 50}")
            client.timing("time", number / 8)
            client.gauge("queue", number)

    totals = totals_of(statsd_server, act)

    assert (totals.metrics, totals.bad_lines) == (20_000, 0)
    assert totals.counters["web.requests"] == sum(range(5000))
    assert [totals.counters[f"web.status.{code}"] for code in range(50)] == [100] * 50
    assert sorted(totals.timers["web.time"]) == [number / 8 for number in range(5000)]
    assert totals.gauges["web.queue"] == 4999


def test_negative_gauge_is_set_and_not_subtracted(statsd_server: StatsdServer) -> None:
    def act(client: StatsdClient) -> None:
        for _ in range(3):
            client.gauge("temperature", 7)
            client.gauge("temperature", -5)
        client.gauge("balance", 10)
        client.gauge("balance", -4, delta=True)

    totals = totals_of(statsd_server, act)

    assert totals.bad_lines == 0
    assert totals.gauges["web.temperature"] == -5
    assert totals.gauges["web.balance"] == 6


def test_hostile_names_and_values_make_no_bad_line_and_no_metric_of_their_own(
    statsd_server: StatsdServer,
) -> None:
    hostile = ["a:1|c\nforged:1|c", "|#tag:x", "é😀", "", "a/../b", "x" * 5000]

    def act(client: StatsdClient) -> None:
        for text in hostile:
            client.incr(f"path.{metric_part(text)}")
            client.incr(text)
            client.set("users", text)
        client.timing("time", -1)
        client.gauge("queue", float("nan"))

    totals = totals_of(statsd_server, act)

    assert totals.bad_lines == 0
    assert "forged" not in totals.counters
    # The empty member was not sent, the one of 5,000 characters is longer than a datagram.
    assert len(totals.sets["web.users"]) == len(hostile) - 2
    assert sum(n for name, n in totals.counters.items() if name.startswith("web")) == 12


def test_rate_is_understood(statsd_server: StatsdServer) -> None:
    def act(client: StatsdClient) -> None:
        client._chance = lambda: 0.0
        client.incr("sampled", rate=1e-05)
        client.incr("sampled", rate=0.5)

    totals = totals_of(statsd_server, act)

    assert totals.bad_lines == 0
    assert totals.counters["web.sampled"] == 10_002
