"""Small logs come out as they always did; `make golden` rewrites them, read the difference."""

from pathlib import Path

import orjson
import pytest

from agent.contract import Event
from tests.golden.cases import CASES, replayed

by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@by_name
def test_a_log_comes_out_as_it_always_did(case: Path) -> None:
    now = replayed(case)

    assert now == {path: path.read_text() for path in now}


@by_name
def test_every_line_of_a_golden_log_is_in_an_event(case: Path) -> None:
    lines = sum(len(path.read_bytes().splitlines()) for path in case.glob("*.log"))
    events = [orjson.loads(line) for line in (case / "events.jsonl").read_bytes().splitlines()]
    read = orjson.loads((case / "metrics.json").read_bytes())["lines"]["read"]

    assert sum(Event.model_validate(event).origin.lines for event in events) == lines == read


@by_name
def test_a_golden_log_names_no_real_host(case: Path) -> None:
    raw = b"".join(path.read_bytes() for path in case.glob("*.log"))

    assert b"example.org" in raw or b"192.0.2." in raw or b"example.com" in raw
