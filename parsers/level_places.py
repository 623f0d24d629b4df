"""Where known words of the heads of lines stand, and whether levels stand there."""

from dataclasses import dataclass

import numpy as np

from parsers.inner import Rows
from parsers.kinds import among, digits
from parsers.level_words import Runs, keys_of, stands_capital
from parsers.words import Bools, Ints, Octets, Octets8

# The facilities of syslog (RFC 5424 table 1) by syslog.h's names, and `local` without its digit.
_FACILITIES = keys_of(
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local security"
)

_LONGEST_NAME = 64  # of a logger


@dataclass(frozen=True, slots=True)
class Places:
    """Words that are known as levels, and what stands around each."""

    octets: Octets
    runs: Runs
    words: Ints
    row: Ints
    at: Ints
    end: Ints
    # The bytes next to each word, and those past up to six blanks that pad it.
    before: Octets8
    behind: Octets8
    inner: Octets8
    outer: Octets8
    # Where its line begins, and where the time of that ends; -1: it states none.
    starts: Ints
    stamps: Ints
    stamp_ends: Ints
    rare: Bools
    capitals: Bools
    first: Bools


def places(runs: Runs, words: Ints, rows: Rows) -> Places:
    """Look around the words of these numbers."""
    octets, row = runs.octets, runs.row[words]
    at, end = runs.at[words], runs.at[words] + runs.lengths[words]
    starts = rows.starts[row]
    inner, outer = _beyond_blanks(octets, at, end)
    return Places(
        octets,
        runs,
        words,
        row,
        at,
        end,
        np.where(at > starts, octets.bytes[at - 1], np.uint8(ord("\n"))),
        octets.bytes[end],
        inner,
        outer,
        starts,
        rows.stamps.at[row],
        rows.stamps.until[row],
        runs.rare[words],
        stands_capital(octets, runs, words),
        runs.is_first(words, rows.starts, rows.stamps),
    )


def _beyond_blanks(octets: Octets, at: Ints, end: Ints) -> tuple[Octets8, Octets8]:
    """What stands around each word, past up to six blanks that pad it."""
    at, end = at.copy(), end.copy()
    for _ in range(6):
        at -= octets.bytes[at - 1] == ord(" ")
        end += octets.bytes[end] == ord(" ")
    return octets.bytes[at - 1], octets.bytes[end]


def levels_stand(p: Places) -> tuple[Bools, Bools]:
    """Where a level stands for certain, and where one may: before a colon within the line."""
    enclosed, joined = _enclosed(p), _joined(p)
    capital = _capital(p, joined)
    colon = _before_colon(p, joined, capital)
    bare = p.first & ~p.rare & ~joined & among(p.behind, b" \t|/") & (p.stamps >= 0)
    strong = enclosed | capital | bare | (colon & (p.first | among(p.inner, b":])>-|*")))
    # winston's and debug's `shop:debug 2026-01-02 03:04:05: text`.
    strong |= (p.stamps == p.end + 1) & ~p.rare & among(p.before, b":\n|")
    strong |= _behind_facility(p) | _before_process(p)
    # X.org's doubled letters and ESPHome's stand in brackets only.
    strong &= (p.end - p.at > 2) | (among(p.before, b"([") & among(p.behind, b")]"))
    said = _is_quoted(p) & ~enclosed
    said |= p.octets.bytes[p.starts] == ord("{")
    return strong & ~said, colon & ~said


def _enclosed(p: Places) -> Bools:
    """Words in brackets, between bars, or in a column of their own."""
    octets, at, end = p.octets, p.at, p.end
    found = among(p.inner, b'[(<|:,"/') & among(p.outer, b'])>|,"')
    found &= ~((p.before == ord(":")) & (p.behind == ord(">")))  # XMPP's `<stream:error>`
    found |= among(p.inner, b"[(<") & among(p.behind, b" |")
    found |= (p.before == ord("\t")) & (p.behind == ord("\t"))
    # Between two blanks, or before a bracket (TIBCO, Kodi 21).
    apart = octets.literal(b"  ", at - 2)
    wide = apart & octets.literal(b"  ", end)
    title = octets.bytes[at] - np.uint8(ord("A")) < 26
    column = wide | (title & octets.literal(b" [", end)) | (apart & octets.literal(b" <", end))
    blank = p.before == ord(" ")
    found |= column & blank & ~p.rare & ~p.runs.in_sentence(p.words)
    found |= wide & p.capitals & (p.inner == ord("]"))  # Jenkins' `[id=7]   FINE   `
    found |= (p.inner == ord(":")) & blank & octets.literal(b" :", end)
    dashed = (p.inner == ord("-")) & (p.outer == ord("-")) & blank
    found |= dashed & (p.behind == ord(" "))
    # A word behind a key says of that what it says.
    keyed = among(p.before, b'"<([') & among(octets.bytes[at - 2], b"=:")
    found &= ~(keyed & among(p.behind, b'">)]'))
    return found | (_behind_a_name(p) & p.capitals)


