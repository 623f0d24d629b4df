"""What the tests of strangers share: a log of a few lines, read without being told anything."""

from datetime import UTC, datetime

from parsers.block import Block
from parsers.event import Event
from parsers.formats import Options, parser_for

REFERENCE = datetime(2026, 2, 1, tzinfo=UTC)
JSON = '{"time":"2026-01-02T03:04:05Z","level":"info","msg":"a"}'


def found(*lines: str) -> list[Event]:
    raw = "".join(f"{line}\n" for line in lines).encode()
    options = Options(reference=lambda: REFERENCE)
    return list(parser_for("auto", options, head=raw).parse(Block(raw)).events())
