"""Levels of all lines of a block at once: where free text states one, and how severe it is."""

import numpy as np

from parsers.columns import Labels, Texts
from parsers.inner import Rows, inner_heads
from parsers.kinds import among, digits, letters, shaped
from parsers.level_keys import OBJECT_BYTES, far_keyed, has_key
from parsers.level_marks import (
    HEAD_BYTES,
    named,
    stated_marks,
    stated_numbers,
    with_priority,
)
from parsers.level_places import levels_stand, places
from parsers.level_words import Runs, runs_of
from parsers.severity import MARKS, Severity, severity_of
from parsers.words import Bools, Ints, Octets, Octets8

# One behind a time within the line belongs to the head of a record within the record.
_INNER_BYTES = 64
# Between a time and its letter stand a bracket, or numbers: `03:04:05.6  1234  5678 I Tag`.
_LETTER_BYTES = 24
_LETTERS = b"IWEFDVTNC"
_LOWER_LETTERS = b"iwefd"  # SAP HANA; `a` and the like are words
# Better is smaller; NONE is no level at all.
_KEYED, _INNER, _STRONG, _WEAK, _NONE = range(5)


def severities(levels: Labels) -> tuple[Octets8, Bools]:
    """The severity of each row by its level word (else info), and which rows have one."""
    # One more entry, so that no rows at all can be looked up too.
    found = [*(severity_of_level(name) for name in levels.names), None]
    table = np.array([Severity.INFO if each is None else each for each in found], np.uint8)
    stated = np.array([each is not None for each in found], np.bool_)
    return table[levels.codes], stated[levels.codes]


def severity_of_level(name: str | None) -> Severity | None:
    """The severity of a level word, letter or mark; None if it is none."""
    if not name:
        return None
    severity = severity_of(name)
    return MARKS.get(name) if severity is None else severity


def head_runs(octets: Octets, rows: Rows) -> Runs:
    """The runs of letters in which a row may state a level."""
    spread = octets.bytes[rows.starts] == ord("{")
    reach = np.where(spread, OBJECT_BYTES, HEAD_BYTES)
    return runs_of(octets, rows.starts, np.minimum(rows.ends, rows.starts + reach))


def stated_levels(runs: Runs, rows: Rows) -> Labels:
    """
    The level that each row states, where levels stand.

    That is in capitals as a word of its own, in brackets, before a colon, behind `level=`, or as a
    letter next to the time. A lower-case word in a sentence ("no errors found", "an info page") is
    none, nor is one within quotes. Of several the first counts, but what stands behind a second
    time is the head of a record within the record and says more. Without any, the priority that
    syslog puts first is the level.
    """
    octets = runs.octets
    rank = np.full(len(runs.at), _NONE)
    words = np.flatnonzero(runs.known)
    rank[words] = _word_ranks(runs, words, rows)
    single = np.flatnonzero(runs.lengths == 1)
    rank[single] = _letter_ranks(octets, runs, single, rows)
    _prefer_inner(runs, rank, rows)
    at, until = _best(runs, rank, len(rows.starts))
    far_keyed(octets, rows, at, until)
    stated_marks(octets, rows, at, until)
    stated_numbers(octets, rows, at, until)
    levels = Texts(octets, at, until).labels()
    return with_priority(octets, rows.starts, named(levels))


def _word_ranks(runs: Runs, words: Ints, rows: Rows) -> Ints:
    """How well each known word stands where a level may."""
    certain, possible = levels_stand(places(runs, words, rows))
    rank = np.where(certain, _STRONG, np.where(possible, _WEAK, _NONE))
    at = runs.at[words]
    keyed = has_key(runs.octets, at)
    # `Severity: Notice` may be said within what another level is of (CodeIgniter).
    spoken = runs.octets.literal(b": ", at - 2)
    rank[keyed] = np.where(spoken, _STRONG, _KEYED)[keyed]
    return rank


