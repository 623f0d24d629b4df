"""The page at the end of a replay: what a person asks first, and nothing that steers a terminal."""

import pytest

from tests.agent.command import logtell

ACCESS = b"".join(
    b'192.0.2.1 - - [22/Jan/2026:14:%02d:35 +0000] "GET / HTTP/1.1" %d 12 "-" "c" rt=0.%03d\n'
    % (minute, 502 if minute == 7 else 200, minute)
    for minute in range(30)
)
REFUSED = (
    b"2026/01/02 03:04:05 [error] 1#1: *7 connect() failed (111: Connection refused) while"
    b' connecting to upstream, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1",'
    b' upstream: "http://127.0.0.1:8000/", host: "example.org"\n'
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def page(raw: bytes) -> str:
    return logtell("replay", "-", stdin=raw).out.decode()


def test_it_begins_with_how_many_lines_and_what_became_of_them() -> None:
    lines = page(ACCESS + b"nonsense\n").splitlines()

    assert lines[0].startswith("31 lines of 1 file (nginx_access), ")
    assert lines[1] == "  = 30 parsed + 1 unparsed + 0 truncated + 0 dropped"


def test_it_shows_when_it_happened_and_where_most_errors_were() -> None:
    shown = page(ACCESS)

    assert "What happened when (2026-01-22 14:00 to 14:30 UTC)" in shown
    assert "most errors: 1 in the 1 min from 2026-01-22 14:07" in shown


def test_it_shows_the_worst_with_its_sentence_and_first_remedy() -> None:
    shown = " ".join(page(REFUSED * 2).split())

    assert "2 error nginx reached http://127.0.0.1:8000/, but nothing accepts connections" in shown
    assert "→ " in shown


def test_it_shows_timers_with_percentiles() -> None:
    shown = page(ACCESS)

    assert shown.splitlines()[-2].split() == ["count", "p50", "p90", "p99", "max"]
    assert shown.splitlines()[-1].split() == [
        *("nginx_access.request_time", "30", "14", "26", "29", "29"),
    ]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"\0\0", b"x", b"9999-12-31 23:59:59 ERROR x\n0001-01-01 00:00:00 ERROR y\n"],
)
def test_any_log_has_a_page(raw: bytes) -> None:
    assert " lines of " in page(raw)


def test_a_file_that_was_not_read_whole_is_named() -> None:
    ran = logtell("replay", "/no/such\x1b[31m")

    assert "Not read whole: /no/such\\x1b[31m: no such file or directory" in ran.out.decode()


@pytest.mark.parametrize("hostile", ["\x1bc", "\x07", "\u202e", "\x9b", "[/red]", ":bug:"])
def test_messages_reach_no_terminal_raw(hostile: str) -> None:
    shown = page(f"ERROR:app:a{hostile}b\n".encode())

    expected = hostile if hostile.isprintable() else hostile.encode("unicode_escape").decode()
    assert f"a{expected}b" in shown
