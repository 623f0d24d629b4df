"""What logs of strangers taught of records: which lines begin one, and what stands around them."""

import pytest

from parsers.block import Block
from parsers.formats import parser_for
from tests.parsers.unseen import JSON, found


def lines_of(*lines: str) -> list[int]:
    return [each.lines for each in found(*lines)]


def test_levels_below_each_other_begin_records_though_their_lines_are_indented() -> None:
    """rich leaves out a time that is that of the line before; Capistrano pads on the left."""
    assert [2, 1, 2] == lines_of(
        "[03:04:05] WARNING  no site                                        settings.py:7",
        "                    is set",
        "           ERROR    no file                                         cache.py:9",
        "           WARNING  no file                                         cache.py:9",
        "                    at all",
    )
    assert [1, 1, 1, 2] == lines_of(
        *("  INFO [6f2c] Running mkdir", " DEBUG [6f2c] Command: mkdir"),
        *("  INFO [6f2c] Done", " ERROR [6f2c] no", "\tnone"),
    )


def test_a_table_of_levels_within_a_record_is_a_part_of_it() -> None:
    assert [3] == lines_of("INFO Scan summary:", "    WARNING 3 files", "      ERROR 5 files")


def test_indented_levels_in_no_column_belong_to_the_record_before() -> None:
    assert [2, 1] == lines_of(
        "2026-01-02 03:04:05 INFO compiled:", "   ERROR  in a.c", "2026-01-02 03:04:05 INFO done"
    )


def test_what_is_wrapped_goes_on_where_the_times_of_all_records_stand_below_each_other() -> None:
    """Fewer lines state a time than not."""
    head = "2026-01-02 03:04:05,678 p=7 u=ann n=ansible | [WARNING]: errors were"

    assert [4, 4] == lines_of(*(head, "encountered in the plugin", "load of shop:", "none") * 2)


def test_an_error_with_its_stack_is_a_record_though_it_has_no_time() -> None:
    """What Node prints of an error: as a part of the record before, it would be information."""
    line = "2026-01-02 03:04:05 INFO GET /a 200"

    events = found(line, line, "Error: no route", "    at f (node:net:1555:16)", line)

    assert ["info", "info", "error", "info"] == [each.severity.label for each in events]


def test_what_an_entrypoint_writes_first_says_nothing_of_the_program_behind_it() -> None:
    head = [f"2026-01-02 03:04:0{n} entrypoint: step {n}" for n in range(2)]

    assert [1] * 20 == lines_of(*head, *(f"GET /items/{n} 200 {n}ms" for n in range(18)))


def test_statements_of_the_same_second_in_mysqls_slow_log_are_records() -> None:
    statement = ("# User@Host: shop[shop] @  [192.0.2.7]", "# Query_time: 2", "select 1;")

    assert [4, 3, 4] == lines_of(
        *("# Time: 260102  3:04:05", *statement, *statement, "# Time: 260102  3:04:06", *statement)
    )


@pytest.mark.parametrize(
    "line",
    [
        "[I 2026-01-02 03:04:05.678 Hub app:7] ready",
        "2026-01-02 03:04:05,678 INFO shop: ready",
        "[2026-01-02 03:04:05 +0000] [7] [INFO] ready",
    ],
)
def test_what_python_warns_of_stands_for_itself(line: str) -> None:
    events = found(line, line, "/srv/a.py:7: UserWarning: old", "  warnings.warn(", line)

    assert [1, 1, 2, 1] == [each.lines for each in events]
    assert "warning" == events[2].severity.label


def test_a_day_of_one_digit_comes_off_as_syslog_too() -> None:
    events = found(*(f"Jan {day} 03:04:05 web7 dovecot[7]: no user" for day in (" 2", "2")))

    assert [("no user", "2026-01-02T03:04:05+00:00")] * 2 == [(e.message, e.time) for e in events]


def test_numbers_that_are_padded_indent_nothing() -> None:
    assert [1, 1, 1] == lines_of(*(f"{n}(7) INFO: <core> [a.c:3]: up" for n in (" 0", " 1", "13")))


def test_what_eclipse_says_of_an_entry_belongs_to_it() -> None:
    entry = ("!ENTRY org.shop 4 0 2026-01-02 03:04:05.678", "!MESSAGE no", "!STACK 0", "\tat a.B")

    assert [5, 4] == lines_of(*entry, "", *entry)


