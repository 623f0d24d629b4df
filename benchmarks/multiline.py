"""Records of several lines of a corpus: the share that is grouped exactly, and each miss."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from parsers.block import Block
from parsers.formats import Options, parser_for

FILE = "multiline.jsonl"
_SHOWN_CHARS = 60


def report(path: Path) -> dict[str, object]:
    """Measure one file; prints as it goes, and returns the figures."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    wrong = [(row["id"], reason) for row in rows for reason in _reasons(row)]
    right = len(rows) - len(wrong)
    share = right / len(rows) if rows else 0.0
    print(f"{path.name} auto: {right} of {len(rows)} grouped exactly ({share:.1%})")
    for name, reason in wrong:
        print(f"  {name}: {reason}")
    return {"rows": len(rows), "auto": round(share, 4)}


def _reasons(row: dict[str, object]) -> Iterator[str]:
    """The first place where a row is grouped otherwise than expected, if there is one."""
    raw, expected = str(row["raw"]).rstrip("\n"), row["expected"]
    assert isinstance(expected, dict)
    wanted = [group.rstrip("\n").count("\n") + 1 for group in expected["groups"]]
    found, log_format = _grouped(raw)
    if found == wanted:
        return
    # Lines in order: where the sizes part, the record of the shorter one ended too early.
    pairs = zip(found, wanted, strict=False)
    same = next((n for n, (ours, theirs) in enumerate(pairs) if ours != theirs), 0)
    line = sum(wanted[:same]) + min(found[same], wanted[same])
    text = raw.split("\n")[line : line + 1]
    yield (
        f"{len(found)} records instead of {len(wanted)} ({row['kind']}, format {log_format}), "
        f"from line {line + 1}: {''.join(text)[:_SHOWN_CHARS]!r}"
    )


def _grouped(raw: str) -> tuple[list[int], str]:
    """How many lines each record has, in order, and the format of the first."""
    octets = (raw + "\n").encode(errors="surrogateescape")
    parser = parser_for("auto", Options(UTC, lambda: datetime.now(UTC)), head=octets)
    batch = parser.parse(Block(octets))
    return batch.line_counts().tolist(), str(batch.format_of().values()[0])
