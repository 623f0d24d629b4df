"""`check` tests configurations and rules and says everything at once."""

from pathlib import Path

import pytest

from agent.checking import is_rule_file
from tests.agent.command import logtell

GOOD_CONFIG = "sources: {web: {paths: /a.log, format: combined}}\n"
BAD_CONFIG = "sources: {web: {paths: /a.log, forms: combined}}\nlog: {level: loud}\n"
GOOD_RULES = """rules:
  - id: shop.tea
    title: Tea is out
    format: plain
    match: 'no tea'
    explain: There is no tea.
    examples: [{line: 'no tea at all'}]
    counterexamples: [{line: 'no coffee'}]
"""
BAD_RULES = GOOD_RULES.replace("'no tea at all'", "'tea for two'")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGTELL_CONFIG", "good.yaml")
    # One shipped rule instead of hundreds: proving all of them takes seconds, and tests/rules does.
    monkeypatch.setattr("rules.load.SHIPPED", tmp_path / "shipped")
    Path("shipped").mkdir()
    Path("shipped/milk.yaml").write_text(GOOD_RULES.replace("tea", "milk"))
    for name, text in {
        "good.yaml": GOOD_CONFIG,
        "bad.yaml": BAD_CONFIG,
        "rules.yaml": GOOD_RULES,
        "bad_rules.yaml": BAD_RULES,
        "with_rules.yaml": GOOD_CONFIG + "rules: {folders: bad_rules.yaml}\n",
    }.items():
        Path(name).write_text(text)
    Path("folder").mkdir()
    Path("folder/own.yaml").write_text(GOOD_RULES)
    Path("latin.yaml").write_bytes(b"log: \xff\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["good.yaml"], 0),
        (["bad.yaml"], 78),
        (["bad.yaml", "good.yaml"], 78),
        (["good.yaml", "bad.yaml"], 78),
        (["rules.yaml"], 0),
        (["folder"], 0),
        (["bad_rules.yaml"], 1),
        (["bad.yaml", "bad_rules.yaml"], 78),
        (["with_rules.yaml"], 1),
        (["missing.yaml"], 78),
        (["latin.yaml"], 78),
    ],
)
def test_the_exit_code_tells_what_is_wrong(arguments: list[str], code: int) -> None:
    assert logtell("check", *arguments).code == code


def test_everything_is_said_at_once_with_its_place() -> None:
    ran = logtell("check", "bad.yaml", "bad_rules.yaml")

    places = [line.split(": error: ")[0] for line in ran.err.splitlines() if ": error: " in line]
    assert places == ["bad.yaml:1:32", "bad.yaml:2:14", "bad_rules.yaml:7:23"]
    assert ran.err.count("  fix: ") == 3


def test_what_is_well_is_said_on_standard_output() -> None:
    ran = logtell("check", "good.yaml")

    lines = ran.out.decode().splitlines()
    assert (ran.err, lines[0]) == ("", "good.yaml: all well")
    assert lines[1].endswith(" rules: all well")


def test_the_default_configuration_is_that_of_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGTELL_CONFIG", "bad.yaml")

    assert logtell("check").out.startswith(b"bad.yaml: 2 errors\n")


def test_without_a_file_the_environment_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGTELL_CONFIG")
    monkeypatch.setattr("agent.commands.configuration.DEFAULT_PATH", Path("none.yaml"))
    monkeypatch.setenv("LOGTELL_STATSD__PORT", "many")

    ran = logtell("check")

    assert ran.code == 78
    assert ran.err.startswith("environment variable LOGTELL_STATSD__PORT: error: ")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rules.yaml", True),
        ("folder", True),
        ("with_rules.yaml", False),
        ("bad.yaml", False),
        ("missing.yaml", False),
        ("latin.yaml", False),
    ],
)
def test_a_rule_file_is_known_by_its_list_of_rules(path: str, expected: bool) -> None:
    assert is_rule_file(path) == expected
