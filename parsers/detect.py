"""Which format a log has, from its first lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from parsers.batch import Parser
from parsers.block import Block
from parsers.loose import PLAIN, loose_rows
from parsers.plain import PlainParser

# Lines that decide; more would only cost.
_SAMPLE_LINES = 200
# The share of records that must fit before a format is believed.
ENOUGH = 0.6
# Whether a line states a time at all is asked of it: of which year does not matter.
_ANY_TIME = PlainParser(reference=lambda: datetime(2024, 12, 31, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The format chosen, and how much of the sample fitted it (0 to 1)."""

    parser: Parser
    share: float


def detect(head: bytes, candidates: Iterable[Parser], otherwise: Parser) -> Verdict:
    """
    Choose the candidate that the most lines of `head` fit; the earlier one if several tie.

    `otherwise` is chosen if fewer than 60 % of the lines fit any of them.
    """
    best = best_of(head, candidates)
    return best if best and best.share >= ENOUGH else Verdict(otherwise, 1.0)


def best_of(head: bytes, candidates: Iterable[Parser]) -> Verdict | None:
    """The candidate that the most lines of `head` fit, however few; None: no line fits any."""
    head = sample(head)
    best: Verdict | None = None
    for parser in candidates:
        share = share_of(parser, head)
        if share > (best.share if best else 0.0):
            best = Verdict(parser, share)
        if share == 1.0:
            break
    return best


def sample(head: bytes) -> bytes:
    """The lines that decide."""
    return b"".join(head.splitlines(keepends=True)[:_SAMPLE_LINES])


def share_of(parser: Parser, sample: bytes) -> float:
    """The share of the records of a sample that fit a format, 0 to 1."""
    if not sample:
        return 0.0
    batch = parser.parse(Block(sample))
    records = len(batch)
    fits = batch.parsed & ~loose_rows(batch)
    if not isinstance(parser, PlainParser):  # what a format reads as plain text does not fit it
        formats = batch.format_of()
        fits &= ~np.array([name == PLAIN for name in formats.names], np.bool_)[formats.codes]
    fitting = np.flatnonzero(fits)
    if fitting.size and batch.select(fitting[:1]).column("time").values() == [None]:
        plain = _ANY_TIME.parse(Block(sample))
        alone = _ANY_TIME.parse(Block(batch.record(int(fitting[0]))))
        if alone.column("time").values()[0] is not None:
            return 0.0  # it does not see the time that is there
        # Without a time a line can look like a record by chance, and what follows would be joined
        # to it: so that must look like the rest of a record, too.
        records = max(records, len(plain))
    return float(fitting.size / records) if records else 0.0


def ranking(head: bytes, candidates: Iterable[Parser], otherwise: Parser) -> list[Verdict]:
    """All candidates that any line of `head` fits, the chosen one first, for people to see why."""
    head = sample(head)
    tried = [Verdict(parser, share_of(parser, head)) for parser in candidates]
    fitting = sorted((each for each in tried if each.share), key=lambda each: -each.share)
    if fitting and fitting[0].share >= ENOUGH:
        return fitting
    return [Verdict(otherwise, 1.0), *fitting]
