"""The words of the heads of all lines of a block, and which of them are words for a level."""

from dataclasses import dataclass

import numpy as np

from parsers.severity import RARE, level_words
from parsers.stamps import Stamps
from parsers.words import Bools, Ints, Octets, Words

_WORD = 8  # bytes of one load
_SHORTEST = 2  # a letter is a level only in few places
_LOWER = np.uint64(0x2020202020202020)
_LOW = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)


def _key(word: str) -> int:
    return int.from_bytes(word.encode("ascii")[:_WORD].ljust(_WORD, b"\0"), "little")


# The first eight bytes of each level word, sorted, and the length of the whole word behind them.
_KNOWN = sorted(
    (_key(word), len(word), word in RARE) for word in level_words(min_length=_SHORTEST)
)
_KEYS = np.array([key for key, _, _ in _KNOWN], np.uint64)
_LENGTHS = np.array([length for _, length, _ in _KNOWN], np.int64)
_RARE = np.array([rare for _, _, rare in _KNOWN], np.bool_)


@dataclass(slots=True)
class Runs:
    """Every run of letters in the heads of the rows, in order."""

    octets: Octets
    at: Ints
    lengths: Ints
    row: Ints
    # Which are words for a level, and of those which more often are something else.
    known: Bools
    rare: Bools

    def keys(self) -> Words:
        """The first eight letters of each run, in lower case."""
        return _lower(self.octets, self.at, self.lengths)

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
    row = np.searchsorted(starts, at, "right") - 1
    inside = (row >= 0) & (at < ends[row])
    at, lengths, row = at[inside], lengths[inside], row[inside]
    keys = _lower(octets, at, lengths)
    # Words may share their first eight bytes (`informat…`), so the nearest from either side counts.
    left = np.minimum(np.searchsorted(_KEYS, keys), len(_KEYS) - 1)
    right = np.maximum(np.searchsorted(_KEYS, keys, "right") - 1, 0)
    same = _KEYS[left] == keys
    fits = same & ((_LENGTHS[left] == lengths) | (_LENGTHS[right] == lengths))
    return Runs(octets, at, lengths, row, fits, fits & _RARE[left])


def known(octets: Octets, runs: Runs) -> Bools:
    """Which runs are words for a level."""
    return runs.known


def _runs(octets: Octets) -> tuple[Ints, Ints]:
    size = len(octets.raw)
    letters = (octets.bytes[: size + 1] | np.uint8(0x20)) - np.uint8(ord("a")) < 26
    # The padding behind the block is no letter, so every run ends inside.
    edges = np.flatnonzero(letters[1:] != letters[:-1]) + 1
    if size and letters[0]:
        edges = np.concatenate((np.zeros(1, np.int64), edges))
    return edges[::2], edges[1::2] - edges[::2]


def _lower(octets: Octets, at: Ints, lengths: Ints) -> Words:
    kept = _LOW[np.minimum(lengths, _WORD)]
    lowered: Words = (octets.load(at) | _LOWER) & kept
    return lowered


def stands_capital(octets: Octets, runs: Runs, chosen: Ints) -> Bools:
    """Which runs are in capitals, as far as eight letters tell."""
    kept = _LOW[np.minimum(runs.lengths[chosen], _WORD)]
    capital: Bools = (octets.load(runs.at[chosen]) & _LOWER & kept) == 0
    return capital
