"""Lines in the frame of a container runtime or of syslog, parsed as what the program wrote."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

import numpy as np

from parsers.apart import parse_apart
from parsers.batch import Batch, Parser, whole_lines
from parsers.block import Block
from parsers.columns import Column, Labels, Objects, Value
from parsers.frames import Frame, Unwrapped
from parsers.level_marks import with_priority
from parsers.levels import severities
from parsers.lines import Lines, lines_of
from parsers.merged import MERGER, Piece, merge
from parsers.plain import PlainParser
from parsers.prefixes import COLOURED, FRAMES, without_commands
from parsers.severity import Severity
from parsers.stamps import Stamps
from parsers.times import Times
from parsers.timestamps import iso_time, with_year_of
from parsers.words import Bools, Ints, Octets, positions

# A record of several lines is over when so many lines of other streams are behind it, or one that
# was taken so much later: a program writes a record at once.
_OVER_LINES = 64
_OVER_S = 2.0
# How far back `complete` looks for the last records.
_TAIL_BYTES = 1 << 15
# How often a place to cut at is moved to before a record of another stream.
_MOST_MOVES = 16
_SAMPLE_LINES = 50
_TIME = "//time"  # the hidden column of the frame's times; no field has such a name
STREAM = "stream"


@dataclass(frozen=True, slots=True)
class FramedParser:
    """
    Takes the frame off and gives what each stream wrote to a parser of its own.

    Partial lines are joined by stream, so that two streams cannot break each other's records.
    Rows are in the order in which their records begin on disk, and say where that is.
    """

    frame: Frame
    # By the name of the stream; `otherwise` for those that were not seen when it was chosen.
    inner: Mapping[str, Parser]
    otherwise: Parser
    # Of the frame's times, see `Options`.
    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None
    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the frame; events say the format of what is in it. Colours have none."""
        within = self.inner.get(COLOURED.name)
        return within.name if self.frame is COLOURED and within else self.frame.name

    def complete(self, raw: bytes) -> int:
        """The lines before the first that belongs to a record which may go on, in any stream."""
        whole = whole_lines(raw)
        start = raw.rfind(b"\n", 0, max(0, whole - _TAIL_BYTES)) + 1
        done = self._complete(raw[start:whole])
        return start + done if done or not start else self._complete(raw[:whole])

    def _complete(self, raw: bytes) -> int:
        lines = lines_of(Octets(raw))
        unwrapped = self.frame.unwrap(lines)
        pairs = [
            (_stream(unwrapped, number), self._parser(name))
            for number, name in enumerate(unwrapped.names)
        ]
        streams = [(stream, parser) for stream, parser in pairs if stream.rows.size]
        open_rows = [
            stream.open_row(parser)
            for stream, parser in streams
            if not self._is_over(lines, unwrapped, int(stream.rows[-1]))
        ]
        open_rows += self._open_by_writer(lines, unwrapped)
        end = min((row for row in open_rows if row >= 0), default=len(lines))
        for _ in range(_MOST_MOVES):
            # A record of another stream may lie on both sides of that line.
            moved = min((each.row_before(end, parser) for each, parser in streams), default=end)
            if moved == end:
                return int(lines.starts[end]) if end < len(lines) else len(raw)
            end = moved
        return 0

    def _open_by_writer(self, lines: Lines, unwrapped: Unwrapped) -> list[int]:
        """Where the last record of each writer begins, if it may go on."""
        writers, further = unwrapped.writers, unwrapped.further
        if writers is None or further is None:
            return []
        recent = max(0, len(writers) - _OVER_LINES)
        last = {writer: row for row, writer in enumerate(writers[recent:].tolist(), start=recent)}
        begun = np.flatnonzero(~further)
        heads = dict(zip(writers[begun].tolist(), begun.tolist(), strict=True))
        return [
            heads[writer]
            for writer, row in last.items()
            if writer in heads and writer >= 0 and not self._is_over(lines, unwrapped, row)
        ]

    def _is_over(self, lines: Lines, unwrapped: Unwrapped, row: int) -> bool:
        """Whether the record that the line `row` ends can get no more lines."""
        last = len(unwrapped.stream) - 1
        if last - row >= _OVER_LINES:
            return True
        times = self._times(lines, unwrapped).take(np.array([row, last], np.int64)).values()
        try:
            begun, now = (datetime.fromisoformat(str(time)[:19]) for time in times)
        except ValueError:
            return False
        return (now - begun).total_seconds() >= _OVER_S

    def _times(self, lines: Lines, unwrapped: Unwrapped) -> Column:
        times = unwrapped.times
        if isinstance(times, Stamps):
            return Times(lines.octets, times, self.zone, self.reference)
        return times

    def _parser(self, stream: str) -> Parser:
        return self.inner.get(stream, self.otherwise)

    def parse(self, block: Block) -> Batch:
        """Parse each stream, and put the records in the block's order."""
        lines = lines_of(Octets(block.raw))
        unwrapped = self.frame.unwrap(lines)
        pieces, raws = self._pieces(lines, unwrapped)
        batch = merge(block, Octets(b"".join(raws)), pieces)
        assert batch.offsets is not None or not pieces
        rows = np.searchsorted(lines.starts, batch.origins())
        columns = {**batch.columns, _TIME: self._times(lines, unwrapped).take(rows)}
        fields = {name: column.take(rows) for name, column in unwrapped.fields.items()}
        if len(unwrapped.names) > 1 and not fields:
            names = Labels(unwrapped.stream, (*unwrapped.names, None))
            fields = {STREAM: names.take(rows)} | fields
        batch = replace(batch, cutter=FrameCutter(tuple(fields)), columns=columns | fields)
        return _with_priority(batch, lines, rows) if self.frame.has_priority else batch

    def _pieces(self, lines: Lines, unwrapped: Unwrapped) -> tuple[list[Piece], list[bytes]]:
        pieces: list[Piece] = []
        raws: list[bytes] = []
        for number, name in enumerate(unwrapped.names):
            stream = _stream(unwrapped, number)
            if stream.rows.size:
                batch = self._read(name, stream, unwrapped.further if not number else None)
                pieces.append(_piece(batch, stream, lines, sum(map(len, raws))))
                raws.append(batch.octets.raw)
        bare = np.flatnonzero(~unwrapped.fits)
        if bare.size or not pieces:
            raw = lines.of(bare)
            batch = UNFRAMED.parse(Block(raw), self.frame.name)
            base, ones = sum(map(len, raws)), np.ones(len(batch), np.int64)
            offsets = lines.starts[bare]
            pieces.append(Piece(batch, batch.starts + base, batch.ends + base, ones, offsets))
            raws.append(raw)
        return pieces, raws

    def _read(self, name: str, stream: "_Stream", further: Bools | None) -> Batch:
        parser = self._parser(name)
        if not self.frame.shared or further is None:
            return parser.parse(Block(stream.raw))
        prose = PlainParser(self.zone, self.reference)
        return parse_apart(parser, prose, stream.raw, further[stream.rows])


