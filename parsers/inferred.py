"""A modest guess at the severity of records that state none, by what they say happened."""

from collections.abc import Iterable, Iterator

import numpy as np

from parsers.kinds import among
from parsers.level_words import Runs
from parsers.severity import Severity
from parsers.words import Bools, Ints, Octets8, Words

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
    ("of", "memory"): Severity.ERROR,
    ("timed", "out"): Severity.WARNING,
}


def _key(word: str) -> np.uint64:
    return np.uint64(int.from_bytes(word.encode()[:8].ljust(8, b"\0"), "little"))


def _keys(words: Iterable[str]) -> Words:
    return np.array(sorted(_key(word) for word in words), np.uint64)


_KEYS = _keys({*(word for words in _TROUBLE.values() for word in words), *(a for a, _ in _PAIRS)})
# `no failure`, `if refused`; `login failed` is left out, see above.
_DENIED = _keys(("no", "not", "without", "never", "if", "login", "zero", "nothing"))
# What names end with: `ValueError: text`, `java.lang.IllegalStateException`, `DeprecationWarning:`.
_SUFFIXES = (
    (b"error", Severity.ERROR),
    (b"exception", Severity.ERROR),
    (b"warning", Severity.WARNING),
)


def inferred(runs: Runs, severity: Octets8, stated: Bools) -> Octets8:
    """The severity of each row; where none is `stated`, guessed from the words of its head."""
    if stated.all():
        return severity
    worst = severity.copy()
    for word, level in _found(runs):
        word = word[~stated[runs.row[word]]]
        np.maximum.at(worst, runs.row[word], np.uint8(level))
    return worst


def _found(runs: Runs) -> Iterator[tuple[Ints, Severity]]:
    """Words of trouble, and how bad they are."""
    keys, last = runs.keys, len(runs.keys) - 1
    place = np.minimum(np.searchsorted(_KEYS, keys), len(_KEYS) - 1)
    hit = np.flatnonzero(_KEYS[place] == keys)
    hit = hit[_is_alone(runs, hit)]
    behind = keys[np.minimum(hit + 1, last)]
    denied = np.isin(keys[np.maximum(hit - 1, 0)], _DENIED) | (behind == _key("login"))
    for level, words in _TROUBLE.items():
        yield hit[~denied & np.isin(keys[hit], _keys(words))], level
    for (first, second), level in _PAIRS.items():
        yield hit[(keys[hit] == _key(first)) & (behind == _key(second))], level
    yield from _named(runs)


def _is_alone(runs: Runs, hit: Ints) -> Bools:
    """Words that are not part of a path, a name or a setting."""
    octets, at = runs.octets, runs.at[hit]
    joined = among(octets.bytes[at - 1], b"_-/.=")
    joined |= among(octets.bytes[at + runs.lengths[hit]], b"_-/=")
    return ~joined


def _named(runs: Runs) -> Iterator[tuple[Ints, Severity]]:
    """Names of errors that a colon follows."""
    octets, end = runs.octets, runs.at + runs.lengths
    named = np.flatnonzero((octets.bytes[end] == ord(":")) & (octets.bytes[end + 1] == ord(" ")))
    last = octets.load_before(end[named]) | np.uint64(0x2020202020202020)
    for suffix, level in _SUFFIXES:
        kept = suffix[-8:]
        shift = np.uint64(8 * (8 - len(kept)))
        key = np.uint64(int.from_bytes(kept, "little"))
        hit = named[(last >> shift) == key]
        yield hit[runs.lengths[hit] > len(suffix)], level
