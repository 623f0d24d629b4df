"""A tally to StatsD: counters as sums, timers sample by sample, values as gauges."""

from collections import Counter
from collections.abc import Iterator

from agent.statsd import StatsdClient
from agent.tally import Tally

# Far below what the client's buffer holds (above that it drops), and no more than 40 ms of work: at
# 50,000 whoever reads files waited for 350 ms (measured).
_PAUSE_AFTER_LINES = 5_000


def emit(tally: Tally, client: StatsdClient) -> Iterator[None]:
    """
    Put everything counted since the last flush into the client's buffer, counters last.

    Pauses after every 5,000 lines, so that the caller may flush: at 6,000 lines a second two
    timers of ten seconds fill the buffer. What does not fit drops the oldest, which then are timer
    samples; a counter is one line that stands for thousands.
    """
    put = 0
    for name, samples in tally.timers.items():
        for sample_ms in samples.each():
            client.timing(name, sample_ms)
            put += 1
            if put % _PAUSE_AFTER_LINES == 0:
                yield
    for name, value in tally.values.items():
        client.gauge(name, value)
    for name, count in tally.counters.items():
        client.incr(name, _plain(count))


def emit_own(counts: Counter[str], client: StatsdClient) -> None:
    """The agent's own counters since the last flush, under `agent.`; empties `counts`."""
    for name, count in counts.items():
        client.incr(f"agent.{name}", count)
    counts.clear()


def emit_dropped(client: StatsdClient, told: Counter[str]) -> None:
    """What the client has dropped and not told yet, by reason; keeps `told` up to date."""
    dropped = client.counts.dropped
    for reason, count in (dropped - told).items():
        client.incr(f"agent.metrics.dropped.{reason}", count)
        told[reason] += count


def _plain(number: float) -> float:
    """Whole numbers without a decimal point, as every server reads them."""
    return int(number) if number == int(number) else number
