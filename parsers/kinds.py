"""Kinds of bytes, and shapes made of them, tried on all rows at once."""

import numpy as np

from parsers.words import Bools, Ints, Octets, Octets8


def shaped(octets: Octets, at: Ints, shape: str) -> Bools:
    """Where a shape, see DATES, stands at the offsets `at`."""
    rows = np.arange(len(at))
    for number, wanted in enumerate(shape):
        if not rows.size:
            break
        rows = rows[_is(octets.bytes[at[rows] + number], wanted)]
    found = np.zeros(len(at), np.bool_)
    found[rows] = True
    return found


def _is(octet: Octets8, wanted: str) -> Bools:
    if wanted == "d":
        return digits(octet)
    if wanted == "a":
        return letters(octet)
    if wanted == "h":
        found_hex: Bools = digits(octet) | (octet - np.uint8(ord("a")) < 6)
        return found_hex
    if wanted == "-":
        return among(octet, b"-/.")
    found: Bools = octet == ord(" " if wanted == "b" else wanted)
    return found | digits(octet) if wanted == "b" else found


def digits(octet: Octets8) -> Bools:
    """Which bytes are digits."""
    # uint8 wraps, so one comparison tells a digit from all that is below and above.
    found: Bools = octet - np.uint8(ord("0")) < 10
    return found


def letters(octet: Octets8) -> Bools:
    """Which bytes are ASCII letters."""
    found: Bools = (octet | np.uint8(0x20)) - np.uint8(ord("a")) < 26
    return found


def is_lower(octet: Octets8) -> Bools:
    """Which bytes are lower-case ASCII letters."""
    found: Bools = octet - np.uint8(ord("a")) < 26
    return found


def among(octet: Octets8, wanted: bytes) -> Bools:
    """Which bytes are one of `wanted`."""
    found: Bools = octet == wanted[0]
    for each in wanted[1:]:
        found |= octet == each
    return found
