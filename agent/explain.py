"""Single lines and pasted text to explained events, as `logtell explain` shows them."""

from collections.abc import Iterable, Iterator

import numpy as np

from agent.events import events, json_lines
from agent.rulebook import Rulebook
from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.mismatch import Mismatch, mismatch
from parsers.nginx_access import AccessParser
from rules.match import Matches

SOURCE = "explain"


def explain_lines(lines: Iterable[bytes], parser: Parser, rules: Rulebook) -> Iterator[bytes]:
    """One JSON event for every line, each parsed by itself; they come as lines come."""
    offset = 0
    for line in lines:
        record = line.removesuffix(b"\n") or b"\n"
        batch, matches = _parsed(record, parser, rules, offset)
        yield json_lines(batch, matches, np.arange(len(batch)), SOURCE)
        offset += len(line)


def explain_text(text: bytes, parser: Parser, rules: Rulebook) -> Iterator[dict[str, object]]:
    """The events of a pasted text, in which a record may take several lines."""
    batch, matches = _parsed(text, parser, rules)
    yield from events(batch, matches, np.arange(len(batch)), SOURCE)


def where_it_parts(event: dict[str, object], parser: Parser) -> Mismatch | None:
    """Where an event that did not fit parts from its log_format; None for any other."""
    if event["parsed"] or not isinstance(parser, AccessParser):
        return None
    return mismatch(parser.layout, str(event["message"]).encode())


def _parsed(text: bytes, parser: Parser, rules: Rulebook, offset: int = 0) -> tuple[Batch, Matches]:
    batch = parser.parse(Block(text, "-", offset))
    matches = rules.match(batch)
    batch.severity[:] = matches.severities()
    return batch, matches
