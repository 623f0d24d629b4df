"""Which events a sink takes: by severity, by logger and its children, and what rules explain."""

from typing import Any

import orjson
import pytest

from agent.events import EVERYTHING, Selection, json_lines
from agent.setup import selection
from parsers.severity import LABELS, Severity
from tests.agent.command import RULES, batch_of

PYTHON = b"""DEBUG:root:1
INFO:urllib3:2
WARNING:urllib3.connectionpool:3
ERROR:urllib3.connectionpool:4
DEBUG:shop.cart:5
ERROR:urllib30:6
CRITICAL:shop:7
"""
# The first is explained, and only a notice.
NGINX = b"""2026/01/02 03:04:05 [notice] 1#1: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8000/", host: "example.org"
2026/01/02 03:04:06 [notice] 1#1: nothing that a rule knows
2026/01/02 03:04:07 [crit] 1#1: nothing that a rule knows
"""  # noqa: E501
EXPLAINED_QUIET = (
    b"INFO:app:ok\n"
    b"DEBUG:app.db:boom\nTraceback (most recent call last):\n"
    b'  File "a.py", line 1, in <module>\n'
    b"ModuleNotFoundError: No module named 'yaml'\n"
)


def chosen(raw: bytes, log_format: str, choice: Selection) -> list[Any]:
    batch = batch_of(raw, log_format)
    matches = RULES.match(batch)
    return [
        orjson.loads(line)
        for line in json_lines(batch, matches, choice.rows(batch, matches), "web").splitlines()
    ]


def messages(raw: bytes, log_format: str, choice: Selection) -> list[str]:
    return [event["message"] for event in chosen(raw, log_format, choice)]


@pytest.mark.parametrize("severity", LABELS)
def test_events_at_least_as_severe_are_taken(severity: str) -> None:
    found = chosen(PYTHON, "python", selection(severity, {}, explained=False))

    wanted = [
        line.split(":")[2]
        for line in PYTHON.decode().splitlines()
        if Severity[line.split(":")[0]] >= Severity[severity.upper()]
    ]
    assert [event["message"] for event in found] == wanted


@pytest.mark.parametrize(
    ("loggers", "expected"),
    [
        ({}, "3467"),
        ({"urllib3": "error"}, "467"),
        ({"urllib3": "critical"}, "67"),
        ({"urllib3": "error", "urllib3.connectionpool": "warning"}, "3467"),
        ({"urllib3": "debug"}, "23467"),
        ({"urllib3.connectionpool": "critical"}, "67"),
        ({"shop": "debug"}, "34567"),
        ({"shop.cart": "debug", "shop": "critical"}, "34567"),
        ({"root": "debug"}, "1234567"),
        ({"": "critical"}, "7"),
        ({"": "critical", "urllib3": "warning"}, "347"),
        ({"root": "error", "shop.cart": "debug"}, "4567"),
        ({"url": "critical", "urllib3.connection": "critical"}, "3467"),
    ],
)
def test_a_logger_rules_itself_and_its_children(loggers: dict[str, str], expected: str) -> None:
    found = messages(PYTHON, "python", selection("warning", loggers, explained=True))

    assert "".join(found) == expected


def test_an_explained_event_is_taken_whatever_its_severity() -> None:
    choice = selection("critical", {}, explained=True)

    assert [bool(each["explanation"]) for each in chosen(NGINX, "nginx_error", choice)] == [
        True,
        False,
    ]


def test_without_explained_only_the_severity_counts() -> None:
    choice = selection("critical", {}, explained=False)

    assert [each["severity"] for each in chosen(NGINX, "nginx_error", choice)] == ["critical"]


def test_a_muted_logger_mutes_what_a_rule_explains() -> None:
    batch = batch_of(EXPLAINED_QUIET, "python")
    matches = RULES.match(batch)
    assert matches.rows.tolist() == [1]

    heard = selection("critical", {}, explained=True).rows(batch, matches).tolist()
    muted = selection("critical", {"app": "critical"}, explained=True).rows(batch, matches).tolist()

    assert (heard, muted) == ([1], [])


@pytest.mark.parametrize("log_format", ["combined", "nginx_error", "plain", "json"])
def test_loggers_mean_nothing_to_a_format_without_them(log_format: str) -> None:
    choice = selection("debug", {"urllib3": "critical"}, explained=False)

    assert "\n".join(messages(b"a\nb\n", log_format, choice)) == "a\nb"


def test_json_loggers_are_selected_too() -> None:
    raw = b'{"msg":"1","logger":"a.b"}\n{"msg":"2","logger":null}\n{"msg":"3","logger":{"a":1}}\n'

    assert messages(raw, "json", selection("debug", {"a": "error"}, explained=False)) == ["2", "3"]


def test_selected_rows_keep_their_explanations_and_offsets() -> None:
    raw = b"2026/01/02 03:04:05 [notice] 1#1: first\n" + NGINX
    found = chosen(raw, "nginx_error", selection("error", {}, explained=True))
    everything = chosen(raw, "nginx_error", EVERYTHING)

    assert found == [everything[1], everything[3]]


def test_an_empty_batch_has_no_events() -> None:
    assert chosen(b"", "plain", EVERYTHING) == []
