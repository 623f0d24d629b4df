"""A modest guess at the severity of records that state none, by what they say happened."""

import numpy as np

from parsers.level_words import runs_of
from parsers.levels import HEAD_BYTES, Rows
from parsers.severity import Severity
from parsers.stamps import letters
from parsers.words import Bools, Ints, Octets, Octets8

# Words of trouble, the first eight letters of each. Failed logins are left out on purpose: of eight
# products that state a level for them three say info, three notice and two warning; sshd's are
# taken, because they are guesses of strangers. Sources: kernel/panic.c, arch/x86/mm/fault.c
# (`segfault at`), mm/oom_kill.c (`Out of memory: Killed process`), auth2-passwd of OpenSSH
# (`Failed password for`), pam_unix (`authentication failure;`), strerror(3).
_TROUBLE = {
    Severity.CRITICAL: ("oops", "panic"),
    Severity.ERROR: ("segfault", "traceback", "unhandled", "uncaught", "aborted", "crashed"),
    Severity.WARNING: ("failed", "failure", "refused", "denied", "unreachable", "timeout"),
}
# Two words that say it together.
_PAIRS = {
    ("could", "not"): Severity.ERROR,
    ("can", "not"): Severity.ERROR,
    ("unable", "to"): Severity.ERROR,
    ("out", "of"): Severity.ERROR,
    ("timed", "out"): Severity.WARNING,
    ("login", "failed"): Severity.INFO,
    ("failed", "login"): Severity.INFO,
}
_DENIALS = ("no", "not", "without", "never", "if", "login", "zero")
# What names end with: `ValueError: text`, `java.lang.IllegalStateException`, `DeprecationWarning:`.
_SUFFIXES = (
    (b"error", Severity.ERROR),
    (b"exception", Severity.ERROR),
    (b"warning", Severity.WARNING),
)


def inferred(octets: Octets, rows: Rows, severity: Octets8, stated: Bools) -> Octets8:
    """The severity of each row, where none is `stated` guessed from the words of its first line."""
    open_rows = np.flatnonzero(~stated)
    if not open_rows.size:
        return severity
    starts = rows.starts[open_rows]
    ends = np.minimum(rows.ends[open_rows], starts + HEAD_BYTES)
    runs = runs_of(octets, starts, ends)
    keys = runs.keys()
    worst = severity.copy()
    for level, words in _TROUBLE.items():
        for word in words:
            hit = np.flatnonzero(keys == _key(word))
            hit = hit[~_denied(keys, hit) & _alone(octets, runs.at[hit], runs.lengths[hit])]
            np.maximum.at(worst, open_rows[runs.row[hit]], np.uint8(level))
    for (first, second), level in _PAIRS.items():
        hit = np.flatnonzero((keys[:-1] == _key(first)) & (keys[1:] == _key(second)))
        if first == "out":  # of memory
            hit = hit[keys[np.minimum(hit + 2, len(keys) - 1)] == _key("memory")]
        np.maximum.at(worst, open_rows[runs.row[hit]], np.uint8(level))
    _named(octets, runs.at, runs.lengths, (worst, open_rows[runs.row]))
    return worst


def _key(word: str) -> np.uint64:
    return np.uint64(int.from_bytes(word.encode()[:8].ljust(8, b"\0"), "little"))


def _denied(keys: Ints, hit: Ints) -> Bools:
    """`no failure`, `if denied`, and a login that failed."""
    around = (keys[np.maximum(hit - 1, 0)], keys[np.minimum(hit + 1, len(keys) - 1)])
    denials = np.array([_key(word) for word in _DENIALS])
    denied: Bools = np.isin(around[0], denials) | (around[1] == _key("login"))
    return denied


def _alone(octets: Octets, at: Ints, lengths: Ints) -> Bools:
    """Words that are not part of a path, a name or a setting."""
    before, behind = octets.bytes[at - 1], octets.bytes[at + lengths]
    joined = np.isin(before, np.frombuffer(b"_-/.=", np.uint8))
    joined |= np.isin(behind, np.frombuffer(b"_-/=", np.uint8))
    return ~joined


def _named(
    octets: Octets, at: Ints, lengths: Ints, into: tuple[Octets8, Ints]
) -> None:
    """Names of errors that a colon follows."""
    end = at + lengths
    named = np.flatnonzero((octets.bytes[end] == ord(":")) & (octets.bytes[end + 1] == ord(" ")))
    last = octets.load_before(end[named]) | np.uint64(0x2020202020202020)
    for suffix, level in _SUFFIXES:
        kept = suffix[-8:]
        shift = np.uint64(8 * (8 - len(kept)))
        key = np.uint64(int.from_bytes(kept, "little"))
        hit = named[(last >> shift) == key]
        hit = hit[(lengths[hit] > len(suffix)) & letters(octets.bytes[at[hit]])]
        np.maximum.at(into[0], into[1][hit], np.uint8(level))
