"""Reading a layout over a whole block: positions of quotes and newlines, then arithmetic."""

from dataclasses import dataclass

import numpy as np

from parsers.batch import line_spans
from parsers.exact import match_rows
from parsers.layout import Layout
from parsers.solve import Rows, solve
from parsers.words import Bools, Ints, Octets, positions

_NEWLINE, _QUOTE, _BACKSLASH = b'\n"\\'
# Below this many lines the exact path is cheaper: numpy costs about 0.3 ms a block, however small.
FEW_LINES = 64
# Counting the lines of a large block would cost more than it can save.
_LARGE_BYTES = 1 << 16


@dataclass(slots=True)
class Cut:
    """The lines of a block and where each slot of each stands; -1 where a line does not fit."""

    starts: Ints
    ends: Ints
    fits: Bools
    slots: dict[str, tuple[Ints, Ints]]
    # How many lines the vector path carried.
    vectorised: int = 0


def cut(layout: Layout, octets: Octets, *, few_lines: int = FEW_LINES) -> Cut:
    """
    Find all slots of all lines of a block.

    The vector path takes what has the format's own number of quotes; whatever breaks its
    assumptions (an escaped quote, a missing field, a last line without newline) takes the exact
    path. Both give the same spans for a line: `tests/parsers/test_both_paths.py` holds them to it.
    """
    few = len(octets.raw) < _LARGE_BYTES and octets.raw.count(b"\n") < few_lines
    if few or not layout.vectorised:
        starts, ends = line_spans(octets, positions(octets.raw, _NEWLINE))
        empty = Cut(starts, ends, np.zeros(len(starts), np.bool_), _blank(layout, len(starts)))
        return _repair(layout, octets, empty)
    found = _cut_vectorised(layout, octets)
    return found if layout.vector_suffices else _repair(layout, octets, found)


def _cut_vectorised(layout: Layout, octets: Octets) -> Cut:
    starts, ends, rows, edges = _edges(layout, octets)
    fits = np.ones(len(rows), np.bool_)
    if layout.escapes:
        fits &= _unescaped(octets, edges[1:-1], len(rows))
    found: dict[str, tuple[Ints, Ints]] = {}
    for number, segment in enumerate(layout.segments):
        left = edges[number] + 1 if number else edges[number]
        for name, span in solve(segment, Rows(octets, fits), left, edges[number + 1]):
            found.setdefault(name, span)
    if len(rows) == len(starts) and fits.all():
        return Cut(starts, ends, fits, found, len(rows))
    return _scatter(layout, Cut(starts, ends, fits, found), rows)


def _edges(layout: Layout, octets: Octets) -> tuple[Ints, Ints, Ints, list[Ints]]:
    """Spans of all lines; the lines that have the right number of quotes; their segment edges."""
    quotes = layout.quotes
    if not quotes:
        starts, ends = line_spans(octets, positions(octets.raw, _NEWLINE))
        return starts, ends, np.arange(len(starts)), [starts, ends]
    marks = positions(octets.raw, _NEWLINE, _QUOTE)
    newlines = np.flatnonzero(octets.bytes[marks] == _NEWLINE)
    starts, ends = line_spans(octets, marks[newlines])
    rows = np.flatnonzero(np.diff(newlines, prepend=-1) == quotes + 1)
    first = newlines[rows] - quotes
    inner = [marks[first + number] for number in range(quotes)]
    return starts, ends, rows, [starts[rows], *inner, ends[rows]]


def _unescaped(octets: Octets, quotes: list[Ints], rows: int) -> Bools:
    """Lines in which no quote has a backslash before it, so that each of them ends something."""
    fits = np.ones(rows, np.bool_)
    if _BACKSLASH in octets.raw:
        for quote in quotes:
            fits &= octets.bytes[quote - 1] != _BACKSLASH
    return fits


def _blank(layout: Layout, lines: int) -> dict[str, tuple[Ints, Ints]]:
    return {slot.name: (np.full(lines, -1), np.full(lines, -1)) for slot in layout.slots}


def _scatter(layout: Layout, part: Cut, rows: Ints) -> Cut:
    """From the lines `rows` to all lines, with -1 for those that do not fit (yet)."""
    fitting = rows[part.fits]
    fits = np.zeros(len(part.starts), np.bool_)
    fits[fitting] = True
    slots = _blank(layout, len(part.starts))
    for name, (starts, ends) in slots.items():
        starts[fitting] = part.slots[name][0][part.fits]
        ends[fitting] = part.slots[name][1][part.fits]
    return Cut(part.starts, part.ends, fits, slots, len(fitting))


def _repair(layout: Layout, octets: Octets, found: Cut) -> Cut:
    """Send the lines that did not fit yet through the exact path."""
    rows = np.flatnonzero(~found.fits)
    if not rows.size:
        return found
    fitting, spans = match_rows(layout, octets, found.starts[rows], found.ends[rows])
    rows = rows[fitting]
    found.fits[rows] = True
    seen: set[str] = set()
    for number, slot in enumerate(layout.slots):
        if slot.name not in seen:
            seen.add(slot.name)
            found.slots[slot.name][0][rows] = spans[:, number, 0]
            found.slots[slot.name][1][rows] = spans[:, number, 1]
    return found
