"""A missing program is skipped with the line that installs it, and fails where CI demands it."""

from pathlib import Path

import pytest

from tests import programs
from tests.programs import Program, needs


@pytest.fixture(autouse=True)
def missing_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(programs.PROGRAMS, "frob", Program(lambda: None, "apt-get install frob"))
    monkeypatch.delenv("LOGTELL_REQUIRE_PROGRAMS", raising=False)


def test_missing_program_skips_with_the_line_that_installs_it() -> None:
    with pytest.raises(pytest.skip.Exception) as skipped:
        needs("frob")

    assert skipped.value.msg == "frob is not installed: apt-get install frob"


def test_missing_program_fails_when_ci_requires_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGTELL_REQUIRE_PROGRAMS", "1")

    with pytest.raises(pytest.fail.Exception, match="frob is not installed"):
        needs("frob")


def test_statsd_is_found_where_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "stats.js"
    script.touch()
    monkeypatch.setenv("LOGTELL_STATSD_JS", str(script))

    assert needs("statsd") == script
