"""Python's logging in any `%`-style format."""

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from parsers.layout import LayoutError
from parsers.python_log import BASIC, python_parser
from parsers.severity import Severity

TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/srv/app/web.py", line 3, in serve',
    "    raise ValueError(text)",
    "ValueError: no such thing",
)


def parse(log_format: str, *lines: str, ends: str = "\n") -> Batch:
    raw = "".join(f"{line}{ends}" for line in lines).encode()
    return python_parser(log_format).parse(Block(raw))


def test_the_default_format_gives_level_logger_and_message():
    line = 'DEBUG:urllib3.connectionpool:http://example.com:80 "GET / HTTP/1.1" 200 648'

    event = parse(BASIC, line).event(0)

    assert event.parsed
    assert (event.level, event.severity) == ("DEBUG", Severity.DEBUG)
    assert event.fields == {"logger": "urllib3.connectionpool"}
    assert event.message == 'http://example.com:80 "GET / HTTP/1.1" 200 648'


def test_a_padded_level_and_the_traceback_behind_it_are_one_event():
    head = "[describe][ERROR ] Had a problem trying to read the CSV file"

    batch = parser_for("auto").parse(Block("\n".join((head, *TRACEBACK, "")).encode()))

    event = batch.event(0)
    assert len(batch) == 1
    assert (event.level, event.severity, event.lines) == ("ERROR", Severity.ERROR, 5)
    assert event.fields == {
        "logger": "describe",
        "exception_type": "ValueError",
        "exception_message": "no such thing",
        "exception_frame": "/srv/app/web.py:3 in serve",
    }
    assert event.message == "\n".join(("Had a problem trying to read the CSV file", *TRACEBACK))


@pytest.mark.parametrize("name", ["python", "auto", "plain"])
def test_a_logging_error_is_one_event_and_an_error(name):
    lines = (
        "--- Logging error ---",
        *TRACEBACK[:3],
        "TypeError: not all arguments converted during string formatting",
        "Call stack:",
        '  File "/srv/app/web.py", line 9, in <module>',
        '    log.info("a", 1)',
        "Message: 'a'",
        "Arguments: (1,)",
    )

    batch = parser_for(name).parse(Block("\n".join((*lines, "")).encode()))

    event = batch.event(0)
    assert len(batch) == 1
    assert (event.severity, event.lines, event.parsed) == (Severity.ERROR, len(lines), True)
    assert event.message == "\n".join(lines)


def test_a_logging_error_between_records_takes_its_own_lines():
    batch = parse(
        BASIC, "INFO:a:one", "--- Logging error ---", *TRACEBACK, "Call stack:", "INFO:a:two"
    )

    lines = [event.lines for event in batch.events()]

    assert [1, 6, 1] == lines
    assert [Severity.INFO, Severity.ERROR, Severity.INFO] == batch.severity.tolist()


def test_chained_tracebacks_belong_to_one_event():
    chain = "During handling of the above exception, another exception occurred:"

    batch = parse(BASIC, "ERROR:a:failed", *TRACEBACK, "", chain, "", *TRACEBACK, "INFO:a:next")

    assert [12, 1] == batch.line_counts().tolist()


@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        (
            "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
            "2026-01-22 14:59:12,123 - app.web - WARNING - low - very low",
            ("app.web", "WARNING", "low - very low"),
        ),
        (
            "%(asctime)s %(levelname)-8s [%(name)s] %(message)s",
            "2026-01-22 14:59:12,123 INFO     [app] up",
            ("app", "INFO", "up"),
        ),
        (
            "%(levelname)-5s [%(name)s] %(message)s",
            "INFO  [app] up",
            ("app", "INFO", "up"),
        ),
        (
            "%(levelname)-5s %(name)-10s %(message)s",
            "CRITICAL app        gone",
            ("app", "CRITICAL", "gone"),
        ),
        (
            "%(levelname)7s %(name)s: %(message)s",
            "   INFO app: up",
            ("app", "INFO", "up"),
        ),
        (
            "%(levelname)-8s%(name)s:%(message)s",
            "WARNING app:low",
            ("app", "WARNING", "low"),
        ),
        (
            '{"level": "%(levelname)s", "logger": "%(name)s", "text": "%(message)s"}',
            '{"level": "ERROR", "logger": "app", "text": "a b"}',
            ("app", "ERROR", "a b"),
        ),
    ],
)
@pytest.mark.parametrize("lines", [1, 100])
def test_a_format_reads_what_it_writes(log_format, line, expected, lines):
    batch = parse(log_format, *[line] * lines)

    columns = (batch.column(name).values() for name in ("logger", "level", "message"))
    assert batch.parsed.tolist() == [True] * lines
    assert [expected] * lines == list(zip(*columns, strict=True))


