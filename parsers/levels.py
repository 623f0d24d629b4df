"""Levels of all lines of a block at once: where free text states one, and how severe it is."""

import numpy as np

from parsers.columns import Labels, Texts
from parsers.severity import Severity, level_words, severity_of
from parsers.words import Bools, Ints, Octets, Octets8, Words

# A level further from the start of its record is part of what is said.
HEAD_BYTES = 120
_SHORTEST = 3  # single letters and the like are too easily something else
_WORD = 8  # bytes of one load
_LOWER = np.uint64(0x2020202020202020)
_LOW = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)


def _key(word: str) -> int:
    return int.from_bytes(word.encode("ascii")[:_WORD].ljust(_WORD, b"\0"), "little")


# The first eight bytes of each level word, sorted, and the length of the whole word behind them.
_KNOWN = sorted((_key(word), len(word)) for word in level_words(min_length=_SHORTEST))
_KEYS = np.array([key for key, _ in _KNOWN], np.uint64)
_LENGTHS = np.array([length for _, length in _KNOWN], np.int64)
# What may stand before the `=` or `:` of `level=info`.
_KEY_WORDS = ("level", "lvl", "severity")


def severities(levels: Labels) -> tuple[Octets8, Bools]:
    """The severity of each row by its level word (else info), and which rows have one."""
    # One more entry, so that no rows at all can be looked up too.
    known = [*(severity_of(name) if name else None for name in levels.names), None]
    table = np.array([Severity.INFO if each is None else each for each in known], np.uint8)
    stated = np.array([each is not None for each in known], np.bool_)
    return table[levels.codes], stated[levels.codes]


def stated_levels(octets: Octets, starts: Ints, ends: Ints) -> Labels:
    """
    The first level word of each row `[starts, ends)` that stands where levels stand.

    That is in capitals as a word of its own, in brackets, before a colon, or behind `level=`. A
    lower-case word in a sentence ("no errors found", "an info page") is none.
    """
    at, lengths = _words(octets)
    known = _known(octets, at, lengths)
    at, lengths = at[known], lengths[known]
    placed = _in_place(octets, at, lengths)
    at, lengths = at[placed], lengths[placed]
    return _first_of_each(octets, (starts, ends), (at, at + lengths))


def _words(octets: Octets) -> tuple[Ints, Ints]:
    """Start and length of every run of letters that is as long as a level word."""
    size = len(octets.raw)
    letters = (octets.bytes[: size + 1] | np.uint8(0x20)) - np.uint8(ord("a")) < 26
    # The padding behind the block is no letter, so every run ends inside.
    edges = np.flatnonzero(letters[1:] != letters[:-1]) + 1
    if size and letters[0]:
        edges = np.concatenate((np.zeros(1, np.int64), edges))
    starts, ends = edges[::2], edges[1::2]
    lengths = ends - starts
    fitting = (lengths >= _SHORTEST) & (lengths <= int(_LENGTHS.max()))
    return starts[fitting], lengths[fitting]


def _lower(octets: Octets, at: Ints, lengths: Ints) -> Words:
    kept = _LOW[np.minimum(lengths, _WORD)]
    lowered: Words = (octets.load(at) | _LOWER) & kept
    return lowered


def _known(octets: Octets, at: Ints, lengths: Ints) -> Bools:
    keys = _lower(octets, at, lengths)
    # Words may share their first eight bytes (`informat…`), so the nearest from either side counts.
    left = np.minimum(np.searchsorted(_KEYS, keys), len(_KEYS) - 1)
    right = np.maximum(np.searchsorted(_KEYS, keys, "right") - 1, 0)
    same = _KEYS[left] == keys
    known: Bools = same & ((_LENGTHS[left] == lengths) | (_LENGTHS[right] == lengths))
    return known


def _in_place(octets: Octets, at: Ints, lengths: Ints) -> Bools:
    before, behind = octets.bytes[at - 1], octets.bytes[at + lengths]
    before = np.where(at > 0, before, np.uint8(ord("\n")))
    joined = _is_any(before, b"_.-/") | _is_digit(before)
    capitals = (octets.load(at) & _LOWER & _LOW[np.minimum(lengths, _WORD)]) == 0
    capitals &= ~joined & ~_is_any(behind, b"_=") & ~_is_digit(behind)
    bracketed = _is_any(before, b"[(<|:") & _is_any(behind, b"])>|")
    bracketed |= _is_any(before, b"[(<") & (behind == ord(" "))
    labelled = ~joined & (behind == ord(":"))
    placed: Bools = capitals | bracketed | labelled | _has_key(octets, at)
    return placed


def _has_key(octets: Octets, at: Ints) -> Bools:
    """Words behind `level=`, `severity: "` and the like."""
    sign = at - 1
    for octet in b'" ':
        sign = sign - (octets.bytes[sign] == octet)
    keyed = _is_any(octets.bytes[sign], b"=:")
    # In JSON-like text a quote stands between the key and its colon.
    end = sign - (octets.bytes[sign - 1] == ord('"'))
    word = octets.load_before(np.maximum(end, 0)) | _LOWER
    found = np.zeros(len(at), np.bool_)
    for key in _KEY_WORDS:
        shift = np.uint64(8 * (_WORD - len(key)))
        found |= (word >> shift) == np.uint64(_key(key))
    has: Bools = keyed & found & (end >= 0)
    return has


def _first_of_each(octets: Octets, rows: tuple[Ints, Ints], words: tuple[Ints, Ints]) -> Labels:
    starts, ends = rows
    at, until = words
    row = np.searchsorted(starts, at, "right") - 1
    inside = (row >= 0) & (at < np.minimum(ends[row], starts[row] + HEAD_BYTES))
    row, at, until = row[inside], at[inside], until[inside]
    row, first = np.unique(row, return_index=True)
    found_at, found_until = np.full(len(starts), -1), np.full(len(starts), -1)
    found_at[row], found_until[row] = at[first], until[first]
    return Texts(octets, found_at, found_until).labels()


def _is_any(octet: Octets8, wanted: bytes) -> Bools:
    found: Bools = octet == wanted[0]
    for each in wanted[1:]:
        found |= octet == each
    return found


def _is_digit(octet: Octets8) -> Bools:
    digit: Bools = octet - np.uint8(ord("0")) < 10
    return digit
