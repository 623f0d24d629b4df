"""Where a line and a layout part ways, for a person who wonders why it does not fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from parsers.columns import text
from parsers.layout import Attempted, Chain, Layout, Literal, Slot, Token, width

# A stranger's line of separators must not keep anyone waiting.
_MOST_STEPS = 2000
_MOST_ENDS = 32  # of one value
_MOST_BYTES = 1 << 16
# A value in a format with quotes, where a backslash protects one and where not.
_ESCAPED = re.compile(rb'(?:[^"\\]|\\["\\]|\\)*+')
_UNESCAPED = re.compile(rb'[^"]*+')
_FOUND_BYTES = 20  # that are quoted


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The furthest place to which a line can be read as a format has it."""

    # What was expected, after what, and what stands there instead.
    what: str
    # Offset of the place in the line, in bytes.
    at: int
    # The format as nginx.conf has it (its variables and literals), and the offset of what was
    # expected in it.
    format: str
    format_at: int


@dataclass(slots=True)
class _Walk:
    """One line along the tokens of a layout; keeps the furthest place that it came to."""

    layout: Layout
    line: bytes
    at: int = -1
    # Of the token that was expected there; one more than the last token's: the end of the line.
    number: int = 0

    def fits(self) -> bool:
        """Whether there is any way to cut the line as the format has it."""
        tokens = self.layout.tokens
        ways, tried = [(0, 0)], set[tuple[int, int]]()
        while ways and len(tried) < _MOST_STEPS:
            number, at = ways.pop()
            if (number, at) in tried:
                continue
            tried.add((number, at))
            if number == len(tokens):
                if at == len(self.line):
                    return True
                self._fail(number, at)
                continue
            ends = self._ends(number, at)
            ways += [(number + 1, end) for end in reversed(ends)]
        return False

    def _fail(self, number: int, at: int) -> list[int]:
        if at >= self.at:
            self.at, self.number = at, number
        return []

    def _ends(self, number: int, at: int) -> list[int]:
        """Where the token may end that begins at `at`; notes the place if it cannot."""
        tokens = self.layout.tokens
        token = tokens[number]
        if width(token):
            begins = _begins(token, self.line, at)
            return [at + width(token)] if begins else self._fail(number, at)
        assert isinstance(token, Slot)  # a literal has a width
        limit = self._limit(token, at)
        if number + 1 == len(tokens):
            return [limit]
        ends = list(islice(_places(tokens[number + 1], self.line, at, limit), _MOST_ENDS))
        return ends or self._fail(number + 1, limit)

    def _limit(self, slot: Slot, at: int) -> int:
        """The first byte that the value cannot hold."""
        end = len(self.line)
        if self.layout.quotes:
            value = _ESCAPED if self.layout.escapes else _UNESCAPED
            end = _end_of(value.match(self.line, at))
        if slot.holds:
            held = re.compile(b"[%b]*+" % re.escape(slot.holds))
            end = min(end, _end_of(held.match(self.line, at)))
        return end


def _end_of(match: re.Match[bytes] | None) -> int:
    assert match  # the patterns match nothing, too
    return match.end()


def _places(token: Token, line: bytes, at: int, limit: int) -> Iterator[int]:
    """Where between `at` and `limit` a token may begin."""
    if isinstance(token, Literal):
        while 0 <= (at := line.find(token.text, at)) <= limit:
            yield at
            at += 1
        return
    yield from (place for place in range(at, limit + 1) if _begins(token, line, place))


def mismatch(layout: Layout, line: bytes) -> Mismatch:
    """Find where `line`, which does not fit `layout`, parts from it."""
    line = line[:_MOST_BYTES]
    walk = _Walk(layout, line)
    if walk.fits():
        return _ambiguous(layout, line)
    what = f"expected {_expected(layout.tokens, walk.number)}, found {_found(line, walk.at)}"
    return _placed(layout, what, walk.at, walk.number)


def _ambiguous(layout: Layout, line: bytes) -> Mismatch:
    """A line that fits in more than one way, as a value holds what separates it from the next."""
    whole = b"\0".join(token.text for token in layout.tokens if isinstance(token, Literal))
    for first, _, between in _links(layout):
        literal = next(token for token in between if isinstance(token, Literal))
        if line.count(literal.text) > whole.count(literal.text):
            what = (
                f"{_quoted(literal.text)} stands more often than in the format, so that nothing "
                f"tells where ${first.name} ends"
            )
            at = line.rfind(literal.text)
            return _placed(layout, what, at, _number(layout, literal))
    slot = next(_uncertain_lists(layout), layout.slots[-1])
    what = f"nothing tells where ${slot.name} ends, for what follows looks like a part of it"
    return _placed(layout, what, max(0, line.rfind(b" : ")), layout.tokens.index(slot))


def _uncertain_lists(layout: Layout) -> Iterator[Slot]:
    for segment in layout.segments:
        for step in segment.forward:
            if isinstance(step, Attempted) and not step.redirects:
                yield step.slot


def _links(layout: Layout) -> Iterator[tuple[Slot, Slot, tuple[Token, ...]]]:
    """The slots that are told apart only by what separates them."""
    for segment in layout.segments:
        if isinstance(segment.rest, Chain):
            slots = segment.rest.slots
            yield from zip(slots, slots[1:], segment.rest.between, strict=False)


def _number(layout: Layout, literal: Literal) -> int:
    return next(
        number
        for number, token in enumerate(layout.tokens)
        if isinstance(token, Literal) and literal.text in token.text
    )


def _placed(layout: Layout, what: str, at: int, number: int) -> Mismatch:
    spelled = [_spelled(token, layout.tokens[at + 1 :]) for at, token in enumerate(layout.tokens)]
    return Mismatch(what, at, "".join(spelled), len("".join(spelled[:number])))


def _spelled(token: Token, behind: tuple[Token, ...]) -> str:
    if isinstance(token, Literal):
        return text(token.text)
    follows = behind[0] if behind else None
    braces = isinstance(follows, Literal) and (text(follows.text)[:1].isalnum())
    return f"${{{token.name}}}" if braces else f"${token.name}"


def _expected(tokens: tuple[Token, ...], number: int) -> str:
    before = next(
        (f" after ${token.name}" for token in tokens[:number][::-1] if isinstance(token, Slot)),
        " at the start",
    )
    if number == len(tokens):
        return f"the end of the line{before}"
    token = tokens[number]
    if isinstance(token, Literal):
        return _quoted(token.text) + before
    digits = " of digits" if set(token.shape) == {ord("d")} else ""
    return f"${token.name}, which is {width(token)} bytes{digits},{before}"


def _found(line: bytes, at: int) -> str:
    return _quoted(line[at : at + _FOUND_BYTES]) if at < len(line) else "the end of the line"


def _quoted(raw: bytes) -> str:
    return f"'{text(raw)}'"


def _begins(token: Token, line: bytes, at: int) -> bool:
    if isinstance(token, Literal):
        return line.startswith(token.text, at)
    if len(line) - at < len(token.shape):
        return False
    return all(
        each in (ord("_"), octet) or (each == ord("d") and chr(octet).isdigit())
        for each, octet in zip(token.shape, line[at:], strict=False)
    )
