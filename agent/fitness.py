"""Whether the lines of a source fit its format: said once when too many do not, with a reason."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from os import fsencode

import numpy as np

from agent.console import printable
from parsers.batch import Batch
from parsers.columns import text
from parsers.formats import format_name
from rules.match import Matches

_log = logging.getLogger(__name__)

# Above this share a source is said not to fit, below that to fit again: between them it stays what
# it is, so that a log which is just so bad does not say so every minute.
_TOO_MANY, _FEW_AGAIN = 0.05, 0.02
# Fewer lines say nothing; and of many, those of long ago count half.
_MIN_LINES, _MOST_LINES = 100, 2_000
# Lines kept to find out which format they fit, and how much of each.
_KEPT_LINES, _KEPT_BYTES = 20, 4096
_SHOWN_CHARS = 80
_LETTER, _DIGIT = "a", "0"


@dataclass(slots=True)
class Fit:
    """How well the lines of one source fit."""

    # Of the recent lines: all, and those that did not fit; and of all lines so far.
    recent: int = 0
    misfits: int = 0
    lines: int = 0
    all_misfits: int = 0
    misfitting: bool = False
    format: str = ""
    kept: list[bytes] = field(default_factory=list)  # the last lines that did not fit
    # Where the first of those stands.
    place: tuple[str, int] = ("", 0)

    @property
    def share(self) -> float:
        """The share of the recent lines that do not fit."""
        return self.misfits / self.recent if self.recent else 0.0

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        rows = np.flatnonzero(~batch.parsed)
        self.lines, self.all_misfits = self.lines + len(batch), self.all_misfits + rows.size
        self.recent, self.misfits = self.recent + len(batch), self.misfits + rows.size
        while self.recent > _MOST_LINES:
            self.recent, self.misfits = self.recent // 2, self.misfits // 2
        if rows.size:
            self._keep(batch, rows.tolist())

    def _keep(self, batch: Batch, rows: list[int]) -> None:
        if not self.kept:
            path = text(fsencode(batch.block.path))
            self.place = path, batch.block.offset + int(batch.origins()[rows[0]])
        kept = [batch.record(row)[:_KEPT_BYTES] for row in rows[-_KEPT_LINES:]]
        self.kept = [*self.kept, *kept][-_KEPT_LINES:]
        names = batch.format_of()
        self.format = str(names.names[int(names.codes[rows[-1]])])


@dataclass(slots=True)
class Fitness:
    """Watches all sources; takes batches as a sink does, at the cost of one count a batch."""

    fits: dict[str, Fit] = field(default_factory=dict)
    # False: it only counts, and is asked for `complaints` at the end, as a replay does.
    aloud: bool = True

    def take(self, batch: Batch, matches: Matches, source: str) -> None:  # noqa: ARG002 - a sink's
        """Count a batch; one WARNING when a source stops to fit, one INFO when it fits again."""
        if batch.block.truncated:  # half a line fits nothing, and is counted as what it is
            return
        fit = self.fits.setdefault(source, Fit())
        fit.add(batch)
        if fit.recent >= _MIN_LINES and self.aloud:
            _judge(source, fit)

    def complaints(self) -> Iterator[str]:
        """What is wrong with the sources of which too many lines have not fitted, all in all."""
        for source, fit in self.fits.items():
            if fit.kept and fit.all_misfits > _TOO_MANY * fit.lines:
                whole = replace(fit, recent=fit.lines, misfits=fit.all_misfits)
                yield f"{source}: {complaint(whole)}"


def _judge(source: str, fit: Fit) -> None:
    """Say it if the state has changed."""
    if not fit.misfitting and fit.share > _TOO_MANY:
        fit.misfitting = True
        _log.warning("%s: %s", source, complaint(fit))
        _log.debug("%s: the last of them: %r", source, fit.kept[-1])
    elif fit.share < _FEW_AGAIN:
        if fit.misfitting:
            _log.info("%s: its lines fit format %s again", source, fit.format)
        fit.misfitting, fit.kept = False, []


def complaint(fit: Fit) -> str:
    """How many lines do not fit, since where, why that may be, and the shape of one of them."""
    path, offset = fit.place
    return (
        f"{fit.misfits} of the last {fit.recent} records do not fit format {fit.format}, the first "
        f"at byte {offset} of {printable(path)}; {_reason(fit)}; one looks like: "
        f"{shape(fit.kept[-1])}"
    )


def _reason(fit: Fit) -> str:
    fitting = format_name(b"".join(line + b"\n" for line in fit.kept))
    never = fit.all_misfits == fit.lines
    what = "the format is another one" if never else "the format has changed, or is one of several"
    if fitting:
        return f"likely {what}: they fit {fitting} (set `format: {fitting}`, or auto)"
    return f"likely {what}: set `format:` to the text of the format that wrote them"


def shape(line: bytes) -> str:
    """
    The first characters of a line with each letter an `a` and each digit a `0`.

    A message of ours may be read by more people than the log, and a line may hold tokens
    (HOUSE §7): its punctuation shows the format, and the offset says where the line itself is.
    """
    shown = text(line.partition(b"\n")[0])[:_SHOWN_CHARS]
    masked = "".join(
        _LETTER if each.isalpha() else _DIGIT if each.isdigit() else each for each in shown
    )
    return printable(masked) + ("…" if len(line) > _SHOWN_CHARS else "")
