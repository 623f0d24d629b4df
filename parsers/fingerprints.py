"""Numbers that tell which spans hold the same bytes, made by eight bytes of every row at a time."""

import numpy as np

from parsers.words import Ints, Octets, Words

_LOAD = 8
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF_BITS = np.uint64(32)
_ALL = (1 << 64) - 1
_MOST_LOADS = 64
# Where rows are done one by one: 0.5 µs each; a round over all costs 30 µs, for however few.
_FEW_ROWS = 64
# Keys for both halves of each load, and for the size: as secret as what Python hashes texts with.
_KEYS = np.array([hash(f"fingerprint {n}") & _ALL for n in range(2 * _MOST_LOADS + 1)], np.uint64)


def fingerprints(octets: Octets, starts: Ints, ends: Ints, *, stop: int) -> tuple[Words, Ints]:
    """
    A number, never 0, for what each span holds before its first `stop`; and where that ends.

    Equal numbers mean equal texts, but for a chance of 2**-32 a try for who makes two texts on
    purpose without knowing the keys, as the number is multilinear in 32 bits at a time (D. Lemire,
    O. Kaser, "Strongly universal string hashing is fast", 2014). A text may have two numbers: the
    last few rows, and rows of more than 512 bytes, are hashed by Python.
    """
    found, sizes = np.zeros(len(starts), np.uint64), np.zeros(len(starts), np.int64)
    rows, at, last = np.arange(len(starts)), starts, ends
    for number in range(_MOST_LOADS):
        if rows.size <= _FEW_ROWS:
            break
        word, size = octets.until(stop, at, last)
        part = (word & _LOW_HALF) * _KEYS[2 * number]
        part += (word >> _HALF_BITS) * _KEYS[2 * number + 1]
        if number:
            found[rows] += part
            sizes[rows] += size
        else:  # all rows, and in order
            found, sizes = part, size
        more = np.flatnonzero((size == _LOAD) & (last - at > _LOAD))
        rows, at, last = rows[more], at[more] + _LOAD, last[more]
    found += sizes.astype(np.uint64) * _KEYS[-1]
    for row in rows.tolist():
        text = octets.raw[starts[row] : ends[row]].partition(bytes((stop,)))[0]
        found[row], sizes[row] = hash(text) & _ALL, len(text)
    return found | np.uint64(1), starts + sizes
