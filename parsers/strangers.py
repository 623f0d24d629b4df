"""Lines of another program in a log whose format it does not write: what tells that they are."""

import re

import numpy as np

from parsers.exceptions import TRACEBACK
from parsers.inner import with_stamps
from parsers.levels import head_runs, stated_levels
from parsers.lines import Lines
from parsers.loose import NEAR_BYTES
from parsers.notations import CLOCK_ONLY
from parsers.words import Bools, Ints

# With what programs end that nobody had expected to: CPython, Go, Java, Rust (see `traces.py`).
_CRASHES = (
    *(TRACEBACK, b"panic: ", b"fatal error: ", b"SIGSEGV: "),
    *(b"Exception in thread ", b"thread '"),
)
# What an application wrote to stderr, newlines and all, in a record of nginx's error log
# (ngx_http_fastcgi_module.c: `FastCGI sent in stderr: "%*s"`), and what nginx writes behind it (a
# run of nginx with php-fpm 8.2).
_QUOTES = re.compile(rb'sent in stderr: "')
_UNQUOTES = re.compile(rb'" while ')


def strangers(lines: Lines, rows: Ints, begun: Ints, may_crash: Bools) -> Ints:
    """
    Of the lines `rows`, which are in no known format, those that begin a record all the same.

    They begin with a time and state a level, or with a crash; any other may belong to the record
    before it, or be the log's own format gone wrong. `begun` are the lines that begin a record of a
    known format; `may_crash` says which of `rows` are not below one of a program that logs crashes.
    """
    octets, starts, ends = lines.octets, lines.starts[rows], lines.ends[rows]
    first = octets.bytes[starts]
    crash = np.zeros(len(rows), np.bool_)
    for text in _CRASHES:
        may = np.flatnonzero(may_crash & (first == text[0]))
        crash[may] |= octets.literal(text, starts[may]) & (ends - starts >= len(text))[may]
    heads = with_stamps(octets, starts, ends)
    stamps = heads.stamps
    dated = (stamps.at >= 0) & (stamps.notation < CLOCK_ONLY)
    dated &= stamps.at - starts <= NEAR_BYTES
    if not (crash | dated).any():
        return rows[:0]
    levels = stated_levels(head_runs(octets, heads), heads)
    says = np.array([*(name is not None for name in levels.names), False], np.bool_)
    found = crash | (dated & says[levels.codes])
    return rows[found & ~_is_quoted(lines, starts, begun)]


def _is_quoted(lines: Lines, starts: Ints, begun: Ints) -> Bools:
    """Which offsets lie within what nginx quotes of an application."""
    raw = lines.octets.raw
    opened = [match.start() for match in _QUOTES.finditer(raw)]
    if not opened:
        return np.zeros(len(starts), np.bool_)
    closed = [match.start() for match in _UNQUOTES.finditer(raw)]
    begins = np.concatenate((np.array([-1, *closed], np.int64), lines.starts[begun]))
    last_opened = _last_before(np.array([-1, *opened], np.int64), starts)
    quoted: Bools = last_opened > _last_before(np.sort(begins), starts)
    return quoted


def _last_before(edges: Ints, offsets: Ints) -> Ints:
    last: Ints = edges[np.searchsorted(edges, offsets) - 1]
    return last
