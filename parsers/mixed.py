"""A log in which lines of several formats stand side by side: each record finds its own parser."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from parsers.batch import Batch, Parser, whole_lines
from parsers.block import Block
from parsers.exceptions import TRACEBACK
from parsers.head_log import HeadParser
from parsers.json_lines import JsonParser
from parsers.klog import KlogParser
from parsers.lines import Lines, lines_of
from parsers.logfmt import LogfmtParser
from parsers.loose import loose_rows
from parsers.merged import WHERE, Piece, merge, parser_of, piece_of, where_of
from parsers.nginx_access import AccessParser
from parsers.nginx_error import NginxErrorParser
from parsers.offer import ACCESS, LINE_BY_LINE, Offer
from parsers.plain import PlainParser
from parsers.python_log import PythonParser
from parsers.server_log import ServerParser
from parsers.strangers import strangers
from parsers.words import Bools, Ints
from parsers.young import Young

# How far back `complete` looks for the last record of another format.
_TAIL_BYTES = 1 << 14
# Fewer lines say nothing about what a log has become.
_MIN_LINES = 4
# Each run of strays is parsed by itself, some half of a millisecond; more of them are unparsed.
_MOST_STRAYS = 1000
_STRAY = -2
# What stands between the records of such formats was written by people, for people: a traceback
# with which a service ends that logs JSON. In an access log it is a fault, and stays unparsed.
_SPEAKS = (HeadParser, PythonParser, JsonParser, LogfmtParser)
_WITH_PROSE = (*_SPEAKS, NginxErrorParser, KlogParser)
# Formats that would take lines of other programs for the rest of their records, or for broken ones.
_SHARED = (NginxErrorParser, KlogParser, AccessParser, PythonParser)


@dataclass(slots=True)
class MixedParser:
    """
    Reads a log of one format, and in it lines of others.

    `main` reads every block. Only what it leaves over (what does not fit, and what it would join
    to the record before) is offered to the others, by a test of its first bytes before any
    parsing; they take what states a time in their own form. A record goes on until the next line
    that begins one of any format. The format that most lines of a block have becomes `main` for
    the next, so that a log which changes its format costs no more for ever.
    """

    main: Parser
    others: tuple[Parser, ...]
    # Makes a further format from lines that fit none: that of the log may have changed.
    guess: Callable[[bytes], Parser | None] = lambda _lines: None
    # Reads what else a server writes that logs not only requests.
    prose: PlainParser | None = None
    # Chooses once more, while the log is younger than what a choice is made from; None: it is not.
    young: Young | None = None
    # Those of its formats; which they are is not known before the lines are.
    fields: tuple[str, ...] = ()
    # That of `main` when it was made: it names the log, whatever comes later.
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.main.name

    def complete(self, raw: bytes) -> int:
        """A record ends where one of any of the formats begins."""
        whole = whole_lines(raw)
        last = raw.rfind(b"\n", 0, max(0, whole - 1)) + 1
        line = self.main.parse(Block(raw[last:whole]))
        sure = len(line) and line.parsed.all() and not raw.startswith(TRACEBACK, last)
        if sure and not _is_plain(self.main):
            return last + self.main.complete(raw[last:whole])
        bound = self.main.complete(raw[:whole])
        # From the last record of `main` on, if it joins lines; else from somewhere before the end.
        headed = 0 < bound < whole
        start = bound if headed else raw.rfind(b"\n", 0, max(0, whole - _TAIL_BYTES)) + 1
        batch = self._parse(Block(raw[start:whole]))
        if len(batch):
            begin = start + int(batch.origins()[-1])
            done = begin + parser_of(batch, len(batch) - 1).complete(raw[begin:whole])
            if headed or done > start or not start:
                return done
        return bound

    def parse(self, block: Block) -> Batch:
        """Parse as `main` does, and what it leaves over as the others do."""
        batch = self._parse(block)
        if WHERE in batch.columns and len(batch) >= _MIN_LINES:
            self._settle(batch)
        if self.young:
            self._grow(self.young, block.raw)
        return batch

    def _grow(self, young: Young, raw: bytes) -> None:
        """From the next block on the format that the log has turned out to have is `main`."""
        main = young.chosen(raw)
        if main and main is not self.main:
            rest = (self.main, *self.others)
            self.others = tuple(each for each in rest if each is not main and not _is_plain(each))
            self.main = main
        if young.is_grown:
            self.young = None

    def _parse(self, block: Block) -> Batch:
        batch = self.main.parse(block)
        if block.truncated or _is_whole(batch):
            return batch
        lines = lines_of(batch.octets)
        owner, parsers = self._owners(batch, lines)
        carried = _carried(owner)
        prose = self._prose()
        strays = _strays(owner, carried, parsers, lines) if prose else []
        if not strays and not (owner > 0).any():
            return batch
        pieces = [piece_of(prose, lines, rows) for rows in strays if prose]
        for rows in strays:
            carried[rows] = _STRAY
        return _regrouped(batch, lines, carried, parsers, pieces)

    def _prose(self) -> PlainParser | None:
        """What reads lines that are in no format, if the program of the log writes such."""
        if isinstance(self.main, PlainParser):
            return self.main
        return self.prose if isinstance(self.main, _WITH_PROSE) or _talks(self.main) else None

    def _settle(self, batch: Batch) -> None:
        """
        Remember what the block was made of: its formats are asked first from now on.

        The one that has more than half of the lines that fit becomes `main`.
        """
        where = where_of(batch)
        count = np.where(batch.parsed, batch.line_counts(), 0)
        lines = np.bincount(where.batch, count, len(where.batches))
        if isinstance(self.main, _SHARED):
            # What other programs write for a while does not make the log theirs.
            lines[[_is_plain(each.cutter) for each in where.batches]] = 0
        found = [cast(Parser, where.batches[at].cutter) for at in np.argsort(-lines).tolist()]
        main = found[0] if lines.max() * 2 > lines.sum() else self.main
        rest = (self.main, *self.others)
        known = [*found, *(each for each in rest if not any(each is one for one in found))]
        self.main = main
        self.others = tuple(each for each in known if each is not main and not _is_plain(each))

    def _owners(self, batch: Batch, lines: Lines) -> tuple[Ints, Sequence[Parser]]:
        """For each line the number of the format of which it begins a record (-1: none), and it."""
        owner = np.full(len(lines), -1)
        count = batch.line_counts()
        owner[(np.cumsum(count) - count)[batch.parsed]] = 0
        left = (owner < 0) | _is_plain(self.main)
        # What is only known by its time may be known better.
        left[(np.cumsum(count) - count)[loose_rows(batch)]] = True
        offer = Offer(lines, left & (lines.ends > lines.starts) & ~_is_blank(lines))
        parsers = [self.main]
        for parser in self._asked(offer):
            owner[offer.taken(parser)] = len(parsers)
            parsers.append(parser)
        if self.prose and isinstance(self.main, _SHARED):
            rows = np.flatnonzero(offer.open)
            # Python logs tracebacks, and they belong to what it logged; nginx never does.
            logs = np.array([isinstance(each, _SPEAKS) for each in parsers], np.bool_)
            may_crash = ~logs[_carried(owner)[rows]]
            rows = strangers(lines, rows, np.flatnonzero(owner >= 0), may_crash)
            owner[rows] = len(parsers)
            parsers.append(self.prose)
            if rows.size and isinstance(self.main, AccessParser):
                owner[_drifted(self.prose, lines, owner, len(parsers) - 1)] = 0
        return owner, parsers

    def _asked(self, offer: Offer) -> Iterator[Parser]:
        """The formats that lines of another may have, as long as any line is left."""
        yield from self.others
        rest = offer.fitting(ACCESS)
        guessed = self.guess(offer.lines.of(rest)) if rest.size >= _MIN_LINES else None
        if guessed:
            yield guessed
        if self.prose and _talks(self.main):
            yield self.prose


def _drifted(prose: PlainParser, lines: Lines, owner: Ints, stranger: int) -> Ints:
    """Lines behind a stranger's that do not go on with it: the log's own, gone wrong."""
    carried = _carried(owner)
    rows = np.flatnonzero((owner < 0) & (carried == stranger))
    begins = prose.heads(lines.octets, lines.starts[rows], lines.ends[rows])
    drifted: Ints = rows[begins]
    return drifted


def _talks(parser: Parser) -> bool:
    """Whether it is the log of a server that writes not only requests to it."""
    return isinstance(parser, ServerParser) and parser.server.talks


def _is_plain(parser: object) -> bool:
    return isinstance(parser, PlainParser)


def _is_whole(batch: Batch) -> bool:
    """Whether every line fitted and begins a record of its own: then nothing is left over."""
    lines = batch.lines
    joined = lines is not None and int(lines.sum()) > len(batch)
    alike = batch.formats is None
    return not _is_plain(batch.cutter) and not joined and alike and bool(batch.parsed.all())


def _is_blank(lines: Lines) -> Bools:
    """Lines that begin with a blank go on with the record before them, in every format."""
    first = lines.octets.bytes[lines.starts]
    blank: Bools = (first == ord(" ")) | (first == ord("\t"))
    return blank


def _carried(owner: Ints) -> Ints:
    """The format of every line: that of the last line before it that begins a record."""
    last = np.maximum.accumulate(np.where(owner >= 0, np.arange(len(owner)), -1))
    carried: Ints = np.where(last >= 0, owner[last], 0)
    return carried


def _strays(owner: Ints, carried: Ints, parsers: Sequence[Parser], lines: Lines) -> Sequence[Ints]:
    """Runs of lines that go on with no record: before the first one, or behind a request."""
    single = np.array([isinstance(each, LINE_BY_LINE) for each in parsers], np.bool_)
    broken = lines.octets.bytes[lines.starts] == ord("{")  # JSON that is not whole is no text
    stray = (owner < 0) & ~broken & (single[carried] | (np.cumsum(owner >= 0) == 0))
    edges = np.flatnonzero(np.diff(stray, prepend=False, append=False)).reshape(-1, 2)
    filled = np.cumsum(np.append(0, lines.ends > lines.starts))
    says = filled[edges[:, 1]] > filled[edges[:, 0]]  # blank lines by themselves say nothing
    return [np.arange(start, stop) for start, stop in edges[says][:_MOST_STRAYS].tolist()]


def _regrouped(
    batch: Batch, lines: Lines, owner: Ints, parsers: Sequence[Parser], strays: Sequence[Piece]
) -> Batch:
    """Put the records of all formats in the block's order; most of `main` are parsed already."""
    pieces = [*_kept(batch, lines, owner), *strays]
    for number, parser in enumerate(parsers[1:], start=1):
        rows = np.flatnonzero(owner == number)
        pieces += _pieces(parser, lines, rows) if rows.size else []
    return merge(batch.block, lines.octets, pieces)


