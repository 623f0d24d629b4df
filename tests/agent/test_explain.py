"""`explain --json`: one event for every line of standard input, in order, whatever it is."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract import Event
from agent.explain import explain_lines
from parsers.formats import NAMES, parser_for
from tests.agent.command import RULES, logtell

ODD: dict[str, bytes] = {
    "blank": b"\n",
    "spaces": b"   \n",
    "carriage return": b"\r\n",
    "nul": b"\0\n",
    "binary": bytes(set(range(256)) - {10}) + b"\n",
    "megabyte": b"x" * 1_000_000 + b"\n",
    "megabyte of quotes": b'"' * 1_000_000 + b"\n",
    "megabyte of JSON": b'{"a":"' + b"x" * 1_000_000 + b'"}\n',
    "brackets": b"[" * 10_000 + b"\n",
    "traceback's second line": b'  File "a.py", line 1, in <module>\n',
    "other line ends": "a\x0bb\x0cc\x85d\u2028e\rf\n".encode(),
    "access": b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n',
    "error": b"2026/01/02 03:04:05 [error] 1#1: x\n",
    "python": b"ERROR:a:b\n",
    "no newline": b"last",
}


@pytest.mark.parametrize("log_format", [None, *NAMES, "$status $request", "%(message)s"])
def test_every_line_is_one_event_in_order(log_format: str | None) -> None:
    raw = b"".join(ODD.values())
    chosen = ["--format", log_format] if log_format else []

    ran = logtell("explain", "--json", *chosen, "-", stdin=raw)
    events = [Event.model_validate(event) for event in ran.json_lines()]

    offsets = [0]
    for line in list(ODD.values())[:-1]:
        offsets.append(offsets[-1] + len(line))
    assert (ran.code, ran.err) == (0, "")
    assert [event.origin.offset for event in events] == offsets
    assert [event.origin.lines for event in events] == [1] * len(ODD)


def test_without_a_format_each_line_is_detected_by_itself() -> None:
    raw = ODD["access"] + ODD["error"] + ODD["python"] + b'{"msg":"x"}\n' + b"some words\n"

    found = [event["format"] for event in logtell("explain", "--json", "-", stdin=raw).json_lines()]

    assert found == ["nginx_access", "nginx_error", "python", "json", "plain"]


def test_what_does_not_fit_the_format_is_an_unparsed_event_with_the_whole_line() -> None:
    ran = logtell("explain", "--json", "--format", "combined", "-", stdin=b"some  words \r\n")
    (event,) = ran.json_lines()

    assert (event["parsed"], event["message"], event["fields"]) == (False, "some  words ", {})


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), max_size=8))
def test_any_bytes_are_one_event_a_line(lines: list[bytes]) -> None:
    written = list(explain_lines([line + b"\n" for line in lines], parser_for("auto"), RULES))

    assert [each.count(b"\n") for each in written] == [1] * len(lines)


def test_nothing_on_standard_input_is_nothing_on_standard_output() -> None:
    ran = logtell("explain", "--json", "-")

    assert (ran.code, ran.out, ran.err) == (0, b"", "")


def test_a_line_as_argument_is_one_event() -> None:
    (event,) = logtell("explain", "--json", "ERROR:a:b").json_lines()

    assert (event["message"], event["origin"]["path"]) == ("b", "-")


def test_each_event_is_written_before_the_next_line_comes() -> None:
    """As `tail -f … | logtell explain --json -` needs it."""
    with subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "explain", "--json", "--format", "python", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(b"ERROR:a:first\n")
        program.stdin.flush()
        first = program.stdout.readline()
        program.stdin.close()

    assert b'"first"' in first


def test_the_rules_of_a_folder_answer(tmp_path) -> None:
    (tmp_path / "own.yaml").write_text(
        """rules:
  - id: shop.tea
    title: Tea is out
    format: python
    match: 'no tea in (?P<cupboard>\\w{1,40})'
    explain: The cupboard {cupboard} has no tea.
    examples: [{line: 'ERROR:shop:no tea in kitchen'}]
    counterexamples: [{line: 'ERROR:shop:no milk in kitchen'}]
"""
    )

    ran = logtell("explain", "--json", "--rules", tmp_path, "ERROR:shop:no tea in kitchen")

    assert ran.json_lines()[0]["explanation"]["text"] == "The cupboard kitchen has no tea."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("rules:\n  - id: x\n", "has no `match`"), (None, "no such folder of rules")],
)
def test_wrong_rules_are_said_and_not_left_out_in_silence(tmp_path, text, complaint) -> None:
    folder = tmp_path / "rules"
    if text:
        folder.mkdir()
        (folder / "a.yaml").write_text(text)

    ran = logtell("explain", "--rules", folder, "some line")

    assert (ran.code, ran.out) == (78, b"")
    assert complaint in ran.err


def test_a_pasted_traceback_is_one_card() -> None:
    raw = b"ERROR:a:b\nTraceback (most recent call last):\n  File\nValueError: x\n"

    ran = logtell("explain", stdin=raw)

    assert (ran.code, ran.out.count("╭".encode())) == (0, 1)


@pytest.mark.parametrize("arguments", [("explain", ""), ("explain", "-"), ("explain", "  ")])
def test_nothing_to_explain_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    ran = logtell(*arguments)

    assert (ran.code, ran.out) == (2, b"")
    assert "nothing to explain" in ran.err


def test_a_wrong_format_is_a_usage_error_with_its_fix() -> None:
    ran = logtell("explain", "--format", "combind", "x")

    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith(
        'logtell: --format: unknown format "combind"\n  fix: did you mean "combined"?'
    )


def test_the_card_says_which_format_was_chosen_and_which_lost() -> None:
    lines = b"2026-01-02 03:04:05,678 INFO [main] org.example.App: started\n" * 3

    out = " ".join(logtell("explain", stdin=lines).out.decode().split())

    assert "format hadoop: 100% of the records fit, and it tells more of them" in out
    assert "it won over python (100%)" in out


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("2026-01-02T03:04:05.1Z stdout F I0102 15:04:05.678901 7 a.go:3] on", "cri:klog"),
        ("web-1  | \x1b[32mI0102 15:04:05.678901 7 a.go:3] on\x1b[0m", "compose:klog"),
        (
            "2026-01-02T03:04:05.1Z stdout F Jan  2 03:04:05 a b[7]: I0102 15:04:05.6 7 a.go:3] on",
            "cri:syslog:plain",
        ),
    ],
)
def test_the_reason_is_that_of_what_is_framed(line: str, name: str) -> None:
    out = logtell("explain", line).out.decode()

    assert f"format {name}: " in " ".join(out.split())


def test_the_card_says_that_no_format_fits() -> None:
    out = " ".join(logtell("explain", "some words").out.decode().split())

    assert "format plain: fewer than 60% of the records fit any other" in out


def test_a_named_format_needs_no_reason() -> None:
    assert b"format plain:" not in logtell("explain", "--format", "plain", "some words").out


def test_a_year_that_a_line_leaves_out_is_that_of_the_last_such_day() -> None:
    (event,) = logtell("explain", "--json", "Jan  2 03:04:05 host app[7]: x").json_lines()

    time = datetime.fromisoformat(event["time"])
    assert timedelta() <= datetime.now(UTC) - time < timedelta(days=366)
