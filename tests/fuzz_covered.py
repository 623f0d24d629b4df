"""
`make fuzz-covered ARGS="--minutes 5"`: every format against bytes that reach new branches.

atheris (libFuzzer) changes the sample lines of all formats and keeps what runs code that nothing
before did. A block that raises, breaks the property or takes more than ten seconds ends it and is
kept; its first byte is the number of the format.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["parsers"], enable_loader_override=False):
    from tests.parsers.everything import PIECES, assert_each_byte_in_one_event, every_format

_MOST_BYTES = 2048
_TIMEOUT_S = 10
# atheris 3.0 itself keeps 10 KB or more of each run (measured with one and the same block), so a
# process makes so many and no more; what the parsers keep is measured by `make fuzz`.
_RUNS = 3000


def main(arguments: list[str]) -> int:
    """Try processes one after the other until the time is over, or one block by itself."""
    options = argparse.ArgumentParser(prog="make fuzz-covered", description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    options.add_argument("--again", type=Path, help="a block that was kept: tried by itself")
    options.add_argument("--folder", help=argparse.SUPPRESS)  # of the blocks: one process of many
    chosen = options.parse_args(arguments)
    parsers = list(every_format().items())

    def tried(raw: bytes) -> None:
        if raw:
            assert_each_byte_in_one_event(parsers[raw[0] % len(parsers)][1], raw[1:])

    if chosen.again:
        raw = chosen.again.read_bytes()
        sys.stdout.write(f"format {parsers[raw[0] % len(parsers)][0]}: {raw[1:]!r}\n")
        tried(raw)
    elif chosen.folder:
        _one_process(chosen.folder, chosen.seed, tried)  # ends there
    else:
        return _processes(chosen.minutes, chosen.seed, len(parsers))
    return 0


def _one_process(folder: str, seed: int, tried: Callable[[bytes], None]) -> None:
    limits = (f"-max_len={_MOST_BYTES}", f"-timeout={_TIMEOUT_S}", "-rss_limit_mb=0")
    until = (f"-runs={_RUNS}", f"-seed={seed}", f"-artifact_prefix={folder}-failed-")
    atheris.Setup([sys.argv[0], folder, *limits, *until, "-verbosity=0"], tried)
    atheris.Fuzz()


def _processes(minutes: float, seed: int, formats: int) -> int:
    folder = tempfile.mkdtemp(prefix="logtell-fuzz-")
    for number, piece in enumerate(PIECES):
        Path(folder, f"piece-{number}").write_bytes(bytes([number % formats]) + piece + b"\n")
    sys.stdout.write(f"seed {seed}, {formats} formats, {len(PIECES)} pieces in {folder}\n")
    until_s, number = time.monotonic() + minutes * 60, 0
    while not number or time.monotonic() < until_s:
        sys.stdout.flush()
        one = [sys.executable, "-m", "tests.fuzz_covered", "--folder", folder]
        if code := subprocess.run([*one, "--seed", str(seed + number)], check=False).returncode:
            sys.stdout.write(f"failed; again: make fuzz-covered ARGS='--again {folder}-failed-…'\n")
            return code
        number += 1
        kept = sum(1 for _ in Path(folder).iterdir())
        sys.stdout.write(f"{number * _RUNS:,} blocks, {kept:,} kept\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
