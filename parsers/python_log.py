"""Python's `logging` in any `%`-style format, with tracebacks joined to their records."""

import re
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from parsers import exceptions
from parsers.batch import Batch
from parsers.block import Block
from parsers.columns import Column, Labels, Objects, Texts, Value
from parsers.cutting import compile_layout
from parsers.layout import Layout, LayoutError, Literal, Slot, Token
from parsers.levels import severities
from parsers.loose import (
    begin_with_time,
    begins_with_crash,
    crashes,
    is_mild,
    marked,
    with_stated,
)
from parsers.records import Records, complete_before_last, join
from parsers.scan import cut
from parsers.severity import Severity, severity_of
from parsers.stamps import find_stamps
from parsers.times import Times
from parsers.words import Bools, Ints, Octets, Octets8

BASIC = "%(levelname)s:%(name)s:%(message)s"  # logging.BASIC_FORMAT
# Formats in wide use, the more telling first; detection takes the one that most lines fit.
COMMON_FORMATS = (
    BASIC,
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "%(asctime)s - %(levelname)s - %(message)s",
    "%(asctime)s %(levelname)s %(name)s: %(message)s",
    "%(asctime)s [%(levelname)s] %(name)s: %(message)s",
    "%(asctime)s %(name)s %(levelname)s %(message)s",
    "%(asctime)s [%(levelname)s] %(message)s",
    "%(asctime)s %(levelname)-8s %(message)s",
    "%(asctime)s %(levelname)s %(message)s",
    "%(asctime)s:%(levelname)s:%(name)s:%(message)s",
    "[%(asctime)s] %(levelname)s in %(module)s: %(message)s",
    "[%(asctime)s] [%(levelname)s] %(name)s: %(message)s",
    "[%(name)s][%(levelname)-6s] %(message)s",
    "[%(levelname)s] %(name)s: %(message)s",
    "[%(levelname)s] %(message)s",
    "%(levelname)s: %(name)s: %(message)s",
    "%(levelname)s %(name)s: %(message)s",
    "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s",
)
# Source: https://docs.python.org/3/library/logging.html#logrecord-attributes
_PERCENT = re.compile(r"%\((\w+)\)[-+ #0]*(\d*)(?:\.\d+)?[a-zA-Z]|%%")
# The other two styles: https://docs.python.org/3/library/logging.html#logging.Formatter
_BRACE = re.compile(r"\{(\w+)(?:![rsa])?(?::[^0-9{}]?[<>^=]?[-+ #0]?(\d*)[^{}]*)?\}|\{\{|\}\}")
_DOLLAR = re.compile(r"\$(?:\{(\w+)\}|(\w+))|\$\$")
_ASCTIME = b"dddd-dd-dd_dd:dd:dd_ddd"  # 2021-01-22 14:59:12,123
_INTEGERS = ("lineno", "process", "thread", "levelno", "msecs", "relativeCreated")
_PAD_DIGITS = 3  # a longer padding is a slip of the finger
# Python's own complaint about a log call that could not be formatted (Handler.handleError).
_LOGGING_ERROR = b"--- Logging error ---"


