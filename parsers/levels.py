"""Levels of all lines of a block at once: where free text states one, and how severe it is."""

import numpy as np

from parsers.columns import Labels, Texts
from parsers.inner import Rows, inner_heads
from parsers.kinds import among, digits, letters, shaped
from parsers.level_marks import (
    HEAD_BYTES,
    named,
    stated_marks,
    stated_numbers,
    with_priority,
)
from parsers.level_words import Runs, keys_of, runs_of, stands_capital
from parsers.severity import MARKS, Severity, severity_of
from parsers.words import Bools, Ints, Octets, Octets8

# The keys of an object stand in any order.
OBJECT_BYTES = 4096
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
    rank[words] = _word_ranks(octets, runs, words, rows)
    single = np.flatnonzero(runs.lengths == 1)
    rank[single] = _letter_ranks(octets, runs, single, rows)
    _prefer_inner(runs, rank, rows)
    at, until = _best(runs, rank, len(rows.starts))
    _far_keyed(octets, rows, at, until)
    stated_marks(octets, rows, at, until)
    stated_numbers(octets, rows, at, until)
    levels = Texts(octets, at, until).labels()
    return with_priority(octets, rows.starts, named(levels))


def _word_ranks(octets: Octets, runs: Runs, words: Ints, rows: Rows) -> Ints:
    """How well each known word stands where a level may."""
    at, end, row = runs.at[words], runs.at[words] + runs.lengths[words], runs.row[words]
    before, behind = octets.bytes[at - 1], octets.bytes[end]
    before = np.where(at > rows.starts[row], before, np.uint8(ord("\n")))
    inner, outer = _beyond_blanks(octets, at, end)
    rare = runs.rare[words]
    enclosed = among(inner, b'[(<|:,"/') & among(outer, b'])>|,"')
    enclosed |= among(inner, b"[(<") & (among(behind, b" ") | (behind == ord("|")))
    # A column of its own: between tabs, between two blanks, or before a bracket (TIBCO).
    enclosed |= (before == ord("\t")) & (behind == ord("\t"))
    wide = octets.literal(b"  ", at - 2) & octets.literal(b"  ", end)
    title = octets.bytes[at] - np.uint8(ord("A")) < 26
    column = wide | (title & octets.literal(b" [", end))
    column |= octets.literal(b"  ", at - 2) & octets.literal(b" <", end)  # Kodi 21
    enclosed |= column & (before == ord(" ")) & ~rare & ~runs.in_sentence(words)
    in_capitals = stands_capital(octets, runs, words)
    enclosed |= wide & in_capitals & (inner == ord("]"))  # Jenkins' `[id=7]   FINE   `
    enclosed |= (inner == ord(":")) & (before == ord(" ")) & octets.literal(b" :", end)
    dashed = (inner == ord("-")) & (outer == ord("-")) & (before == ord(" "))
    enclosed |= dashed & (behind == ord(" "))
    # A word behind a key says of that what it says.
    keyed = among(before, b'"<([') & among(octets.bytes[at - 2], b"=:")
    enclosed &= ~(keyed & among(behind, b'">)]'))
    first = runs.is_first(words, rows.starts, rows.stamps)
    joined = among(before, b"_.-/") | digits(before)
    # Monolog's `app.ERROR:`, GLib's `Gtk-WARNING **`.
    joined &= ~((before == ord(".")) & (behind == ord(":")) & in_capitals)
    enclosed |= _behind_a_name(octets, at, behind, rows.stamps.until[row]) & in_capitals
    joined &= ~((before == ord("-")) & octets.literal(b" **", end))
    capital = in_capitals & ~joined & ~among(behind, b"_=")
    capital &= ~digits(behind) & (~rare | first | (behind == ord(":")))
    capital &= first | ~runs.in_sentence(words)
    colon = ~joined & ((behind == ord(":")) | _before_known(octets, runs, words))
    colon &= ~among(octets.bytes[end + 1], b"/\\") & (runs.lengths[words] > 2)
    # OpenSSL's `error:0A000086:SSL routines::certificate verify failed`.
    colon &= ~(digits(octets.bytes[end + 1]) & (octets.bytes[end + 9] == ord(":")))
    colon &= (inner != ord(",")) | capital  # HAProxy's `…, info: "Connection refused", check …`
    bare = first & ~rare & ~joined & among(behind, b" \t|/") & (rows.stamps.at[row] >= 0)
    strong = enclosed | capital | bare | (colon & (first | among(inner, b":])>-|*")))
    # winston's and debug's `shop:debug 2026-01-02 03:04:05: text`.
    strong |= (rows.stamps.at[row] == end + 1) & ~rare & among(before, b":\n|")
    strong |= _behind_facility(octets, runs, words) | _before_process(octets, runs, words, rows)
    # X.org's doubled letters and ESPHome's stand in brackets only.
    strong &= (runs.lengths[words] > 2) | (among(before, b"([") & among(behind, b")]"))
    said = _is_quoted(octets, at, rows.starts[row]) & ~enclosed
    said |= octets.bytes[rows.starts[row]] == ord("{")
    return _with_keyed(octets, at, np.where(strong, _STRONG, np.where(colon, _WEAK, _NONE)), said)


def _with_keyed(octets: Octets, at: Ints, rank: Ints, said: Bools) -> Ints:
    """The ranks of words, of which those that somebody `said` count only behind a key."""
    rank[said] = _NONE
    keyed = _has_key(octets, at)
    # `Severity: Notice` may be said within what another level is of (CodeIgniter).
    spoken = octets.literal(b": ", at - 2)
    rank[keyed & ~spoken] = _KEYED
    rank[keyed & spoken] = _STRONG
    return rank


