"""Rules are loaded when they are first needed, and what is wrong with them is kept to be said."""

from pathlib import Path

import pytest

from agent.rulebook import Rulebook
from tests.agent.command import batch_of

ACCESS = b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
OWN = """rules:
  - id: shop.tea
    title: Tea is out
    format: {form}
    match: '{match}'
    explain: There is no tea.
    examples: [{{line: 'no tea at all'}}]
    counterexamples: [{{line: 'no milk'}}]
"""


def folder(tmp_path: Path, form: str = "plain", match: str = "no tea") -> Path:
    (tmp_path / "own.yaml").write_text(OWN.format(form=form, match=match))
    return tmp_path


def test_access_logs_need_no_rules_so_none_are_loaded() -> None:
    rules = Rulebook()

    matches = rules.match(batch_of(ACCESS))

    assert (len(matches), rules._rules) == (0, None)


def test_an_own_rule_may_explain_access_logs(tmp_path: Path) -> None:
    rules = Rulebook([folder(tmp_path, "nginx_access", "GET / HTTP")])

    assert len(rules.match(batch_of(ACCESS))) == 1


def test_an_own_rule_answers_beside_the_shipped_ones(tmp_path: Path) -> None:
    rules = Rulebook([folder(tmp_path)])

    matches = rules.match(batch_of(b"no tea\nmilk\n", "plain"))

    assert (matches.rows.tolist(), matches.rule(0).id) == ([0], "shop.tea")
    assert len(rules.load().rules) > 100


def test_a_file_with_a_fault_is_left_out_and_said(tmp_path: Path) -> None:
    rules = Rulebook([folder(tmp_path, "plain", "(")])
    rules.load()

    assert [finding.path for finding in rules.findings] == [str(tmp_path / "own.yaml")]
    assert len(rules.load().rules) > 100


@pytest.mark.parametrize("format_name", ["plain", "nginx_error", "python", "json"])
def test_an_empty_batch_matches_nothing(format_name: str) -> None:
    assert len(Rulebook().match(batch_of(b"", format_name))) == 0
