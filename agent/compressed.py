"""Compressed logs, told by their first bytes: how each is opened, and how a damaged one shows."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

_Open = Callable[[io.BufferedReader], io.BufferedIOBase]
# By the first bytes, not by the name: rotated logs are called all sorts of things.
_MAGIC: tuple[tuple[bytes, _Open], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
)
MAGIC_BYTES = 6  # the longest of them
# What the standard library raises for a compressed stream that is damaged or ends too early.
BROKEN = (OSError, EOFError, lzma.LZMAError, zlib.error)


def opener(magic: bytes) -> _Open | None:
    """What reads a file that begins so; None if it is not compressed in a way that we know."""
    return next((opened for start, opened in _MAGIC if magic.startswith(start)), None)
