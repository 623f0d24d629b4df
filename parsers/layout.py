"""
A line format as literals and slots, compiled once for both ways of reading it.

nginx's `log_format` and Python's `%`-style formats both become a layout. Where slots end is decided
by one rule, the same for the exact `re` path (`exact.py`) and for the vector path (`scan.py`):

* A quote belongs to the format: if a literal holds a `"`, no value holds one unless it is escaped
  by a backslash. So the quotes cut a line into segments.
* Within a segment, literals and slots of fixed width are taken from both ends. Of the slots left,
  each but the last ends at the first byte of the literal behind it, and the last gets the rest.

Nothing is greedy: a hostile value can make a line unparsed, but cannot shift a field of another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.words import REACH


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that stand in every line."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A value in every line.

    `shape` is for one that always has the same width, a byte for each of its bytes: `d` is a digit,
    `_` anything, all else itself. `least` is the width to which a shorter value is padded.
    """

    name: str
    shape: bytes = b""
    least: int = 0


Token = Literal | Slot


@dataclass(frozen=True, slots=True)
class Search:
    """A slot that ends at the first `stop` byte behind its least width."""

    slot: Slot
    stop: int


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two quotes of the format (or a line end)."""

    quoted: bool
    # Taken from the left, in order, and from the right, outermost first.
    forward: tuple[Literal | Slot | Search, ...]
    backward: tuple[Literal | Slot, ...]
    # Gets what is left in the middle; None: nothing may be left.
    rest: Slot | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled line format."""

    slots: tuple[Slot, ...]
    segments: tuple[Segment, ...]
    pattern: re.Pattern[bytes]
    # False: only the exact path can read it.
    vectorised: bool

    @property
    def quotes(self) -> int:
        """How many quotes a line of this format has."""
        return len(self.segments) - 1


class LayoutError(ValueError):
    """A format that cannot be read unambiguously; `column` is 1-based within its text."""

    def __init__(self, what: str, column: int) -> None:
        super().__init__(f"column {column}: {what}")
        self.what = what
        self.column = column


def compile_layout(tokens: Sequence[Token]) -> Layout:
    """
    Compile the tokens of a format.

    Raises ValueError if two slots of unknown width touch, so that nobody can tell where one ends.
    """
    slots = tuple(token for token in tokens if isinstance(token, Slot))
    pieces = _split_at_quotes(tokens)
    segments = tuple(
        _segment(piece, quoted=bool(number % 2)) for number, piece in enumerate(pieces)
    )
    has_quotes = len(segments) > 1
    source = b'"'.join(_segment_pattern(segment, has_quotes) for segment in segments)
    # The gathers of the vector path may reach this far beyond a row, see words.REACH.
    reach = max(sum(map(_reach, piece)) for piece in pieces)
    vectorised = reach < REACH // 2 and len(segments) % 2 == 1
    return Layout(slots, segments, re.compile(source, re.DOTALL), vectorised)


def _split_at_quotes(tokens: Sequence[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Slot):
            pieces[-1].append(token)
            continue
        first, *others = token.text.split(b'"')
        pieces[-1] += [Literal(first)] if first else []
        pieces += [[Literal(text)] if text else [] for text in others]
    return pieces


def _segment(tokens: list[Token], *, quoted: bool) -> Segment:
    left = list(tokens)
    backward: list[Literal | Slot] = []
    while left and width(left[-1]):
        backward.append(left.pop())
    forward: list[Literal | Slot | Search] = []
    while left and not (len(left) == 1 and not width(left[0])):
        token = left.pop(0)
        forward.append(token if width(token) else _search(token, left[0]))
    rest = left[0] if left else None
    return Segment(
        quoted, tuple(forward), tuple(backward), rest if isinstance(rest, Slot) else None
    )


def _search(slot: Token, behind: Token) -> Search:
    assert isinstance(slot, Slot)  # a literal has a width
    if isinstance(behind, Slot):
        what = f"nothing separates ${slot.name} from ${behind.name}"
        raise ValueError(what)  # noqa: TRY004 - the format is wrong, not a type
    return Search(slot, behind.text[0])


def width(token: Token) -> int:
    """The bytes that a literal or a slot of fixed width takes, 0 for any other slot."""
    return len(token.text if isinstance(token, Literal) else token.shape)


def _reach(token: Token) -> int:
    return width(token) or (token.least if isinstance(token, Slot) else 0)


def _segment_pattern(segment: Segment, has_quotes: bool) -> bytes:
    anything = b'[^"]' if has_quotes else b"."
    parts = [_pattern(token, segment.quoted, anything) for token in segment.forward]
    if segment.rest:
        values = _rest(segment) if segment.quoted else anything + b"*"
        parts.append(b"(%b{%d}%b)" % (anything, segment.rest.least, values))
    parts += [_pattern(token, segment.quoted, anything) for token in reversed(segment.backward)]
    return b"".join(parts)


def _pattern(token: Literal | Slot | Search, quoted: bool, anything: bytes) -> bytes:
    if isinstance(token, Literal):
        return re.escape(token.text)
    if isinstance(token, Search):
        values = _before(bytes([token.stop]), quoted, has_quotes=anything != b".")
        return b"(%b{%d}%b)" % (anything, token.slot.least, values)
    octets = {ord("d"): b"[0-9]", ord("_"): anything}
    return b"(%b)" % b"".join(octets.get(each, re.escape(bytes([each]))) for each in token.shape)


def _rest(segment: Segment) -> bytes:
    if not segment.backward:
        return rb'(?:[^"\\]|\\.)*+'
    # What stands behind it must be given back. A backslash there may be the last byte of the value.
    return rb'(?:[^"\\]|\\.)*\\?'


def _before(stop: bytes, quoted: bool, *, has_quotes: bool) -> bytes:
    escaped = re.escape(stop)
    if not quoted or stop == b"\\":
        return b"[^%b%b]*" % (escaped, b'"' if has_quotes else b"")
    # A backslash protects a quote from ending the value, but not the separator.
    return rb'(?:[^"\\%b]|\\(?:[^%b]|(?=%b)))*' % (escaped, escaped, escaped)
