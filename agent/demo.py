"""The demo: the real agent on sample logs that grow, and what a StatsD server gets from it."""

import asyncio
import re
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.child import start_agent
from agent.receiver import Receiver, open_receiver

SAMPLES = Path(__file__).parent / "samples"
# Lines a second for each sample log: a small site on a bad day.
_RATES = {"access.log": 60.0, "error.log": 0.6, "app.log": 0.8, "ceph.log": 0.1}
_WRITE_EVERY_S = 0.1
_PREFIX = "logtell."
_SHOW_EVERY_S = 5.0
_CLF_STAMP = re.compile(r"01/Jan/2026:00:00:00 \+0000")
_ERROR_STAMP = re.compile(r"^2026/01/01 00:00:00", re.MULTILINE)
_CONFIGURATION = """\
sources:
  nginx_access:
    paths: {folder}/access.log
    format: '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent
      "$http_referer" "$http_user_agent" rt=$request_time urt="$upstream_response_time"'
  nginx_error:
    paths: {folder}/error.log
    format: nginx_error
    zone: UTC
  app:
    paths: {folder}/app.log
    format: python
  ceph:
    paths: {folder}/ceph.log
sinks:
  - to: '-'
    form: text
    severity: critical      # and everything that a rule explains
measures:
  - counter: subscribed     # what the business asks: who clicks subscribe?
    where:
      request_method: POST
      path: /subscribe
      status: 2xx
statsd:
  host: 127.0.0.1
  port: {port}
  flush_every_s: 1
follow:
  start_at: beginning
  record_wait_s: 0.3
state:
  folder: {folder}
log:
  level: warning
"""


async def show(seconds: float, console: Console) -> bool:
    """Run the demo for so long; True if the counters equal what was written."""
    with tempfile.TemporaryDirectory(prefix="logtell-demo-") as name:
        folder = Path(name)
        for log in _RATES:
            (folder / log).touch()
        async with open_receiver() as receiver:
            config = folder / "logtell.yaml"
            config.write_text(_CONFIGURATION.format(folder=folder, port=receiver.port))
            _introduce(console, config, seconds)
            async with _agent(config) as agent:
                written = await _grow(folder, seconds, receiver, console, agent)
            if agent.returncode:
                console.print(Text(f"The agent ended with {agent.returncode}.", style="bold red"))
            # The agent has drained; the last datagrams are on their way through the loopback.
            await asyncio.sleep(0.2)
            return _conclude(console, receiver, written)


@asynccontextmanager
async def _agent(config: Path) -> AsyncIterator[Process]:
    """The real `logtell run` in a process of its own, stopped by SIGTERM at the end."""
    agent = await start_agent(config)
    try:
        yield agent
    finally:
        if agent.returncode is None:
            agent.terminate()
        await agent.wait()


async def _grow(
    folder: Path, seconds: float, receiver: Receiver, console: Console, agent: Process
) -> int:
    """Write the sample logs as services would; how many lines were written."""
    records = {log: cycle(_records((SAMPLES / log).read_text())) for log in _RATES}
    due = dict.fromkeys(_RATES, 0.7)
    began_s = shown_s = time.monotonic()
    written = 0
    while (now_s := time.monotonic()) - began_s < seconds and agent.returncode is None:
        for log, rate in _RATES.items():
            due[log] += rate * _WRITE_EVERY_S
            written += _append(folder / log, islice(records[log], int(due[log])))
            due[log] %= 1
        if now_s - shown_s >= _SHOW_EVERY_S:
            shown_s = now_s
            _show_received(console, receiver)
        await asyncio.sleep(_WRITE_EVERY_S)
    return written


def _records(text: str) -> list[str]:
    """The records of a sample log: indented lines and exceptions belong to the line before."""
    return re.findall(
        r"^[^\n]+\n(?:Traceback[^\n]*\n(?:[ ][^\n]*\n)*[^\n]*\n)?", text, re.MULTILINE
    )


def _append(log: Path, records: Iterable[str]) -> int:
    now = datetime.now(UTC)
    text = "".join(records)
    text = _CLF_STAMP.sub(f"{now:%d/%b/%Y:%H:%M:%S} +0000", text)
    text = _ERROR_STAMP.sub(f"{now:%Y/%m/%d %H:%M:%S}", text)
    with log.open("a") as file:
        file.write(text)
    return text.count("\n")


def _introduce(console: Console, config: Path, seconds: float) -> None:
    console.print(Text("logtell demo", style="bold"), f"for {seconds:.0f} seconds.")
    console.print(
        "Four sample logs grow; `logtell run` follows them and prints what its rules\n"
        "explain: the sentence first, the cryptic line below it. A StatsD receiver in this\n"
        f"process shows what a StatsD server would get. The configuration:\n{config}\n"
    )


def _show_received(console: Console, receiver: Receiver) -> None:
    counters = receiver.totals.counters
    wanted = ("2xx", "4xx", "5xx")
    parts = [
        f"{name} {counters.get(f'logtell.nginx_access.requests.status.{name}', 0):.0f}"
        for name in wanted
    ]
    parts.append(f"subscribed {counters.get('logtell.nginx_access.subscribed', 0):.0f}")
    console.print(Text(f"— StatsD so far: {', '.join(parts)} —", style="cyan"))


def _conclude(console: Console, receiver: Receiver, written: int) -> bool:
    totals = receiver.totals
    table = Table(title="What the StatsD server received", title_justify="left", box=SIMPLE)
    table.add_column(f"metric, behind {_PREFIX}", overflow="fold")
    table.add_column("received", justify="right", no_wrap=True)
    for name, count in sorted(totals.counters.items()):
        if count and not _is_dull(name):
            table.add_row(Text(name.removeprefix(_PREFIX)), f"{count:,.0f}")
    for name, timer in sorted(totals.timers.items()):
        mean = timer.sum / timer.count
        received = f"{timer.count:,} × ms, mean {mean:.0f}, max {timer.max:.0f}"
        table.add_row(Text(name.removeprefix(_PREFIX)), received)
    console.print(table)
    read = sum(int(n) for name, n in totals.counters.items() if name.endswith(".lines.read"))
    exact = read == written and not totals.bad_lines
    verdict = "every line was counted." if exact else "THE NUMBERS DIFFER."
    console.print(Text(f"Lines written: {written:,}. Lines counted at StatsD: {read:,}: ", end=""))
    console.print(Text(verdict, style="bold green" if exact else "bold red"))
    return exact


def _is_dull(name: str) -> bool:
    """What the last lines say anyway, and the agent's own counters."""
    return ".lines." in name or name.startswith(f"{_PREFIX}agent.")