@dataclass(frozen=True, slots=True)
class _Stream:
    """What one stream wrote."""

    raw: bytes
    # The lines on disk that hold it, and whether each ends a line of the program.
    rows: Ints
    ended: Bools
    # For each of the program's lines, where in `rows` it begins.
    first: Ints

    def open_row(self, parser: Parser) -> int:
        """The line on disk at which the last record begins that may go on; -1: none may."""
        bound = parser.complete(self.raw)
        done = min(self.raw.count(b"\n", 0, bound), int(self.ended.sum()))
        return int(self.rows[self.first[done]]) if done < len(self.first) else -1

    def row_before(self, end: int, parser: Parser) -> int:
        """`end`, or the line before it at which a record begins that goes on behind it."""
        at = int(np.searchsorted(self.rows, end))
        if at in (0, len(self.rows)):
            return end
        line = int(np.searchsorted(self.first, at, "right")) - 1
        if self.first[line] < at:
            return int(self.rows[self.first[line]])
        newlines = positions(self.raw, ord("\n"))
        bound = parser.complete(self.raw[: int(newlines[line]) + 1])
        if bound > newlines[line - 1]:
            return end
        return int(self.rows[self.first[self.raw.count(b"\n", 0, bound)]])


def _stream(unwrapped: Unwrapped, number: int) -> _Stream:
    rows = np.flatnonzero(unwrapped.stream == number)
    ended = unwrapped.ended[rows]
    texts = unwrapped.texts
    parts = [
        texts[row] + b"\n" if whole else texts[row]
        for row, whole in zip(rows.tolist(), ended.tolist(), strict=True)
    ]
    if rows.size and not ended[-1]:
        parts.append(b"\n")  # an unfinished line is a line
    first = np.flatnonzero(np.concatenate((np.ones(min(1, rows.size), np.bool_), ended[:-1])))
    return _Stream(without_commands(b"".join(parts)), rows, ended, first)