def test_a_line_with_an_unknown_level_continues_the_record_before():
    batch = parse(BASIC, "INFO:a:one", "Memo:this:is not a level", "INFO:a:two")

    assert [2, 1] == batch.line_counts().tolist()


def test_lines_before_the_first_record_are_unparsed():
    first, second = parse(BASIC, "ValueError: no such thing", "INFO:a:one").events()

    assert (first.parsed, first.severity, first.fields) == (False, Severity.INFO, {})
    assert first.message == "ValueError: no such thing"
    assert second.parsed


def test_without_a_level_a_time_heads_a_record_and_a_traceback_does_not():
    batch = parse("%(asctime)s %(message)s", "2026-01-22 14:59:12,123 up", *TRACEBACK)

    event = batch.event(0)

    assert len(batch) == 1
    assert (event.level, event.severity) == (None, Severity.INFO)
    assert event.time == "2026-01-22T14:59:12.123000+00:00"


def test_integers_are_numbers():
    log_format = "%(levelname)s %(filename)s:%(lineno)d %(process)5d %(message)s"

    event = parse(log_format, "INFO web.py:12    71 up").event(0)

    assert event.fields == {"filename": "web.py", "lineno": 12, "process": 71}


def test_crlf_is_no_part_of_the_message():
    batch = parse(BASIC, "INFO:a:one", "INFO:a:two", ends="\r\n")

    assert ["one", "two"] == batch.column("message").values()


@pytest.mark.parametrize("log_format", ["%(levelname)s", "%(name)s%(message)s", "plain"])
def test_a_format_that_cannot_be_read_is_refused(log_format):
    with pytest.raises(LayoutError):
        python_parser(log_format)


def test_a_percent_sign_stands_for_itself():
    event = parse("%(levelname)s 100%% %(message)s", "INFO 100% done").event(0)

    assert event.message == "done"


@pytest.mark.parametrize(
    ("log_format", "line"),
    [
        ("{asctime} [{levelname:<8}] {name}: {message}", "[WARNING ] shop: slow"),
        ("{asctime} {{{levelname}}} {name!s}: {message:s}", "{WARNING} shop: slow"),
        ("$asctime ${levelname} $name: $message", "WARNING shop: slow"),
        ("${asctime} $$ $levelname $name: ${message}", "$ WARNING shop: slow"),
    ],
)
def test_the_other_styles_of_formats_are_read(log_format: str, line: str) -> None:
    raw = f"2026-01-02 03:04:05,678 {line}".encode()

    event = next(parser_for(log_format).parse(Block(raw)).events())

    assert (event.time, event.level, event.fields, event.message) == (
        "2026-01-02T03:04:05.678000+00:00",
        "WARNING",
        {"logger": "shop"},
        "slow",
    )


def test_a_line_that_begins_with_a_time_but_does_not_fit_is_a_record_of_its_own() -> None:
    raw = b"2026-01-02 03:04:05,678 INFO a: one\n2026-01-02 03:04:05,679  WARN a: two\n  more\n"

    batch = parser_for("%(asctime)s %(levelname)s %(name)s: %(message)s").parse(Block(raw))

    assert ["python", "plain"] == batch.format_of().values()
    assert ["INFO", "WARN"] == batch.column("level").values()
    assert [1, 2] == batch.line_counts().tolist()