@dataclass(frozen=True, slots=True)
class PythonParser:
    """Reads one `%`-style format; build it with `python_parser`."""

    layout: Layout
    # The parts of the format that are fields.
    slots: tuple[str, ...]
    # asctime has no zone: local time in this one (None: UTC).
    zone: tzinfo | None = None
    # Nobody said that the log is in this format: what has a blank in it is no logger's name.
    guessed: bool = False
    name: str = "python"

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts of the format, and what a traceback says."""
        return (*self.slots, *exceptions.FIELDS)

    def complete(self, raw: bytes) -> int:
        """A record ends where the next one begins: a traceback may follow it."""
        return complete_before_last(raw, self._heads)

    def _heads(self, octets: Octets, _starts: Ints, _ends: Ints) -> Bools:
        return self._lines(octets).heads

    def _lines(self, octets: Octets) -> "_Lines":
        found = cut(self.layout, octets)
        texts = {name: Texts(octets, *span) for name, span in found.slots.items()}
        for slot in self.layout.slots:
            if slot.least and slot.name != "message":
                texts[slot.name] = texts[slot.name].unpadded(slot.least)
        level, severity, known = _levels(texts.get("level"), len(found.starts))
        complaints = _complaints(octets, found.starts, found.ends)
        fits = found.fits & known
        if self.guessed and "logger" in texts:
            fits &= ~texts["logger"].holding(ord(" "))
        heads = fits | complaints
        if "asctime" in texts:
            heads = begin_with_time(octets, found.starts, found.ends, heads)
        mild = fits & is_mild(severity) & ("level" in texts)
        lines = (found.starts, found.ends)
        heads[crashes(octets, lines, heads, lambda rows: mild[rows])] = True
        severity[~fits] = Severity.INFO
        severity[complaints] = Severity.ERROR
        return _Lines(found.starts, found.ends, texts, level, severity, fits, complaints, heads)

    def parse(self, block: Block) -> Batch:
        """Find the lines that fit the format with a known level; what follows them is theirs."""
        octets = Octets(block.raw)
        found = self._lines(octets)
        found.heads[:1] |= begins_with_crash(octets)
        texts = found.texts
        records = join(found.heads, found.starts, found.ends)
        lines = records.first
        # A complaint fits no format, so its slots are blank but for the message: all of it.
        blank = ~found.fits[lines]
        levels, severity = found.level.take(lines), found.severity[lines]
        loose = (found.heads & ~found.fits & ~found.complaints)[lines]
        if loose.any():
            edges = (records.starts, found.ends[lines])
            rest = np.flatnonzero(loose)
            levels, severity = with_stated(octets, edges, (levels, severity), rest)
        columns: dict[str, Column] = {"level": levels}
        for name, values in texts.items():
            columns.setdefault(name, _without(values.take(lines), blank))
        columns["message"] = _messages(texts.get("message"), octets, records, blank)
        batch = Batch(
            block,
            octets,
            self.name,
            records.starts,
            records.ends,
            found.heads[lines],
            severity,
            self,
            columns,
            records.lines,
        )
        return marked(batch, loose)

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut the time; the slots of the format are there already."""
        if name == "time":
            stamp = batch.columns.get("asctime")
            if not isinstance(stamp, Texts):
                return Objects([None] * len(batch))
            starts = np.where(stamp.starts < 0, batch.starts, stamp.starts)
            stamps, _, _ = find_stamps(batch.octets, starts, batch.ends)
            return Times(batch.octets, stamps, self.zone)
        return exceptions.exception_column(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """The slots of the format, but time, level and message."""
        columns = [_typed(batch.column(name), name) for name in self.slots]
        rows = [dict(zip(self.slots, values, strict=True)) for values in zip(*columns, strict=True)]
        rows = rows or [{} for _ in range(len(batch))]
        said = [{name: value for name, value in row.items() if value is not None} for row in rows]
        return exceptions.with_exceptions(batch, said)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a block by a format, a row for each."""

    starts: Ints
    ends: Ints
    texts: dict[str, Texts]
    level: Labels
    severity: Octets8
    # Lines in the format, those in which Python complains, and all that begin a record.
    fits: Bools
    complaints: Bools
    heads: Bools


def python_parser(
    log_format: str = BASIC, *, zone: tzinfo | None = None, guessed: bool = False
) -> PythonParser:
    """
    Compile a format string of Python's logging, in the style of `%`, `{` or `$`.

    `guessed`: nobody said that the log is in this format, so that only what surely is may fit.
    Raises LayoutError if it has no `%(message)s`, or if nothing separates two of its parts.
    """
    tokens = _tokens(log_format)
    names = [token.name for token in tokens if isinstance(token, Slot)]
    if "message" not in names:
        raise LayoutError("a Python log format needs %(message)s", 1)
    try:
        layout = compile_layout(tokens)
    except ValueError as error:
        raise LayoutError(str(error), 1) from None
    fields = tuple(name for name in names if name not in ("asctime", "level", "message"))
    return PythonParser(layout, tuple(dict.fromkeys(fields)), zone, guessed)


def is_python_format(text: str) -> bool:
    """Whether a text is a format of Python's logging, in any of its three styles."""
    return "%(" in text or re.search(r"\{message[}!:]|\$message\b|\$\{message\}", text) is not None


def _style(log_format: str) -> re.Pattern[str]:
    if "%(" in log_format:
        return _PERCENT
    return (
        _BRACE if re.search(r"\{message[}!:]", log_format) and "${" not in log_format else _DOLLAR
    )


def _tokens(log_format: str) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for match in _style(log_format).finditer(log_format):
        name = match[1] or (match.re is _DOLLAR and match[2])
        literal = log_format[end : match.start()] + ("" if name else match[0][0])
        if literal:
            tokens.append(Literal(literal.encode()))
        if name:
            tokens.append(_slot(name, "" if match.re is _DOLLAR else match[2] or ""))
        end = match.end()
    if end < len(log_format):
        tokens.append(Literal(log_format[end:].encode()))
    return tokens


def _slot(name: str, pad: str) -> Slot:
    if name == "asctime":
        return Slot(name, _ASCTIME)
    if len(pad) > _PAD_DIGITS:
        raise LayoutError(f"%({name}) is padded to {pad} characters", 1)
    least = int(pad or 0)
    # No standard level is longer than CRITICAL, so a level padded that far has a fixed width.
    shape = b"_" * least if name == "levelname" and least >= len("CRITICAL") else b""
    return Slot({"name": "logger", "levelname": "level"}.get(name, name), shape, least)


def _levels(level: Texts | None, lines: int) -> tuple[Labels, Octets8, Bools]:
    """The level of each line, its severity, and whether it is a known level at all."""
    if level is None:  # a format without level: every line that fits is information
        codes = np.zeros(lines, np.int64)
        info = np.full(lines, int(Severity.INFO), np.uint8)
        return Labels(codes, (None,)), info, codes == 0
    labels = level.labels()
    names = [name.strip() if name else None for name in labels.names] or [None]
    known = tuple(name if name and severity_of(name) is not None else None for name in names)
    levels = Labels(labels.codes, known)
    return levels, *severities(levels)


def _complaints(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    if _LOGGING_ERROR not in octets.raw:
        return np.zeros(len(starts), np.bool_)
    complaints: Bools = ends - starts == len(_LOGGING_ERROR)
    return complaints & octets.literal(_LOGGING_ERROR, starts)


def _without(texts: Texts, blank: Bools) -> Texts:
    starts = np.where(blank, -1, texts.starts)
    return Texts(texts.octets, starts, np.where(blank, -1, texts.ends))


def _messages(message: Texts | None, octets: Octets, records: Records, blank: Bools) -> Texts:
    """From where the first line's message begins to the end of the record, traceback and all."""
    if message is None:
        return Texts(octets, records.starts, records.ends)
    starts = np.where(blank, records.starts, message.starts[records.first])
    alone = ~blank & (records.lines == 1)  # then what the format writes behind it can be left out
    return Texts(octets, starts, np.where(alone, message.ends[records.first], records.ends))


def _typed(column: Column, name: str) -> list[Value]:
    if name in _INTEGERS and isinstance(column, Texts):
        return column.integers().values()
    return [value.strip() if isinstance(value, str) else value for value in column.values()]
