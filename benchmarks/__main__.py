"""
`make bench`: logtell beside Debian's mtail on the same counting, in turn in one run.

What is counted is compared; figures of a run whose counts differ are not printed. CPU seconds are
user and system time of the whole process, start-up included; the median of the rounds is shown.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.applications import beside_mtail
from benchmarks.costs import in_turn, logtell, mtail, row, run
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
        same = beside_mtail(folder, args.lines, args.rounds) and same
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
    run(logtell("replay", "-c", config, "--format", LOG_FORMAT, line), folder / "compiled.txt")


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
    if not shutil.which("mtail"):
        print("mtail is not installed, so there is no ratio: apt-get install mtail\n")
        for name, command in runs.items():
            Alone(folder, args.rounds).show(f"counting ({name})", args.lines, command)
        return True
    runs["mtail"] = mtail(folder, _HERE / "access.mtail", log)
    costs, outputs = in_turn(runs, folder, args.rounds)
    reads = {name: _read_mtail if name == "mtail" else _read_ours for name in runs}
    counts = {name: reads[name](output) for name, output in outputs.items()}
    if any(each != counts["mtail"] for each in counts.values()):
        print("the counts differ:")
        for name, each in counts.items():
            print(f"  {name}: {each}")
        return False
    print("counting requests by status and method, bytes, request times; counts equal:")
    medians = {name: row(name, args.lines, each) for name, each in costs.items()}
    print(f"  ratio of CPU seconds: {medians['mtail'] / medians['logtell']:.1f};")
    print(
        "  with all default measures as well (routes, upstreams, status classes, methods):"
        f" {medians['mtail'] / medians['all default']:.1f}\n"
    )
    return True


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


def _ours(config: Path, log: Path, configuration: str) -> list[str]:
    config.write_text(configuration)
    return logtell("replay", "-c", config, "--format", LOG_FORMAT, "--metrics", "-", log)


def _events(folder: Path, log: Path) -> list[str]:
    events = folder / "events.jsonl"
    return logtell("replay", "-q", "--format", LOG_FORMAT, "--events", events, log)


def _errors(log: Path) -> list[str]:
    return logtell("replay", "--format", "nginx_error", "--metrics", "-", log)


@dataclass(frozen=True, slots=True)
class Alone:
    """Runs that no peer stands beside."""

    folder: Path
    rounds: int

    def show(self, what: str, lines: int, command: Sequence[str]) -> None:
        """Run and print the medians, and how many events were written if any were."""
        print(f"{what}:")
        costs = [run(command, self.folder / "out")[0] for _ in range(self.rounds)]
        row("logtell", lines, costs)
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


if __name__ == "__main__":
    sys.exit(main())
