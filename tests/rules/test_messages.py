"""The exact words of findings: golden files for rule files, and the table for any model."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from parsers.formats import parser_for
from rules.check import check
from rules.load import load
from rules.messages import Finding, wrong
from rules.read import read_model

GOLDEN = Path(__file__).parent / "golden_messages"


@pytest.mark.parametrize("faulty", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_faulty_rule_file_is_reported_word_for_word(faulty):
    """The text stands in the `.txt` beside the file; change it there when the words change."""
    loaded = load([faulty], shipped=False)

    findings = check(loaded, parser_for, clock=lambda: 0.0)

    report = "\n".join(finding.render() for finding in findings) + "\n"
    assert faulty.with_suffix(".txt").read_text() == report.replace(f"{GOLDEN}/", "")


def test_every_golden_text_has_its_faulty_file():
    assert {p.stem for p in GOLDEN.glob("*.txt")} == {p.stem for p in GOLDEN.glob("*.yaml")}


class Sink(BaseModel):
    model_config = ConfigDict(extra="forbid")
    host: str = Field(min_length=1)
    port: int = Field(gt=0, le=65535, description="a UDP port")


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: float = 1.0
    on: bool = True
    mode: Literal["live", "replay"] = "live"
    statsd: Sink | None = None
    sinks: list[Sink] = []
    named: dict[str, Sink] = {}


def words(text: str) -> list[tuple[str, str]]:
    _, findings = read_model(text, "c.yaml", Config, kinds={"sinks": ("sink", "host")})
    return [(finding.what, finding.fix) for finding in findings]


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (
            "rate: fast",
            '`rate` is "fast", which is not a number',
            "write a number, for example 0.5",
        ),
        ("on: 'maybe'", '`on` is "maybe", which is not true or false', "write true or false"),
        ("mode: liv", '`mode` is "liv"', 'did you mean "live"? One of: live, replay'),
        ("mode: xyz", '`mode` is "xyz"', "write one of: live, replay"),
        ("mode:", "`mode` is empty", "write a value behind it, or remove the line"),
        (
            "statsd: {host: a, port: 1.5}",
            '`port` of `statsd` is "1.5", which is not a whole number',
            "write digits only, for example 10",
        ),
        (
            "statsd: {host: a, port: 70000}",
            "`port` of `statsd` is 70000, but must be at most 65535",
            "write a number at most 65535",
        ),
        (
            "statsd: {host: a, port: 0}",
            "`port` of `statsd` is 0, but must be greater than 0",
            "write a number greater than 0",
        ),
        ("statsd: {host: '', port: 1}", "`host` of `statsd` is empty", "write at least one"),
        (
            "statsd: {host: a}",
            "`statsd` has no `port`",
            "add `port:` (a UDP port)",
        ),
        (
            "sinks: [{host: a, port: 1, prt: 2}]",
            "sink a has the unknown key `prt`",
            "did you mean `port`? known keys: host, port",
        ),
        (
            "sinks: [{port: 1}]",
            "sink 1 has no `host`",
            "add `host:`",
        ),
        (
            "named: {one: {host: a, prt: 1, port: 2}}",
            "`one` of `named` has the unknown key `prt`",
            "did you mean `port`? known keys: host, port",
        ),
        (
            "statsd: localhost",
            '`statsd` is "localhost", which is not a group of keys',
            "write `key: value` lines below it, indented",
        ),
        (
            "zzz: 1",
            "the file has the unknown key `zzz`",
            "remove `zzz`; known keys: rate, on, mode, statsd, sinks, named",
        ),
    ],
)
def test_pydantic_is_translated(text, what, fix):
    assert words(text) == [(what, fix)]


def test_all_errors_come_at_once_in_the_order_of_the_file():
    text = "on: maybe\nrate: fast\nrate: 1\nzzz: 1\n"

    _, findings = read_model(text, "c.yaml", Config)

    assert [finding.line for finding in findings] == [1, 3, 4]


def test_a_file_with_an_error_gives_no_model():
    assert read_model("on: maybe", "c.yaml", Config)[0] is None


def test_a_valid_file_gives_the_model_and_no_finding():
    model, findings = read_model("statsd:\n  host: a\n  port: 8125\n", "c.yaml", Config)

    assert model == Config(statsd=Sink(host="a", port=8125))
    assert findings == []


def test_a_validator_may_use_its_own_words():
    assert wrong("is {odd}", "make it even").context == {
        "what": "is {odd}",
        "fix": "make it even",
        "offset": None,
    }


def test_a_finding_without_a_line_names_only_the_file():
    finding = Finding("rules.d", 0, 0, "error", "no such folder of rules", "create it")

    assert finding.render() == "rules.d: error: no such folder of rules\n  fix: create it"


def test_a_long_line_is_cut_around_the_fault():
    finding = Finding("x", 1, 301, "warning", "w", "", "a" * 300 + "FAULT" + "b" * 300, 5)

    _, shown, carets = finding.render().splitlines()

    assert len(shown) < 130
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "FAULT"


def test_tabs_do_not_move_the_carets():
    finding = Finding("x", 1, 2, "error", "w", "", "\tfault", 5)

    assert finding.render().splitlines()[1:] == ["  |  fault", "  |  ^^^^^"]


def test_control_characters_never_reach_the_terminal():
    finding = Finding("x", 1, 1, "error", 'is "\x1b[2J"', "", "a\x1b[2J", 1)

    assert "\x1b" not in finding.render()
