"""Shapes that lines begin with, tried on all lines of a block at once."""

import numpy as np

from parsers.words import Bools, Ints, Octets


def begins(octets: Octets, starts: Ints, ends: Ints, shape: str) -> Bools:
    """
    Which lines `[starts, ends)` begin with `shape`: `d` is a digit, `_` anything, else itself.

    Lines that are out after a few bytes cost no more gathers.
    """
    rows = np.flatnonzero(ends - starts >= len(shape))
    for number, wanted in enumerate(shape):
        if wanted == "_" or not rows.size:
            continue
        there = octets.bytes[starts[rows] + number]
        if wanted == "d":
            rows = rows[there - np.uint8(ord("0")) < 10]
        else:
            rows = rows[there == ord(wanted)]
    found = np.zeros(len(starts), np.bool_)
    found[rows] = True
    return found
