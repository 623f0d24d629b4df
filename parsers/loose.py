"""Lines that do not have the head of their log, but begin with a time: records of plain text."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parsers.batch import Batch
from parsers.columns import Labels
from parsers.exceptions import TRACEBACK
from parsers.inferred import inferred
from parsers.inner import with_stamps
from parsers.known_starts import stands
from parsers.levels import head_runs, severities, stated_levels
from parsers.severity import Severity
from parsers.stamps import find_stamps
from parsers.words import Bools, Ints, Octets, Octets8

# A time so near to the start of a line begins a record, whatever comes behind it: `[Fri Jan 02 …`.
NEAR_BYTES = len("[Fri ")
PLAIN = "plain"


def begin_with_time(octets: Octets, starts: Ints, ends: Ints, heads: Bools) -> Bools:
    """Which lines begin a record: the `heads`, those that begin with a time, and a few more."""
    rest = np.flatnonzero(~heads & (ends > starts))
    rest = rest[octets.bytes[starts[rest]] > ord(" ")]
    if not rest.size:
        return heads
    stamps, _, _ = find_stamps(octets, starts[rest], ends[rest])
    both = heads.copy()
    both[rest] = (stamps.at >= 0) & (stamps.at - starts[rest] <= NEAR_BYTES)
    both[rest] |= stands(octets, starts[rest], ends[rest])
    return both


def stated_in(octets: Octets, starts: Ints, ends: Ints) -> Labels:
    """The levels that lines state, whatever their format."""
    rows = with_stamps(octets, starts, ends)
    return stated_levels(head_runs(octets, rows), rows)


def with_stated(
    octets: Octets, lines: tuple[Ints, Ints], levels: tuple[Labels, Octets8], loose: Ints
) -> tuple[Labels, Octets8]:
    """Levels and severities, for the rows `loose` those that their lines state."""
    labels, severity = levels
    starts, ends = lines[0][loose], lines[1][loose]
    rows = with_stamps(octets, starts, ends)
    runs = head_runs(octets, rows)
    stated = stated_levels(runs, rows)
    severity = severity.copy()
    severity[loose] = inferred(runs, *severities(stated))
    codes = labels.codes.copy()
    codes[loose] = len(labels.names) + stated.codes
    return Labels(codes, (*labels.names, *stated.names)), severity


def marked(batch: Batch, loose: Bools) -> Batch:
    """The batch, of which the rows `loose` say that they are plain text."""
    if not loose.any():
        return batch
    return replace(batch, formats=Labels(loose.astype(np.int64), (batch.format, PLAIN)))


def loose_rows(batch: Batch) -> Bools:
    """Which rows of a batch of one format are plain text in it."""
    if batch.formats is None or batch.format == PLAIN:
        return np.zeros(len(batch), np.bool_)
    plain = np.array([name == PLAIN for name in batch.formats.names], np.bool_)
    found: Bools = plain[batch.formats.codes]
    return found


def crashes(
    octets: Octets, lines: tuple[Ints, Ints], heads: Bools, mild: Callable[[Ints], Bools]
) -> Ints:
    """
    Of the lines that go on with a record, the tracebacks with which a program ended.

    Loggers write one below an error, or below what is there for debugging, and hardly ever below
    information, in which it would be hidden. `mild` says of which of the `heads` that is so. Of the
    tracebacks below one record the first counts.
    """
    if TRACEBACK not in octets.raw:
        return np.zeros(0, np.int64)
    starts, ends = lines
    exact = ends - starts == len(TRACEBACK)
    rows: Ints = np.flatnonzero(exact & octets.literal(TRACEBACK, starts) & ~heads)
    last = np.maximum.accumulate(np.where(heads, np.arange(len(heads)), -1))[rows]
    rows, last = rows[last >= 0], last[last >= 0]
    if rows.size:
        last, first = np.unique(last, return_index=True)
        rows = rows[first[mild(last)]]
    return rows


def begins_with_crash(octets: Octets) -> bool:
    """Whether a block begins with such a traceback: it was told from the record before then."""
    return octets.raw.startswith(TRACEBACK)


def is_mild(severity: Octets8) -> Bools:
    """Which severities are those of information."""
    mild: Bools = (severity == Severity.INFO) | (severity == Severity.NOTICE)
    return mild
