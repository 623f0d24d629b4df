"""
What the running agent costs: `python -m benchmarks.live [--seconds 60] [--lines-per-second 1000]`.

Starts `logtell run` with its default configuration on an access log of benchmarks/generate.py's
LOG_FORMAT, writes to it at a steady rate, and prints CPU, memory, latency and whether each line was
counted. Latency is from the write to the event, of four 5xx lines a second: by default only events
of warning and worse are written out.
"""

import argparse
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import IO

from agent.receiver import Totals, parse_line
from benchmarks.generate import LOG_FORMAT, access_lines

LOGTELL = Path(__file__).resolve().parent.parent / ".venv/bin/logtell"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
WRITE_EVERY_S = 0.01  # nginx writes each line by itself; a hundred writes a second tell the same
MARKS_PER_S = 4
MARK = "/marked/"  # paths of the lines whose latency is measured


class Server(threading.Thread):
    """A StatsD server that keeps totals."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.totals = Totals()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        """Receive until the process ends."""
        while True:
            for line in self._socket.recv(65536).split(b"\n"):
                self.totals.add(parse_line(line))


class Reader(threading.Thread):
    """Reads the events, and notes when the marked ones came."""

    def __init__(self, events: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.came_at_s: dict[str, float] = {}
        self._events = events

    def run(self) -> None:
        """Read until the agent ends."""
        for line in self._events:
            if MARK.encode() in line:
                came_at_s = time.monotonic()
                self.came_at_s[json.loads(line)["fields"]["request_uri"]] = came_at_s


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user and system (proc(5), /proc/PID/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def log_in(folder: str | Path) -> Path:
    """Where the log is that is written and followed."""
    return Path(folder) / "access.log"


@contextmanager
def running_agent(
    folder: Path, port: int, paths: str = "", *, ready_within_s: float = 30
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the agent on `paths`, or one log, from when it is READY until the block ends."""
    config = {
        "sources": {"web": {"paths": paths or str(log_in(folder)), "format": LOG_FORMAT}},
        "statsd": {"port": port},
        "state": {"folder": str(folder)},
    }
    (folder / "logtell.yaml").write_text(json.dumps(config))
    if not paths:
        log_in(folder).touch()
    environment = {"NOTIFY_SOCKET": str(folder / "notify"), "RUNTIME_DIRECTORY": str(folder)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(environment["NOTIFY_SOCKET"])
        notified.settimeout(ready_within_s)
        agent = subprocess.Popen(
            [LOGTELL, "run", "-c", folder / "logtell.yaml"],
            stdout=subprocess.PIPE,
            env=os.environ | environment,
        )
        try:
            assert b"READY=1" in notified.recv(4096)
            threading.Thread(target=_hear, args=[notified], daemon=True).start()
            yield agent
        finally:
            agent.kill()
            agent.wait()
            notified.shutdown(socket.SHUT_RDWR)


def _hear(notified: socket.socket) -> None:
    """Take what the agent says to systemd: not read, it would soon make the agent wait."""
    with suppress(OSError):
        notified.settimeout(None)
        while notified.recv(4096):
            pass


@dataclass(slots=True)
class Load:
    """What was written so far."""

    lines: int = 0
    marked_at_s: dict[str, float] = field(default_factory=dict)

    def write(self, log: Path, seconds: float, lines_per_s: int) -> Iterator[float]:
        """Write a little after each pause; yields the seconds since the start."""
        lines, begun_s = cycle(list(access_lines(20_000))), time.monotonic()
        with log.open("ab", buffering=0) as file:
            while (elapsed_s := time.monotonic() - begun_s) < seconds:
                due = [next(lines) for _ in range(int(elapsed_s * lines_per_s) - self.lines)]
                if due and len(self.marked_at_s) < elapsed_s * MARKS_PER_S:
                    uri = f"{MARK}{len(self.marked_at_s)}"
                    due[-1] = marked(due[-1], uri)
                    self.marked_at_s[uri] = time.monotonic()
                file.write("".join(f"{line}\n" for line in due).encode())
                self.lines += len(due)
                yield elapsed_s
                time.sleep(WRITE_EVERY_S)


def marked(line: str, uri: str) -> str:
    """The line as one that fails, with another path."""
    before, _, rest = line.split('"', 2)
    _, size, others = rest.split(maxsplit=2)
    return f'{before}"GET {uri} HTTP/1.1" 502 {size} {others}'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the running agent costs.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--lines-per-second", type=int, default=1000)
    args = parser.parse_args()
    server = Server()
    server.start()
    with (
        tempfile.TemporaryDirectory() as name,
        running_agent(Path(name), server.port) as agent,
    ):
        assert agent.stdout
        reader = Reader(agent.stdout)
        reader.start()
        load = Load()
        cost = measure(agent, load.write(log_in(name), args.seconds, args.lines_per_second))
        agent.terminate()
        code = agent.wait(30)
    reader.join(10)
    report(load, reader, server.totals, [*cost, f"exit code {code}"])


def measure(agent: subprocess.Popen[bytes], load: Iterator[float]) -> list[str]:
    """Let the load run; returns what it cost, as lines to print."""
    memory, cpu_before_s, took_s = [(0.0, resident_mib(agent.pid))], cpu_s(agent.pid), 0.0
    for took_s in load:
        if took_s - memory[-1][0] >= 1:
            memory.append((took_s, resident_mib(agent.pid)))
    share = (cpu_s(agent.pid) - cpu_before_s) / took_s
    shown = (memory[0], memory[len(memory) // 2], memory[-1])
    return [
        f"CPU      {share:.2%} of a core over {took_s:.0f} s",
        "resident " + ", ".join(f"{mib:.1f} MiB after {at_s:.0f} s" for at_s, mib in shown),
    ]


def report(load: Load, reader: Reader, totals: Totals, cost: Sequence[str]) -> None:
    """Print the cost, the latency, and whether every line was counted."""
    came, asked = reader.came_at_s, load.marked_at_s
    took_ms = [(came[uri] - at_s) * 1000 for uri, at_s in asked.items() if uri in came]
    cuts = quantiles(took_ms, n=100)
    timed = totals.timers.get("logtell.web.request_time")
    counted = totals.counters.get("logtell.web.lines.read", 0)
    print(*cost, sep="\n")
    print(f"latency  p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms over {len(took_ms)} events")
    print(f"missing  {len(asked) - len(took_ms)} events of {len(asked)} looked for")
    print(f"counted  {counted:.0f} of {load.lines} lines, {timed.count if timed else 0} timed")


if __name__ == "__main__":
    main()
