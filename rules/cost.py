"""How long a pattern can take: `re` backtracks, and a log may hold what was made to hurt."""

import re
from collections.abc import Callable, Iterator

from rules.match import MAX_SEARCHED_BYTES

# For 64 KiB, most shipped patterns take up to 1 ms, those with repeats bounded by hundreds up to
# 16 ms, quadratic ones 100 ms and more (measured by this module over 200 rules).
SLOWEST_MS = 25.0
LONGEST_BYTES = MAX_SEARCHED_BYTES
# At how many places an example is cut, to be repeated from there.
_CUTS = 6
# A machine busy with other things is not the pattern's fault.
_TRIES = 3

# From 16 to 64 KiB even a cubic pattern grows only so many times.
_LAST_GROWTH = 64

Clock = Callable[[], float]


def slowest(regex: re.Pattern[bytes], line: bytes, clock: Clock) -> tuple[float, int] | None:
    """
    Search lines made to hurt, of growing size, built from `line`, which the pattern matches.

    Returns milliseconds and bytes of the first that takes more than SLOWEST_MS, or None if none
    does up to LONGEST_BYTES. `clock` counts seconds.
    """
    for beginning, unit in _hostile(regex, line):
        for size in _SIZES:
            hostile = (beginning + unit * (size // len(unit) + 1))[:size]
            elapsed_ms = _elapsed_ms(regex, hostile, clock)
            if elapsed_ms > SLOWEST_MS:
                return elapsed_ms, size
            if size == _SIZES[-2] and elapsed_ms * _LAST_GROWTH < SLOWEST_MS:
                break
    return None


def _sizes() -> Iterator[int]:
    # Small steps at first: what doubles with every byte must be caught while it still ends.
    size = 16
    while size < 64:
        yield size
        size = size * 5 // 4
    for power in range(6):
        yield 64 * 4**power


_SIZES = tuple(_sizes())


def _hostile(regex: re.Pattern[bytes], line: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Beginnings of a match, over and over; and each once, with a last byte that never ends."""
    found = regex.search(line)
    matched = (found[0] if found else b"") or line
    yield b"", line
    for cut in sorted({len(matched) * number // _CUTS for number in range(1, _CUTS + 1)} - {0}):
        yield b"", matched[:cut]
        yield matched[:cut], matched[cut - 1 : cut]


def _elapsed_ms(regex: re.Pattern[bytes], line: bytes, clock: Clock) -> float:
    best = float("inf")
    for _ in range(_TRIES):
        started = clock()
        regex.search(line)
        best = min(best, (clock() - started) * 1000)
        if not SLOWEST_MS < best < 4 * SLOWEST_MS:
            break
    return best
