"""The `logtell` command as a function, and a batch from a few bytes of a log."""

import io
import sys
from collections.abc import Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import orjson

from agent.cli import main
from agent.ledger import Ledger
from agent.measures import Measure, defaults
from agent.pipeline import Pipeline
from agent.rulebook import Rulebook
from agent.tally import Tally
from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import Options, parser_for

# One with all shipped rules, as loading them takes most of a second.
RULES = Rulebook()


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: bytes
    err: str

    def json_lines(self) -> list[Any]:
        """Standard output, which must be JSON lines and nothing else."""
        return [orjson.loads(line) for line in self.out.splitlines()]


def logtell(*arguments: object, stdin: bytes = b"") -> Ran:
    """Run a command in this process."""
    out, err = io.BytesIO(), io.StringIO()
    stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    with _standard_input(stdin), redirect_stdout(stdout), redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


@contextmanager
def _standard_input(raw: bytes):
    ours, sys.stdin = sys.stdin, io.TextIOWrapper(io.BufferedReader(io.BytesIO(raw)))
    try:
        yield
    finally:
        sys.stdin = ours


def batch_of(raw: bytes, log_format: str = "auto", path: str = "a.log") -> Batch:
    """The batch of one block."""
    return parser_for(log_format, Options(UTC), head=raw).parse(Block(raw, path))


def tally_of(
    raw: bytes, log_format: str = "auto", measures: Sequence[Measure] | None = None
) -> Tally:
    """What a pipeline with all shipped rules counts in a block, with the source `web`."""
    pipeline = Pipeline(RULES, defaults() if measures is None else measures)
    parser = parser_for(log_format, Options(UTC), head=raw)
    pipeline.feed("web", parser, Block(raw), Ledger().count)
    return pipeline.tally
