"""What a configuration makes: parsers by source, selections, rules without those switched off."""

import pytest

from agent.config import Config, SourceConfig
from agent.setup import opener, rulebook, selection
from parsers.block import Block
from parsers.severity import Severity
from tests.agent.command import batch_of

LINE = b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" %d 1 "-" "-"\n'


def source(**settings: object) -> SourceConfig:
    return SourceConfig.model_validate({"paths": "/a.log", **settings})


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "info"), (404, "debug"), (499, "notice"), (418, "critical"), (503, "error")],
)
def test_severities_of_a_source_are_laid_over_the_default(status: int, expected: str) -> None:
    choose = opener(source(severities={"404": "debug", "4xx": "critical"}))

    batch = choose("/a.log", LINE % status).parse(Block(LINE % status))

    assert Severity(int(batch.severity[0])).label == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Berlin", "+02:00"), ("UTC", "+00:00"), (None, "-04:00"), ("", "-04:00")],
)
def test_times_without_a_zone_are_in_that_of_the_source_or_the_machine(
    zone: str | None, expected: str
) -> None:
    raw = b"2026/07/02 03:04:05 [error] 1#1: x\n"
    batch = opener(source(zone=zone, format="nginx_error"))("/a.log", raw).parse(Block(raw))

    assert batch.event(0).time == f"2026-07-02T03:04:05{expected}"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(LINE % 200, "nginx_access"), (b"ERROR:a:b\n", "python"), (b"some words\n", "plain")],
)
def test_auto_chooses_by_the_head_of_each_file(raw: bytes, expected: str) -> None:
    assert opener(source())("/a.log", raw).name == expected


def test_a_selection_has_severities_for_names() -> None:
    choice = selection("warning", {"urllib3": "error"}, explained=True)

    assert (choice.severity, choice.loggers.severities, choice.explained) == (
        Severity.WARNING,
        {"urllib3": Severity.ERROR},
        True,
    )


@pytest.mark.parametrize(
    ("off", "answers"),
    [
        ([], True),
        (["nginx.upstream.refused"], False),
        (["nginx.upstream"], False),
        (["nginx"], False),
        (["nginx.up"], True),
        (["nginx.upstream.refused.x"], True),
    ],
)
def test_rules_switched_off_do_not_answer(off: list[str], answers: bool) -> None:
    raw = (
        b"2026/01/02 03:04:05 [error] 1#1: *7 connect() failed (111: Connection refused) while"
        b" connecting to upstream, client: 192.0.2.1\n"
    )
    rules = rulebook(Config.model_validate({"rules": {"off": off}}))

    matches = rules.match(batch_of(raw, "nginx_error"))

    found = [matches.rule(number).id for number in range(len(matches))]
    assert ("nginx.upstream.refused" in found) == answers
