"""What leaves the agent for StatsD, and what happens when StatsD is away; with real sockets."""

import asyncio
import logging
import math
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.names import metric_name, metric_part, route_part
from agent.receiver import Receiver, open_receiver, parse_line
from agent.statsd import (
    BURST_DATAGRAMS,
    MAX_DATAGRAM_BYTES,
    StatsdClient,
    plain_number,
    take_datagram,
)
from agent.udp import Address, UdpTransport

HOSTILE = ["a:b", "a|b", "a@b", "a#b", "a\nb:1|c", "é", "😀", "", "   ", ".", "..", "\x00", "a/b c"]


@pytest.mark.parametrize("text", HOSTILE)
def test_metric_part_has_no_character_of_the_protocol_and_no_dot(text: str) -> None:
    assert re.fullmatch("[a-z0-9_-]{1,80}", metric_part(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_metric_name_has_no_character_of_the_protocol_and_no_empty_part(text: str) -> None:
    assert re.fullmatch(r"(?=.{1,200}\Z)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", metric_name(text))


@given(st.text())
def test_cleaning_a_clean_part_changes_nothing(text: str) -> None:
    assert metric_part(text) == metric_part(metric_part(text))


def test_long_names_are_cut() -> None:
    assert len(metric_part("x" * 1000)) == 80
    assert len(metric_name("x" * 1000)) == 200


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("5", "5"),
        ("-5", "-5"),
        ("+5", "+5"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("12.500000", "12.5"),
        ("0.30000000000000004", "0.3"),
        ("1e-05", "0.00001"),
        ("1e-07", "0"),
        ("-1e-07", "0"),
        ("-0.0", "0"),
        ("+0.5", "+0.5"),
        ("1e+22", "10000000000000000000000"),
        ("nan", ""),
        ("inf", ""),
        ("-inf", ""),
        ("abc", ""),
        ("", ""),
        ("٣", "3"),  # a digit to Python, but not to StatsD
    ],
)
def test_number_is_written_short_and_without_an_exponent(text: str, plain: str) -> None:
    assert plain == plain_number(text)


@given(st.lists(st.text("x", min_size=1, max_size=100)), st.integers(1, 200))
def test_packing_cuts_no_line_and_fills_no_datagram_above_the_limit(
    lines: list[str], max_bytes: int
) -> None:
    left = deque(line for line in lines if len(line) <= max_bytes)
    whole = list(left)

    datagrams = []
    while left:
        datagrams.append(take_datagram(left, max_bytes))

    assert whole == [line for datagram in datagrams for line in datagram]
    assert all(len("\n".join(datagram)) <= max_bytes for datagram in datagrams)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Hosts:
    """A name server under the test's command: answers `addresses`, or fails when there are none."""

    def __init__(self, *addresses: Address) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[Address]:
        self.asked += 1
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(self.addresses)


def ipv4(port: int) -> Address:
    return socket.AF_INET, ("127.0.0.1", port)


def run(story: Coroutine[object, object, None]) -> None:
    async def within_a_deadline() -> None:
        async with asyncio.timeout(15):
            await story

    asyncio.run(within_a_deadline())


@asynccontextmanager
async def connected(**options):
    """A receiver and a client that sends to it."""
    async with open_receiver() as receiver:
        client = StatsdClient(UdpTransport("127.0.0.1", receiver.port), **options)
        try:
            yield client, receiver
        finally:
            client.close()


def closed_port() -> int:
    """Return a loopback port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as briefly:
        briefly.bind(("127.0.0.1", 0))
        return briefly.getsockname()[1]


def lines_of(act: Callable[[StatsdClient], object], **options) -> list[str]:
    """Return the lines that calls leave in the buffer, read from a socket."""
    lines: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)

        async def story() -> None:
            client = StatsdClient(UdpTransport(*server.getsockname()), **options)
            act(client)
            await client.drain(5)
            while client.counts.datagrams > len(lines):
                lines.append(server.recv(65536).decode())

        run(story())
    return "\n".join(lines).split("\n") if lines else []


def dropped_of(act: Callable[[StatsdClient], object], **options) -> dict[str, int]:
    client = StatsdClient(UdpTransport("127.0.0.1", 9), **options)
    act(client)
    return dict(client.counts.dropped)


def test_incr_and_decr_write_counters() -> None:
    def act(client: StatsdClient) -> None:
        client.incr("a")
        client.incr("a", 5)
        client.decr("a", 2)
        client.incr("half", 0.1 + 0.2)

    assert lines_of(act) == ["a:1|c", "a:5|c", "a:-2|c", "half:0.3|c"]


def test_timing_is_written_without_needless_zeros() -> None:
    def act(client: StatsdClient) -> None:
        client.timing("t", 320)
        client.timing("t", 0.25)
        client.timing("t", timedelta(seconds=1.5))

    assert lines_of(act) == ["t:320|ms", "t:0.25|ms", "t:1500|ms"]


def test_timer_of_the_package_works() -> None:
    def act(client: StatsdClient) -> None:
        with client.timer("t"):
            pass

    [line] = lines_of(act)
    assert parse_line(line.encode()).kind == "ms"


def test_gauge_is_set_or_changed() -> None:
    def act(client: StatsdClient) -> None:
        client.gauge("g", 5)
        client.gauge("g", 5, delta=True)
        client.gauge("g", -5, delta=True)
        client.gauge("g", -0.0)

    assert lines_of(act) == ["g:5|g", "g:+5|g", "g:-5|g", "g:0|g"]


def test_negative_gauge_is_zero_and_then_the_value() -> None:
    assert lines_of(lambda client: client.gauge("g", -5)) == ["g:0|g", "g:-5|g"]


def test_the_two_lines_of_a_negative_gauge_are_in_one_datagram() -> None:
    async def story() -> None:
        async with connected(max_datagram_bytes=24) as (client, receiver):
            client.incr("aaaaaaaaaa")
            client.gauge("g", -5)

            await client.flush()

            totals = await receiver.wait_for_lines(3)
            assert totals.datagrams == [len("aaaaaaaaaa:1|c"), len("g:0|g\ng:-5|g")]
            assert totals.gauges == {"g": -5.0}

    run(story())


def test_set_members_stay_different_whatever_they_contain() -> None:
    def act(client: StatsdClient) -> None:
        client.set("s", "a:b")
        client.set("s", "a|b")
        client.set("s", "é")
        client.set("s", "\udc80")

    members = [parse_line(line.encode()).member for line in lines_of(act)]
    assert len(set(members)) == 4


def test_pipeline_goes_out_with_the_rest() -> None:
    def act(client: StatsdClient) -> None:
        with client.pipeline() as pipe:
            pipe.incr("a")
            pipe.gauge("g", -1)

    assert lines_of(act) == ["a:1|c", "g:0|g", "g:-1|g"]


def test_rate_is_written_in_fixed_point() -> None:
    def act(client: StatsdClient) -> None:
        client.incr("a", rate=0.1)
        client.incr("a", rate=0.33333333)
        client.incr("a", rate=1e-05)

    assert lines_of(act, chance=lambda: 0.0) == ["a:1|c|@0.1", "a:1|c|@0.3333", "a:1|c|@0.0001"]


def test_sample_that_the_rate_leaves_out_is_not_a_drop() -> None:
    assert dropped_of(lambda client: client.incr("a", rate=0.1), chance=lambda: 0.5) == {}


def test_prefix_is_before_each_name_and_cleaned_with_it() -> None:
    assert lines_of(lambda client: client.incr("b"), prefix="web é") == ["web_.b:1|c"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("method", ["incr", "gauge", "timing"])
def test_value_that_is_not_finite_is_dropped_and_counted(method: str, value: float) -> None:
    assert dropped_of(lambda client: getattr(client, method)("a", value)) == {"bad_value": 1}


def test_negative_time_is_dropped_and_counted() -> None:
    assert dropped_of(lambda client: client.timing("t", -1)) == {"bad_value": 1}


def test_empty_set_member_is_dropped_and_counted() -> None:
    assert dropped_of(lambda client: client.set("s", "")) == {"bad_value": 1}


def test_line_longer_than_a_datagram_is_dropped_and_counted() -> None:
    assert dropped_of(lambda client: client.set("s", "x" * MAX_DATAGRAM_BYTES)) == {"too_long": 1}


def test_full_buffer_drops_the_oldest_line_and_counts_it() -> None:
    def act(client: StatsdClient) -> None:
        for number in range(5):
            client.incr("a", number)
        assert client.counts.dropped == {"buffer_full": 2}

    assert lines_of(act, max_lines=3) == ["a:2|c", "a:3|c", "a:4|c"]


def test_close_counts_what_was_not_sent() -> None:
    def act(client: StatsdClient) -> None:
        client.incr("a")
        client.gauge("g", -5)
        client.close()

    assert dropped_of(act) == {"undelivered": 3}


COUNTS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=20)  # each opens a socket and sends a list of metrics
@given(st.lists(st.tuples(st.text(), COUNTS), min_size=1))
@example([("a:1|c\nb", 5), ("", 1e300), ("x" * 500, -1e-9)])
def test_any_name_and_finite_count_is_read_back_by_the_strict_parser(
    metrics: list[tuple[str, float]],
) -> None:
    lines = lines_of(lambda client: [client.incr(name, count) for name, count in metrics])

    samples = [parse_line(line.encode()) for line in lines]
    assert [sample.name for sample in samples] == [metric_name(name) for name, _ in metrics]
    assert [sample.value for sample in samples] == [
        pytest.approx(count, rel=1e-15, abs=5e-7) for _, count in metrics
    ]


@settings(max_examples=20)
@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_set_member_is_read_back_by_the_strict_parser(members: list[str]) -> None:
    lines = lines_of(lambda client: [client.set("s", member) for member in members])

    assert [unquote(parse_line(line.encode()).member) for line in lines] == members


def test_all_lines_arrive_in_whole_and_in_datagrams_of_the_size_allowed() -> None:
    async def story() -> None:
        async with connected() as (client, receiver):
            for number in range(2000):
                client.incr(f"metric.number.{number}", number)

            await client.flush()

            totals = await receiver.wait_for_lines(2000)
            assert totals.bad_lines == []
            assert totals.counters == {f"metric.number.{n}": float(n) for n in range(2000)}
            assert max(totals.datagrams) <= MAX_DATAGRAM_BYTES

    run(story())


def test_counts_tell_what_was_sent() -> None:
    async def story() -> None:
        async with connected() as (client, receiver):
            client.incr("a")
            client.gauge("g", -5)

            await client.flush()

            totals = await receiver.wait_for_lines(3)
            sent = client.counts
            assert (sent.lines, sent.datagrams, sent.bytes) == (3, 1, totals.datagrams[0])
            assert sent.resolved_at is not None
            assert client.buffered == 0

    run(story())


def test_burst_larger_than_the_receive_buffer_arrives_because_it_is_paced() -> None:
    """A receive buffer holds about 90 of these, and this receiver reads only in the pauses."""

    async def story() -> None:
        async with connected() as (client, receiver):
            for _ in range(300):
                client.set("s", "x" * (MAX_DATAGRAM_BYTES - 4))

            await client.flush()

            assert client.counts.datagrams == 300 > BURST_DATAGRAMS
            assert (await receiver.wait_for_lines(300)).datagrams == [MAX_DATAGRAM_BYTES] * 300

    run(story())


def test_ipv6_is_used_where_the_host_has_it() -> None:
    async def story(receiver: Receiver) -> None:
        client = StatsdClient(UdpTransport("::1", receiver.port))
        client.incr("a")

        await client.drain(5)

        assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}

    async def on_ipv6() -> None:
        try:
            opened = open_receiver("::1")
            receiver = await opened.__aenter__()
        except OSError as error:
            pytest.skip(f"this machine has no IPv6: {error}")
        try:
            await story(receiver)
        finally:
            await opened.__aexit__(None, None, None)

    run(on_ipv6())


def test_host_that_does_not_resolve_keeps_the_lines() -> None:
    async def story() -> None:
        client = StatsdClient(UdpTransport("metrics.internal", resolver=Hosts()))
        client.incr("a")

        await client.flush()

        assert client.buffered == 1
        assert client.counts.errors == {"unresolved": 1}
        client.close()

    run(story())


def test_name_that_cannot_be_a_host_is_no_exception() -> None:
    async def story() -> None:
        client = StatsdClient(UdpTransport("a..b"))  # the idna codec raises UnicodeError
        client.incr("a")

        await client.flush()

        assert client.counts.errors == {"unresolved": 1}
        client.close()

    run(story())


def test_lines_go_out_when_the_host_resolves_at_last() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            clock, hosts = Clock(), Hosts()
            transport = UdpTransport("metrics.internal", resolver=hosts, clock=clock)
            client = StatsdClient(transport)
            client.incr("a")
            await client.flush()

            hosts.addresses = [ipv4(receiver.port)]
            clock.now += 5
            await client.drain(5)

            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}
            assert client.counts.resolved_at == 5.0

    run(story())


def test_host_that_does_not_resolve_is_asked_for_every_five_seconds() -> None:
    async def story() -> None:
        clock, hosts = Clock(), Hosts()
        client = StatsdClient(UdpTransport("metrics.internal", resolver=hosts, clock=clock))

        for _ in range(11):
            await client.flush()
            clock.now += 1

        assert hosts.asked == 3  # at 0, 5 and 10
        client.close()

    run(story())


def test_host_that_resolves_is_asked_for_every_minute() -> None:
    async def story() -> None:
        clock, hosts = Clock(), Hosts(ipv4(9))
        client = StatsdClient(UdpTransport("metrics.internal", resolver=hosts, clock=clock))

        for _ in range(13):
            await client.flush()
            clock.now += 10

        assert hosts.asked == 3  # at 0, 60 and 120
        client.close()

    run(story())


def test_server_that_moves_is_followed() -> None:
    async def story() -> None:
        async with open_receiver() as before, open_receiver() as after:
            clock, hosts = Clock(), Hosts(ipv4(before.port))
            client = StatsdClient(UdpTransport("metrics.internal", resolver=hosts, clock=clock))
            client.incr("a")
            await client.flush()

            hosts.addresses = [ipv4(after.port)]
            clock.now += 60
            client.incr("b")
            await client.drain(5)

            assert (await before.wait_for_lines(1)).counters == {"a": 1.0}
            assert (await after.wait_for_lines(1)).counters == {"b": 1.0}

    run(story())


def test_address_in_use_stays_when_the_name_server_shuffles() -> None:
    async def story() -> None:
        async with open_receiver() as first, open_receiver() as second:
            clock, hosts = Clock(), Hosts(ipv4(first.port), ipv4(second.port))
            client = StatsdClient(UdpTransport("metrics.internal", resolver=hosts, clock=clock))
            client.incr("a")
            await client.flush()

            hosts.addresses.reverse()
            clock.now += 60
            client.incr("b")
            await client.drain(5)

            assert (await first.wait_for_lines(2)).counters == {"a": 1.0, "b": 1.0}

    run(story())


def test_known_address_stays_in_use_while_the_name_server_is_away() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            clock, hosts = Clock(), Hosts(ipv4(receiver.port))
            client = StatsdClient(UdpTransport("metrics.internal", resolver=hosts, clock=clock))
            await client.flush()

            hosts.addresses = []
            clock.now += 60
            client.incr("a")
            await client.drain(5)

            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}
            assert client.counts.errors == {"unresolved": 1}

    run(story())


def test_slow_name_server_holds_no_flush_up_for_long_and_is_not_asked_twice() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            answer, hosts = threading.Event(), Hosts(ipv4(receiver.port))

            def slow(host: str, port: int) -> list[Address]:
                answer.wait(10)
                return hosts(host, port)

            transport = UdpTransport("metrics.internal", resolver=slow)
            client = StatsdClient(transport)
            client.incr("a")

            await client.flush()
            trouble = transport.trouble
            answer.set()
            await client.drain(5)

            assert "the name server is slow" in trouble
            assert hosts.asked == 1
            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}

    run(story())


def test_server_that_is_down_loses_no_line_on_this_machine() -> None:
    async def story() -> None:
        client = StatsdClient(UdpTransport("127.0.0.1", closed_port()))
        for number in range(2000):
            client.incr("a", number)

        for _ in range(3):
            await client.flush()

        assert client.buffered == 2000
        assert client.counts.errors["ECONNREFUSED"] == 3
        assert client.counts.lines == 0
        client.close()

    run(story())


def test_single_datagram_that_was_refused_is_sent_again() -> None:
    """No second send shows the error of the first: only the socket's pending error does."""

    async def story() -> None:
        port = closed_port()
        client = StatsdClient(UdpTransport("127.0.0.1", port))
        client.incr("a")
        await client.flush()

        async with open_receiver(port=port) as receiver:
            await client.drain(5)

            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}

    run(story())


