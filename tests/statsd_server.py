"""
The original StatsD server (npm `statsd` 0.9.0) on loopback, for tests that want to be believed.

A test module makes its fixture of it in two lines:

    @pytest.fixture
    def statsd_server(tmp_path):
        with run_statsd(tmp_path) as server:
            yield server
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.programs import needs

FLUSH_EVERY_MS = 50  # how long an answer of the server takes

# Keeps totals over all flushes: the server forgets at each, and its own command `timers` shows 100
# values. `stats` is answered after the next flush, so that nobody sleeps between questions.
BACKEND_JS = """
const fs = require("fs");
const totals = { counters: {}, timers: {}, gauges: {}, sets: {} };
let waiting = [];

function merge(into, from, none, join) {
  for (const name in from) into[name] = join(into[name] || none, from[name]);
}

function add({ counters, timers, gauges, sets }) {
  merge(totals.counters, counters, 0, (sum, count) => sum + count);
  merge(totals.timers, timers, [], (all, values) => all.concat(values));
  merge(totals.sets, sets, [], (all, members) => all.concat(members.values()));
  Object.assign(totals.gauges, gauges);
}

exports.init = function (startup, config, events) {
  events.on("status", (write) => waiting.push(write));
  events.on("flush", (time, metrics) => {
    add(metrics);
    for (const write of waiting.splice(0)) write(null, "totals", "json", JSON.stringify(totals));
  });
  events.once("flush", () => fs.writeSync(config.readyFd, "ready"));
  return true;
};
"""


@dataclass(frozen=True, slots=True)
class ServerTotals:
    """What the server has understood since it started."""

    counters: dict[str, float] = field(default_factory=dict)  # scaled by their rates
    timers: dict[str, list[float]] = field(default_factory=dict)  # each value, in milliseconds
    gauges: dict[str, float] = field(default_factory=dict)
    sets: dict[str, list[str]] = field(default_factory=dict)

    @property
    def metrics(self) -> int:
        """Lines received, also bad ones."""
        return int(self.counters.get("statsd.metrics_received", 0))

    @property
    def bad_lines(self) -> int:
        return int(self.counters.get("statsd.bad_lines_seen", 0))

    @property
    def packets(self) -> int:
        return int(self.counters.get("statsd.packets_received", 0))


@dataclass(frozen=True, slots=True)
class StatsdServer:
    """A server that runs; `port` is UDP, everything is on 127.0.0.1."""

    port: int
    management_port: int
    log: Path  # its output: bad lines are quoted here

    def totals(self) -> ServerTotals:
        """Return the totals after the next flush."""
        address = ("127.0.0.1", self.management_port)
        with socket.create_connection(address, timeout=10) as management:
            management.sendall(b"stats\n")
            for line in management.makefile("rb"):
                name, _, totals = line.partition(b" ")
                if name == b"totals.json:":
                    return ServerTotals(**json.loads(totals))
        raise AssertionError(f"statsd has gone:\n{self.log.read_text()}")

    def totals_after(self, metrics: int, *, within_s: float = 10) -> ServerTotals:
        """Return the totals when so many lines have come, or what has come by the deadline."""
        deadline = time.monotonic() + within_s
        while (totals := self.totals()).metrics < metrics and time.monotonic() < deadline:
            pass  # each answer waits for a flush
        return totals

    def totals_once(
        self, complete: Callable[[ServerTotals], bool], *, within_s: float = 10
    ) -> ServerTotals:
        """Return the totals when they are complete, or what has come by the deadline."""
        # A server that is kept waiting for the processor still has datagrams in its socket.
        deadline = time.monotonic() + within_s
        while not complete(totals := self.totals()) and time.monotonic() < deadline:
            pass  # each answer waits for a flush
        return totals


@contextmanager
def run_statsd(folder: Path) -> Iterator[StatsdServer]:
    """Run a server with its files in `folder`; skip the test if StatsD or node is not installed."""
    command = [needs("node"), needs("statsd"), folder / "statsd.json"]
    server = StatsdServer(
        free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM), folder / "statsd.log"
    )
    ready, readied = os.pipe()
    configure(server, folder, readied)
    with (
        server.log.open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[readied]) as process,
    ):
        os.close(readied)
        try:
            wait_until_it_receives(server, ready)
            yield server
        finally:
            os.close(ready)
            process.kill()


def configure(server: StatsdServer, folder: Path, ready_fd: int) -> None:
    (folder / "totals.js").write_text(BACKEND_JS)
    config = {
        "address": "127.0.0.1",
        "port": server.port,
        "mgmt_address": "127.0.0.1",
        "mgmt_port": server.management_port,
        "flushInterval": FLUSH_EVERY_MS,
        "deleteIdleStats": True,
        "automaticConfigReload": False,
        "title": False,
        "backends": [str(folder / "totals.js")],
        "readyFd": ready_fd,
    }
    (folder / "statsd.json").write_text(json.dumps(config))


def wait_until_it_receives(server: StatsdServer, ready: int) -> None:
    """Wait for the first flush, then for a packet to arrive: node binds ports when it likes."""
    if os.read(ready, 5) != b"ready":  # the end of the pipe: the server has ended
        pytest.fail(f"statsd did not start:\n{server.log.read_text()}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        while not server.totals().packets:
            probe.sendto(b"", ("127.0.0.1", server.port))  # no line, so no metric


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as briefly:
        briefly.bind(("127.0.0.1", 0))
        return briefly.getsockname()[1]
