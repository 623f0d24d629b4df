"""A layout as one regular expression: the definition of which lines fit it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from parsers.layout import (
    Attempted,
    Chain,
    Group,
    Literal,
    Search,
    Segment,
    Slot,
    Step,
    Token,
    width,
)
from parsers.separators import overlaps


@dataclass(frozen=True, slots=True)
class _Values:
    """What a value may hold where it stands."""

    quotes: bool  # the format has quotes, so no value holds a bare one
    escapes: bool  # a backslash protects a quote or another backslash
    never: bytes = b""  # the bytes that end a group around it
    # What stands behind the segment is found from the right, so that values must give it back.
    given_back: bool = False

    def without(self, stop: int) -> "_Values":
        return replace(self, never=self.never + bytes([stop]))

    def octet(self, also_never: bytes = b"") -> bytes:
        """One byte, with the byte that it protects."""
        never = self.never + also_never + (b'"' if self.quotes else b"")
        if not (self.quotes and self.escapes) or b"\\" in never:
            return b"[^%b]" % re.escape(never) if never else b"."
        # A backslash that protects nothing is a byte like others, so it may be the last of a value.
        return rb'(?:[^\\%b]|\\["\\]|\\(?!["\\]))' % re.escape(never)

    def plain(self, also_never: bytes = b"") -> bytes:
        """One byte of a value in which nothing is protected."""
        never = self.never + also_never + (b'"' if self.quotes else b"")
        return b"[^%b]" % re.escape(never) if never else b"."


def line_pattern(segments: Sequence[Segment], *, escapes: bool) -> re.Pattern[bytes]:
    """The expression that a whole line must match; its groups are the slots in order."""
    values = _Values(len(segments) > 1, escapes)
    return re.compile(b'"'.join(_pattern(segment, values) for segment in segments), re.DOTALL)


def _pattern(segment: Segment, values: _Values) -> bytes:
    parts = [_step(step, values) for step in segment.forward]
    if isinstance(segment.rest, Chain):
        parts.append(_chain(segment.rest, values))
    elif segment.rest:
        many = b"*" if segment.backward or values.given_back else b"*+"
        parts.append(b"(%b{%d}%b%b)" % (values.plain(), segment.rest.least, values.octet(), many))
    back = replace(values, given_back=True)
    parts += [_step(step, back) for step in reversed(segment.backward)]
    return b"".join(parts)


def _step(step: Step, values: _Values) -> bytes:
    match step:
        case Literal() | Slot():
            return b"".join(_fixed(step, values, capture=True))
        case Search(slot, stop, never):
            many = b"*" if values.given_back else b"*+"
            octet = values.octet(bytes([stop]) + never)
            behind = b"(?=%b)" % re.escape(bytes([stop])) if never else b""
            return b"(%b{%d}%b%b)%b" % (values.plain(), slot.least, octet, many, behind)
        case Attempted(redirects=redirects, like=like) if redirects or like:
            item = values.plain(b" ")
            return b"((?:%b*+(?:(?<=,) | : ))*+%b*+)" % (item, item)
        case Attempted():
            item = values.plain(b" ")
            return b"((?:%b*+(?<=,) )*+%b*+)(?! : )" % (item, item)
        case Group(segment, stop):
            return _pattern(segment, values.without(stop))


def _fixed(token: Token, values: _Values, *, capture: bool) -> list[bytes]:
    if isinstance(token, Literal):
        return [re.escape(token.text)]
    octets = {ord("d"): b"[0-9]", ord("_"): values.plain()}
    shape = b"".join(octets.get(each, re.escape(bytes([each]))) for each in token.shape)
    return [b"(", shape, b")"] if capture else [shape]


def _chain(chain: Chain, values: _Values) -> bytes:
    separators = [_between(tokens, values, capture=False) for tokens in chain.between]
    parts: list[bytes] = []
    for number, slot in enumerate(chain.slots):
        beside = separators[max(0, number - 1) : number + 1]
        unless = b"(?!%b)" % b"|".join(dict.fromkeys(beside))
        last = number == len(separators)
        # What follows the chain is no part of a separator that begins in its last slot.
        free = sum(map(width, chain.between[-1])) - 1 if last else 0
        parts.append(_link(slot, unless, values, free))
        if not last:
            # One that begins within this one would be another way to cut the line.
            parts += [
                b"(?!.{%d}%b)" % (shift, separators[number])
                for shift in overlaps(chain.between[number])
            ]
            parts.append(_between(chain.between[number], values, capture=True))
    return b"".join(parts)


def _link(slot: Slot, unless: bytes, values: _Values, free: int) -> bytes:
    """A slot in which no separator begins, or but in its last `free` bytes."""
    if slot.shape:
        each = [Slot(slot.name, slot.shape[at : at + 1]) for at in range(len(slot.shape))]
        bound = len(each) - free
        octets = (
            (unless if at < bound else b"") + b"".join(_fixed(one, values, capture=False))
            for at, one in enumerate(each)
        )
        return b"(%b)" % b"".join(octets)
    rest = b"%b{0,%d}" % (values.octet(), free) if free else b""
    return b"(%b{%d}(?:%b%b)*%b)" % (values.plain(), slot.least, unless, values.octet(), rest)


def _between(tokens: Sequence[Token], values: _Values, *, capture: bool) -> bytes:
    return b"".join(part for token in tokens for part in _fixed(token, values, capture=capture))
