"""The tree of logger names: which threshold rules a logger, as in Python's own logging."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from parsers.batch import Batch
from parsers.severity import Severity
from parsers.words import Ints

# Python, Java, .NET and Go join the parts by dots, Rust, Ruby, Perl and C++ by `::`, Go's packages
# and files by `/`, PHP's classes by a backslash.
_JOINTS = (".", "::", "/", "\\")
_ROOTS = ("", "root")


@dataclass(frozen=True, slots=True)
class Loggers:
    """
    Thresholds by logger: a name rules itself and all below it, unless one of those has its own.

    The empty name and `root` rule every logger that no other name rules. Records that name no
    logger are ruled by none.
    """

    severities: Mapping[str, Severity] = field(default_factory=dict)

    def thresholds(self, batch: Batch) -> Ints:
        """The threshold that its logger gives each row; -1 if none does."""
        if not self.severities:
            return np.full(len(batch), -1, np.int64)
        try:
            labels = batch.column("logger").labels()
        except KeyError:  # the format knows no loggers
            return np.full(len(batch), -1, np.int64)
        found = [-1 if name is None else self.threshold(name) for name in labels.names]
        return np.array([*found, -1], np.int64)[labels.codes]

    def threshold(self, logger: str) -> int:
        """
        The threshold of one logger; -1 if none of the names rules it.

        The names are few; the parts of a logger's name may be as many as a stranger likes.
        """
        ruling = [name for name in self.severities if _rules(name, logger)]
        return int(self.severities[max(ruling, key=_depth)]) if ruling else -1


@dataclass(frozen=True, slots=True)
class Threshold:
    """How severe an event must be to count, and by logger."""

    severity: Severity = Severity.DEBUG
    loggers: Loggers = field(default_factory=Loggers)

    def rows(self, batch: Batch) -> Ints | None:
        """The rows that are severe enough; None: all rows."""
        if not self.loggers.severities and self.severity == Severity.DEBUG:
            return None
        by_logger = self.loggers.thresholds(batch)
        least = np.where(by_logger < 0, int(self.severity), by_logger)
        return np.flatnonzero(batch.severity >= least)


def _rules(name: str, logger: str) -> bool:
    if name in _ROOTS or name == logger:
        return True
    return logger.startswith(name) and logger.startswith(_JOINTS, len(name))


def _depth(name: str) -> int:
    return 0 if name in _ROOTS else len(name)
