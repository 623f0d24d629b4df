"""Which lines of plain text begin a record, and which go on with the one before."""

from dataclasses import dataclass, field, replace

import numpy as np

from parsers.aligned import Aligned, aligned_in
from parsers.batch import line_spans
from parsers.captions import captions
from parsers.inner import with_stamps
from parsers.known_starts import padded, stands
from parsers.levels import head_runs, severities, stated_levels
from parsers.loose import crashes, is_mild
from parsers.notations import CLOCK_ONLY, ZABBIX
from parsers.stamps import find_stamps
from parsers.traces import TRACES, goes_on
from parsers.words import Bools, Ints, Octets, positions

# The share of a log's records that must state a time before lines without one are joined; and where
# the first line has its time in the place in which the others have it.
_ENOUGH = 0.5
_SOME = 0.1
_FEW = 3  # two times, and the end of the sample
# How far a log is indented at most, and how far behind that a time is that begins a record: behind
# a level padded to five (log4j's `%5p [%t] %d`).
_MOST_INDENTED = 16
_NEAR_BYTES = 24
# Such a level by itself tells.
_PADDED = (b" INFO [", b" WARN [")


@dataclass(frozen=True, slots=True)
class Joining:
    """How the records of a log of plain text are told from the lines that go on with them."""

    # Most records state a time: a line that states neither that nor a level goes on.
    joins: bool = False
    # Some lines only say when that happened which is said below them.
    captioned: bool = False
    # Most lines with a time are indented, as the whole log of Consul: they begin records.
    indented: bool = False
    # How indented lines begin with a level that is no part of the message.
    aligned: Aligned = field(default_factory=Aligned)

    def heads(self, octets: Octets, starts: Ints, ends: Ints) -> Bools:
        """Which lines begin a record."""
        heads = ~goes_on(octets, starts, ends)
        heads |= _indented(octets, starts, ends, () if self.indented else _PADDED)
        heads[self.aligned.rows(octets, starts, ends)] = True
        heads |= padded(octets, starts, ends)
        for trace in TRACES:
            for span in trace.spans(octets, starts, ends):
                first_line, behind = np.searchsorted(starts, span)
                heads[first_line + (not trace.joins) : behind] = False
        if self.joins:
            heads[_undated(octets, starts, ends, np.flatnonzero(heads))] = False
        if self.captioned:
            found = captions(octets, starts, ends)
            heads[found.below], heads[found.again] = False, True
        lines = (starts, ends)
        heads[crashes(octets, lines, heads, lambda rows: _mild(octets, starts, ends, rows))] = True
        return heads


def joining_of(head: bytes) -> Joining:
    """How the records of a log are told, judged by its first lines."""
    octets = Octets(head)
    starts, ends = line_spans(octets, positions(head, ord("\n")))
    found = captions(octets, starts, ends)
    indented = _indented(octets, starts, ends, ())
    known = Joining(
        captioned=len(found.below) > 0,
        indented=int(indented.sum()) > max(1, int(found.dated.sum()) * _ENOUGH),
        aligned=aligned_in(octets, starts, ends),
    )
    rows = np.flatnonzero(known.heads(octets, starts, ends))
    stated = len(rows) - len(_undated(octets, starts, ends, rows))
    joins = stated > 1 and stated >= len(rows) * _ENOUGH
    joins |= _in_place(octets, starts[rows], ends[rows]) >= max(2, len(rows) * _SOME)
    # What most of the times are a caption of is all that is below them.
    dated = int(found.dated[rows].sum())
    joins |= known.captioned and int(found.alone.sum()) >= dated * _ENOUGH
    return replace(known, joins=joins)


def _in_place(octets: Octets, starts: Ints, ends: Ints) -> int:
    """
    How many lines state their time where the first of them does; 0 if they end before the sample.

    What an entrypoint says of itself before another program writes says nothing of that.
    """
    stamps, _, _ = find_stamps(octets, starts, ends)
    column = stamps.at - starts
    alike = (stamps.at >= 0) & (column == column[:1]) & (stamps.notation == stamps.notation[:1])
    rows = np.append(np.flatnonzero(alike), len(starts))
    if len(rows) < _FEW or column[0] > _NEAR_BYTES or alike[0] == 0:
        return 0
    gaps = np.diff(rows)
    return len(rows) - 1 if gaps[-1] <= gaps[:-1].max() else 0


def _indented(octets: Octets, starts: Ints, ends: Ints, only: tuple[bytes, ...]) -> Bools:
    """
    Which lines are indented, and then begin with a time, or with a level and a time.

    With `only`, those alone that begin so.
    """
    found = np.zeros(len(starts), np.bool_)
    rows = np.flatnonzero((octets.bytes[starts] == ord(" ")) & (ends > starts))
    if only and rows.size:
        begins = np.zeros(len(rows), np.bool_)
        for text in only:
            begins |= octets.literal(text, starts[rows])
        rows = rows[begins]
    if not rows.size:
        return found
    begin = starts[rows].copy()
    for _ in range(_MOST_INDENTED):
        begin += (octets.bytes[begin] == ord(" ")) & (begin < ends[rows])
    stamps, _, _ = find_stamps(octets, begin, ends[rows])
    dated = (stamps.notation < CLOCK_ONLY) | (stamps.notation == ZABBIX)
    dated &= stamps.at >= 0
    found[rows] = dated & (stamps.at - begin <= _NEAR_BYTES)
    return found


def _mild(octets: Octets, starts: Ints, ends: Ints, rows: Ints) -> Bools:
    """Which of the lines `rows` state that they are information."""
    lines = with_stamps(octets, starts[rows], ends[rows])
    severity, stated = severities(stated_levels(head_runs(octets, lines), lines))
    return stated & is_mild(severity)


def _undated(octets: Octets, starts: Ints, ends: Ints, rows: Ints) -> Ints:
    """Of the lines `rows` those that state neither a time nor a level."""
    stamps, _, _ = find_stamps(octets, starts[rows], ends[rows])
    rows = rows[stamps.at < 0]
    if not rows.size:
        return rows
    lines = with_stamps(octets, starts[rows], ends[rows])
    levels = stated_levels(head_runs(octets, lines), lines)
    silent = np.array([name is None for name in levels.names], np.bool_)[levels.codes]
    found: Ints = rows[silent & ~stands(octets, lines.starts, lines.ends)]
    return found
