"""The words of the heads of all lines of a block, and which of them are words for a level."""

from dataclasses import dataclass

import numpy as np

from parsers.kinds import letters
from parsers.severity import RARE, level_words
from parsers.stamps import Stamps
from parsers.words import Bools, Ints, Octets, Octets8, Words, rows_of

_WORD = 8  # bytes of one load
_SLICE = 1 << 17
_SHORTEST = 2  # a letter is a level only in few places
_LOWER = np.uint64(0x2020202020202020)
_LOW = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)


def _key(word: str) -> int:
    return int.from_bytes(word.encode("ascii")[:_WORD].ljust(_WORD, b"\0"), "little")


def keys_of(words: str) -> Words:
    """What `Runs.keys` holds for each of some words."""
    return np.array(sorted({_key(word) for word in words.split()}), np.uint64)


# The first eight bytes of each level word, sorted; the lengths of the words that begin so (there
# are two of `informat…`); and whether they are more often something else.
_WORDS = {
    key: sorted(word for word in level_words(min_length=_SHORTEST) if _key(word) == key)
    for key in sorted({_key(word) for word in level_words(min_length=_SHORTEST)})
}
_KEYS = np.array(list(_WORDS), np.uint64)
_LENGTHS = np.array([(len(words[0]), len(words[-1])) for words in _WORDS.values()], np.int64)
_RARE = np.array([words[0] in RARE for words in _WORDS.values()], np.bool_)


@dataclass(slots=True)
class Runs:
    """Every run of letters in the heads of the rows, in order."""

    octets: Octets
    at: Ints
    lengths: Ints
    row: Ints
    # The first eight letters, in lower case.
    keys: Words
    # Which are words for a level, and of those which more often are something else.
    known: Bools
    rare: Bools

    def is_first(self, chosen: Ints, starts: Ints, stamps: Stamps) -> Bools:
        """Which runs are the first of their row, but for its time and all that is before that."""
        row = self.row[chosen]
        begin = np.maximum(stamps.until[row], starts[row])
        before = np.maximum(chosen - 1, 0)
        none = (chosen == 0) | (self.row[before] != row) | (self.at[before] < begin)
        first: Bools = none & ((self.at[chosen] >= begin) | self._leads(chosen))
        return first

    def _leads(self, chosen: Ints) -> Bools:
        before = np.maximum(chosen - 1, 0)
        leads: Bools = (chosen == 0) | (self.row[before] != self.row[chosen])
        return leads

    def in_sentence(self, chosen: Ints) -> Bools:
        """Which runs follow two lower-case words with nothing but blanks between them."""
        lower = (self.octets.load(self.at) & _LOWER & _LOW[np.minimum(self.lengths, _WORD)]) == (
            _LOWER & _LOW[np.minimum(self.lengths, _WORD)]
        )
        gap = self.at[1:] - (self.at[:-1] + self.lengths[:-1]) == 1
        blank = self.octets.bytes[self.at - 1] == ord(" ")
        spoken = np.zeros(len(self.at), np.bool_)
        spoken[1:] = lower[:-1] & gap & blank[1:]
        found: Bools = spoken[chosen] & spoken[np.maximum(chosen - 1, 0)]
        return found


def runs_of(octets: Octets, starts: Ints, ends: Ints) -> Runs:
    """Find the runs of letters in each row `[starts, ends)`."""
    at, lengths = _runs(octets)
    row = rows_of(at, starts)
    inside = (row >= 0) & (at < ends[row])
    at, lengths, row = at[inside], lengths[inside], row[inside]
    keys = _lower(octets, at, lengths)
    place = np.minimum(np.searchsorted(_KEYS, keys), len(_KEYS) - 1)
    fits = _KEYS[place] == keys
    hits = np.flatnonzero(fits)
    two = _LENGTHS[place[hits]]
    fits[hits] = (two[:, 0] == lengths[hits]) | (two[:, 1] == lengths[hits])
    return Runs(octets, at, lengths, row, keys, fits, fits & _RARE[place])


def _runs(octets: Octets) -> tuple[Ints, Ints]:
    size = len(octets.raw)
    # In slices that stay in the cache, each with the byte before it; the padding behind the block
    # is no letter, so every run ends inside.
    slices = [
        _edges(octets.bytes[max(0, at - 1) : min(size + 1, at + _SLICE)]) + max(0, at - 1)
        for at in range(0, size + 1, _SLICE)
    ]
    edges = np.concatenate(slices)
    if size and letters(octets.bytes[:1])[0]:
        edges = np.concatenate((np.zeros(1, np.int64), edges))
    return edges[::2], edges[1::2] - edges[::2]


def _edges(octet: Octets8) -> Ints:
    """Where letters begin and end, but for the first byte."""
    letter = letters(octet)
    return np.flatnonzero(letter[1:] != letter[:-1]) + 1


def _lower(octets: Octets, at: Ints, lengths: Ints) -> Words:
    kept = _LOW[np.minimum(lengths, _WORD)]
    lowered: Words = (octets.load(at) | _LOWER) & kept
    return lowered


def stands_capital(octets: Octets, runs: Runs, chosen: Ints) -> Bools:
    """Which runs are in capitals, as far as eight letters tell."""
    kept = _LOW[np.minimum(runs.lengths[chosen], _WORD)]
    capital: Bools = (octets.load(runs.at[chosen]) & _LOWER & kept) == 0
    return capital
