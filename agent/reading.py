"""Old logs read once from the start: plain, compressed or from standard input, as blocks."""

import io
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import cast

from agent.compressed import BROKEN, MAGIC_BYTES, opener
from agent.counts import Count, Counted
from agent.records import Limits, is_cut_off, leading_nuls, ordinary_lines
from parsers.batch import Parser
from parsers.block import Block
from parsers.words import line_count

STDIN = "-"
# What a parser is chosen by.
_HEAD_BYTES = 1 << 16
_ZSTD = b"\x28\xb5\x2f\xfd"


class UnreadableError(Exception):
    """A file that cannot be read, or not to its end; the text says what, where and what to do."""


@contextmanager
def open_log(path: str) -> Iterator[tuple[io.BufferedIOBase, io.BufferedReader]]:
    """
    Open a log: (what to read from, the file as it lies on disk, whose position shows the progress).

    Raises UnreadableError for a directory, a missing or unreadable file, and zstd.
    """
    with _opened(path) as raw:
        yield _decompressed(raw, path), raw


def _opened(path: str) -> AbstractContextManager[io.BufferedReader]:
    if path == STDIN:
        if sys.stdin is None:
            raise UnreadableError(f"{STDIN}: standard input is closed")
        # Not closed: it may be named twice, and then is empty.
        return nullcontext(cast(io.BufferedReader, sys.stdin.buffer))
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise _unreadable(path, error) from None


def _decompressed(raw: io.BufferedReader, path: str) -> io.BufferedIOBase:
    try:
        magic = raw.peek(MAGIC_BYTES)[:MAGIC_BYTES]
    except OSError as error:
        raise _unreadable(path, error) from None
    if magic.startswith(_ZSTD):
        name = shlex.quote(path)
        raise UnreadableError(f"{path}: is zstd; try: zstd -dc {name} | logtell replay -")
    opened = opener(magic)
    return opened(raw) if opened else raw


def _unreadable(path: str, error: OSError) -> UnreadableError:
    return UnreadableError(f"{path}: {(error.strerror or str(error)).lower()}")


def blocks(
    stream: io.BufferedIOBase,
    path: str,
    choose: Callable[[bytes], Parser],
    limits: Limits,
    count: Count,
) -> Iterator[tuple[Parser, Block]]:
    """
    Yield the whole stream as blocks of whole records, with the parser that its head chose.

    Raises UnreadableError if the stream breaks off, as a truncated .gz does; all that came before
    has been handed out.
    """
    reader = _Blocks(path, limits, count)
    parser: Parser | None = None
    at_end = False
    while not at_end:
        piece, trouble = _piece(stream, limits.max_record_bytes)
        at_end = not piece or trouble is not None
        reader.add(piece)
        parser = parser or choose(_head(reader.raw))
        for block in reader.take(parser, at_end=at_end):
            yield parser, block
        if trouble is not None:
            raise UnreadableError(f"{path}: broken off: {trouble}")


def _piece(stream: io.BufferedIOBase, size: int) -> tuple[bytes, Exception | None]:
    """The next `size` bytes, fewer before the end; and what broke them off."""
    # Not read(): on an error it forgets what it has read so far.
    parts: list[bytes] = []
    try:
        while size > 0 and (part := stream.read1(size)):
            parts.append(part)
            size -= len(part)
    except BROKEN as error:
        return b"".join(parts), error
    return b"".join(parts), None


def _head(raw: bytes) -> bytes:
    head = raw[:_HEAD_BYTES]
    return head[: head.rfind(b"\n") + 1] or head


class _Blocks:
    """Cuts a stream into blocks; holds at most one block and one piece."""

    def __init__(self, path: str, limits: Limits, count: Count) -> None:
        self.raw = b""  # read, and not handed out yet
        self._path = path
        self._limits = limits
        self._count = count
        self._offset = 0  # of raw in the stream
        self._in_overlong = False  # raw goes on with a line whose head was handed out

    def add(self, piece: bytes) -> None:
        self.raw = self.raw + piece if self.raw else piece
        self._count(Counted.SEEN, len(piece))

    def take(self, parser: Parser, *, at_end: bool) -> Iterator[Block]:
        while self.raw:
            self._skip_overlong()
            self._skip_nuls(at_end)
            block = self._next(parser, at_end)
            if block is None:
                return
            yield block

    def _next(self, parser: Parser, at_end: bool) -> Block | None:
        longest = self._limits.max_line_bytes
        lines = ordinary_lines(self.raw, longest)
        rest = self.raw[lines:]
        if at_end and len(rest) <= longest and b"\n" not in rest and not leading_nuls(rest):
            lines = len(self.raw)  # a last line without newline is a line
        if lines:
            return self._records(parser, lines, at_end)
        return self._overlong() if len(self.raw) > longest else None

    def _records(self, parser: Parser, lines: int, at_end: bool) -> Block | None:
        length = lines if at_end else parser.complete(self.raw[:lines])
        # Half a line behind them ends no record; an over-long line does, and so does the limit.
        cut_off = is_cut_off(self.raw, lines, self._limits.max_line_bytes)
        if not length and (cut_off or lines > self._limits.max_record_bytes):
            length = lines
        if not length:
            return None
        length = min(length, lines)
        return self._hand_out(length, length)

    def _overlong(self) -> Block:
        self._in_overlong = True
        kept = self._limits.max_line_bytes
        return self._hand_out(kept, kept, truncated=True)

    def _hand_out(self, length: int, consumed: int, *, truncated: bool = False) -> Block:
        block = Block(self.raw[:length], self._path, self._offset, truncated=truncated)
        self._drop(consumed)
        self._count(Counted.READ, consumed)
        self._count(Counted.LINES_READ, line_count(block.raw))
        return block

    def _skip_overlong(self) -> None:
        if self._in_overlong:
            newline = self.raw.find(b"\n")
            self._in_overlong = newline < 0
            skipped = len(self.raw) if newline < 0 else newline + 1
            self._drop(skipped)
            self._count(Counted.OVERLONG, skipped)

    def _skip_nuls(self, at_end: bool) -> None:
        nuls = leading_nuls(self.raw)
        if nuls and (nuls < len(self.raw) or at_end):
            self._drop(nuls)
            self._count(Counted.NULS, nuls)

    def _drop(self, length: int) -> None:
        self.raw = self.raw[length:]
        self._offset += length