def _joined(p: Places) -> Bools:
    """Words that are a part of a name, a path or a number."""
    joined: Bools = among(p.before, b"_.-/") | digits(p.before)
    # Monolog's `app.ERROR:`, GLib's `Gtk-WARNING **`.
    joined &= ~((p.before == ord(".")) & (p.behind == ord(":")) & p.capitals)
    joined &= ~((p.before == ord("-")) & p.octets.literal(b" **", p.end))
    return joined


def _capital(p: Places, joined: Bools) -> Bools:
    """Words in capitals by themselves."""
    capital: Bools = p.capitals & ~joined & ~among(p.behind, b"_=")
    capital &= ~digits(p.behind) & (~p.rare | p.first | (p.behind == ord(":")))
    capital &= p.first | ~p.runs.in_sentence(p.words)
    return capital


def _before_colon(p: Places, joined: Bools, capital: Bools) -> Bools:
    octets, end = p.octets, p.end
    colon: Bools = ~joined & ((p.behind == ord(":")) | _before_known(p))
    colon &= ~among(octets.bytes[end + 1], b"/\\") & (end - p.at > 2)
    # OpenSSL's `error:0A000086:SSL routines::certificate verify failed`.
    colon &= ~(digits(octets.bytes[end + 1]) & (octets.bytes[end + 9] == ord(":")))
    colon &= (p.inner != ord(",")) | capital  # HAProxy's `…, info: "Connection refused", check …`
    return colon


def _behind_a_name(p: Places) -> Bools:
    """ZoneMinder's `web_php[7].ERR [`; locust's `] web-1/ERROR/stderr: `, right behind the time."""
    bytes_ = p.octets.bytes
    found: Bools = p.octets.literal(b"].", p.at - 2) & p.octets.literal(b" [", p.end)
    found &= digits(bytes_[p.at - 3])
    slashed = (p.before == ord("/")) & (p.behind == ord("/")) & (p.stamp_ends >= 0)
    slashed &= p.octets.literal(b"] ", np.maximum(p.stamp_ends, 0))
    rows = np.flatnonzero(slashed)
    at, end, begin = p.at[rows], p.end[rows], p.stamp_ends[rows] + len("] ")
    host = [p.octets.find(octet, begin, at - 1) >= at - 1 for octet in b"/ "]
    blank = p.octets.find(ord(" "), end, end + _LONGEST_NAME)
    found[rows] |= host[0] & host[1] & (bytes_[blank - 1] == ord(":"))
    return found


def _before_known(p: Places) -> Bools:
    """`Fatal error:`, of which the first word says how bad it is."""
    runs, octets = p.runs, p.octets
    behind = np.minimum(p.words + 1, len(runs.at) - 1)
    follows = (runs.at[behind] == p.end + 1) & (p.behind == ord(" "))
    follows &= octets.bytes[runs.at[behind] + runs.lengths[behind]] == ord(":")
    found: Bools = follows & runs.known[behind] & (runs.lengths[behind] > 2)
    return found


def _is_quoted(p: Places) -> Bools:
    """Words that stand within quotes: what somebody else said."""
    quotes = p.octets.positions(ord('"'))
    count = np.searchsorted(quotes, p.at) - np.searchsorted(quotes, p.starts)
    quoted: Bools = count % 2 == 1
    return quoted


def _behind_facility(p: Places) -> Bools:
    """`daemon.err`, `local7.notice`: what syslog's own configuration calls a priority."""
    runs, octets = p.runs, p.octets
    dotted = (octets.bytes[p.at - 1] == ord(".")) & (p.words > 0)
    dotted &= among(p.behind, b" >]:|\t")
    facility = np.maximum(p.words - 1, 0)
    begin = runs.at[facility]
    stop = begin + runs.lengths[facility]
    stop += digits(octets.bytes[stop])
    dotted &= (stop == p.at - 1) & np.isin(runs.keys[facility], _FACILITIES)
    found: Bools = dotted & among(octets.bytes[begin - 1], b" <[|\t\n")
    return found


def _before_process(p: Places) -> Bools:
    """F5's `bigip notice mcpd[7]: `, ESXi's ` info hostd[7] `: the level before the program."""
    runs, octets = p.runs, p.octets
    program = np.minimum(p.words + 1, len(runs.at) - 1)
    bracket = runs.at[program] + runs.lengths[program]
    found: Bools = (runs.at[program] == p.end + 1) & (p.behind == ord(" "))
    found &= ((octets.bytes[p.at - 1] == ord(" ")) | (p.at == p.starts)) & ~p.rare
    found &= (octets.bytes[bracket] == ord("[")) & digits(octets.bytes[bracket + 1])
    return found
