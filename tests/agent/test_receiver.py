"""The reference parser refuses what a server could misread; the receiver keeps exact totals."""

import asyncio
import socket

import pytest

from agent.receiver import Sample, TimerTotals, Totals, open_receiver, parse_line


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        (b"web.requests:3|c", Sample("web.requests", "c", 3.0)),
        (b"web.requests:-3|c", Sample("web.requests", "c", -3.0)),
        (b"web.time:12.5|ms", Sample("web.time", "ms", 12.5)),
        (b"web.time:12|ms|@0.25", Sample("web.time", "ms", 12.0, rate=0.25)),
        (b"queue:7|g", Sample("queue", "g", 7.0)),
        (b"queue:-7|g", Sample("queue", "g", -7.0, signed=True)),
        (b"queue:+7|g", Sample("queue", "g", 7.0, signed=True)),
        (b"users:192.0.2.1|s", Sample("users", "s", member="192.0.2.1")),
    ],
)
def test_plain_line_is_read(line: bytes, sample: Sample) -> None:
    assert sample == parse_line(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"name",
        b":1|c",
        b"name:|c",
        b"name:1",
        b"name:1|",
        b"name:1|x",
        b"name:1|h",
        b"name:one|c",
        b"name:nan|c",
        b"name:inf|g",
        b"name:1e3|c",
        b"name:+1|c",
        b"name:-1|ms",
        b"name:1|c|@0",
        b"name:1|c|@1.5",
        b"name:1|c|@1e-05",
        b"name:1|c|#tag:a",
        b"name:1|c:2|c",
        b"name:1|c\n",
        b"na me:1|c",
        b"na/me:1|c",
        "né:1|c".encode(),
        b"name:a:b|s",
        b"name:\xff|s",
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not "):
        parse_line(line)


def received(*datagrams: bytes, lines: int) -> Totals:
    """Send datagrams to a receiver on a free port and return what it has after so many lines."""

    async def story() -> Totals:
        async with open_receiver() as receiver, asyncio.timeout(10):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for datagram in datagrams:
                    sender.sendto(datagram, ("127.0.0.1", receiver.port))
                return await receiver.wait_for_lines(lines)

    return asyncio.run(story())


def test_counters_are_summed_and_scaled_by_their_rate() -> None:
    totals = received(b"a:1|c\nb:2|c", b"a:3|c|@0.5", lines=3)

    assert totals.counters == {"a": 7.0, "b": 2.0}


def test_timers_keep_count_sum_and_range() -> None:
    totals = received(b"t:5|ms\nt:1.5|ms\nt:10|ms", lines=3)

    assert totals.timers == {"t": TimerTotals(count=3, sum=16.5, min=1.5, max=10.0)}


def test_signed_gauge_changes_the_value_and_a_bare_one_sets_it() -> None:
    totals = received(b"up:5|g\nup:+2|g\nset:5|g\nset:2|g\nbelow:0|g\nbelow:-5|g", lines=6)

    assert totals.gauges == {"up": 7.0, "set": 2.0, "below": -5.0}


def test_set_keeps_each_member_once() -> None:
    totals = received(b"s:a|s\ns:b|s\ns:a|s", lines=3)

    assert totals.sets == {"s": {"a", "b"}}


def test_bad_line_is_kept_and_the_lines_beside_it_count() -> None:
    totals = received(b"a:1|c\nnonsense\na:1|c\n", lines=3)

    assert totals.bad_lines == [b"nonsense"]
    assert totals.counters == {"a": 2.0}
    assert totals.datagrams == [21]
