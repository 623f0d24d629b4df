"""A log in which lines of several formats stand side by side: each record finds its own parser."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from parsers.batch import Batch, Parser, line_spans, whole_lines
from parsers.block import Block
from parsers.json_lines import JsonParser
from parsers.klog import KlogParser
from parsers.logfmt import LogfmtParser
from parsers.loose import loose_rows
from parsers.merged import WHERE, Piece, merge, parser_of, where_of
from parsers.nginx_access import AccessParser
from parsers.nginx_error import NginxErrorParser
from parsers.plain import PlainParser
from parsers.python_log import PythonParser
from parsers.shapes import begins
from parsers.words import Bools, Ints, Octets, Words, positions

# How far back `complete` looks for the last record of another format.
_TAIL_BYTES = 1 << 14
_ACCESS = re.compile(rb"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] ")
_ASCTIME = re.compile(rb"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d")
# Before the request; a longer name of a host or user is none.
_LOOK_BYTES = 512
# What the lines of the other formats begin with.
_SHAPES: Mapping[type, Sequence[str]] = {
    NginxErrorParser: ("dddd/dd/dd dd:dd:dd [", "nginx: ["),
    KlogParser: ("_dddd dd:dd:dd.dddddd ",),
    JsonParser: ("{",),
    # What logfmt's writers begin with; `key=` of any other kind is too easily something else.
    LogfmtParser: ("time=", "ts=", "level=", "t=", "lvl=", "timestamp=", "severity=", "at="),
    PythonParser: ("dddd-dd-dd_dd:dd:dd", "[dddd-dd-dd_dd:dd:dd"),
}
# Fewer lines say nothing about what a log has become.
_MIN_LINES = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block: where each begins, where its text ends, where the next one begins."""

    octets: Octets
    starts: Ints
    ends: Ints
    stops: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, rows: Ints) -> bytes:
        """These lines as the bytes of a block of their own."""
        raw = self.octets.raw
        spans = zip(self.starts[rows].tolist(), self.stops[rows].tolist(), strict=True)
        return b"".join([raw[start:stop] for start, stop in spans])


def lines_of(octets: Octets) -> Lines:
    """Find the lines of a block."""
    starts, ends = line_spans(octets, positions(octets.raw, ord("\n")))
    return Lines(octets, starts, ends, np.append(starts, len(octets.raw))[1:])


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
        if len(line) and line.parsed.all() and not _is_plain(self.main):
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
        return batch

    def _parse(self, block: Block) -> Batch:
        batch = self.main.parse(block)
        if block.truncated or _is_whole(batch):
            return batch
        lines = lines_of(batch.octets)
        owner, parsers = self._owners(batch, lines)
        if not (owner > 0).any():
            return batch
        return _regrouped(batch, lines, _carried(owner), parsers)

    def _settle(self, batch: Batch) -> None:
        """
        Remember what the block was made of: its formats are asked first from now on.

        The one that has more than half of the lines that fit becomes `main`.
        """
        where = where_of(batch)
        count = np.where(batch.parsed, batch.line_counts(), 0)
        lines = np.bincount(where.batch, count, len(where.batches))
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
        for number, parser in enumerate(self.others, start=1):
            owner[offer.taken(parser)] = number
        rest = offer.fitting(AccessParser)
        guessed = self.guess(lines.of(rest)) if rest.size >= _MIN_LINES else None
        if guessed is None:
            return owner, (self.main, *self.others)
        owner[offer.taken(guessed)] = len(self.others) + 1
        return owner, (self.main, *self.others, guessed)


