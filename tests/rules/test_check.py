"""What `check` proves."""

import itertools
import time

import pytest

from parsers.formats import parser_for
from rules.check import check
from rules.cost import slowest
from rules.load import load
from rules.patterns import pattern
from tests.rules.packs import REFUSED, TIMED_OUT, loaded, rule


def still() -> float:
    return 0.0


def findings(folder, *rules, clock=still):
    return check(loaded(folder, *rules), parser_for, clock=clock)


def said(folder, *rules):
    return [finding.what for finding in findings(folder, *rules)]


@pytest.mark.timeout(120)
def test_the_shipped_rules_pass():
    found = check(load(), parser_for, clock=time.process_time)

    assert [finding.render() for finding in found] == []


def test_a_good_rule_has_no_findings(tmp_path):
    assert said(tmp_path, rule()) == []


def test_an_example_that_the_pattern_does_not_fit_is_shown_how_far_it_fits(tmp_path):
    (finding,) = findings(tmp_path, rule(match=r"connect\(\) failed \(112: "))

    assert finding.what == "example 1 of rule nginx.refused is not answered"
    assert finding.fix.endswith(r"only up to here: connect\(\) failed \(11")


def test_an_earlier_rule_that_answers_is_named_with_its_place(tmp_path):
    narrow = rule("x.refused")
    broad = rule(
        "x.any",
        "while connecting to upstream",
        examples=[{"line": REFUSED.replace("111: ", "113: ")}],
        counterexamples=[{"line": "2026/01/02 03:04:05 [error] 1#1: other"}],
    )

    (finding,) = findings(tmp_path, broad, narrow)

    assert finding.what == (
        "example 1 of rule x.refused is answered by x.any, which stands earlier: "
        f"{tmp_path / 'pack.yaml'}:2"
    )


def test_a_counterexample_that_is_answered_is_found(tmp_path):
    assert said(tmp_path, rule(counterexamples=[{"line": REFUSED}])) == [
        "counterexample 1 of rule nginx.refused is answered by it"
    ]


def test_a_counterexample_may_be_answered_by_another_rule(tmp_path):
    timed_out = rule(
        "x.timed",
        r"timed out \(110",
        examples=[{"line": TIMED_OUT}],
        counterexamples=[{"line": REFUSED}],
    )

    assert said(tmp_path, rule(), timed_out) == []


def test_findings_stand_at_the_example(tmp_path):
    bad = rule(examples=[{"line": REFUSED}, {"line": TIMED_OUT}])

    found = findings(tmp_path, bad)

    line = (tmp_path / "pack.yaml").read_text().splitlines()[found[0].line - 1]
    assert "upstream timed out" in line
    assert line[found[0].column - 1] == "'"


def test_a_name_that_nothing_provides_is_found_with_its_column(tmp_path):
    (finding,) = findings(tmp_path, rule(explain="from {clients}"))

    assert finding.what == "`{clients}` in `explain` of rule nginx.refused is no known name"
    assert finding.source_line[finding.column - 1 :].startswith("{clients}")
    assert finding.fix.startswith("did you mean {client}?")


@pytest.mark.parametrize("name", ["client", "message", "level", "time", "logger", "code"])
def test_groups_fields_and_common_names_are_known(tmp_path, name):
    told = rule(match=r"failed \((?P<code>111): ", explain=f"{{{name}}}")

    assert said(tmp_path, told) == []


def test_fields_of_json_are_those_of_the_example(tmp_path):
    told = rule(
        format="json",
        match="refused by upstream",
        explain="{peer} {per}",
        examples=[{"line": '{"message": "refused by upstream", "peer": "a"}'}],
        counterexamples=[{"line": '{"message": "fine"}'}],
    )

    assert [what.split(" in ")[0] for what in said(tmp_path, told)] == ["`{per}`"]


def test_a_rule_that_gets_slow_is_refused_and_its_examples_are_not_run(tmp_path):
    ticks = itertools.count()

    found = findings(tmp_path, rule(), clock=lambda: float(next(ticks)))

    assert [finding.what for finding in found] == [
        "`match` of rule nginx.refused takes 1000 ms for 16 bytes made of its example (limit: 25 ms"
        " for 65536 bytes)"
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (r"start (?:a|aa)*b", b"start aaab"),
        (r"start .*middle.*end$", b"start middle end"),
        (r"word (?P<a>[a-z ]+)!", b"word a!"),
    ],
    ids=["exponential", "cubic", "quadratic"],
)
def test_runaway_backtracking_is_measured(source, line):
    found = slowest(pattern(source).regex, line, time.process_time)

    assert found is not None


def test_a_bounded_pattern_is_fast_enough():
    regex = pattern(r"word (?P<a>[a-z ]{1,60})!").regex

    assert slowest(regex, b"word a!", time.process_time) is None
