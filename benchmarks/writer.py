"""
Writes logs for benchmarks/scale.py, in a process of its own: `python -m benchmarks.writer …`.

Lines of benchmarks/generate.py at a steady rate in total, to the files in turn. Some are marked:
they fail, so that each becomes an event, and their path is the monotonic time of the write, which
is the same clock in every process of the machine. Prints how many lines and which marks were
written, as JSON.
"""

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from benchmarks.generate import access_lines
from benchmarks.live import MARK, marked

WRITE_EVERY_S = 0.01
MARKS_PER_S = 20


def write(logs: Sequence[Path], lines_per_s: float, seconds: float) -> tuple[int, list[str]]:
    """Write until the time is over; returns the number of lines and the marks."""
    lines = cycle([line.encode() + b"\n" for line in access_lines(20_000)])
    files = cycle([os.open(log, os.O_WRONLY | os.O_APPEND) for log in logs])
    begun_s, written, marks = time.monotonic(), 0, list[str]()
    while (elapsed_s := time.monotonic() - begun_s) < seconds:
        due: dict[int, list[bytes]] = defaultdict(list)
        for _ in range(int(elapsed_s * lines_per_s) - written):
            due[next(files)].append(next(lines))
            written += 1
        if due and len(marks) < elapsed_s * MARKS_PER_S:
            marks.append(_mark(next(reversed(due.values()))))
        for fd, some in due.items():
            os.write(fd, b"".join(some))
        time.sleep(WRITE_EVERY_S)
    return written, marks


def _mark(lines: list[bytes]) -> str:
    """Mark the last of the lines, with the time."""
    uri = f"{MARK}{time.monotonic_ns()}"
    lines[-1] = marked(lines[-1].decode().rstrip("\n"), uri).encode() + b"\n"
    return uri


def main() -> None:
    """Write and tell."""
    parser = argparse.ArgumentParser(description="Write logs at a steady rate.")
    parser.add_argument("--lines-per-second", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("list", type=Path, help="a file with one path a line")
    args = parser.parse_args()
    logs = [Path(line) for line in args.list.read_text().splitlines()]
    written, marks = write(logs, args.lines_per_second, args.seconds)
    print(json.dumps({"lines": written, "marks": marks}))


if __name__ == "__main__":
    main()