def test_server_that_restarts_gets_each_line_once_and_in_order() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            port = receiver.port
            client = StatsdClient(UdpTransport("127.0.0.1", port))
            client.incr("before")
            await client.flush()
            assert (await receiver.wait_for_lines(1)).counters == {"before": 1.0}
        for number in range(3000):
            client.gauge("meanwhile", number)
            client.incr("meanwhile.count")
        await client.flush()

        async with open_receiver(port=port) as receiver:
            await client.drain(5)

            totals = await receiver.wait_for_lines(6000)
            assert totals.counters == {"meanwhile.count": 3000.0}
            assert totals.gauges == {"meanwhile": 2999.0}

    run(story())


def test_refused_address_gives_way_to_the_next_of_the_host() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            hosts = Hosts(ipv4(closed_port()), ipv4(receiver.port))
            client = StatsdClient(UdpTransport("localhost", resolver=hosts))
            client.incr("a")

            await client.drain(5)

            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}

    run(story())


def test_address_that_cannot_be_reached_gives_way_to_the_next_of_the_host() -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            # The system lets nobody send to the broadcast address unasked: EACCES.
            broadcast: Address = (socket.AF_INET, ("255.255.255.255", 9))
            client = StatsdClient(
                UdpTransport("localhost", resolver=Hosts(broadcast, ipv4(receiver.port)))
            )
            client.incr("a")

            await client.drain(5)

            assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}
            assert client.counts.errors.total() == 1

    run(story())


