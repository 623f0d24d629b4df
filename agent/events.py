"""Events as the public JSON contract has them, one object a line."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import orjson

from agent.loggers import Loggers
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
    loggers: Loggers = field(default_factory=Loggers)
    # Also take what a rule explains, whatever its severity.
    explained: bool = False

    def rows(self, batch: Batch, matches: Matches) -> Ints:
        """The rows of the batch that the sink wants, in order."""
        by_logger = self.loggers.thresholds(batch)
        wanted = batch.severity >= np.where(by_logger < 0, int(self.severity), by_logger)
        if self.explained:
            # A logger's own threshold also mutes explanations.
            wanted[matches.rows] |= (batch.severity >= by_logger)[matches.rows]
        return np.flatnonzero(wanted)


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
