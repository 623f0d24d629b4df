"""
`make bench`: logtell beside Debian's mtail on the same counting, in turn in one run.

What is counted is compared; figures of a run whose counts differ are not printed. CPU seconds are
user and system time of the whole process, start-up included; the median of the rounds is shown.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import LOG_FORMAT, access_lines, error_lines, write

_HERE = Path(__file__).parent
_REQUESTS = """\
measures:
  - counter: requests
    by: [status, request_method]
"""
# What mtail's program counts, and nothing else but lines and severities, which are always counted.
_SAME = (
    _REQUESTS
    + """\
  - counter: bytes
    of: body_bytes_sent
  - timer: request_time
    of: request_time
    scale: 1000
measures_off: ["*"]
"""
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one program took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> int:
    """Run all benchmarks; 1 if counts differ."""
    args = _arguments()
    with tempfile.TemporaryDirectory(prefix="logtell-bench-") as name:
        folder = Path(name)
        logs = _logs(folder, args.lines)
        _compile(folder)
        same = _beside_mtail(folder, logs["access"], args)
        alone = Alone(folder, args.rounds)
        alone.show("every event as JSON", args.lines, _events(folder, logs["access"]))
        alone.show("error log, all rules", args.lines // 5, _errors(logs["error"]))
    if args.live_seconds:
        print(f"\nthe live agent at 1,000 lines/s for {args.live_seconds} s:")
        live = [sys.executable, "-m", "benchmarks.live", "--seconds", str(args.live_seconds)]
        same = subprocess.run(live, check=False).returncode == 0 and same
    return 0 if same else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="access lines; error: a fifth")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--live-seconds", type=int, default=30, help="0: leave out the live agent")
    return parser.parse_args()


def _compile(folder: Path) -> None:
    """Have what a replay imports compiled, so that no run that is measured does it."""
    config = folder / "compile.yaml"
    config.write_text(_REQUESTS)
    line = folder / "line.log"
    write(line, access_lines(1))
    _run(_logtell("replay", "-c", config, "--format", LOG_FORMAT, line), folder / "compiled.txt")


def _logs(folder: Path, lines: int) -> dict[str, Path]:
    logs = {"access": folder / "access.log", "error": folder / "error.log"}
    write(logs["access"], access_lines(lines))
    write(logs["error"], error_lines(lines // 5))
    size = logs["access"].stat().st_size / 1e6
    print(f"{lines:,} access lines ({size:.0f} MB) and {lines // 5:,} error lines\n")
    return logs


def _beside_mtail(folder: Path, log: Path, args: argparse.Namespace) -> bool:
    runs = {
        "logtell": _ours(folder / "same.yaml", log, _SAME),
        "all default": _ours(folder / "all.yaml", log, _REQUESTS),
    }
    mtail = shutil.which("mtail")
    if not mtail:
        print("mtail is not installed, so there is no ratio: apt-get install mtail\n")
        for name, run in runs.items():
            Alone(folder, args.rounds).show(f"counting ({name})", args.lines, run)
        return True
    runs["mtail"] = _theirs(folder, log, mtail)
    costs, counts = _in_turn(runs, folder, args.rounds)
    if any(each != counts["mtail"] for each in counts.values()):
        print("the counts differ:")
        for name, each in counts.items():
            print(f"  {name}: {each}")
        return False
    print("counting requests by status and method, bytes, request times; counts equal:")
    medians = {name: _row(name, args.lines, each) for name, each in costs.items()}
    print(f"  ratio of CPU seconds: {medians['mtail'] / medians['logtell']:.1f};")
    print(
        "  with all default measures as well (routes, upstreams, status classes, methods):"
        f" {medians['mtail'] / medians['all default']:.1f}\n"
    )
    return True


def _in_turn(
    runs: Mapping[str, Sequence[str]], folder: Path, rounds: int
) -> tuple[dict[str, list[Cost]], dict[str, "Counts"]]:
    """Run all in each round, so that all meet the same noise."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    counts: dict[str, Counts] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            cost, output = _run(run, folder / f"{name}.json")
            costs[name].append(cost)
            counts[name] = (_read_mtail if name == "mtail" else _read_ours)(output)
    return costs, counts


