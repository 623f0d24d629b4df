"""The whole flow: blocks become batches, which are explained, measured, handed to sinks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agent.counts import Count
from agent.measures import Measure, count_explained, count_lines, count_severities
from agent.tally import Tally
from parsers.batch import Batch, Parser
from parsers.block import Block
from rules.match import Matches


class Explainer(Protocol):
    """Finds the rows that a rule explains."""

    def match(self, batch: Batch) -> Matches: ...


class EventSink(Protocol):
    """Takes batches as they come; what it writes may wait in a bounded buffer until `flush`."""

    def take(self, batch: Batch, matches: Matches, source: str) -> None: ...


@dataclass(slots=True)
class Pipeline:
    """What `run` and `replay` both do with every block."""

    rules: Explainer
    measures: Sequence[Measure]
    sinks: Sequence[EventSink] = ()
    tally: Tally = field(default_factory=Tally)

    def feed(self, source: str, parser: Parser, block: Block, count: Count) -> None:
        """
        Parse, explain, measure and hand on one block; never raises on what a log holds.

        `count` is told what became of its lines.
        """
        batch = parser.parse(block)
        count_lines(batch, count)
        matches = self.rules.match(batch)
        batch.severity[:] = matches.severities()
        self._measure(source, batch, matches)
        for sink in self.sinks:
            sink.take(batch, matches, source)

    def _measure(self, source: str, batch: Batch, matches: Matches) -> None:
        prefix = f"{source}."
        count_severities(batch, self.tally, prefix)
        count_explained(matches, self.tally, prefix)
        for measure in self.measures:
            if not measure.sources or source in measure.sources:
                measure.apply(batch, self.tally, prefix)
