"""Where a line of free text states its level."""

import numpy as np
import pytest

from parsers.batch import line_spans
from parsers.inner import Rows
from parsers.level_marks import HEAD_BYTES
from parsers.levels import head_runs, stated_levels
from parsers.stamps import find_stamps
from parsers.words import Ints, Octets, positions


def _found(octets: Octets, starts: Ints, ends: Ints) -> list[object]:
    rows = Rows(starts, ends, *find_stamps(octets, starts, ends))
    return list(stated_levels(head_runs(octets, rows), rows).values())


def _levels(text: str) -> list[object]:
    octets = Octets(text.encode())
    return _found(octets, *line_spans(octets, positions(octets.raw, ord("\n"))))


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-01-02 ERROR out of paper", "ERROR"),
        ("[info] started", "info"),
        ("[WARN ] slow", "WARN"),
        ("<notice> hello", "notice"),
        ("a|Warn|b", "Warn"),
        ("[core:error] AH00126", "error"),
        ("warning: unused", "warning"),
        ("msg=x level=warn", "warn"),
        ('{"a": 1, "severity": "critical"}', "critical"),
        ("INFO:root:x", "INFO"),
        ("emergency: no power", "emergency"),
        ("informational: x", "informational"),
        ("no errors found", None),
        ("an info page", None),
        ("GET /ERROR HTTP/1.1", None),
        ("my-ERROR and ERROR_CODE and ERROR2", None),
        ("ERRORS everywhere", None),
        ("GET then ERROR", "ERROR"),
        ("ERROR", "ERROR"),
        ("x" * HEAD_BYTES + " ERROR", None),
        ("è ERROR é", "ERROR"),
    ],
)
def test_a_level_counts_where_levels_stand(line: str, level: str | None) -> None:
    assert [level] == _levels(line)


def test_each_line_has_its_own_first_level() -> None:
    assert ["INFO", None, "ERROR"] == _levels("INFO then ERROR\nnothing\nERROR\n")


def test_the_search_ends_with_the_first_line_of_a_record() -> None:
    octets = Octets(b"first line\nERROR in the second")

    found = _found(octets, np.array([0]), np.array([10]))

    assert [None] == found
