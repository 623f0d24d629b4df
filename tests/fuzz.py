"""
`make fuzz ARGS="--minutes 5 --seed 1"`: every format against any bytes, for a time.

Memory may not grow either: what the formats keep between blocks is bounded, whatever is in them.
Each round takes the next format and the next seed, so that what a round found is found again by
`--seed` with the number that it printed. hypothesis then shows the smallest block that fails.
"""

import argparse
import gc
import random
import resource
import sys
import time
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from parsers.batch import Parser
from tests.parsers.everything import any_blocks, assert_each_byte_in_one_event, every_format

_BLOCKS = 100  # of a round: less than a second
# Until every format had so many rounds, caches fill; from then on nothing may grow by more.
_WARM_ROUNDS = 2
_MOST_GROWTH_MB = 100.0


def round_of(parser: Parser, number: int) -> None:
    """Try one format with the blocks of one seed; raises AssertionError for what fails."""

    @seed(number)
    @settings(
        max_examples=_BLOCKS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(raw=any_blocks)
    def tried(raw: bytes) -> None:
        assert_each_byte_in_one_event(parser, raw)

    tried()


def main(arguments: list[str]) -> int:
    """Raises what the first block that fails raises."""
    options = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = options.parse_args(arguments)
    parsers = list(every_format().items())
    until = time.monotonic() + chosen.minutes * 60
    sys.stdout.write(f"seed {chosen.seed}, {len(parsers)} formats, {chosen.minutes:g} minutes\n")
    warm_mb = 0.0
    for number in count(chosen.seed):
        name, parser = parsers[number % len(parsers)]
        try:
            round_of(parser, number)
        except Exception:
            again = f'make fuzz ARGS="--minutes 0 --seed {number}"'
            sys.stdout.write(f"format {name} failed; again: {again}\n")
            raise
        if number - chosen.seed == _WARM_ROUNDS * len(parsers):
            warm_mb = _resident_mb()
        if time.monotonic() >= until:
            break
    rounds = number - chosen.seed + 1
    sys.stdout.write(f"{rounds * _BLOCKS} blocks in {rounds} rounds, none failed\n")
    if not warm_mb:
        return 0
    grown_mb = _resident_mb() - warm_mb
    sys.stdout.write(f"memory grew by {grown_mb:.1f} MB to {warm_mb + grown_mb:.0f} MB\n")
    return int(grown_mb > _MOST_GROWTH_MB)


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
