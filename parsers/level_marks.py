"""Levels that are no words: Redis's marks, and the numbers of syslog."""

import numpy as np

from parsers.columns import Labels
from parsers.inner import Rows
from parsers.kinds import among, digits, is_lower
from parsers.notations import DATES
from parsers.severity import SYSLOG
from parsers.words import Ints, Octets, rows_of

# A level further from the start of its record is part of what is said.
HEAD_BYTES = 160
_REDIS = DATES.index("dd aaa")
_DATED = (_REDIS, DATES.index("dd aaa dddd"))


def stated_marks(octets: Octets, rows: Rows, at: Ints, until: Ints) -> None:
    """Redis's marks behind its time, and `12:M ` or `[12] ` before it if anything is."""
    found = [(rows.stamps, np.arange(len(rows.starts))), (rows.more, rows.more_rows)]
    for stamps, row in found:
        begin, end = stamps.at, stamps.until
        mark = among(octets.bytes[end + 1], b".-*#") & (octets.bytes[end + 2] == ord(" "))
        mark &= (octets.bytes[end] == ord(" ")) & (begin >= 0)
        role = among(octets.bytes[begin - 2], b"MSCX") & (octets.bytes[begin - 3] == ord(":"))
        old = (octets.bytes[begin - 2] == ord("]")) & digits(octets.bytes[begin - 3])
        old &= np.isin(stamps.notation, _DATED)
        own = (octets.bytes[begin - 1] == ord(" ")) & (role | old)
        # Up to 2.4 nothing stands before the time: `02 Jan 03:04:05 * text`.
        own |= (stamps.notation == _REDIS) & (begin == rows.starts[row])
        marked = np.flatnonzero(mark & own)
        marked = marked[(at[row[marked]] < 0) | (at[row[marked]] > end[marked] + 3)]
        # `# WARNING: no overcommit` says itself how bad it is.
        marked = marked[at[row[marked]] != end[marked] + 3]
        at[row[marked]], until[row[marked]] = end[marked] + 1, end[marked] + 2


def stated_numbers(octets: Octets, rows: Rows, at: Ints, until: Ints) -> None:
    """Cisco's `%ASA-6-302013:`, whose digit is a severity of syslog (IOS, ASA)."""
    if b"%" not in octets.raw:
        return
    sign = octets.positions(ord("%"))
    row = rows_of(sign, rows.starts)
    inside = (row >= 0) & (octets.bytes[sign + 1] - np.uint8(ord("A")) < 26)
    sign, row = sign[inside], row[inside]
    inside = sign < np.minimum(rows.ends[row], rows.starts[row] + HEAD_BYTES)
    sign, row = sign[inside], row[inside]
    ends = rows.ends[row]
    dash = octets.find(ord("-"), sign, np.minimum(ends, sign + 32))
    # ASA's `%ASA-session-6-302013:`: a class of messages stands between them.
    named = is_lower(octets.bytes[dash + 1])
    dash = np.where(named, octets.find(ord("-"), dash + 1, np.minimum(ends, sign + 32)), dash)
    fits = digits(octets.bytes[dash + 1]) & (octets.bytes[dash] == ord("-"))
    fits &= (octets.bytes[dash + 2] == ord("-")) & (octets.bytes[dash + 1] < ord("8"))
    at[row[fits]], until[row[fits]] = dash[fits] + 1, dash[fits] + 2


def named(levels: Labels) -> Labels:
    """Numbers of syslog by their names."""
    names = [SYSLOG[int(name)] if name and name.isdigit() else name for name in levels.names]
    return Labels(levels.codes, tuple(names))


def with_priority(octets: Octets, starts: Ints, levels: Labels) -> Labels:
    """The severity in `<34>` where the text states none itself."""
    none = np.array([name is None for name in levels.names] or [False], np.bool_)
    rows = np.flatnonzero(none[levels.codes]) if len(levels) else np.zeros(0, np.int64)
    rows = rows[octets.bytes[starts[rows]] == ord("<")]
    if not rows.size:
        return levels
    close = octets.find(ord(">"), starts[rows], starts[rows] + 5)
    number, valid = octets.integers(starts[rows] + 1, close)
    valid &= (number < 192) & (octets.bytes[close] == ord(">"))
    codes = levels.codes.copy()
    codes[rows[valid]] = len(levels.names) + number[valid] % 8
    return Labels(codes, (*levels.names, *SYSLOG))