def test_datagram_that_the_system_refuses_for_its_size_is_dropped_and_counted() -> None:
    async def story() -> None:
        async with connected(max_datagram_bytes=70_000) as (client, _):
            client.set("s", "x" * 69_000)
            client.set("s", "x" * 69_000)

            await client.flush()

            assert client.counts.errors == {"EMSGSIZE": 2}
            assert client.counts.dropped == {"message_size": 2}
            assert client.buffered == 0

    run(story())


def test_full_send_buffer_keeps_the_rest_for_the_next_flush(tmp_path: Path) -> None:
    """UDP on loopback never fills its send buffer; a Unix datagram socket does, and says EAGAIN."""

    async def story() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(str(tmp_path / "socket"))
            address: Address = (socket.AF_UNIX, str(tmp_path / "socket"))
            client = StatsdClient(UdpTransport("here", resolver=Hosts(address)))
            for number in range(200):
                client.set("s", f"{number:01000}")

            await client.flush()
            assert client.counts.errors == {"EAGAIN": 1}
            arrived: list[bytes] = []
            while client.buffered or len(arrived) < client.counts.lines:
                while len(arrived) < client.counts.lines:
                    arrived.append(server.recv(2000))
                await client.flush()

            assert arrived == [b"s:%01000d|s" % number for number in range(200)]
            client.close()

    run(story())


