"""
`make fuzz-covered ARGS="--minutes 5"`: every format against bytes that reach new branches.

atheris (libFuzzer) changes the sample lines of all formats and keeps what runs code that nothing
before did. A block that raises, breaks the property or takes more than ten seconds ends it and is
kept; its first byte is the number of the format.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["parsers"], enable_loader_override=False):
    from tests.parsers.everything import PIECES, assert_each_byte_in_one_event, every_format

_MOST_BYTES = 2048
_TIMEOUT_S = 10
# atheris 3.0 itself keeps 10 KB or more of each run (measured with one and the same block), so what
# the parsers keep is measured by `make fuzz`.
_MOST_MB = 0


def main(arguments: list[str]) -> None:
    """Does not return: libFuzzer ends the process, with 0 when the time is over."""
    options = argparse.ArgumentParser(prog="make fuzz-covered", description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    options.add_argument("--again", type=Path, help="a block that was kept: tried by itself")
    chosen = options.parse_args(arguments)
    parsers = list(every_format().items())

    def tried(raw: bytes) -> None:
        if raw:
            assert_each_byte_in_one_event(parsers[raw[0] % len(parsers)][1], raw[1:])

    if chosen.again:
        raw = chosen.again.read_bytes()
        sys.stdout.write(f"format {parsers[raw[0] % len(parsers)][0]}: {raw[1:]!r}\n")
        tried(raw)
        return
    folder = tempfile.mkdtemp(prefix="logtell-fuzz-")
    for number, piece in enumerate(PIECES):
        Path(folder, f"piece-{number}").write_bytes(bytes([number % len(parsers)]) + piece + b"\n")
    sys.stdout.write(f"{len(parsers)} formats, {len(PIECES)} pieces to begin with, in {folder}\n")
    sys.stdout.flush()
    limits = (f"-max_len={_MOST_BYTES}", f"-timeout={_TIMEOUT_S}", f"-rss_limit_mb={_MOST_MB}")
    until = (f"-max_total_time={int(chosen.minutes * 60)}", f"-seed={chosen.seed}")
    kept = f"-artifact_prefix={folder}/failed-"
    atheris.Setup([sys.argv[0], folder, *limits, *until, kept, "-print_final_stats=1"], tried)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
