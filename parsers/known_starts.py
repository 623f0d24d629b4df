"""How lines begin that are records though they state neither a time nor a level at their start."""

import numpy as np

from parsers.shapes import begins
from parsers.words import Bools, Ints, Octets

# In the shapes of `shapes.py`; a `d` that is none is written `_`.
_STARTS = (
    # AWS Lambda, around what a function logs (logs of users; its documentation was not opened).
    *("START RequestI_: ", "EN_ RequestI_: ", "REPORT RequestI_: "),
    # Apache httpd before it has a log, as in the stream of a container (logs of users).
    "AHddddd: ",
    # Redis, in a handler of signals (logs of users): `7:signal-handler (1767323045) text`.
    *(f"{'d' * digits}:signal-han_ler (" for digits in range(1, 8)),
)


def stands(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """Which of the lines `[starts, ends)` begin so."""
    found = np.zeros(len(starts), np.bool_)
    if found.size:
        first = octets.load(starts)
        for shape in _STARTS:
            found |= begins(octets, starts, ends, shape, first=first)
    return found
