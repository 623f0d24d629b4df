"""Every head of the table reads its own sample lines, named and found."""

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from parsers.head_log import HeadParser, head_parser
from parsers.heads import HEADS, Head
from parsers.scan import FEW_LINES
from parsers.severity import Severity

SAMPLES = [(head, line) for head in HEADS for line in head.samples]
SPARK = next(head for head in HEADS if head.name == "spark")


def parse(parser: HeadParser, *lines: str) -> Batch:
    return parser.parse(Block("".join(f"{line}\n" for line in lines).encode()))


def spark(*lines: str) -> Batch:
    return parse(head_parser(SPARK), *lines)


@pytest.mark.parametrize(
    ("head", "line"), SAMPLES, ids=[f"{head.name}-{n}" for n, (head, _) in enumerate(SAMPLES)]
)
def test_a_sample_is_read_by_its_name_and_found_without(head: Head, line: str) -> None:
    event = parse(head_parser(head), line).event(0)
    found = next(parser_for("auto").parse(Block(line.encode())).events())

    assert (event.format, event.parsed) == (head.name, True)
    assert str(event.time).startswith("2026-01-02T03:04:05")
    assert event.level is not None
    assert event.message
    assert line.endswith(event.message)
    assert (event.time, event.severity, event.level, event.message, event.fields) == (
        found.time,
        found.severity,
        found.level,
        found.message,
        found.fields,
    )


@pytest.mark.parametrize(("head", "line"), SAMPLES)
def test_both_paths_read_a_head_alike(head: Head, line: str) -> None:
    parser = head_parser(head)
    many = FEW_LINES * 2

    alone, among = parse(parser, line).event(0), parse(parser, *[line] * many)

    assert [alone.fields] * many == [event.fields for event in among.events()]
    assert [alone.message] * many == among.column("message").values()


def test_lines_that_do_not_begin_with_a_time_continue_the_record() -> None:
    batch = spark(
        "26/01/02 03:04:05 ERROR Executor: failed",
        "java.lang.IllegalStateException: no",
        "\tat a.b.C(D.java:1)",
        "26/01/02 03:04:06 INFO Executor: next",
    )

    assert [3, 1] == batch.line_counts().tolist()
    assert "failed\njava.lang.IllegalStateException: no\n\tat a.b.C(D.java:1)" in (
        batch.event(0).message
    )


def test_a_line_that_begins_with_a_time_is_never_part_of_another_record() -> None:
    batch = spark(
        "26/01/02 03:04:05 INFO Executor: one",
        "26/01/02 03:04:06  WARN  Executor, without a colon",
        "26/01/02 03:04:07 unable to say how bad it is",
        "26/01/02 03:04:08 INFO Executor: two",
    )

    assert ["spark", "plain", "plain", "spark"] == batch.format_of().values()
    assert [Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.INFO] == (
        batch.severity.tolist()
    )
    assert ["INFO", "WARN", None, "INFO"] == batch.column("level").values()
    assert batch.event(1).message == "26/01/02 03:04:06  WARN  Executor, without a colon"
    assert batch.event(2).time == "2026-01-02T03:04:07+00:00"
    assert batch.event(2).fields == {}


def test_an_unknown_level_is_no_level() -> None:
    event = spark("26/01/02 03:04:05 Hello World: text").event(0)

    assert (event.format, event.level, event.severity) == ("plain", None, Severity.INFO)


def test_a_record_is_complete_when_the_next_one_begins() -> None:
    lines = b"26/01/02 03:04:05 INFO A: a\n  more\n", b"26/01/02 03:04:06 odd\n", b"half"

    assert head_parser(SPARK).complete(b"".join(lines)) == len(lines[0])


def test_fields_are_columns() -> None:
    batch = spark("26/01/02 03:04:05 INFO storage.Block: a", "26/01/02 03:04:05 odd")

    assert ["storage.Block", None] == batch.column("logger").values()
    with pytest.raises(KeyError):
        batch.column("thread")


def test_lines_of_other_formats_between_those_with_a_head_keep_their_own() -> None:
    ours = b"26/01/02 03:04:05 INFO Executor: one\n" * 8
    others = (
        b"2026/01/02 03:04:05 [error] 7#8: *9 failed, client: 192.0.2.7, server: _\n"
        b"26/01/02 03:04:05 odd\n"
        b'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 502 7 "-" "-"\n'
    )
    raw = ours + others

    batch = parser_for("auto", head=raw).parse(Block(raw))

    assert ["spark"] * 8 + ["nginx_error", "plain", "nginx_access"] == batch.format_of().values()
    assert [1] * 11 == batch.line_counts().tolist()


def test_the_parts_of_a_database_error_are_one_record() -> None:
    prefix = "2026-01-02 03:04:05.678 UTC [7] "
    error = [
        f"{prefix}ERROR:  duplicate key",
        f"{prefix}DETAIL:  Key (id)=(1) already exists.",
        f"{prefix}STATEMENT:  INSERT INTO a",
        "\tVALUES (1)",
    ]
    parser = parser_for("auto", head="\n".join(error).encode())
    raw = "".join(f"{line}\n" for line in (*error, *error)).encode()

    batch = parser.parse(Block(raw))

    assert [4, 4] == batch.line_counts().tolist()
    assert [Severity.ERROR] * 2 == batch.severity.tolist()
    assert len(raw) // 2 == parser.complete(raw)
    assert len(raw) // 2 == parser.complete(raw[: raw.rfind(b"\t")])


def test_a_part_of_an_error_whose_beginning_is_not_there_is_unparsed() -> None:
    line = "2026-01-02 03:04:05.678 UTC [7] DETAIL:  Key (id)=(1) already exists."

    event = next(parser_for("postgresql").parse(Block(line.encode())).events())

    assert (event.parsed, event.message, event.severity) == (False, line, Severity.INFO)
