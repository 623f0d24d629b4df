"""
Sends metrics to StatsD: the `statsd` package's API, a bounded buffer, a socket that tells errors.

The package (4.0.1) looks the host up once, blocking, and raises if that fails; it swallows every
send error, and cleans no name. So its API is kept and its transport replaced.
`StatsdClient._prepare` is the only place that writes a line: plain StatsD,
`name:value|type[|@rate]`, of type c, g, ms or s.
"""

import asyncio
import contextlib
import logging
import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import Self
from urllib.parse import quote

from statsd.client.base import StatsClientBase

from agent.names import CACHED_NAMES, metric_name
from agent.udp import Outcome, UdpTransport

logger = logging.getLogger(__name__)

MIN_RATE = 0.0001  # four decimals, because statsd 0.9.0 reads 1e-05 as 1

# What fits an Ethernet frame whole (statsd 0.9.0, docs/metric_types.md, "Multi-Metric Packets").
MAX_DATAGRAM_BYTES = 1432
MAX_LINES = 100_000  # about 10 MB: a line of 50 characters is an object of 100 bytes
# A receiver's default buffer (212,992 bytes) holds about 90 full datagrams, and UDP loses the rest
# without a word. Measured with 80,000 lines to statsd 0.9.0 on a busy machine: a pause of 5 ms lost
# 5,000 to 15,000 of them, 10 ms none. 20 ms are about 60,000 lines a second.
BURST_DATAGRAMS = 16
BURST_PAUSE_S = 0.02  # also long enough to hear a refusal from this machine or its network
PROBE_PAUSE_S = 0.25  # long enough to hear a refusal from another continent
DRAIN_RETRY_S = 0.1

_FIXED_POINT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]{1,6})?")


@lru_cache(CACHED_NAMES)  # request times repeat: they have milliseconds
def plain_number(text: str) -> str:
    """
    Write a number as `[+-]digits[.digits]`, without an exponent; "" if it is not finite.

    At most six decimals, as the package sends of a millisecond. A leading `+` stays: it tells a
    gauge to add.

    >>> plain_number("0.30000000000000004"), plain_number("12.500000"), plain_number("nan")
    ('0.3', '12.5', '')
    """
    fixed = text if _FIXED_POINT.fullmatch(text) else _in_fixed_point(text)
    shortest = fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
    # "-0" would tell a gauge to subtract nothing, instead of to become 0.
    return "0" if shortest == "-0" else shortest


