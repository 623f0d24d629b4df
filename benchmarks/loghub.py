"""Whole logs of a corpus: the format found, the lines that get a time and a level, and how fast."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from parsers.block import Block
from parsers.formats import Options, parser_for

# Which lines carry a time, and which a level: the columns that loghub's own templates name, by
# system (logpai/loghub, `<Content>` formats of its benchmark). Linux and OpenSSH state no level.
_LEVELS = {"Linux", "OpenSSH"}
_LEVEL = re.compile(rb"\b(?:INFO|WARN|ERROR|FATAL|DEBUG|TRACE)\b|\[(?:notice|error|warn)\]")
_ROUNDS = 5


def logs(corpus: Path) -> Iterator[Path]:
    """The logs of a corpus, by name."""
    yield from sorted((corpus / "loghub").glob("*.log"))


def report(path: Path) -> dict[str, object]:
    """Measure one log; prints a line, and returns the figures."""
    raw = path.read_bytes()
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    parser = parser_for("auto", Options(UTC, lambda: written), head=raw[: 1 << 16])
    batch = parser.parse(Block(raw))
    lines = raw.splitlines()
    rows = len(batch)
    times = sum(each is not None for each in batch.column("time").values())
    stated = sum(each is not None for each in batch.column("level").values())
    system = path.name.partition("_")[0]
    wanted = 0 if system in _LEVELS else sum(bool(_LEVEL.search(line[:120])) for line in lines)
    formats = Counter(str(name) for name in batch.format_of().values())
    seconds = min(_parsed_s(parser.parse, raw) for _ in range(_ROUNDS))
    figures: dict[str, object] = {
        "lines": len(lines),
        "records": rows,
        "times": times,
        "levels": stated,
        "levels_stated": wanted,
        "format": formats.most_common(1)[0][0],
        "lines_per_s": round(len(lines) / seconds),
    }
    print(path.name, *(f"{key}={value}" for key, value in figures.items()))
    return figures


def _parsed_s(parse: object, raw: bytes) -> float:
    assert callable(parse)
    began = time.process_time()
    parse(Block(raw))
    return time.process_time() - began
