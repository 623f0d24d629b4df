"""klog, the log of Kubernetes' programs such as ingress-nginx."""

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.klog import KlogParser
from parsers.severity import Severity

HEAD = "0102 15:04:05.678901       7 "


def parse(*lines: str) -> Batch:
    return KlogParser().parse(Block("".join(f"{line}\n" for line in lines).encode()))


@pytest.mark.parametrize(
    ("letter", "severity"),
    [
        ("I", Severity.INFO),
        ("W", Severity.WARNING),
        ("E", Severity.ERROR),
        ("F", Severity.CRITICAL),
    ],
)
def test_the_letter_is_the_severity(letter, severity):
    event = parse(f"{letter}{HEAD}controller.go:191] configuration changed").event(0)

    assert event.parsed
    assert (letter, severity) == (event.level, event.severity)
    assert event.message == "configuration changed"
    assert event.fields == {"thread": 7, "file": "controller.go", "line": 191}


def test_a_record_without_a_year_has_no_time():
    assert parse(f"I{HEAD}main.go:1] started").event(0).time is None


def test_what_a_fatal_record_dumps_is_part_of_it():
    batch = parse(f"F{HEAD}main.go:9] no space", "goroutine 1 [running]:", "", f"I{HEAD}a.go:1] b")

    first, second = batch.events()

    assert (first.lines, first.message) == (3, "no space\ngoroutine 1 [running]:\n")
    assert second.message == "b"


@pytest.mark.parametrize(
    "line",
    [
        f"X{HEAD}main.go:1] text",
        f"I{HEAD}main.go:1 text",
        "I0102 15:04:05 7 main.go:1] text",
        f"I{HEAD}{'x' * 500}:1] text",
        "I0102 15:04:05.678901 ",
        f"I{HEAD}no file] text",
    ],
)
def test_what_is_not_klog_is_marked_unparsed_and_kept_whole(line):
    event = parse(line).event(0)

    assert not event.parsed
    assert (line, {}) == (event.message, event.fields)


def test_the_last_record_may_go_on():
    raw = f"I{HEAD}a.go:1] one\nI{HEAD}a.go:2] two\n".encode()

    assert KlogParser().complete(raw) == len(raw) // 2
