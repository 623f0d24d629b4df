"""Where the slots of a format end: its tokens compiled to a layout."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from parsers.layout import (
    Attempted,
    Chain,
    Group,
    Layout,
    Literal,
    Search,
    Segment,
    Slot,
    Step,
    Token,
    TouchingError,
    width,
)
from parsers.layout_pattern import line_pattern
from parsers.words import REACH

# Each file whose format nobody named tries them all: some 110, and those of the configuration.
_MOST_KEPT = 512


def compile_layout(tokens: Sequence[Token], *, escapes: bool = True) -> Layout:
    """
    Compile the tokens of a format.

    Raises ValueError if two slots of unknown width touch, so that nobody can tell where one ends.
    """
    return _compiled(tuple(tokens), escapes)


@lru_cache(maxsize=_MOST_KEPT)
def _compiled(tokens: tuple[Token, ...], escapes: bool) -> Layout:
    slots = tuple(token for token in tokens if isinstance(token, Slot))
    pieces = _split_at_quotes(tokens)
    segments = tuple(_with_proof(_segment(piece)) for piece in pieces)
    pattern = line_pattern(segments, escapes=escapes)
    # The gathers of the vector path may reach this far beyond a row, see words.REACH.
    reach = max(sum(map(_reach, piece)) for piece in pieces)
    backslash = any(isinstance(token, Literal) and b"\\" in token.text for token in tokens)
    vectorised = reach < REACH // 2 and len(segments) % 2 == 1 and not backslash
    return Layout(tokens, slots, segments, pattern, vectorised, escapes, _alike(slots, segments))


def _with_proof(segment: Segment) -> Segment:
    """Lists that may be followed by what looks like more of them, with another one beside each."""
    forward = list(segment.forward)
    for number, step in enumerate(forward):
        if isinstance(step, Attempted) and not step.redirects:
            earlier = [each for each in forward[:number] if isinstance(each, Attempted)]
            sure = [each.slot.name for each in earlier if each.redirects]
            forward[number] = replace(step, like=sure[0] if sure else "")
    return replace(segment, forward=tuple(forward))


def _alike(slots: Sequence[Slot], segments: Sequence[Segment]) -> tuple[tuple[int, int], ...]:
    names = [slot.name for slot in slots]
    return tuple(
        (slots.index(step.slot), names.index(step.like))
        for segment in segments
        for step in segment.forward
        if isinstance(step, Attempted) and step.like
    )


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


def _segment(tokens: list[Token]) -> Segment:
    left = list(tokens)
    backward: list[Step] = []
    while left and width(left[-1]):
        backward.append(left.pop())
    forward: list[Step] = []
    while not _is_rest(left) and (taken := _first(left)):
        step, count = taken
        forward.append(step)
        del left[:count]
    while not _is_rest(left) and (taken := _last(left)):
        step, count = taken
        backward.append(step)
        del left[-count:]
    rest = _rest(left)
    return Segment(tuple(forward), tuple(backward), rest)


def _is_rest(left: list[Token]) -> bool:
    return not left or (len(left) == 1 and not width(left[0]))


def _first(left: list[Token]) -> tuple[Step, int] | None:
    """What can be taken from the left, and how many tokens it is."""
    slot, behind = left[0], left[1] if len(left) > 1 else None
    if width(slot):
        return slot, 1
    assert isinstance(slot, Slot)  # a literal has a width
    if isinstance(behind, Literal):
        if not _may_hold(slot, behind.text[0]):
            return Search(slot, behind.text[0]), 1
        if slot.listed and behind.text[0] == ord(" ") and behind.text[:2] != b" :":
            return Attempted(slot, not _may_begin_with_colon(left[1:])), 1
    if isinstance(behind, Slot) and behind.begins:
        stop = behind.begins[0]
        # A URI without a path begins with its query instead.
        if not _may_hold(slot, stop) and not _may_hold(slot, ord("?")):
            return Search(slot, stop, never=b"?"), 1
    for count in range(2, len(left)):
        token = left[count]
        if isinstance(token, Literal) and not _any_may_hold(left[:count], token.text[0]):
            return Group(_segment(left[:count]), token.text[0]), count
    return None


def _last(left: list[Token]) -> tuple[Step, int] | None:
    """What can be taken from the right, and how many tokens it is."""
    slot, before = left[-1], left[-2]
    if width(slot):
        return slot, 1
    assert isinstance(slot, Slot)
    if slot.least:  # its padding may be what separates it
        return None
    if isinstance(before, Literal) and not _may_hold(slot, before.text[-1]):
        return Search(slot, before.text[-1]), 1
    for count in range(2, len(left)):
        token = left[-count - 1]
        if isinstance(token, Literal) and not _any_may_hold(left[-count:], token.text[-1]):
            return Group(_segment(left[-count:]), token.text[-1]), count
    return None


def _may_hold(token: Token, octet: int) -> bool:
    if isinstance(token, Literal):
        return octet in token.text
    return bool(token.shape) or token.holds is None or octet in token.holds


def _any_may_hold(tokens: Sequence[Token], octet: int) -> bool:
    return any(_may_hold(token, octet) for token in tokens)


def _may_begin_with_colon(behind: Sequence[Token]) -> bool:
    """Whether what stands behind a list may look like another part of it, ` : …`."""
    literal, follows = behind[0], behind[1] if len(behind) > 1 else None
    if not isinstance(literal, Literal) or literal.text != b" ":
        return False
    return isinstance(follows, Slot) and follows.holds is None and not follows.shape


def _rest(left: list[Token]) -> Slot | Chain | None:
    slots: list[Slot] = []
    between: list[list[Token]] = []
    for number, token in enumerate(left):
        if isinstance(token, Slot) and not _separates(left, number):
            slots.append(token)
            between.append([])
        else:
            between[-1].append(token)
    for number, tokens in enumerate(between[:-1]):
        if not any(isinstance(token, Literal) for token in tokens):
            raise TouchingError(slots[number], slots[number + 1])
    if len(slots) > 1:
        return Chain(tuple(slots), tuple(map(tuple, between[:-1])))
    return slots[0] if slots else None


def _separates(left: list[Token], number: int) -> bool:
    """Whether a slot of fixed width is no link of a chain, but a part of what separates two."""
    slot = left[number]
    if not isinstance(slot, Slot) or not slot.shape:
        return False
    # A time holds separators itself.
    timed = len(slot.shape) > 1 and b"_" in slot.shape
    return timed or any(isinstance(each, Slot) for each in (left[number - 1], left[number + 1]))


def _reach(token: Token) -> int:
    return width(token) or (token.least if isinstance(token, Slot) else 0)
