"""Shapes that lines begin with, tried on all lines of a block at once."""

import numpy as np

from parsers.words import Bools, Ints, Octets, Words

_LOAD = 8  # bytes of one load
_VARIABLE = "d_"


def begins(
    octets: Octets, starts: Ints, ends: Ints, shape: str, *, first: Words | None = None
) -> Bools:
    """
    Which lines `[starts, ends)` begin with `shape`: `d` is a digit, `_` anything, else itself.

    What is fixed is compared first, eight bytes at a time: of another format's lines few are left
    then, and only those are looked at digit by digit. `first` are the first eight bytes of all
    lines, if the caller has them for several shapes.
    """
    first = octets.load(starts) if first is None else first
    mask, key = _fixed(shape[:_LOAD])
    rows = np.flatnonzero((first & mask == key) & (ends - starts >= len(shape)))
    for at in range(_LOAD, len(shape), _LOAD):
        mask, key = _fixed(shape[at : at + _LOAD])
        if mask and rows.size:
            rows = rows[octets.load(starts[rows] + at) & mask == key]
    for number, wanted in enumerate(shape):
        if wanted == "d" and rows.size:
            rows = rows[octets.bytes[starts[rows] + number] - np.uint8(ord("0")) < 10]
    found = np.zeros(len(starts), np.bool_)
    found[rows] = True
    return found


def _fixed(piece: str) -> tuple[np.uint64, np.uint64]:
    """The bytes of a load that are fixed, and what they are."""
    fixed = [each not in _VARIABLE for each in piece]
    mask = bytes(0xFF * each for each in fixed)
    key = bytes(ord(each) * is_fixed for each, is_fixed in zip(piece, fixed, strict=True))
    return np.uint64(int.from_bytes(mask, "little")), np.uint64(int.from_bytes(key, "little"))
