"""Levels behind a key: `level=info`, `"severity" : "error"`."""

import numpy as np

from parsers.inner import Rows
from parsers.kinds import among
from parsers.level_marks import HEAD_BYTES
from parsers.level_words import runs_of
from parsers.words import Bools, Ints, Octets

# The keys of an object stand in any order.
OBJECT_BYTES = 4096
# What may stand before the `=` or `:` of `level=info`.
_KEY_WORDS = ("level", "lvl", "severity", "priority", "levelname", "level_name", " pri", " sev")
_FAR_KEYS = (b"level=", b"severity=", b"priority=")


def has_key(octets: Octets, at: Ints) -> Bools:
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


def far_keyed(octets: Octets, rows: Rows, at: Ints, until: Ints) -> None:
    """`level=` behind the head of a row that states no level there: firewalls write many keys."""
    left = np.flatnonzero((at < 0) & (rows.ends - rows.starts > HEAD_BYTES))
    if not left.size or not any(key in octets.raw for key in _FAR_KEYS):
        return
    starts = rows.starts[left]
    ends = np.minimum(rows.ends[left], starts + OBJECT_BYTES)
    runs = runs_of(octets, starts + HEAD_BYTES, ends)
    words = np.flatnonzero(runs.known)
    words = words[has_key(octets, runs.at[words])]
    row, first = np.unique(runs.row[words], return_index=True)
    words = words[first]
    at[left[row]] = runs.at[words]
    until[left[row]] = runs.at[words] + runs.lengths[words]
