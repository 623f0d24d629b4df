"""What logs of strangers taught: each case came out wrong once, in a log that nobody had tried."""

from datetime import UTC, datetime

import pytest

from parsers.block import Block
from parsers.event import Event
from parsers.formats import Options, parser_for

REFERENCE = datetime(2026, 2, 1, tzinfo=UTC)
JSON = '{"time":"2026-01-02T03:04:05Z","level":"info","msg":"a"}'


def found(*lines: str) -> list[Event]:
    raw = "".join(f"{line}\n" for line in lines).encode()
    options = Options(reference=lambda: REFERENCE)
    return list(parser_for("auto", options, head=raw).parse(Block(raw)).events())


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("type=SYSCALL msg=audit(1767323045.678:501): arch=c000003e", "03:04:05.678000"),
        ("node=web7 type=LOGIN msg=audit(1767323045.678:7): pid=7", "03:04:05.678000"),
        ("Jan 2 03:04:05 web7 sshd: started", "03:04:05"),
        ("Fri Jan 2 03:04:05 2026 [pid 7] CONNECT", "03:04:05"),
        ("2026/01/02 03:04:05,026709003121,AUTH", "03:04:05"),
        ("2026/01/02 03:04:05,026709003 seven", "03:04:05.026709"),
    ],
)
def test_a_time_is_read(line: str, time: str) -> None:
    (event,) = found(line)

    assert f"2026-01-02T{time}+00:00" == event.time


def test_records_of_sudo_are_not_joined_though_it_pads_names() -> None:
    said = ": TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/bin/ls"

    events = found(
        *(f"Jan  2 03:04:05 web7 sudo: {' ' * 5}{name} {said}" for name in ("ann", "bob"))
    )

    assert [f"{name} {said}" for name in ("ann", "bob")] == [each.message for each in events]


def test_structured_data_without_a_message_is_a_record() -> None:
    events = found(*(f'<11>1 2026-01-02T03:04:05Z fw FLOW - EV [a@1 b="{n}"]' for n in "12"))

    assert [("error", True)] * 2 == [(each.severity.label, each.parsed) for each in events]
    assert 'b="2"' in events[1].message


def test_an_empty_line_of_a_traceback_in_syslog_is_part_of_it() -> None:
    texts = ("Traceback (most recent call last):", '  File "/srv/a.py", line 1, in a', "")

    events = found(*(f"Jan  2 03:04:05 web7 app[7]: {text}" for text in (*texts, "ValueError: no")))

    assert 4 == events[0].lines


def test_the_heads_of_all_versions_of_apache_begin_a_record_each() -> None:
    time = "Fri Jan 02 03:04:05.123456 2026"

    events = found(
        f"[{time}] [core:error] [pid 7:tid 8] a",
        f"[{time}] [error] [pid 7:tid 8] b",
        f"[{time}] [:error] [pid 7] c",
        "[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] d",
        f"[{time}] [rewrite:trace3] [pid 7:tid 8] e",
    )

    assert ["error"] * 4 + ["debug"] == [each.severity.label for each in events]


def test_what_is_no_json_in_a_log_of_json_is_plain_text() -> None:
    events = found(
        *[JSON] * 4,
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 3, in main',
        "ValueError: no",
        '{"broken":',
        "[ERROR] it ends",
        JSON,
    )

    assert [("plain", "error", 3), ("json", "info", 1), ("plain", "error", 1)] == [
        (each.format, each.severity.label, each.lines) for each in events[4:-1]
    ]
    assert [True, False, True] == [each.parsed for each in events[4:-1]]


def test_the_word_for_a_level_counts_more_than_its_number() -> None:
    (event,) = found('{"log_timestamp":"2026-01-02T03:04:05Z","levelName":"INFO","level":2}')

    assert ("info", "2026-01-02T03:04:05+00:00") == (event.severity.label, event.time)


def test_a_word_behind_a_comma_is_a_part_of_the_sentence() -> None:
    """HAProxy's src/check.c: what a failed check says besides its reason."""
    (event,) = found('Server app/s1 is DOWN, reason: Layer4, info: "refused", check duration: 0ms.')

    assert event.level is None