def test_change_for_the_worse_and_the_better_is_logged_once_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        async with open_receiver() as receiver:
            clock, hosts = Clock(), Hosts()
            transport = UdpTransport("metrics.internal", resolver=hosts, clock=clock)
            client = StatsdClient(transport, max_lines=500)
            for _ in range(3):
                await client.flush()
                clock.now += 5
            hosts.addresses = [ipv4(receiver.port)]
            for _ in range(3):
                client.incr("a")
                await client.flush()
            client.close()

    with caplog.at_level(logging.INFO, "agent.statsd"):
        run(story())

    assert [record.message for record in caplog.records] == [
        "StatsD host metrics.internal does not resolve "
        "([Errno -2] Name or service not known); trying again every 5 s; "
        "up to 500 lines are kept, then the oldest are dropped",
        "StatsD metrics.internal: metrics go out again",
    ]


def test_refusal_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    port = closed_port()

    async def story() -> None:
        client = StatsdClient(UdpTransport("127.0.0.1", port), max_lines=500)
        client.incr("a")
        for _ in range(3):
            await client.flush()
        client.close()

    run(story())

    assert [record.message for record in caplog.records] == [
        f"StatsD 127.0.0.1 port {port}: Connection refused; trying again at every flush; "
        "up to 500 lines are kept, then the oldest are dropped"
    ]


