"""Cutting one segment of all lines at once: each step of a layout as arithmetic on spans."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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
    overlaps,
    width,
)
from parsers.words import Bools, Ints, Octets

_DIGIT, _ANY = b"d_"  # in the shape of a slot
_SPACE, _COMMA = b" ,"
_REDIRECT = b" : "
# Rows in which a list is longer than this are left to the exact path, as are bytes to `memchr`.
_MOST_ATTEMPTS = 16
# From the rarest in addresses and browsers' names to what every one of them has.
_RARE = b"\t|~^`#&$@!{}<>'*?=[]:;,+_-()/. "

Spans = tuple[Ints, Ints]
Named = tuple[str, Spans]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are cut, and which of them still fit."""

    octets: Octets
    fits: Bools


def solve(segment: Segment, rows: Rows, left: Ints, right: Ints) -> Iterator[Named]:
    """Yield each slot's spans, in the format's order; clears `fits` where a line parts from it."""
    behind: list[list[Named]] = []
    for step in segment.backward:
        start, named = _from_right(step, rows, left, right)
        behind.append(named)
        right = start
    for step in segment.forward:
        end, named = _from_left(step, rows, left, right)
        yield from named
        left = end
    yield from _rest(segment.rest, rows, left, right)
    for named in reversed(behind):
        yield from named


def _from_right(step: Step, rows: Rows, left: Ints, right: Ints) -> tuple[Ints, list[Named]]:
    """Where the step starts that ends at `right`, and what it found."""
    if isinstance(step, Literal | Slot):
        start = right - width(step)
        return start, list(_take(step, rows, (start, right)))
    assert not isinstance(step, Attempted)  # lists are taken from the left only
    fits = rows.fits
    start = rows.octets.rfind(step.stop, left, right) + 1
    fits &= start > left
    if isinstance(step, Search):
        return start, [(step.slot.name, (start, right))]
    return start, list(solve(step.segment, rows, start, right))


def _from_left(step: Step, rows: Rows, left: Ints, right: Ints) -> tuple[Ints, list[Named]]:
    """Where the step ends that starts at `left`, and what it found."""
    match step:
        case Literal() | Slot():
            end = left + width(step)
            return end, list(_take(step, rows, (left, end)))
        case Search(slot, stop):
            end = rows.octets.find(stop, left + slot.least, right)
            found = [(slot.name, (left, end))]
        case Attempted(slot):
            end = _end_of_list(step, rows, left, right)
            found = [(slot.name, (left, end))]
        case Group(segment, stop):
            end = rows.octets.find(stop, left, right)
            found = list(solve(segment, rows, left, end))
    fits = rows.fits
    fits &= end < right
    return end, found


def _rest(rest: Slot | Chain | None, rows: Rows, left: Ints, right: Ints) -> Iterator[Named]:
    if isinstance(rest, Chain):
        yield from _chain(rest, rows, left, right)
        return
    fits = rows.fits
    if rest is None:
        fits &= left == right
        return
    fits &= left + rest.least <= right
    yield rest.name, (left, right)


def _take(token: Literal | Slot, rows: Rows, span: Spans) -> Iterator[Named]:
    octets, fits = rows.octets, rows.fits
    if isinstance(token, Literal):
        fits &= octets.literal(token.text, span[0])
        return
    for number, octet in enumerate(token.shape):
        if octet == _DIGIT:
            # uint8 wraps, so one comparison tells a digit from all that is below and above.
            fits &= octets.bytes[span[0] + number] - np.uint8(ord("0")) < 10
        elif octet != _ANY:
            fits &= octets.bytes[span[0] + number] == octet
    yield token.name, span


def _end_of_list(step: Attempted, rows: Rows, left: Ints, right: Ints) -> Ints:
    """The first space that is neither behind a comma nor around a colon."""
    octets, fits = rows.octets, rows.fits
    end = octets.find(_SPACE, left, right)
    for _ in range(_MOST_ATTEMPTS):
        redirect = octets.literal(_REDIRECT, end)
        if not step.redirects:
            fits &= ~redirect
        comma = octets.bytes[end - 1] == _COMMA
        more = np.flatnonzero((comma | redirect) & (end < right))
        if not more.size:
            return end
        behind = end[more] + np.where(comma[more], 1, len(_REDIRECT))
        end[more] = octets.find(_SPACE, np.minimum(behind, right[more]), right[more])
    fits[more] = False
    return end


def _chain(chain: Chain, rows: Rows, left: Ints, right: Ints) -> Iterator[Named]:
    """
    Slots that may hold anything, where each separator is found by its rarest byte.

    A slot that holds this byte once more may still be told apart: the exact path decides.
    """
    octets, fits = rows.octets, rows.fits
    before: _Anchor | None = None
    for slot, between in zip(chain.slots, chain.between, strict=False):
        octet, offset = _anchor(between)
        at = octets.find(octet, left + slot.least + offset, right)
        end = at - offset
        fits &= at < right
        _only_once(before, rows, end, fits)
        yield slot.name, (left, end)
        for shift in overlaps(between):
            fits &= ~_matches(between, rows, end + shift)
        left = end
        for token in between:
            stop = left + width(token)
            yield from _take(token, rows, (left, stop))
            left = stop
        before = _Anchor(octet, offset, at)
    last = chain.slots[-1]
    fits &= left + last.least <= right
    _only_once(before, rows, right, fits, last=True)
    yield last.name, (left, right)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The byte by which a separator was found, where in it that is, and where in each row."""

    octet: int
    offset: int
    at: Ints


def _only_once(
    anchor: _Anchor | None, rows: Rows, end: Ints, fits: Bools, *, last: bool = False
) -> None:
    """Clear the rows in which the separator before a slot may stand once more up to its `end`."""
    if anchor is None:
        return
    # Not at the line's end, one that begins in the slot may reach into the separator behind it.
    end = end if last else end + anchor.offset
    fits &= rows.octets.find(anchor.octet, anchor.at + 1, end) >= end


def _matches(between: tuple[Token, ...], rows: Rows, at: Ints) -> Bools:
    probe = Rows(rows.octets, np.ones(len(at), np.bool_))
    for token in between:
        stop = at + width(token)
        list(_take(token, probe, (at, stop)))
        at = stop
    return probe.fits


def _anchor(between: tuple[Token, ...]) -> tuple[int, int]:
    """The rarest byte of a separator, and where in it that stands."""
    octets = [
        (_RARE.find(octet) % (len(_RARE) + 1), octet, offset + number)
        for token, offset in zip(between, _offsets(between), strict=True)
        if isinstance(token, Literal)
        for number, octet in enumerate(token.text)
    ]
    _, octet, offset = min(octets)
    return octet, offset


def _offsets(between: tuple[Token, ...]) -> list[int]:
    return [sum(map(width, between[:number])) for number in range(len(between))]
