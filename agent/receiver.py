"""A small StatsD server for the demo and the tests, strict where real servers guess."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

_NUMBER = rb"[0-9]+(?:\.[0-9]+)?"
# The plain dialect, `name:value|type[|@rate]` (statsd 0.9.0, docs/metric_types.md), without what
# servers disagree on: exponents, negative times, `+` but on a gauge, other characters in names.
_VALUES = {
    b"c": re.compile(rb"-?" + _NUMBER),
    b"g": re.compile(rb"[+-]?" + _NUMBER),
    b"ms": re.compile(_NUMBER),
    b"s": re.compile(rb"[!-~]+"),
}
_LINE = re.compile(
    rb"(?P<name>[A-Za-z0-9_.-]+):(?P<value>[^:|@#\s]+)\|(?P<kind>[a-z]+)(?:\|@(?P<rate>[01](?:\.[0-9]+)?))?"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One line read: `kind` is c, g, ms or s."""

    name: str
    kind: str
    value: float = 0.0  # milliseconds for ms; 0.0 for s
    member: str = ""  # of a set
    rate: float = 1.0
    signed: bool = False  # on a gauge: add `value` instead of setting it


def parse_line(line: bytes) -> Sample:
    """
    Read one line of plain StatsD without its newline.

    Raises ValueError for anything else, also for what lenient servers would mend.

    >>> parse_line(b"web.time:12.5|ms").value
    12.5
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not `name:value|type[|@rate]`: {line!r}")
    value, kind, rate = found["value"], found["kind"], float(found["rate"] or 1)
    if kind not in _VALUES or not _VALUES[kind].fullmatch(value):
        raise ValueError(f"not a value of a known type (c g ms s): {line!r}")
    if not 0 < rate <= 1:
        raise ValueError(f"not a rate above 0 and up to 1: {line!r}")
    name = found["name"].decode()
    if kind == b"s":
        return Sample(name, "s", member=value.decode(), rate=rate)
    signed = kind == b"g" and value[:1] in b"+-"
    return Sample(name, kind.decode(), float(value), rate=rate, signed=signed)


@dataclass(slots=True)
class TimerTotals:
    """The samples of one timer, in milliseconds."""

    count: int = 0
    sum: float = 0.0
    min: float = inf
    max: float = -inf

    def add(self, value: float) -> None:
        """Count one sample."""
        self.count += 1
        self.sum += value
        self.min = min(self.min, value)
        self.max = max(self.max, value)


@dataclass(slots=True)
class Totals:
    """Everything received since the start, by metric name."""

    counters: dict[str, float] = field(default_factory=dict)  # divided by the rate
    timers: dict[str, TimerTotals] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)
    sets: dict[str, set[str]] = field(default_factory=dict)
    datagrams: list[int] = field(default_factory=list)  # the size of each, in bytes
    lines: int = 0  # bad ones too
    bad_lines: list[bytes] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """Count one sample as a StatsD server would."""
        match sample.kind:
            case "c":
                before = self.counters.get(sample.name, 0.0)
                self.counters[sample.name] = before + sample.value / sample.rate
            case "ms":
                self.timers.setdefault(sample.name, TimerTotals()).add(sample.value)
            case "g":
                before = self.gauges.get(sample.name, 0.0) if sample.signed else 0.0
                self.gauges[sample.name] = before + sample.value
            case _:
                self.sets.setdefault(sample.name, set()).add(sample.member)


class Receiver(asyncio.DatagramProtocol):
    """Adds every datagram to `totals`."""

    def __init__(self) -> None:
        self.totals = Totals()
        self.port = 0
        self.closed = asyncio.Event()
        self._arrived = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the port that the system chose."""
        self.port = transport.get_extra_info("sockname")[1]

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that the port is free again."""
        self.closed.set()

    def datagram_received(self, datagram: bytes, _sender: object) -> None:
        """Read the lines of one datagram; a bad one is kept in `bad_lines`."""
        self.totals.datagrams.append(len(datagram))
        for line in datagram.removesuffix(b"\n").split(b"\n"):
            self._read(line)
        self._arrived.set()

    async def wait_for_lines(self, count: int) -> Totals:
        """Return the totals once `count` lines, good or bad, have come; without a limit of time."""
        while self.totals.lines < count:
            self._arrived.clear()
            await self._arrived.wait()
        return self.totals

    def _read(self, line: bytes) -> None:
        self.totals.lines += 1
        try:
            self.totals.add(parse_line(line))
        except ValueError:
            self.totals.bad_lines.append(line)


@asynccontextmanager
async def open_receiver(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Receiver]:
    """Receive on a UDP port, by default one that is free on loopback, until the block ends."""
    loop = asyncio.get_running_loop()
    transport, receiver = await loop.create_datagram_endpoint(Receiver, local_addr=(host, port))
    try:
        yield receiver
    finally:
        transport.close()
        await (
            receiver.closed.wait()
        )  # asyncio closes later, and until then the port would take data