def _in_fixed_point(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return ""
    sign = "+" if text.startswith("+") else ""
    return f"{number:{sign}.6f}" if isfinite(number) else ""


def take_datagram(lines: deque[str], max_bytes: int) -> list[str]:
    """Take from the left the whole lines that fit one datagram, newlines between; at least one."""
    taken = [lines.popleft()]
    room = max_bytes - len(taken[0])
    while lines and (room := room - 1 - len(lines[0])) >= 0:
        taken.append(lines.popleft())
    return taken


class Drop(StrEnum):
    """Why a line was lost on purpose."""

    BAD_VALUE = "bad_value"  # not a finite number, a negative time, or an empty set member
    TOO_LONG = "too_long"  # one line alone does not fit a datagram; cut, it would be another metric
    MESSAGE_SIZE = "message_size"  # the system refused the datagram's size and always will
    BUFFER_FULL = "buffer_full"
    UNDELIVERED = "undelivered"  # still in the buffer at the end


@dataclass(slots=True)
class _Burst:
    """What was sent since the last pause, kept until it is known not to be refused."""

    datagrams: list[bytes] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    outcome: Outcome = Outcome.SENT


class StatsdClient(StatsClientBase):  # type: ignore[misc]  # the package has no types
    """
    The package's `incr, decr, gauge, timing, set, timer, pipeline`; none waits for the network.

    They put lines into a buffer; `flush`, called on a timer, sends them. A full buffer drops its
    oldest line: plain StatsD stamps a line when it arrives, so after an outage the newest are the
    least wrong.

    A refusal is about a datagram sent before. So what was just sent is kept until a short pause has
    brought no refusal, and is otherwise sent again: a StatsD that restarts on this machine or its
    network costs nothing (at worst one burst counts twice, if StatsD comes up within the pause).
    What is refused later than that is gone, and only `errors` shows it.
    """

    def __init__(
        self,
        transport: UdpTransport,
        *,
        prefix: str = "",
        max_lines: int = MAX_LINES,
        max_datagram_bytes: int = MAX_DATAGRAM_BYTES,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.counts = transport.counts
        self._transport = transport  # closed by close()
        self._prefix = prefix  # under this name the package's pipelines look for it
        self._max_lines = max_lines
        self._max_datagram_bytes = max_datagram_bytes
        self._chance = chance
        # ASCII. An entry may be two lines, a newline between, that must not be parted: see `gauge`.
        self._lines: deque[str] = deque()
        self._flushing = asyncio.Lock()  # two at a time would undo the pacing
        self._said = (True, False)  # resolved, in trouble: as told to people last

    @property
    def buffered(self) -> int:
        """How many lines wait for the next flush."""
        return len(self._lines)

    @property
    def server(self) -> str:
        """Where it sends to, as configured."""
        return f"{self._transport.host}:{self._transport.port}"

    @property
    def trouble(self) -> str:
        """Why metrics do not go out now; "" if they do, as far as UDP tells."""
        return self._transport.trouble

    def gauge(self, stat: str, value: float, rate: float = 1, delta: bool = False) -> None:
        """
        Set a gauge, or change it by `value` if `delta`.

        A bare `-5` means "subtract 5", so a negative value goes out as `0` and then `-5`; in one
        datagram, because in between the gauge is wrong.
        """
        if delta or not value < 0:
            super().gauge(stat, value, rate, delta)
        elif line := self._prepare(stat, f"{value}|g", rate):
            self._after(f"{line.partition(':')[0]}:0|g\n{line}")

    def pipeline(self) -> contextlib.AbstractContextManager[Self]:
        """Return this client for a `with` block: its buffer is a pipeline already."""
        return contextlib.nullcontext(self)

    async def flush(self) -> None:
        """Send what is buffered, in bursts with pauses; what cannot be sent now stays buffered."""
        async with self._flushing:
            await self._transport.resolve()
            while self._lines and self._transport.resolved and await self._burst():
                pass
            self._say_change()

    async def drain(self, timeout_s: float) -> None:
        """Flush for the last time, trying again for at most `timeout_s`, then close."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._flush_all()
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket; lines still in the buffer are dropped and counted."""
        self._drop(Drop.UNDELIVERED, *self._lines)
        self._lines.clear()
        self._transport.close()

    async def _flush_all(self) -> None:
        await self.flush()
        while self._lines:
            await asyncio.sleep(DRAIN_RETRY_S)
            await self.flush()

    def _prepare(self, stat: str, value: str, rate: float) -> str | None:
        number, _, kind = value.rpartition("|")
        # Quoted, because cleaning would make one member of two.
        clean = quote(number, "", errors="surrogatepass") if kind == "s" else plain_number(number)
        # statsd 0.9.0 calls a negative time a bad line.
        if not clean or (kind == "ms" and clean.startswith("-")):
            self.counts.dropped[Drop.BAD_VALUE.value] += 1
            return None
        if rate < 1:
            rate = max(round(rate, 4), MIN_RATE)  # the rate as written, so that totals stay right
            if self._chance() > rate:
                return None
            kind = f"{kind}|@{plain_number(f'{rate:.4f}')}"
        name = metric_name(f"{self._prefix}.{stat}" if self._prefix else stat)
        return f"{name}:{clean}|{kind}"

    def _send(self, line: str) -> None:
        if len(line) > self._max_datagram_bytes:
            self._drop(Drop.TOO_LONG, line)
            return
        self._lines.append(line)
        if len(self._lines) > self._max_lines:
            self._drop_oldest()

    async def _burst(self) -> bool:
        # In trouble one datagram goes first and we listen longer, so that an outage costs little.
        probing = bool(self._transport.trouble)
        burst = self._send_burst(1 if probing else BURST_DATAGRAMS)
        try:
            if burst.datagrams:
                await asyncio.sleep(PROBE_PAUSE_S if probing else BURST_PAUSE_S)
        finally:  # also when cancelled, or these lines would be neither sent nor kept
            self._settle(burst)
        return burst.outcome is Outcome.SENT

    def _send_burst(self, most: int) -> _Burst:
        burst = _Burst()
        while self._lines and len(burst.datagrams) < most and burst.outcome is Outcome.SENT:
            lines = take_datagram(self._lines, self._max_datagram_bytes)
            datagram = "\n".join(lines).encode("ascii")
            match self._transport.send(datagram):
                case Outcome.SENT:
                    burst.datagrams.append(datagram)
                    burst.lines += lines
                case Outcome.NEVER:
                    self._drop(Drop.MESSAGE_SIZE, *lines)
                case outcome:
                    burst.outcome = outcome
                    self._lines.extendleft(reversed(lines))
        return burst

    def _settle(self, burst: _Burst) -> None:
        if (
            burst.datagrams
            and burst.outcome is not Outcome.REFUSED
            and not self._transport.confirm()
        ):
            burst.outcome = Outcome.REFUSED
        if burst.outcome is Outcome.REFUSED:
            self._lines.extendleft(reversed(burst.lines))
            self._drop_oldest()
            return
        self.counts.datagrams += len(burst.datagrams)
        self.counts.bytes += sum(map(len, burst.datagrams))
        self.counts.lines += sum(datagram.count(b"\n") + 1 for datagram in burst.datagrams)

    def _drop_oldest(self) -> None:
        while len(self._lines) > self._max_lines:
            self._drop(Drop.BUFFER_FULL, self._lines.popleft())

    def _drop(self, reason: Drop, *lines: str) -> None:
        self.counts.dropped[reason.value] += sum(line.count("\n") + 1 for line in lines)

    def _say_change(self) -> None:
        trouble = self._transport.trouble
        state = (self._transport.resolved, bool(trouble))
        if state == self._said:
            return
        self._said = state
        if trouble:
            logger.warning(
                "%s; up to %d lines are kept, then the oldest are dropped", trouble, self._max_lines
            )
        else:
            logger.info("StatsD %s: metrics go out again", self._transport.host)
