"""What is written: each record follows from its log and number, so that it can be told again."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from agent.selftest.logs import MAX_LINE_BYTES

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz0123456789_"  # no dot, or it could look like a mark
_TEXT = bytes(random.Random(0).choices(_ALPHABET, k=16_384))
_LONGEST_PAYLOAD = 120
_LONGEST_LINE = 4 * MAX_LINE_BYTES
_MASK = (1 << 64) - 1
_STATUSES = (200, 200, 200, 200, 200, 204, 301, 304, 403, 404, 404, 499, 500, 502)
# Invalid UTF-8, Latin-1, an escape sequence, a NUL, U+202E that turns text round: never at the
# start of a line, where a NUL is a hole.
_ODD = (b" \xff\xfe ", b" caf\xe9 ", b" \x1b[31mred\x1b[0m ", b" nul\0nul ", b" \xe2\x80\xae ")


class Outcome(IntEnum):
    """What a parser must make of a record."""

    PARSED = 0
    UNPARSED = 1
    TRUNCATED = 2


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is written, and what must come of it."""

    raw: bytes  # with its newline
    lines: int = 1
    outcome: Outcome = Outcome.PARSED
    status: int = 0  # of a parsed access line
    size: int = 0  # bytes sent, of a parsed access line


@dataclass(frozen=True, slots=True)
class Draw:
    """The number of a record, and what follows from it."""

    first: bytes  # the mark that begins it, and a text of its own
    last: bytes  # the mark that ends it
    dice: int  # 64 bits that are the same at every call
    long: bool

    @property
    def odd(self) -> bytes:
        """Bytes that are no decent text, in one record of eight; else none."""
        return _ODD[(self.dice >> 8) % len(_ODD)] if self.dice % 8 == 0 else b""

    @property
    def filler(self) -> bytes:
        """What makes a long line too long; nothing for others."""
        if not self.long:
            return b""
        length = MAX_LINE_BYTES + (self.dice >> 16) % (_LONGEST_LINE - MAX_LINE_BYTES)
        return (_TEXT * 5)[:length]


def draw(log: bytes, number: int, long_every: int = 0) -> Draw:
    """Say what record `number` of a log holds; the same in the writer and in the verdict."""
    dice = _mixed(number, log)
    start, length = dice % (len(_TEXT) - _LONGEST_PAYLOAD), 4 + (dice >> 20) % _LONGEST_PAYLOAD
    first = b"first.%b.%d.%b" % (log, number, _TEXT[start : start + length])
    long = bool(long_every) and (dice >> 40) % long_every == 0
    return Draw(first, b"last.%b.%d." % (log, number), dice, long)


def _mixed(number: int, log: bytes) -> int:
    # The finaliser of splitmix64 (Steele, Lea, Flood 2014): neighbours become unlike.
    mixed = (number * 0x9E3779B97F4A7C15 + int.from_bytes(log[:8], "big")) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


@dataclass(frozen=True, slots=True)
class Stamps:
    """The present second as each format writes it, in UTC."""

    clf: bytes = b"22/Jan/2026:14:53:35 +0000"
    error: bytes = b"2026/01/22 14:53:35"
    iso: bytes = b"2026-01-22 14:53:35,123"


def _combined(d: Draw, stamps: Stamps) -> Record:
    if d.odd and not d.long:
        return Record(b"%b%b%b\n" % (d.first, d.odd, d.last), outcome=Outcome.UNPARSED)
    return _request(d, stamps, b"")


def _timed(d: Draw, stamps: Stamps) -> Record:
    if d.odd and not d.long:
        return Record(b"%b%b%b\n" % (d.first, d.odd, d.last), outcome=Outcome.UNPARSED)
    return _request(d, stamps, b" rt=%d.%03d" % (d.dice % 3, (d.dice >> 24) % 1000))


def _request(d: Draw, stamps: Stamps, behind: bytes) -> Record:
    status, size = _STATUSES[(d.dice >> 12) % len(_STATUSES)], (d.dice >> 28) % 100_000
    raw = b'192.0.2.%d - - [%b] "GET /%b%b%b HTTP/1.1" %d %d "-" "curl/8.9.1"%b\n' % (
        *(d.dice % 254, stamps.clf, d.first, d.filler, d.last, status, size, behind),
    )
    return _cut(raw) if d.long else Record(raw, status=status, size=size)


def _error(d: Draw, stamps: Stamps) -> Record:
    head = b"%b [error] 12#12: *%d " % (stamps.error, d.dice % 1000)
    context = b', client: 192.0.2.1, server: _, request: "GET /%b HTTP/1.1", host: "a.example"\n'
    if d.long:
        return _cut(head + d.first + d.filler + context % d.last)
    if d.dice % 10 == 1:
        php = (
            b'FastCGI sent in stderr: "PHP message: %b\nPHP message: more" while reading' % d.first
        )
        return Record(head + php + context % d.last, lines=2)
    missing = b'open() "/srv/%b%b" failed (2: No such file or directory)' % (d.first, d.odd)
    return Record(head + missing + context % d.last)


def _python(d: Draw, stamps: Stamps) -> Record:
    traced = d.dice % 4 == 2
    # Below information a traceback is a record of its own.
    level = b"ERROR" if traced else (b"INFO", b"WARNING", b"ERROR")[d.dice % 3]
    head = b"%b %b shop.cart: %b%b" % (stamps.iso, level, d.first, d.odd)
    if d.long:
        return _cut(head + d.filler + d.last + b"\n")
    if traced:
        trace = (
            b'Traceback (most recent call last):\n  File "cart.py", line 7, in add\n    item()\n'
        )
        return Record(b"%b\n%bValueError: %b\n" % (head, trace, d.last), lines=5)
    return Record(b"%b %b\n" % (head, d.last))


def _json(d: Draw, stamps: Stamps) -> Record:
    raw = b'{"time":"%b","level":"info","logger":"shop","message":"%b%b%b%b"}\n' % (
        *(stamps.iso, d.first, d.odd, d.filler, d.last),
    )
    if d.long:
        return _cut(raw)
    # U+202E is text; the others are no UTF-8, or a control character that JSON forbids.
    bad = bool(d.odd) and d.odd != _ODD[-1]
    return Record(raw, outcome=Outcome.UNPARSED if bad else Outcome.PARSED)


def _plain(d: Draw, stamps: Stamps) -> Record:
    head = b"%b NOTICE %b%b" % (stamps.iso, d.first, d.odd)
    if d.long:
        return _cut(head + d.filler + d.last + b"\n")
    if d.dice % 6 == 3:
        return Record(b"%b\n  more of it\n  %b\n" % (head, d.last), lines=3)
    return Record(b"%b %b\n" % (head, d.last))


def _cut(raw: bytes) -> Record:
    return Record(raw, outcome=Outcome.TRUNCATED)


FORMS: Mapping[str, Callable[[Draw, Stamps], Record]] = MappingProxyType(
    {
        "combined": _combined,
        "timed": _timed,
        "error": _error,
        "python": _python,
        "json": _json,
        "plain": _plain,
    }
)
