"""The first lines of records, and in them the heads of records within the record."""

from dataclasses import dataclass

import numpy as np

from parsers.kinds import among
from parsers.notations import YEARLESS
from parsers.stamps import Stamps, find_stamps
from parsers.words import Bools, Ints, Octets


@dataclass(frozen=True, slots=True)
class Rows:
    """The first lines of records, and where each states its time."""

    starts: Ints
    ends: Ints
    stamps: Stamps
    # Further stamps in the lines, and the row of each.
    more: Stamps
    more_rows: Ints


def with_stamps(octets: Octets, starts: Ints, ends: Ints) -> Rows:
    """The lines `[starts, ends)`, and the times that each states."""
    return Rows(starts, ends, *find_stamps(octets, starts, ends))


def with_year(octets: Octets, rows: Rows) -> Stamps:
    """
    The stamps of the rows, with a program's own instead of that around it if that has no year.

    It stands behind `host program[7]: `, or in brackets there.
    """
    heads = inner_heads(octets, rows)
    heads &= ~np.isin(rows.more.notation, YEARLESS) & np.isin(
        rows.stamps.notation[rows.more_rows], YEARLESS
    )
    better = np.flatnonzero(heads)
    if not better.size:
        return rows.stamps
    row, first = np.unique(rows.more_rows[better], return_index=True)
    found = rows.more.take(better[first])
    own = np.full(len(rows.starts), -1)
    own[row] = np.arange(len(row))
    return rows.stamps.replaced(own, found)


def inner_heads(octets: Octets, rows: Rows) -> Bools:
    """Which further times begin a record within the record: in brackets, or behind a colon."""
    at = rows.more.at
    lead = octets.bytes[at - 1]
    begins = among(lead, b"[(") | ((lead == ord(" ")) & among(octets.bytes[at - 2], b":-|]>"))
    outer = rows.stamps.notation[rows.more_rows]
    same: Bools = (outer == rows.more.notation) | np.isin(outer, YEARLESS)
    found: Bools = begins & same
    return found