@dataclass(frozen=True, slots=True)
class Counts:
    """What both programs must agree on."""

    requests: dict[tuple[str, str], int]
    bytes: int
    timed: int
    # Sum of the request times in milliseconds.
    time_ms: int
    # In which bucket of mtail's histogram the percentiles lie.
    percentiles: tuple[int, ...]


_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SHARES = (0.50, 0.90, 0.99)


def _read_ours(output: Path) -> Counts:
    tally = json.loads(output.read_bytes())
    timer = tally["timers"]["nginx_access.request_time"]
    start = "nginx_access.requests."
    return Counts(
        {
            (key[len(start) :].split(".")[0], key.rsplit(".", 1)[1].upper()): count
            for key, count in tally["counters"].items()
            if key.startswith(start) and key[len(start)].isdigit()
        },
        tally["counters"]["nginx_access.bytes"],
        timer["count"],
        round(timer["sum"]),
        tuple(bisect_left(_BUCKETS_S, timer[name] / 1000) for name in ("p50", "p90", "p99")),
    )


def _read_mtail(output: Path) -> Counts:
    metrics = json.loads(output.read_bytes())
    requests = {
        tuple(each["Labels"]): each["Value"]["Value"]
        for each in metrics["requests_total"][0]["LabelValues"]
    }
    histogram = metrics["request_seconds"][0]["LabelValues"][0]["Value"]
    counts = [histogram["Buckets"][_bound(bound)] for bound in _BUCKETS_S]
    ranks = [sum(counts[: number + 1]) for number in range(len(counts))]
    return Counts(
        requests,
        metrics["bytes_total"][0]["LabelValues"][0]["Value"]["Value"],
        histogram["Count"],
        round(histogram["Sum"] * 1000),
        tuple(bisect_left(ranks, share * histogram["Count"]) for share in _SHARES),
    )


def _bound(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def _logtell(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "agent.cli", *map(str, arguments)]


def _ours(config: Path, log: Path, configuration: str) -> list[str]:
    config.write_text(configuration)
    return _logtell("replay", "-c", config, "--format", LOG_FORMAT, "--metrics", "-", log)


def _theirs(folder: Path, log: Path, mtail: str) -> list[str]:
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    shutil.copy(_HERE / "access.mtail", programs)
    options = ["--one_shot", "--one_shot_format=json", "--progs", str(programs)]
    return [mtail, *options, "--logs", str(log), "--log_dir", str(folder)]


def _events(folder: Path, log: Path) -> list[str]:
    events = folder / "events.jsonl"
    return _logtell("replay", "-q", "--format", LOG_FORMAT, "--events", events, log)


def _errors(log: Path) -> list[str]:
    return _logtell("replay", "--format", "nginx_error", "--metrics", "-", log)


@dataclass(frozen=True, slots=True)
class Alone:
    """Runs that no peer stands beside."""

    folder: Path
    rounds: int

    def show(self, what: str, lines: int, run: Sequence[str]) -> None:
        """Run and print the medians, and how many events were written if any were."""
        print(f"{what}:")
        costs = [_run(run, self.folder / "out")[0] for _ in range(self.rounds)]
        _row("logtell", lines, costs)
        events = self.folder / "events.jsonl"
        if events.exists():
            print(
                f"  {_count_lines(events):,} events, {events.stat().st_size / 1e6:.0f} MB of JSON"
            )
            events.unlink()
        print()


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _run(command: Sequence[str], output: Path) -> tuple[Cost, Path]:
    began_s = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.DEVNULL, env=_environment(output.parent)
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    wall_s = time.monotonic() - began_s
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output


def _environment(folder: Path) -> dict[str, str]:
    """Ours, with our modules compiled once and kept, as pip does when it installs a package."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def _row(name: str, lines: int, costs: Sequence[Cost]) -> float:
    """Print the medians of one program; returns its CPU seconds."""
    wall_s = statistics.median(cost.wall_s for cost in costs)
    cpu_s = statistics.median(cost.cpu_s for cost in costs)
    peak_mib = statistics.median(cost.peak_mib for cost in costs)
    print(
        f"  {name:11} {lines / wall_s:>11,.0f} lines/s  {cpu_s:6.2f} CPU s  "
        f"{lines / cpu_s:>11,.0f} lines/CPU s  {peak_mib:5.0f} MiB"
    )
    return cpu_s


if __name__ == "__main__":
    sys.exit(main())