def _letter_ranks(octets: Octets, runs: Runs, single: Ints, rows: Rows) -> Ints:
    """Where a letter is a level: in brackets, or next to the time."""
    at, row = runs.at[single], runs.row[single]
    octet, before, behind = octets.bytes[at], octets.bytes[at - 1], octets.bytes[at + 1]
    starts, stamp = rows.starts[row], rows.stamps
    before = np.where(at > starts, before, np.uint8(ord("\n")))
    capital = among(octet, _LETTERS)
    bracketed = capital & among(before, b"[(<") & among(behind, b"])>")
    # `I0102 03:04:05`, `[W 260102 03:04:05`, `E, [2026-01-02T…`, `D 01-02 03:04:05`.
    ahead = stamp.at[row] - at
    leads = capital & (ahead > 0) & (ahead <= 4) & (at - starts <= 1)
    # apt's `E: no such package`, logcat's `E/Tag( 123): text`.
    leads |= among(octet, b"IWEFDVN") & (at == starts) & _said(octets, at)
    # MongoDB counts how much is debugged: `D1 COMMAND`.
    numbered = (octet == ord("D")) & digits(behind) & (octets.bytes[at + 2] == ord(" "))
    free = ~(letters(before) | digits(before)) & (among(behind, b" ]|/:\t,") | numbered)
    # Kodi's thread: `T:2261766352`.
    free &= (octet != ord("T")) | (behind != ord(":")) | ~digits(octets.bytes[at + 2])
    gap = at - stamp.until[row]
    near = (stamp.at[row] >= 0) & (gap >= 0) & (gap <= _LETTER_BYTES)
    follows = free & near & runs.is_first(single, rows.starts, stamp)
    follows &= capital | (among(octet, _LOWER_LETTERS) & (behind == ord(" ")))
    follows |= _inner_letter(runs, single, rows) & free & capital
    # WebSphere's column of one letter: `0000004b ServerImpl    A   WSVR0001I: text`.
    column = among(octet, b"IWEFDA") & (before == ord(" ")) & octets.literal(b"   ", at + 1)
    column &= stamp.at[row] >= 0
    strong = bracketed | leads | follows | column
    return np.where(strong, _STRONG, np.where(_ends_code(octets, at), _WEAK, _NONE))


def _ends_code(octets: Octets, at: Ints) -> Bools:
    """The last letter of IBM's message numbers: `AMQ9209E: text`, `DFHSI1517I`."""
    ends = among(octets.bytes[at], b"IWES") & (octets.bytes[at + 1] == ord(":"))
    number = shaped(octets, at - 4, "dddd") & letters(octets.bytes[at - 7])
    found: Bools = ends & number & (letters(octets.bytes[at - 5]) | letters(octets.bytes[at - 6]))
    return found


def _said(octets: Octets, at: Ints) -> Bools:
    said: Bools = octets.literal(b": ", at + 1)
    said |= (octets.bytes[at + 1] == ord("/")) & letters(octets.bytes[at + 2])
    return said


def _inner_letter(runs: Runs, single: Ints, rows: Rows) -> Bools:
    """Letters that stand next to a further time of their line."""
    ends = np.sort(rows.more.until[inner_heads(runs.octets, rows)])
    if not ends.size:
        return np.zeros(len(single), np.bool_)
    at = runs.at[single]
    last = np.searchsorted(ends, at, "right") - 1
    gap = at - ends[np.maximum(last, 0)]
    found: Bools = (last >= 0) & (gap <= 3)
    return found


def _prefer_inner(runs: Runs, rank: Ints, rows: Rows) -> None:
    """What stands behind the head of a record within the record says more than the relay's."""
    heads = np.flatnonzero(inner_heads(runs.octets, rows))
    if not heads.size:
        return
    order = heads[np.argsort(rows.more.until[heads], kind="stable")]
    ends, row = rows.more.until[order], rows.more_rows[order]
    last = np.searchsorted(ends, runs.at, "right") - 1
    there = (last >= 0) & (row[last] == runs.row) & (runs.at - ends[last] <= _INNER_BYTES)
    rank[there & (rank == _STRONG)] = _INNER


def _best(runs: Runs, rank: Ints, rows: int) -> tuple[Ints, Ints]:
    """Where the best candidate of each row stands; of equals the first."""
    fits = np.flatnonzero(rank < _NONE)
    order = fits[np.lexsort((fits, rank[fits], runs.row[fits]))]
    first = order[np.flatnonzero(np.diff(runs.row[order], prepend=-1) != 0)]
    at, until = np.full(rows, -1), np.full(rows, -1)
    at[runs.row[first]] = runs.at[first]
    until[runs.row[first]] = runs.at[first] + runs.lengths[first]
    return at, until