@dataclass(slots=True)
class Offer:
    """Lines that the formats of a mixed log are asked to take, one after the other."""

    lines: Lines
    open: Bools  # those not taken yet
    rows: Ints = field(init=False)  # those open at the beginning, and their first eight bytes
    first: Words = field(init=False)
    _fitting: dict[type, Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = np.flatnonzero(self.open)
        self.first = self.lines.octets.load(self.lines.starts[self.rows])

    def fitting(self, kind: type) -> Ints:
        """The lines left whose first bytes do not speak against a format."""
        if kind not in self._fitting:
            self._fitting[kind] = self.rows[_may_fit(kind, self.lines, self.rows, self.first)]
        rows = self._fitting[kind]
        return rows[self.open[rows]] if rows.size else rows

    def taken(self, parser: Parser) -> Ints:
        """Take the lines that begin a record of the parser's format."""
        rows = self.fitting(type(parser))
        if rows.size:
            batch = parser.parse(Block(self.lines.of(rows)))
            count = batch.line_counts()
            rows = rows[(np.cumsum(count) - count)[_certain(batch)]]
            self.open[rows] = False
        return rows


def _certain(batch: Batch) -> Ints:
    """The rows that fit; of JSON those that state a time or a level, as any text may be JSON."""
    fitting = np.flatnonzero(batch.parsed & ~loose_rows(batch))
    if isinstance(batch.cutter, JsonParser) and fitting.size:
        part = batch.select(fitting)
        stated = zip(part.column("time").values(), part.column("level").values(), strict=True)
        says = [time is not None or level is not None for time, level in stated]
        fitting = fitting[np.array(says, np.bool_)]
    return fitting


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


def _may_fit(kind: type, lines: Lines, rows: Ints, first: Words) -> Bools:
    """A cheap test by the form of a time, so that few lines are parsed in vain."""
    if issubclass(kind, AccessParser):
        return _with_access_time(lines, rows)
    octets, starts, ends = lines.octets, lines.starts[rows], lines.ends[rows]
    found = np.zeros(len(rows), np.bool_)
    for shape in _SHAPES.get(kind, ("",)):
        found |= begins(octets, starts, ends, shape, first=first)
    return found


def may_be_in(parser: Parser, raw: bytes) -> bool:
    """Whether lines of a format may be in `raw` at all: false if it writes a time and none is."""
    if not isinstance(parser, AccessParser | PythonParser):
        return True
    names = [slot.name for slot in parser.layout.slots]
    if "time_local" in names:
        return _ACCESS.search(raw) is not None
    return "asctime" not in names or _ASCTIME.search(raw) is not None


def _with_access_time(lines: Lines, rows: Ints) -> Bools:
    raw = lines.octets.raw
    # One byte is found in a hundredth of the time that two take (0.004 and 0.44 ms a 0.5 MB block).
    if b"]" not in raw or not _ACCESS.search(raw):
        return np.zeros(len(rows), np.bool_)
    search = _ACCESS.search
    spans = zip(lines.starts[rows].tolist(), lines.ends[rows].tolist(), strict=True)
    found = [bool(search(raw, start, min(end, start + _LOOK_BYTES))) for start, end in spans]
    return np.array(found, np.bool_)


def _carried(owner: Ints) -> Ints:
    """The format of every line: that of the last line before it that begins a record."""
    last = np.maximum.accumulate(np.where(owner >= 0, np.arange(len(owner)), -1))
    carried: Ints = np.where(last >= 0, owner[last], 0)
    return carried


def _regrouped(batch: Batch, lines: Lines, owner: Ints, parsers: Sequence[Parser]) -> Batch:
    """Put the records of all formats in the block's order; most of `main` are parsed already."""
    pieces = _kept(batch, lines, owner)
    for number, parser in enumerate(parsers[1:], start=1):
        rows = np.flatnonzero(owner == number)
        if rows.size:
            pieces.append(_piece(parser, lines, rows))
    return merge(batch.block, lines.octets, pieces)


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
    part = batch.select(rows)
    pieces = [Piece(part, part.starts, part.ends, count[rows])]
    cut = first[~whole & (owner[first] == 0)]
    if not cut.size:
        return pieces
    parser, own = cast(Parser, batch.cutter), _ranges(cut, foreign[cut])
    together = _piece(parser, lines, own)
    if len(together.batch) == len(cut):  # each begins with a line that begins a record
        return [*pieces, together]
    return pieces + [_piece(parser, lines, np.arange(at, foreign[at])) for at in cut.tolist()]


def _ranges(starts: Ints, stops: Ints) -> Ints:
    """All numbers of the ranges `[start, stop)`, one range after the other."""
    sizes = stops - starts
    offsets = np.cumsum(sizes) - sizes
    ranges: Ints = np.arange(int(sizes.sum())) + np.repeat(starts - offsets, sizes)
    return ranges


def _piece(parser: Parser, lines: Lines, rows: Ints) -> Piece:
    part = parser.parse(Block(lines.of(rows)))
    count = part.line_counts()
    first = np.cumsum(count) - count
    return Piece(part, lines.starts[rows[first]], lines.ends[rows[first + count - 1]], count)