def _pieces(parser: Parser, lines: Lines, rows: Ints) -> list[Piece]:
    """The lines of a format, parsed together if none goes on with one before a gap then."""
    together = piece_of(parser, lines, rows)
    begun = np.cumsum(together.lines) - together.lines
    gaps = np.flatnonzero(np.diff(rows) > 1) + 1
    joined = gaps[~np.isin(gaps, begun)][:_MOST_STRAYS]
    if not joined.size:
        return [together]
    return [piece_of(parser, lines, part) for part in np.split(rows, joined)]


def _kept(batch: Batch, lines: Lines, owner: Ints) -> list[Piece]:
    """
    The records of `main`, each as far as the first line in it that another format took.

    Whole ones are not parsed anew without the lines of the others: one might join lines then that
    it was kept apart from.
    """
    count = batch.line_counts()
    first = np.cumsum(count) - count
    number = np.arange(len(owner))
    foreign = np.where(owner != 0, number, len(owner))
    foreign = np.minimum.accumulate(foreign[::-1])[::-1]  # the next one from each line on
    whole = foreign[first] >= first + count
    rows = np.flatnonzero(whole)
    part, parser = batch.select(rows), cast(Parser, batch.cutter)
    pieces = [Piece(part, part.starts, part.ends, count[rows])]
    cut = first[~whole & (owner[first] == 0)]
    own = _ranges(cut, foreign[cut])
    left = owner == 0
    left[own], left[_ranges(first[rows], (first + count)[rows])] = False, False
    if left.any():  # behind a line of another format, and yet not that one's
        pieces += _pieces(parser, lines, np.flatnonzero(left))
    if not cut.size:
        return pieces
    together = piece_of(parser, lines, own)
    if len(together.batch) == len(cut):  # each begins with a line that begins a record
        return [*pieces, together]
    return pieces + [piece_of(parser, lines, np.arange(at, foreign[at])) for at in cut.tolist()]


def _ranges(starts: Ints, stops: Ints) -> Ints:
    """All numbers of the ranges `[start, stop)`, one range after the other."""
    sizes = stops - starts
    offsets = np.cumsum(sizes) - sizes
    ranges: Ints = np.arange(int(sizes.sum())) + np.repeat(starts - offsets, sizes)
    return ranges
