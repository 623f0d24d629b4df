"""Lines in the form of many products, none of which is known by name, and their severity."""

from pathlib import Path

import pytest

from parsers.block import Block
from parsers.formats import parser_for
from parsers.plain import PlainParser

# Written for this test in the forms that the products' manuals and sources show; a severity is what
# the line states in its format's own place, or what is inferred where it states none.
LINES = (Path(__file__).parent / "heads.txt").read_text()
CASES = [(line[:8].strip(), line[9:]) for line in LINES.splitlines()]


@pytest.mark.parametrize(("severity", "line"), CASES)
def test_the_severity_is_that_of_the_line(severity: str, line: str) -> None:
    found = next(parser_for("auto").parse(Block(line.encode())).events())
    plain = next(PlainParser().parse(Block(line.encode())).events())

    assert severity == found.severity.label
    assert severity == plain.severity.label


def test_among_other_lines_each_has_its_own_severity() -> None:
    block = Block("".join(f"{line}\n" for _, line in CASES).encode())

    batch = PlainParser().parse(block)

    assert [severity for severity, _ in CASES] == [each.severity.label for each in batch.events()]


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-02 03:04:05 nothing failed",
        "2026-01-02 03:04:05 0 errors, all is well",
        "2026-01-02 03:04:05 no failure",
        "2026-01-02 03:04:05 opened /var/log/failed.log",
        "2026-01-02 03:04:05 GET /denied HTTP/1.1",
        "2026-01-02 03:04:05 retry.if.refused=true",
    ],
)
def test_what_denies_trouble_is_none(line: str) -> None:
    event = next(PlainParser().parse(Block(line.encode())).events())

    assert (event.level, event.severity.label) == (None, "info")


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("Jan  2 03:04:05 h sshd[7]: Failed password for root from 192.0.2.7", "warning"),
        ("Jan  2 03:04:05 h kernel: Oops: 0002 [#1] SMP", "critical"),
        ("Jan  2 03:04:05 h kernel: Out of memory: Killed process 7", "error"),
        ("2026-01-02 03:04:05 could not connect", "error"),
        ("2026-01-02 03:04:05 connect() timed out", "warning"),
        ("2026-01-02 03:04:05 client login failed", "info"),
        ("java.io.IOException: no", "error"),
    ],
)
def test_a_severity_that_nothing_states_is_inferred_and_has_no_level(
    line: str, severity: str
) -> None:
    event = next(PlainParser().parse(Block(line.encode())).events())

    assert (event.level, event.severity.label) == (None, severity)
