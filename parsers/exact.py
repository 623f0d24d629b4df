"""Reading a layout record by record with `re`: the definition of what is right, and slow."""

import re

import numpy as np

from parsers.layout import Layout
from parsers.words import Ints, Octets

_BETWEEN = re.compile(rb" : |, ")
_Regs = tuple[tuple[int, int], ...]


def match_rows(layout: Layout, octets: Octets, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """
    Match each row `[starts, ends)` against the whole layout.

    Returns the numbers of the rows that fit, and an array (fitting row, slot, 2) of slot spans.
    """
    fullmatch, raw = layout.pattern.fullmatch, octets.raw
    fitting: list[int] = []
    spans: list[_Regs] = []
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        match = fullmatch(raw, start, end)
        if match and (not layout.alike or _proven(layout, match)):
            fitting.append(row)
            spans.append(match.regs[1:])
    shape = (len(fitting), len(layout.slots), 2)
    return np.array(fitting, np.int64), np.array(spans, np.int64).reshape(shape)


def _proven(layout: Layout, match: re.Match[bytes]) -> bool:
    """Whether a list with a ` : ` is as long as another of its line: nginx writes all alike."""
    groups = match.groups()
    return all(
        b" : " not in groups[one] or _attempts(groups[one]) == _attempts(groups[other])
        for one, other in layout.alike
    )


def _attempts(raw: bytes) -> int:
    return len(_BETWEEN.findall(raw))
