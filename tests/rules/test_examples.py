"""Every example of every shipped rule, by the real parsers and with all rules loaded."""

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from rules.load import load
from rules.match import Explanation, RuleSet
from rules.model import Example, Rule

RULES = load().rules
RULE_SET = RuleSet(RULES)
# `any` is not a parser; every line is plain text.
PARSED_AS = {"any": "plain", "nginx_access": "combined"}


def cases(key: str):
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, example in enumerate(getattr(rule, key))
    ]


def parsed(rule: Rule, line: str) -> Batch:
    """By the first of the rule's formats that the line fits, or else by the last."""
    block = Block(line.rstrip("\n").encode() + b"\n")
    batches = [parser_for(PARSED_AS.get(name, name)).parse(block) for name in rule.format]
    return next((batch for batch in batches if batch.parsed.all()), batches[-1])


def answer(rule: Rule, line: str) -> Explanation | None:
    matches = RULE_SET.match(parsed(rule, line))
    return matches.explanation(0) if len(matches) else None


@pytest.mark.parametrize(("rule", "example"), cases("examples"))
def test_example(rule: Rule, example: Example):
    explanation = answer(rule, example.line)

    assert explanation is not None
    assert explanation.rule == rule.id
    assert example.explain is None or explanation.text == example.explain.strip()


@pytest.mark.parametrize(("rule", "example"), cases("counterexamples"))
def test_counterexample(rule: Rule, example: Example):
    explanation = answer(rule, example.line)

    assert explanation is None or explanation.rule != rule.id


@pytest.mark.parametrize(("rule", "example"), cases("examples"))
def test_example_is_one_record(rule: Rule, example: Example):
    batch = parsed(rule, example.line)

    assert len(batch) == 1
    assert batch.parsed.all()
