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
    width,
)
from parsers.separators import anchor, overlaps
from parsers.words import Bools, Ints, Octets

_DIGIT, _ANY = b"d_"  # in the shape of a slot
_SPACE, _COMMA = b" ,"
_REDIRECT = b" : "
# Rows in which a list is longer, or a separator's rarest byte stands more often where it is not,
# are left to the exact path.
_MOST_ATTEMPTS = 16
_MOST_LOOKS = 16

Spans = tuple[Ints, Ints]
Named = tuple[str, Spans]
Between = tuple[Token, ...]


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
        case Search(slot, stop, never):
            end = rows.octets.find(stop, left + slot.least, right)
            for octet in never:
                rows.fits[rows.octets.find(octet, left, end) < end] = False
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
    """Slots that may hold anything: each ends where its separator stands first, and only once."""
    fits = rows.fits
    before: Between | None = None
    for slot, between in zip(chain.slots, chain.between, strict=False):
        end = _find_separator(between, rows, left + slot.least, right)
        fits &= end < right
        yield from _link(slot, rows, (left, end), before)
        for shift in overlaps(between):
            fits &= ~_stands(between, rows.octets, end + shift)
        left = end
        for token in between:
            stop = left + width(token)
            yield from _take(token, rows, (left, stop))
            left = stop
        before = between
    yield from _link(chain.slots[-1], rows, (left, right), before, last=True)


def _link(
    slot: Slot, rows: Rows, span: Spans, before: Between | None, *, last: bool = False
) -> Iterator[Named]:
    """A slot of a chain; clears the rows in which the separator before it stands once more."""
    left, right = span
    fits = rows.fits
    fits &= (right - left == width(slot)) if slot.shape else (left + slot.least <= right)
    if before:
        # One that begins in the slot may reach into the separator behind it, but not beyond a line.
        size = sum(map(width, before))
        again = _find_separator(before, rows, left, right if last else right + size)
        fits &= (again >= right) | (last & (again + size > right))
    if slot.shape:
        list(_take(slot, rows, span))
    yield slot.name, span


def _find_separator(between: Between, rows: Rows, left: Ints, right: Ints) -> Ints:
    """Where the separator starts first, by its rarest byte; `right` if it is not there."""
    octets, fits = rows.octets, rows.fits
    octet, offset = anchor(between)
    at = octets.find(octet, left + offset, right)
    unlike = np.flatnonzero((at < right) & ~_stands(between, octets, at - offset))
    for _ in range(_MOST_LOOKS):
        if not unlike.size:
            break
        at[unlike] = octets.find(octet, at[unlike] + 1, right[unlike])
        found = (at < right)[unlike] & ~_stands(between, octets, (at - offset)[unlike])
        unlike = unlike[found]
    fits[unlike] = False  # the exact path decides
    return np.where(at < right, at - offset, right)


def _stands(between: Between, octets: Octets, at: Ints) -> Bools:
    probe = Rows(octets, np.ones(len(at), np.bool_))
    for token in between:
        stop = at + width(token)
        list(_take(token, probe, (at, stop)))
        at = stop
    return probe.fits
