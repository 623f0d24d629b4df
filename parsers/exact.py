"""Reading a layout record by record with `re`: the definition of what is right, and slow."""

import numpy as np

from parsers.layout import Layout
from parsers.words import Ints, Octets


def match_rows(layout: Layout, octets: Octets, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """
    Match each row `[starts, ends)` against the whole layout.

    Returns the numbers of the rows that fit, and an array (fitting row, slot, 2) of slot spans.
    """
    fullmatch, raw = layout.pattern.fullmatch, octets.raw
    fitting: list[int] = []
    spans: list[tuple[tuple[int, int], ...]] = []
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if match := fullmatch(raw, start, end):
            fitting.append(row)
            spans.append(match.regs[1:])
    shape = (len(fitting), len(layout.slots), 2)
    return np.array(fitting, np.int64), np.array(spans, np.int64).reshape(shape)
