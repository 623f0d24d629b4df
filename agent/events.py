"""Events as the public JSON contract has them, one object a line."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import orjson

from parsers.batch import Batch
from parsers.columns import Value, text
from parsers.severity import LABELS, Severity
from parsers.words import Ints
from rules.match import Explanation, Matches

_LINE = orjson.OPT_APPEND_NEWLINE
# Rows made into objects at once. The objects of a whole block are tens of MiB that the allocator
# gives back and fetches again for every block.
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events a sink wants: as severe as this, by logger, and the explained."""

    severity: Severity = Severity.DEBUG
    # A logger and all below it: `urllib3` rules `urllib3.connectionpool` unless that has its own.
    loggers: dict[str, Severity] = field(default_factory=dict)
    # Also take what a rule explains, whatever its severity.
    explained: bool = False

    def rows(self, batch: Batch, matches: Matches) -> Ints:
        """The rows of the batch that the sink wants, in order."""
        wanted = batch.severity >= self._thresholds(batch)
        if self.explained:
            wanted[matches.rows] |= ~self._muted(batch)[matches.rows]
        return np.flatnonzero(wanted)

    def _thresholds(self, batch: Batch) -> Ints:
        by_logger = self._by_logger(batch)
        return np.where(by_logger < 0, int(self.severity), by_logger)

    def _muted(self, batch: Batch) -> np.typing.NDArray[np.bool_]:
        """Rows that a logger's own threshold shuts out: a mute also mutes explanations."""
        return batch.severity < self._by_logger(batch)

    def _by_logger(self, batch: Batch) -> Ints:
        """The threshold that its logger gives each row; -1 if none does."""
        none = np.full(len(batch), -1, np.int64)
        if not self.loggers:
            return none
        try:
            labels = batch.column("logger").labels()
        except KeyError:  # the format knows no loggers
            return none
        found = [self._threshold(name) for name in labels.names]
        return np.array(found, np.int64)[labels.codes] if found else none

    def _threshold(self, logger: str | None) -> int:
        name = logger or ""
        while name:
            if name in self.loggers:
                return int(self.loggers[name])
            name = name.rpartition(".")[0]
        return -1


EVERYTHING = Selection()


def json_lines(batch: Batch, matches: Matches, rows: Ints, source: str) -> bytes:
    """These rows of a batch as JSON lines, one event each."""
    dumps = orjson.dumps
    slices = [rows[start : start + _SLICE] for start in range(0, len(rows), _SLICE)]
    return b"".join(
        dumps(each, option=_LINE)
        for part in slices
        for each in events(batch, matches, part, source)
    )


def events(batch: Batch, matches: Matches, rows: Ints, source: str) -> Iterator[dict[str, object]]:
    """These rows of a batch as the dictionaries of the contract (`logtell schema event`)."""
    part = batch if len(rows) == len(batch) else batch.select(rows)
    explained = _explained(matches, rows)
    # A file name may hold any bytes, JSON only text.
    path, offset = text(os.fsencode(batch.block.path)), batch.block.offset
    columns = zip(
        part.column("time").values(),
        part.severity.tolist(),
        part.column("level").values(),
        part.parsed.tolist(),
        part.column("message").values(),
        part.cutter.field_dicts(part),
        part.origins().tolist(),
        part.line_counts().tolist(),
        part.format_of().values(),
        strict=True,
    )
    for row, (time, severity, level, parsed, message, fields, start, lines, name) in enumerate(
        columns
    ):
        yield {
            "time": time,
            "severity": LABELS[severity],
            "level": level,
            "source": source,
            "format": name,
            "parsed": parsed,
            "message": message,
            "fields": fields,
            "explanation": explained.get(row),
            "origin": {"path": path, "offset": offset + start, "lines": lines},
        }


def _explained(matches: Matches, rows: Ints) -> dict[int, dict[str, Value]]:
    """Explanations by their place among `rows`."""
    found: dict[int, dict[str, Value]] = {}
    if not len(matches.rows):
        return found
    places = np.searchsorted(rows, matches.rows)
    for number, place in enumerate(places.tolist()):
        if place < len(rows) and rows[place] == matches.rows[number]:
            found[place] = explanation_json(matches.explanation(number))
    return found


def explanation_json(explanation: Explanation) -> dict[str, Value]:
    """An explanation as the contract has it."""
    return {
        "rule": explanation.rule,
        "title": explanation.title,
        "text": explanation.text,
        "cause": explanation.cause,
        "check": list(explanation.check),
        "remedy": list(explanation.remedy),
    }