def test_drain_tries_again_until_the_server_is_up() -> None:
    async def story() -> None:
        port = closed_port()
        client = StatsdClient(UdpTransport("127.0.0.1", port))
        client.incr("a")

        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(client.drain(10))
            while not client.counts.errors:
                await asyncio.sleep(0)  # until the first try was refused
            async with open_receiver(port=port) as receiver:
                await draining
                assert (await receiver.wait_for_lines(1)).counters == {"a": 1.0}

    run(story())


def test_drain_ends_in_time_and_counts_what_is_left() -> None:
    async def story() -> None:
        client = StatsdClient(UdpTransport("127.0.0.1", closed_port()))
        client.incr("a")
        client.incr("b")

        await client.drain(0.3)

        assert client.counts.dropped == {"undelivered": 2}
        assert client.buffered == 0

    run(story())


def test_flush_that_is_cancelled_loses_no_line() -> None:
    async def story() -> None:
        client = StatsdClient(UdpTransport("127.0.0.1", closed_port()))
        for number in range(2000):
            client.incr("a", number)
        await client.flush()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):  # the probe listens for longer
                await client.flush()

        assert client.buffered == 2000
        client.close()

    run(story())


def test_lines_that_come_during_a_flush_go_out_too() -> None:
    async def story() -> None:
        async with connected() as (client, receiver):
            client.incr("a")

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(client.flush())
                tasks.create_task(client.flush())
                client.incr("b")

            assert (await receiver.wait_for_lines(2)).counters == {"a": 1.0, "b": 1.0}

    run(story())


def test_routes_have_names_that_can_be_read_and_told_apart() -> None:
    routes = {
        "/": "-root",
        "/a/b": "a__b",
        "/a_b": "a_b",
        "/a.b": "a_b",  # as does anything that no server agrees on
        "/api/order_items/:id": "api__order_items__-id",
        "/api/order_items/id": "api__order_items__id",
        "/static/*": "static__-all",
        "/app.:hash.js": "app_-hash_js",
        ":other": "-other",
        "*": "-all",
    }

    assert list(routes.values()) == [route_part(each) for each in routes]


def test_long_routes_that_begin_alike_have_names_of_their_own() -> None:
    parts = [route_part(f"/{'a' * 39}/{'b' * 39}/{last}") for last in "xy"]

    assert [80, 80] == [len(part) for part in parts]
    assert parts[0] != parts[1]


@given(st.text())
def test_a_route_of_any_text_is_a_part_of_a_name(text: str) -> None:
    assert re.fullmatch("[a-z0-9_-]{1,80}", route_part(text))
