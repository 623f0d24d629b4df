"""
What following many files costs: `python -m benchmarks.scale [--files 1 100 10000] [--rates …]`.

One `logtell run` with its default configuration for each number of files, all of them with lines in
them already. First it is left alone (rate 0); then a process of its own writes at each rate in
total, to at most 100 of the files. A row tells the memory at its start and end, CPU (user and
system, from /proc/PID/stat), the time from the write to the event of marked lines, and whether all
lines were counted. In the idle row the marked lines go to one idle file after another, after the
CPU was measured: it is the time until the first line of a file that was silent for long.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import quantiles

from benchmarks.generate import access_lines
from benchmarks.live import MARK, Reader, Server, cpu_s, resident_mib, running_agent

BUSY_FILES = 100
OLD_LINES = 20  # in each file before the start: 4 KiB
SETTLE_S = 35.0  # until a file that was opened at the start counts as idle
FIRST_LINES_PER_S = 5.0  # to idle files
COUNTED_WITHIN_S = 15.0  # metrics are flushed every 10 s
READY_WITHIN_S = 1200.0
HEADER = f"{'files':>6} {'lines/s':>8} {'MiB':>13} {'CPU':>7} {'p50':>7} {'p99':>8}  lines"


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the table; memory in MiB, CPU as a share of a core, times in seconds."""

    files: int
    lines_per_s: float
    resident_mib: tuple[float, float]  # at the start and at the end
    cpu: float
    latencies_s: Sequence[float]
    marks: int
    written: int
    counted: int

    def __str__(self) -> str:
        start, end = self.resident_mib
        cuts_ms = [1000 * cut_s for cut_s in quantiles(self.latencies_s, n=100)]
        came = "all counted" if self.counted == self.written else f"{self.counted} COUNTED"
        seen = "" if len(self.latencies_s) == self.marks else f", {len(self.latencies_s)} SEEN"
        return (
            f"{self.files:>6} {self.lines_per_s or 'idle':>8} {start:>6.1f} {end:>6.1f}"
            f" {self.cpu:>7.2%} {cuts_ms[49]:>4.0f} ms {cuts_ms[98]:>5.0f} ms"
            f"  {self.written} written, {came}; {self.marks} timed{seen}"
        )


@dataclass(slots=True)
class Bench:
    """A running agent with what is heard of it."""

    folder: Path
    logs: Sequence[Path]
    agent: subprocess.Popen[bytes]
    reader: Reader
    server: Server
    counted: int = 0  # lines, in the rows before

    def idle(self, seconds: float) -> Cell:
        """Leave the agent alone, then write first lines to idle files."""
        time.sleep(SETTLE_S)
        before_mib, cpu = resident_mib(self.agent.pid), self.cpu_over(seconds)
        count = min(len(self.logs), int(10 * FIRST_LINES_PER_S))
        told = self.write(self.logs[-count:], FIRST_LINES_PER_S, 10)
        return self.cell(0, before_mib, cpu, told)

    def busy(self, lines_per_s: float, seconds: float) -> Cell:
        """Write to a hundred files at most."""
        before_mib, before_s = resident_mib(self.agent.pid), cpu_s(self.agent.pid)
        begun_s = time.monotonic()
        told = self.write(self.logs[:BUSY_FILES], lines_per_s, seconds)
        cpu = (cpu_s(self.agent.pid) - before_s) / (time.monotonic() - begun_s)
        return self.cell(lines_per_s, before_mib, cpu, told)

    def cpu_over(self, seconds: float) -> float:
        """The share of a core that the agent takes from now on."""
        before_s, begun_s = cpu_s(self.agent.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_s(self.agent.pid) - before_s) / (time.monotonic() - begun_s)

    def write(
        self, logs: Sequence[Path], lines_per_s: float, seconds: float
    ) -> tuple[int, list[str]]:
        """Let a process write; returns the number of lines and the marks."""
        names = self.folder / "names"
        names.write_text("\n".join(map(str, logs)))
        command = [sys.executable, "-m", "benchmarks.writer", f"--seconds={seconds}"]
        told = subprocess.run(
            [*command, f"--lines-per-second={lines_per_s}", names],
            check=True,
            stdout=subprocess.PIPE,
        )
        result = json.loads(told.stdout)
        return result["lines"], result["marks"]

    def cell(
        self, lines_per_s: float, before_mib: float, cpu: float, told: tuple[int, list[str]]
    ) -> Cell:
        """Wait for what was written to be counted, and put the row together."""
        written, marks = told
        counted = self.wait_for(written)
        came = self.reader.came_at_s
        took_s = [came[mark] - _written_at_s(mark) for mark in marks if mark in came]
        memory = (before_mib, resident_mib(self.agent.pid))
        return Cell(len(self.logs), lines_per_s, memory, cpu, took_s, len(marks), written, counted)

    def wait_for(self, lines: int) -> int:
        """Wait until so many more lines are counted, or for long; returns how many are."""
        deadline_s = time.monotonic() + COUNTED_WITHIN_S
        while (counted := self.total() - self.counted) < lines and time.monotonic() < deadline_s:
            time.sleep(0.1)
        self.counted += counted
        return counted

    def total(self) -> int:
        """Lines counted since the start."""
        return int(self.server.totals.counters.get("logtell.web.lines.read", 0))


def _written_at_s(mark: str) -> float:
    return int(mark.removeprefix(MARK)) / 1e9


def make_logs(folder: Path, count: int, directories: int) -> list[Path]:
    """Make files with a few lines in them."""
    old = "".join(f"{line}\n" for line in islice(access_lines(OLD_LINES), OLD_LINES))
    folders = [folder / f"{number:04}" for number in range(min(directories, count))]
    for each in folders:
        each.mkdir(parents=True)
    logs = [folders[n % len(folders)] / f"site{n:05}.log" for n in range(count)]
    for log in logs:
        log.write_text(old)
    return logs


def measure(
    files: int, directories: int, rates: Sequence[float], seconds: float
) -> Iterator[Cell | str]:
    """Measure one agent: a row a rate, and lines about its start and its end."""
    server = Server()
    server.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        logs = make_logs(folder / "logs", files, directories)
        begun_s = time.monotonic()
        with running_agent(
            folder, server.port, str(folder / "logs/*/*.log"), ready_within_s=READY_WITHIN_S
        ) as agent:
            ready_s = time.monotonic() - begun_s
            yield f"{files:>6}  ready after {ready_s:.2f} s, with {cpu_s(agent.pid):.2f} s of CPU"
            assert agent.stdout
            reader = Reader(agent.stdout)
            reader.start()
            bench = Bench(folder, logs, agent, reader, server)
            for rate in rates:
                yield bench.busy(rate, seconds) if rate else bench.idle(seconds)
            begun_s = time.monotonic()
            agent.terminate()
            code = agent.wait(60)
            yield f"{files:>6}  stopped after {time.monotonic() - begun_s:.2f} s, exit code {code}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What following many files costs.")
    parser.add_argument("--files", type=int, nargs="+", default=[1, 100, 10_000])
    parser.add_argument("--rates", type=float, nargs="+", default=[0, 100, 1_000, 10_000])
    parser.add_argument("--seconds", type=float, default=20, help="of each cell")
    parser.add_argument("--directories", type=int, default=1, help="that hold the files")
    args = parser.parse_args()
    os.environ["TZ"] = "UTC"
    print(HEADER)
    for files in args.files:
        for row in measure(files, args.directories, args.rates, args.seconds):
            print(row, flush=True)


if __name__ == "__main__":
    main()
