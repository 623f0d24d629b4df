"""What a rule may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from parsers.severity import Severity
from rules.model import Rule
from tests.rules.packs import rule


def refusal(**keys: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        rule(**keys)
    error = caught.value.errors()[0]
    return str(error.get("ctx", {}).get("what", error["msg"]))


def test_severity_is_one_of_six_names():
    assert rule(severity="warning").severity is Severity.WARNING


def test_severity_left_out_keeps_the_lines_own():
    assert rule().severity is None


def test_format_is_one_name_or_several():
    assert rule(format="python").format == ("python",)
    assert rule(format=["python", "json"]).format == ("python", "json")


@pytest.mark.parametrize("log_format", ["nginx_error", "python", "json", "plain"])
def test_any_fits_every_format_of_messages(log_format):
    assert rule(format="any").fits(log_format)


@pytest.mark.parametrize("log_format", ["nginx_access", "combined"])
def test_any_does_not_fit_access_logs(log_format):
    """Anybody can write `Out of memory: Killed process` into a URL."""
    assert not rule(format="any").fits(log_format)


def test_a_rule_for_combined_fits_every_access_log():
    assert rule(format="combined").fits("nginx_access")


def test_a_rule_fits_only_its_format():
    assert not rule(format="python").fits("nginx_error")


@pytest.mark.parametrize("key", ["explain", "cause"])
@pytest.mark.parametrize("text", ["{", "}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{}", "{0}"])
def test_braces_hold_plain_names_only(key, text):
    assert "belongs to no {name}" in refusal(**{key: text})


def test_doubled_braces_are_text():
    assert rule(explain="{{print $1}}").explain == "{{print $1}}"


def test_a_title_takes_no_values():
    assert refusal(title="Refused by {host}") == "holds a brace"


@pytest.mark.parametrize("pattern", [r"\d+ [a-z]+", "abc", "(?:long enough)?", "(?:abcd|x)"])
def test_a_pattern_needs_a_literal(pattern):
    assert "literal characters" in refusal(match=pattern)


@pytest.mark.parametrize("pattern", [r"error (?:a+)+", r"error (?:[a-z]+ ?)*x", r"error (?:a|b+)*"])
def test_a_repeat_inside_a_repeat_is_refused(pattern):
    assert "repeats a repeat" in refusal(match=pattern)


@pytest.mark.parametrize(
    "pattern", [r"error (?:a++)+", r"error (?:\d+\.){3}", r"error (?>a+)*", r"error (?:ab?)*"]
)
def test_repeats_that_cannot_run_away_are_accepted(pattern):
    assert rule(match=pattern).match.text == pattern


def test_a_set_that_will_change_its_meaning_is_refused():
    assert "Possible nested set" in refusal(match="error [[a-z]+")


def test_a_rule_needs_an_example_and_a_counterexample():
    assert {"examples", "counterexamples"} <= {
        name for name, field in Rule.model_fields.items() if field.is_required()
    }


def test_one_step_may_stand_without_a_list():
    assert rule(check="Look.").check == ("Look.",)