def _with_priority(batch: Batch, lines: Lines, rows: Ints) -> Batch:
    """The batch, whose records have the level of their syslog priority if they state none."""
    starts = lines.starts[rows]
    if not (lines.octets.bytes[starts] == ord("<")).any():
        return batch
    said = batch.column("level").labels()
    levels = with_priority(lines.octets, starts, said)
    severity, _ = severities(levels)
    unsaid = np.array([name is None for name in said.names] or [False], np.bool_)[said.codes]
    severity = np.where(unsaid & (levels.codes != said.codes), severity, batch.severity)
    return replace(batch, severity=severity, columns={**batch.columns, "level": levels})


def _piece(batch: Batch, stream: _Stream, lines: Lines, base: int) -> Piece:
    count = batch.line_counts()
    begin = np.cumsum(count) - count
    if batch.offsets is not None:  # a frame within the frame, whose streams may be interleaved
        newlines = positions(stream.raw, ord("\n"))
        begin = np.searchsorted(newlines, batch.offsets)
    bounds = np.append(stream.first, len(stream.rows))
    first, behind = bounds[begin], bounds[np.minimum(begin + count, len(stream.first))]
    offsets = lines.starts[stream.rows[first]]
    return Piece(batch, batch.starts + base, batch.ends + base, behind - first, offsets)


@dataclass(frozen=True, slots=True)
class FrameCutter:
    """Cuts fields from what is in the frame; the time, where that has none, from the frame."""

    framed: tuple[str, ...]

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a field of the formats in the frame."""
        column = MERGER.cut(batch, name)
        if name != "time":
            return column
        values = [None if each is None else str(each) for each in column.values()]
        framed = [str(each) for each in batch.columns[_TIME].values()]
        pairs = enumerate(zip(values, framed, strict=True))
        # Nearly all are of the year that the frame states, and need no second look.
        rows = [row for row, (own, frame) in pairs if own is None or own[:4] != frame[:4]]
        if not rows:
            return column
        read = iso_time(None)
        for row in rows:
            own, frame = values[row], read(framed[row].encode())
            if own and frame:
                values[row] = with_year_of(frame, own, batch.record(row))
            else:
                values[row] = own or frame
        return Objects(list(values))

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """What each row's own format says, and the frame."""
        columns = [batch.columns[name].values() for name in self.framed]
        said = MERGER.field_dicts(batch)
        for fields, values in zip(said, zip(*columns, strict=True), strict=bool(columns)):
            for name, value in zip(self.framed, values, strict=True):
                if value is not None:
                    fields.setdefault(name, value)
        return said


@dataclass(frozen=True, slots=True)
class Unframed:
    """Lines that have no frame in a log of framed lines: unparsed."""

    def parse(self, block: Block, name: str) -> Batch:
        """Each line as an unparsed record."""
        lines = lines_of(Octets(block.raw))
        count = len(lines)
        severity = np.full(count, int(Severity.INFO), np.uint8)
        fits = np.zeros(count, np.bool_)
        starts, ends = lines.starts, lines.ends
        return Batch(block, lines.octets, name, starts, ends, fits, severity, self)

    def cut(self, batch: Batch, name: str) -> Column:
        """The whole line is the message."""
        if name == "message":
            return batch.records()
        if name in ("time", "level"):
            return Labels(np.zeros(len(batch), np.int64), (None,))
        raise KeyError(name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """Nothing: it fitted no frame."""
        return [{} for _ in range(len(batch))]


UNFRAMED = Unframed()


def frame_of(head: bytes) -> Frame | None:
    """The frame that the first lines of a log are in, if they are in any."""
    sample = head.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]
    lines = [line for line in sample if line]
    for frame in FRAMES if lines else ():
        framed = sum(bool(frame.head.match(line)) for line in lines)
        if framed / len(lines) >= frame.enough:
            return frame
    return None


def heads_in(frame: Frame, head: bytes) -> dict[str, bytes]:
    """What each stream wrote of the first lines of a log."""
    unwrapped = frame.unwrap(lines_of(Octets(head)))
    streams = dict.fromkeys(unwrapped.names, b"")
    for number, name in enumerate(unwrapped.names):
        streams[name] += _stream(unwrapped, number).raw
    return {name: raw for name, raw in streams.items() if raw}