def _behind_a_name(octets: Octets, at: Ints, behind: Octets8, stamp_ends: Ints) -> Bools:
    """ZoneMinder's `web_php[7].ERR [`; locust's `] web-1/ERROR/stderr: `, right behind the time."""
    slashed = (octets.bytes[at - 1] == ord("/")) & (behind == ord("/")) & (stamp_ends >= 0)
    begin = np.minimum(stamp_ends + len("] "), at)
    for octet in b"/ ":
        slashed &= octets.find(octet, begin, at - 1) >= at - 1
    found: Bools = slashed | (octets.literal(b"].", at - 2) & (behind == ord(" ")))
    return found


def _beyond_blanks(octets: Octets, at: Ints, end: Ints) -> tuple[Octets8, Octets8]:
    """What stands around each word, past up to six blanks that pad it."""
    at, end = at.copy(), end.copy()
    for _ in range(6):
        at -= octets.bytes[at - 1] == ord(" ")
        end += octets.bytes[end] == ord(" ")
    return octets.bytes[at - 1], octets.bytes[end]


def _before_known(octets: Octets, runs: Runs, words: Ints) -> Bools:
    """`Fatal error:`, of which the first word says how bad it is."""
    behind = np.minimum(words + 1, len(runs.at) - 1)
    end = runs.at[words] + runs.lengths[words]
    follows = (runs.at[behind] == end + 1) & (octets.bytes[end] == ord(" "))
    follows &= octets.bytes[runs.at[behind] + runs.lengths[behind]] == ord(":")
    found: Bools = follows & runs.known[behind] & (runs.lengths[behind] > 2)
    return found


def _is_quoted(octets: Octets, at: Ints, starts: Ints) -> Bools:
    """Words that stand within quotes: what somebody else said."""
    quotes = octets.positions(ord('"'))
    count = np.searchsorted(quotes, at) - np.searchsorted(quotes, starts)
    quoted: Bools = count % 2 == 1
    return quoted


# The facilities of syslog (RFC 5424 table 1) by syslog.h's names, and `local` without its digit.
_FACILITIES = keys_of(
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local security"
)
# What may stand before the `=` or `:` of `level=info`.
_KEY_WORDS = ("level", "lvl", "severity", "priority", "levelname", "level_name", " pri", " sev")
_FAR_KEYS = (b"level=", b"severity=", b"priority=")


def _behind_facility(octets: Octets, runs: Runs, words: Ints) -> Bools:
    """`daemon.err`, `local7.notice`: what syslog's own configuration calls a priority."""
    at, end = runs.at[words], runs.at[words] + runs.lengths[words]
    dotted = (octets.bytes[at - 1] == ord(".")) & (words > 0)
    dotted &= among(octets.bytes[end], b" >]:|\t")
    facility = np.maximum(words - 1, 0)
    begin = runs.at[facility]
    stop = begin + runs.lengths[facility]
    stop += digits(octets.bytes[stop])
    dotted &= (stop == at - 1) & np.isin(runs.keys[facility], _FACILITIES)
    found: Bools = dotted & among(octets.bytes[begin - 1], b" <[|\t\n")
    return found


def _before_process(octets: Octets, runs: Runs, words: Ints, rows: Rows) -> Bools:
    """F5's `bigip notice mcpd[7]: `, ESXi's ` info hostd[7] `: the level before the program."""
    at, end = runs.at[words], runs.at[words] + runs.lengths[words]
    program = np.minimum(words + 1, len(runs.at) - 1)
    bracket = runs.at[program] + runs.lengths[program]
    found: Bools = (runs.at[program] == end + 1) & (octets.bytes[end] == ord(" "))
    begins = (octets.bytes[at - 1] == ord(" ")) | (at == rows.starts[runs.row[words]])
    found &= begins & ~runs.rare[words]
    found &= (octets.bytes[bracket] == ord("[")) & digits(octets.bytes[bracket + 1])
    return found


def _has_key(octets: Octets, at: Ints) -> Bools:
    """Words behind `level=`, `"severity" : "` and the like."""
    sign = at - 1
    for octet in b'" ':
        sign = sign - (octets.bytes[sign] == octet)
    keyed = among(octets.bytes[sign], b"=:")
    # In JSON-like text a quote, and in what pretty printers make of it a blank, are before it.
    end = sign - (octets.bytes[sign - 1] == ord(" "))
    end = end - (octets.bytes[end - 1] == ord('"'))
    word = octets.load_before(np.maximum(end, 0)) | np.uint64(0x2020202020202020)
    found = np.zeros(len(at), np.bool_)
    for key in _KEY_WORDS:
        last = key.encode()[-8:]
        shift = np.uint64(8 * (8 - len(last)))
        found |= (word >> shift) == np.uint64(int.from_bytes(last, "little"))
    has: Bools = keyed & found & (end >= 0)
    return has


def _far_keyed(octets: Octets, rows: Rows, at: Ints, until: Ints) -> None:
    """`level=` behind the head of a row that states no level there: firewalls write many keys."""
    left = np.flatnonzero((at < 0) & (rows.ends - rows.starts > HEAD_BYTES))
    if not left.size or not any(key in octets.raw for key in _FAR_KEYS):
        return
    starts = rows.starts[left]
    ends = np.minimum(rows.ends[left], starts + OBJECT_BYTES)
    runs = runs_of(octets, starts + HEAD_BYTES, ends)
    words = np.flatnonzero(runs.known)
    words = words[_has_key(octets, runs.at[words])]
    row, first = np.unique(runs.row[words], return_index=True)
    words = words[first]
    at[left[row]] = runs.at[words]
    until[left[row]] = runs.at[words] + runs.lengths[words]


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
    free &= (behind != ord(":")) | ~digits(octets.bytes[at + 2])  # Kodi's thread: `T:2261766352`
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