def test_the_name_of_an_element_is_no_level() -> None:
    assert [1, 2, 1] == lines_of(
        "shop 2026-01-02 03:04:05.678 INFO: [7] a.B.c() up",
        "shop 2026-01-02 03:04:06.678 WARNING: [7] a.B.c() down",
        "<stream:error><system-shutdown/></stream:error>",
        "shop 2026-01-02 03:04:07.678 INFO: [7] a.B.c() up",
    )


def test_the_first_of_kibanas_tags_is_the_level_if_any_is() -> None:
    def line(*tags: str) -> str:
        told = ",".join(f'"{tag}"' for tag in tags)
        time = "2026-01-02T03:04:05Z"
        return f'{{"type":"log","@timestamp":"{time}","tags":[{told}],"pid":7,"message":"a"}}'

    events = found(line("warning", "plugins"), line("plugins", "error"), line())

    assert ["warning", "info", "info"] == [each.severity.label for each in events]
    assert ["warning", "plugins"] == events[0].fields["tags"]


def test_what_has_a_blank_in_it_is_no_logger() -> None:
    """Each such name would be a metric of its own."""
    events = found(
        *(f"2026-01-02 03:04:05,678 INFO a.b.Login [qtp-{n}] failed for: ann" for n in range(3))
    )

    assert [("info", {})] * 3 == [(each.severity.label, each.fields) for each in events]


def test_what_herokus_dynos_write_comes_off_their_frame() -> None:
    events = found(
        "2026-01-02T03:04:05.678901+00:00 app[web.1]: 2026-01-02 03:04:05,678 ERROR shop: no",
        "2026-01-02T03:04:05.678902+00:00 app[web.1]: Traceback (most recent call last):",
        '2026-01-02T03:04:05.678903+00:00 app[web.1]:   File "a.py", line 1, in f',
        "2026-01-02T03:04:05.678904+00:00 heroku[web.1]: State changed from starting to up",
        "2026-01-02T03:04:05.678905+00:00 app[web.1]: ValueError: no",
    )

    assert [("app", 4), ("heroku", 1)] == [(e.fields["program"], e.lines) for e in events]
    assert ["error", "info"] == [each.severity.label for each in events]
    assert "ValueError" == events[0].fields["exception_type"]


@pytest.mark.parametrize(
    ("mark", "time"), [("05.6789012Z", "05.678901"), ("05.678901Z 00O", "05.678901")]
)
def test_what_jobs_write_comes_off_their_frame(mark: str, time: str) -> None:
    events = found(
        *(f"2026-01-02T03:04:{mark} {text}" for text in ("##[error]no", "go:", "  File a", "end"))
    )

    assert ["##[error]no", "go:\n  File a", "end"] == [each.message for each in events]
    assert "error" == events[0].severity.label
    assert [f"2026-01-02T03:04:{time}+00:00"] * 3 == [each.time for each in events]


@pytest.mark.parametrize("month", ["Ene", "gen", "Jan"])
def test_months_have_names_in_other_languages(month: str) -> None:
    (event,) = found(f"{month} 02 03:04:05 web7 systemd[1]: Started shop.")

    assert ("2026-01-02T03:04:05+00:00", "Started shop.") == (event.time, event.message)


def test_a_crash_of_node_is_one_record_though_journald_leaves_out_its_empty_lines() -> None:
    texts = ("node:internal/modules/cjs/loader:1137", "  throw err;", "  ^")
    more = (
        "Error: Cannot find module './a'",
        "Require stack:",
        "- /srv/b.js",
        "    at f (/c.js:3)",
    )

    assert [7] == lines_of(*(f"Jan  2 03:04:05 web7 shop[7]: {text}" for text in (*texts, *more)))


def test_frames_of_a_stack_that_are_not_indented_belong_to_it() -> None:
    assert [3, 3] == lines_of(
        "[03:04:05] [Server thread/WARN]: no",
        "at java.lang.Thread.run(Thread.java:748)",
        "at node:internal/main/run_main_module:28:49",
        "[03:04:06] [Server thread/WARN]: no",
        "---> System.FormatException: bad",
        "at a.B.c(Unknown Source)",
    )


