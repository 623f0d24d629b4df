"""What was really written: a row for each record, kept on disk by the writer itself."""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agent.selftest.lines import Outcome

# Record n is row n. Little-endian, without padding: 41 bytes a record.
_ROW = struct.Struct("<qqQIIHHIB")
_COLUMNS = np.dtype(
    [
        ("written_ns", "<i8"),
        ("offset", "<i8"),
        ("inode", "<u8"),
        ("generation", "<u4"),
        ("length", "<u4"),
        ("lines", "<u2"),
        ("status", "<u2"),
        ("size", "<u4"),
        ("outcome", "u1"),
    ]
)
Ledger = npt.NDArray[np.void]


class Row(NamedTuple):
    """One record written."""

    written_ns: int  # by the monotonic clock, which all processes share; of its last byte
    offset: int  # of its first byte in its file
    inode: int
    generation: int  # of its log: how many rotations the writer has followed before
    length: int  # with its newline
    lines: int
    status: int
    size: int
    outcome: int  # an `Outcome`


def packed(rows: list[Row]) -> bytes:
    """Write rows as they stand in a ledger."""
    return b"".join(_ROW.pack(*row) for row in rows)


def read_ledger(path: Path) -> Ledger:
    """Map a ledger into memory, not read it: twenty minutes are a hundred MB."""
    if not path.exists() or path.stat().st_size < _ROW.size:
        return np.zeros(0, _COLUMNS)
    rows = path.stat().st_size // _ROW.size
    return np.memmap(path, _COLUMNS, "r", shape=(rows,))


def count_outcome(ledger: Ledger, outcome: Outcome) -> int:
    """How many physical lines are in records that must have this outcome."""
    return int(ledger["lines"][ledger["outcome"] == outcome].sum())
