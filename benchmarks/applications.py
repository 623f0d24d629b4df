"""
Application logs beside mtail: a Python log, JSON lines, and a container stream of three formats.

    python -m benchmarks.applications --lines 500000

logtell is told nothing: it finds each format by itself. mtail runs a program written for each log.
Both count the same, and figures are printed only where the counts are equal.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.costs import in_turn, logtell, mtail, row
from benchmarks.generate import access_lines, error_lines, write

_HERE = Path(__file__).parent
_LEVELS = ("INFO",) * 12 + ("DEBUG",) * 4 + ("WARNING",) * 3 + ("ERROR",)
_LOGGERS = ("shop.web", "shop.db", "shop.cart", "uvicorn.error")
_TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/srv/app/web.py", line 31, in serve',
    "    return self.handler(request)",
    '  File "/srv/app/db.py", line 7, in connect',
    "    raise ConnectionError(host)",
    "ConnectionError: db.example.org",
)
_BY_LOGGER = "  - counter: records\n    by: [level, logger]\n"
_BY_LEVEL = "  - counter: records\n    by: level\n"
_REQUESTS = "  - counter: requests\n    by: [status, request_method]\n"
_FRAME = "2026-01-02T03:04:05.123456789Z"
Counts = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of log, and what is counted in it."""

    name: str
    lines: Callable[[int], Iterator[str]]
    measures: str
    program: str


def python_lines(count: int, *, seed: int = 7) -> Iterator[str]:
    """What `logging` writes in its usual form; every error has a traceback of six lines."""
    draw, written = random.Random(seed), 0
    while written < count:
        level, time = (
            draw.choice(_LEVELS),
            f"2026-01-02 03:{written // 60 % 60:02}:{written % 60:02}",
        )
        text = (
            f"order {draw.randrange(9999)} of {draw.randrange(99)} items took {draw.random():.3f} s"
        )
        yield f"{time},{draw.randrange(1000):03} {level} {draw.choice(_LOGGERS)}: {text}"
        written += 1
        if level == "ERROR":
            yield from _TRACEBACK
            written += len(_TRACEBACK)


def json_lines(count: int, *, seed: int = 7) -> Iterator[str]:
    """What structlog and its like write: eight keys a line."""
    draw = random.Random(seed)
    for number in range(count):
        record = {
            "timestamp": f"2026-01-02T03:{number // 60 % 60:02}:{number % 60:02}.123456Z",
            "level": draw.choice(_LEVELS).lower(),
            "logger": draw.choice(_LOGGERS),
            "event": f"order {draw.randrange(9999)} placed",
            "request_id": f"{draw.getrandbits(64):016x}",
            "items": draw.randrange(99),
            "took": round(draw.random(), 3),
            "user": {"id": draw.randrange(9999)},
        }
        yield json.dumps(record, separators=(",", ":"))


def container_lines(count: int, *, seed: int = 7) -> Iterator[str]:
    """A pod's CRI log: access lines on stdout; nginx's errors and Python's records on stderr."""
    draw = random.Random(seed)
    access, errors = access_lines(count), error_lines(count)
    python = (line for line in python_lines(count) if line[:2] == "20")
    for _ in range(count):
        kind = draw.random()
        if kind < 0.6:
            yield f"{_FRAME} stdout F {next(access).partition(' rt=')[0]}"
        else:
            yield f"{_FRAME} stderr F {next(errors if kind < 0.8 else python)}"


SUBJECTS = (
    Subject("Python log", python_lines, _BY_LOGGER, "python.mtail"),
    Subject("JSON lines", json_lines, _BY_LOGGER, "json.mtail"),
    Subject("container stream", container_lines, _REQUESTS + _BY_LEVEL, "container.mtail"),
)


def beside_mtail(folder: Path, lines: int, rounds: int) -> bool:
    """Measure all; False if counts differ."""
    equal = [_measured(subject, folder, lines, rounds) for subject in SUBJECTS]
    return all(equal)


def _measured(subject: Subject, folder: Path, lines: int, rounds: int) -> bool:
    name = subject.program.partition(".")[0]
    log, config = folder / f"{name}.log", folder / f"{name}.yaml"
    write(log, subject.lines(lines))
    config.write_text(f'measures:\n{subject.measures}measures_off: ["*"]\n')
    runs = {"logtell": logtell("replay", "-c", config, "--metrics", "-", log)}
    if shutil.which("mtail"):
        runs["mtail"] = mtail(folder, _HERE / subject.program, log)
    costs, outputs = in_turn(runs, folder, rounds)
    counts = {name: (_theirs if name == "mtail" else _ours)(path) for name, path in outputs.items()}
    print(f"{subject.name}, {lines:,} lines, {log.stat().st_size / 1e6:.0f} MB:")
    if any(each != counts["logtell"] for each in counts.values()):
        print(
            "  the counts differ:", *(f"{key}: {each}" for key, each in counts.items()), sep="\n  "
        )
        return False
    medians = {name: row(name, lines, each) for name, each in costs.items()}
    if "mtail" in medians:
        print(f"  counts equal; ratio of CPU seconds: {medians['mtail'] / medians['logtell']:.1f}")
    print()
    return True


def _ours(output: Path) -> Counts:
    counters = json.loads(output.read_bytes())["counters"]
    parts = {tuple(key.split(".")[1:]): count for key, count in counters.items()}
    return {
        key: count for key, count in parts.items() if key[0] in ("records", "requests") and count
    }


def _theirs(output: Path) -> Counts:
    metrics = json.loads(output.read_bytes())
    counts = Counter[tuple[str, ...]]()
    for name in ("records", "requests"):
        for each in (each for metric in metrics.get(name, ()) for each in metric["LabelValues"]):
            labels = (label.lower().replace(".", "_") for label in each["Labels"])
            counts[name, *labels] += each["Value"]["Value"]  # `ERROR` and `error` are one of ours
    return counts


def main() -> int:
    """Measure all; 1 if counts differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.applications", description=__doc__)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logtell-bench-") as name:
        return 0 if beside_mtail(Path(name), args.lines, args.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