@pytest.mark.parametrize(
    "line",
    [
        "version 1.2.10 [03:04:05] started",
        "12345078:123456 order",
        "1234/567890 files",
        "2026-01-02 03:04 PM backup done",
    ],
)
def test_what_only_looks_like_a_time_is_none(line: str) -> None:
    assert [None] == [each.time for each in found(line)]


def test_broken_json_behind_a_stranger_is_still_there() -> None:
    nginx = "2026/01/02 03:04:05 [error] 7#7: *1 x"
    raw = "".join(f"{line}\n" for line in ("up", JSON[:-9], JSON[:-9], "done", nginx)).encode()

    events = list(parser_for("auto", head=f"{nginx}\n".encode()).parse(Block(raw)).events())

    assert [(1, True), (2, False), (1, True), (1, True)] == [(e.lines, e.parsed) for e in events]


TRACEBACK = ("Traceback (most recent call last):", '  File "/a.py", line 3, in f', "KeyError: 1")


@pytest.mark.parametrize(
    "head",
    [
        "2026-01-02 03:04:05,678 %s shop: a",
        "[2026-01-02 03:04:05 +0000] [7] [%s] a",
        "[%s] a",
        "2026-01-02 03:04:05 web7 {%s} a",
    ],
)
@pytest.mark.parametrize(("level", "lines"), [("INFO", 1), ("ERROR", 4), ("DEBUG", 4)])
def test_a_crash_below_information_is_an_error_of_its_own(
    head: str, level: str, lines: int
) -> None:
    """Loggers write tracebacks below errors, and below what is there for debugging."""
    between = ("", "During handling of the above exception, another exception occurred:", "")

    events = found(head % level, *TRACEBACK, *between, *TRACEBACK, head % "INFO")

    assert lines + (6 if lines > 1 else 0) == events[0].lines
    assert "KeyError" == events[1 if lines == 1 else 0].fields["exception_type"]
    assert lines > 1 or "error" == events[1].severity.label


def test_a_traceback_below_text_without_a_level_is_an_error() -> None:
    events = found("connecting", *TRACEBACK, "done")

    assert [(4, "error"), (1, "info")] == [(e.lines, e.severity.label) for e in events]


@pytest.mark.parametrize("named", ["auto", "gunicorn"])
def test_a_crash_is_the_same_where_a_block_is_cut_before_it(named: str) -> None:
    line = b"[2026-01-02 03:04:05 +0000] [7] [INFO] a\n"
    raw = (
        line * 3 + "\n".join((*TRACEBACK[:2], "ValidationError: 1", "KEY", "  no")).encode() + b"\n"
    )
    parser = parser_for(named, head=line * 9)
    cut = parser.complete(raw)

    parts = [each for part in (raw[:cut], raw[cut:]) for each in parser.parse(Block(part)).events()]

    assert len(line) * 3 == cut
    assert [("info", 1)] * 3 + [("error", 5)] == [(e.severity.label, e.lines) for e in parts]
    assert all(each.parsed for each in parts)


@pytest.mark.parametrize(
    "lines",
    [
        ("WARNING: deprecated", "LINE 1: SELECT x", "    ^", "ERROR: cannot connect"),
        ("a.c:3:5: warning: old", "  int x;", "  ^", "a.c:9:1: error: expected"),
        ("queue started", "at capacity: ERROR dropped 17"),
        ("up", "at 2026-01-02 03:04:06 ERROR failed (rc 3)"),
    ],
)
def test_an_error_does_not_hide_in_what_is_before_it(lines: tuple[str, ...]) -> None:
    events = found(*lines)

    assert ("error", 1) == (events[-1].severity.label, events[-1].lines)


def test_a_crash_of_node_is_an_error() -> None:
    assert ["error"] == [
        each.severity.label
        for each in found(
            *("/app/x.js:3", "    throw e", "    ^", "", "TypeError: no"),
            *("    at f (/app/x.js:3:1)", "", "Node.js v20.1.0"),
        )
    ]


def test_jobs_of_github_begin_with_a_mark_and_may_end_with_carriage_returns() -> None:
    stamp = "2026-01-02T03:04:05.1234567Z"

    events = found(f"\ufeff{stamp} go\r", f"{stamp} \r", f"{stamp}\r", f"{stamp} ##[error]no\r")

    assert ["info", "error"] == [events[0].severity.label, events[-1].severity.label]
    assert all(each.time for each in events)
