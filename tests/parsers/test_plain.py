"""Any text: levels in their place, times, and lines that belong together."""

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from parsers.plain import PlainParser
from parsers.severity import Severity


def parse(*lines: str) -> Batch:
    return PlainParser().parse(Block("".join(f"{line}\n" for line in lines).encode()))


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("ERROR cannot open file", Severity.ERROR),
        ("2026-01-22 14:59:12 WARN low", Severity.WARNING),
        ("[error] cannot open file", Severity.ERROR),
        ("[2026-01-22 14:59:12] [warn] low", Severity.WARNING),
        ("error: cannot open file", Severity.ERROR),
        ("app: fatal: not a repository", Severity.CRITICAL),
        ("time=now level=warning msg=low", Severity.WARNING),
        ('level="error" msg=low', Severity.ERROR),
        ("(notice) reloaded", Severity.NOTICE),
        ("[ERROR   ] cannot", Severity.ERROR),
        ("[app][CRITICAL] gone", Severity.CRITICAL),
        ("DEBUG: x", Severity.DEBUG),
    ],
)
def test_a_level_in_its_place_is_the_severity(line, severity):
    batch = parse(line)

    assert [severity] == batch.severity.tolist()


@pytest.mark.parametrize(
    "line",
    [
        "no errors found",
        "an info page",
        "0 error and 0 warning",
        "handled an error in 3 ms",
        "opening /var/log/error.log",
        "GET /error HTTP/1.1",
        "ERROR_COUNT is 0",
        "TERROR",
        "X" * 200 + " ERROR",
        "",
        "text",
    ],
)
def test_a_level_word_out_of_place_is_none(line):
    event = parse("first", line or "-", "last").event(1)

    assert (event.level, event.severity) == (None, Severity.INFO)


def test_a_level_is_never_taken_from_the_next_line():
    batch = parse("GET and put", "ERROR failed")

    assert [None, "ERROR"] == batch.column("level").values()


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2026-01-22 14:59:12,123 text", "2026-01-22T14:59:12.123000+00:00"),
        ("[2026-01-22T14:59:12Z] text", "2026-01-22T14:59:12+00:00"),
        ("2026/01/22 14:59:12 text", "2026-01-22T14:59:12+00:00"),
        ("2026-01-22T14:59:12.123456789+01:00 text", "2026-01-22T14:59:12.123456+01:00"),
        ("app 2026-01-22 14:59:12 text", "2026-01-22T14:59:12+00:00"),
        ("restored from backup of 2026-01-22 14:59:12", None),
        ('msg="all is well" time="2026-01-22T14:59:12Z"', "2026-01-22T14:59:12+00:00"),
        ("2026-02-31 14:59:12 text", None),
        ("text", None),
    ],
)
def test_a_time_at_the_beginning_is_the_time(line, time):
    event = parse(line).event(0)

    assert time == event.time


@pytest.mark.parametrize(
    "more",
    [
        ["  indented", "\ttabbed"],
        ["java.lang.IllegalStateException: no", "\tat org.example.App.main(App.java:3)"][1:],
        ["\tat a", "Caused by: java.lang.Error", "\tat b", "\t... 3 more"],
        ["Traceback (most recent call last):", '  File "a.py", line 3, in f', "ValueError: no"],
        ["Traceback (most recent call last):", '  File "a.py", line 3, in f', "KeyboardInterrupt"],
        ["{", "}"][1:],
        ["", "  after an empty line"],
    ],
)
def test_lines_that_continue_are_one_event(more):
    batch = parse("ERROR first", *more, "second")

    assert [1 + len(more), 1] == batch.line_counts().tolist()
    assert batch.event(0).message == "\n".join(["ERROR first", *more])


def test_chained_tracebacks_are_one_event():
    traceback = ("Traceback (most recent call last):", '  File "a.py", line 3, in f', "OSError: no")
    chains = (
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    )
    lines = ("failed", *traceback, "", chains[0], "", *traceback, "", chains[1], "", *traceback)

    batch = parse(*lines, "next")

    assert [len(lines), 1] == batch.line_counts().tolist()


def test_plain_text_has_no_fields():
    batch = parse("text")

    with pytest.raises(KeyError):
        batch.column("logger")
    assert batch.event(0).fields == {}


def test_bytes_that_are_no_text_are_shown():
    batch = PlainParser().parse(Block(b"caf\xc3\xa9 \xff\0\n"))

    assert ["café \\xff\0"] == batch.column("message").values()


DATED = b"2026-01-02 03:04:05 one\n"


def grouped(raw: bytes) -> list[int]:
    parser = parser_for("auto", head=raw)
    assert raw[: parser.complete(raw)] == raw[: raw.rstrip(b"\n").rfind(b"\n2026") + 1]
    return [event.lines for event in parser.parse(Block(raw)).events()]


def test_where_records_state_their_time_a_line_without_one_goes_on_with_the_one_before():
    raw = DATED * 3 + b"Details:\n{x}\nno indent\n" + DATED + b"more\n" + DATED

    assert [1, 1, 4, 2, 1] == grouped(raw)


def test_a_line_without_a_time_that_states_a_level_is_a_record_also_there():
    raw = DATED * 3 + b"ERROR: no such thing\nat all\n" + DATED

    assert [1, 1, 1, 2, 1] == grouped(raw)


def test_where_few_lines_state_a_time_each_line_is_a_record():
    raw = b"one\ntwo\nthree\n" + DATED + b"four\n" + DATED

    assert [1] * 6 == grouped(raw)


def test_a_log_that_is_said_to_be_plain_is_grouped_the_same_way():
    raw = DATED * 2 + b"more\n"

    assert [1, 2] == [e.lines for e in parser_for("plain", head=raw).parse(Block(raw)).events()]


def test_a_time_in_brackets_is_one_also_behind_words_and_a_weekday():
    raw = (
        b"[pid: 7|app: 0|req: 1/1] 192.0.2.7 () {38 vars in 696 bytes} [Sun Mar 13 22:49:12 2016]"
        b" POST /x => generated 47 bytes in 129 msecs (HTTP/1.1 200)\n"
    )

    assert ["2016-03-13T22:49:12+00:00"] == parser_for("plain").parse(Block(raw)).column(
        "time"
    ).values()


def test_a_time_within_a_name_is_none():
    raw = b"app.log.1.2017-05-16_13:53:08 2026-01-02 03:04:05.008 7 INFO a [-] started\n"

    assert ["2026-01-02T03:04:05.008000+00:00"] == parser_for("plain").parse(Block(raw)).column(
        "time"
    ).values()
