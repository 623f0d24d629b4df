"""The flow: a block is parsed, explained, measured and handed on."""

from datetime import UTC

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.counts import Count
from agent.ledger import Ledger
from agent.measures import defaults
from agent.pipeline import Pipeline
from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import NAMES, Options, parser_for
from parsers.words import line_count
from rules.match import Matches
from tests.agent.command import RULES


class Seen:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[tuple[Batch, Matches, str]] = []

    def take(self, batch: Batch, matches: Matches, source: str) -> None:
        self.batches.append((batch, matches, source))


def fed(
    raw: bytes,
    log_format: str = "plain",
    *,
    truncated: bool = False,
    count: Count = lambda _name, _n: None,
) -> tuple[Pipeline, Seen]:
    seen = Seen()
    pipeline = Pipeline(RULES, defaults(), [seen])
    parser = parser_for(log_format, Options(UTC))
    pipeline.feed("web", parser, Block(raw, "a.log", truncated=truncated), count)
    return pipeline, seen


def test_every_sink_gets_every_batch_with_its_source() -> None:
    _, seen = fed(b"a\nb\n")

    assert [(len(batch), source) for batch, _, source in seen.batches] == [(2, "web")]


def test_a_rule_overrides_the_severity_before_measures_and_sinks_see_it() -> None:
    raw = b"INFO:a:x\nTraceback (most recent call last):\n  File\nMemoryError\n"
    rule = RULES.match(parser_for("python").parse(Block(raw)))
    pipeline, seen = fed(raw, "python")
    batch, matches, _ = seen.batches[0]

    assert len(rule) == 1
    assert batch.severity.tolist() == matches.severities().tolist()
    assert pipeline.tally.counters["web.events.severity.info"] == (batch.severity == 1).sum()


def test_a_truncated_block_counts_as_truncated_and_not_as_parsed() -> None:
    ledger = Ledger()
    fed(b"x" * 1000, truncated=True, count=ledger.count)

    assert ledger.totals == {"lines.parsed": 0, "lines.unparsed": 0, "lines.truncated": 1}


@pytest.mark.parametrize("log_format", [*NAMES, "$status $request_time", "%(message)s"])
@settings(max_examples=25)
@given(raw=st.lists(st.binary(max_size=40)).map(b"\n".join))
def test_no_bytes_of_a_log_are_an_exception_and_every_line_is_counted(
    log_format: str, raw: bytes
) -> None:
    ledger = Ledger()
    fed(raw, log_format, count=ledger.count)
    lines = raw.count(b"\n") + bool(raw and not raw.endswith(b"\n"))

    assert lines == line_count(raw) == sum(ledger.totals.values())


def test_severities_add_up_to_the_events() -> None:
    pipeline, seen = fed(b"INFO:a:b\nERROR:a:b\nfoo\n", "python")
    counters = pipeline.tally.counters
    total = sum(n for name, n in counters.items() if ".severity." in name)

    assert total == np.sum([len(batch) for batch, _, _ in seen.batches]) == 2
