"""What a run of a program costs, and how it is shown: medians of several rounds."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one program took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def run(command: Sequence[str], output: Path) -> tuple[Cost, Path]:
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


def row(name: str, lines: int, costs: Sequence[Cost]) -> float:
    """Print the medians of one program; returns its CPU seconds."""
    wall_s = statistics.median(cost.wall_s for cost in costs)
    cpu_s = statistics.median(cost.cpu_s for cost in costs)
    peak_mib = statistics.median(cost.peak_mib for cost in costs)
    print(
        f"  {name:11} {lines / wall_s:>11,.0f} lines/s  {cpu_s:6.2f} CPU s  "
        f"{lines / cpu_s:>11,.0f} lines/CPU s  {peak_mib:5.0f} MiB"
    )
    return cpu_s


def in_turn(
    runs: Mapping[str, Sequence[str]], folder: Path, rounds: int
) -> tuple[dict[str, list[Cost]], dict[str, Path]]:
    """Run all in each round, so that all meet the same noise; their costs and last outputs."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    outputs: dict[str, Path] = {}
    for _ in range(rounds):
        for name, command in runs.items():
            cost, outputs[name] = run(command, folder / f"{name}.json")
            costs[name].append(cost)
    return costs, outputs


def logtell(*arguments: str | Path) -> list[str]:
    """The command that runs logtell from this tree."""
    return [sys.executable, "-m", "agent.cli", *map(str, arguments)]


def mtail(folder: Path, program: Path, log: Path) -> list[str]:
    """The command that has mtail read a log once by a program, and print its metrics as JSON."""
    programs = folder / f"{program.stem}-programs"
    programs.mkdir(exist_ok=True)
    shutil.copy(program, programs)
    options = ["--one_shot", "--one_shot_format=json", "--progs", str(programs)]
    return ["mtail", *options, "--logs", str(log), "--log_dir", str(folder)]
