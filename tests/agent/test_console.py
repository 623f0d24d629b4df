"""Lines for people: readable, and nothing in them steers the terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.console import Style, console_lines, printable
from agent.events import EVERYTHING
from tests.agent.command import RULES, batch_of

BIDI = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
HOSTILE = [
    *("\x1b", "\x07", "\r", "\x00", "\x08", "\x0b", "\x7f", "\x80", "\x85", "\x9b", "\x9d"),
    *("\u2028", "\u2029", "\u200e", "\u200f", "\u061c", "\udcff"),
    *BIDI,
]
REFUSED = (
    '2026/01/02 03:04:05 [error] 1#1: *7 connect() failed (111: Connection refused) while'
    ' connecting to upstream, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1",'
    ' upstream: "http://127.0.0.1:8000/%s", host: "example.org"\n'
)  # fmt: skip


def lines(raw: bytes, log_format: str = "auto", *, colour: bool = False) -> list[str]:
    batch = batch_of(raw, log_format)
    matches = RULES.match(batch)
    batch.severity[:] = matches.severities()
    rows = EVERYTHING.rows(batch, matches)
    return console_lines(batch, matches, rows, "web", Style(colour=colour))


@pytest.mark.parametrize("character", HOSTILE, ids=ascii)
def test_what_steers_a_terminal_becomes_a_visible_escape(character: str) -> None:
    code = ord(character)

    shown = printable(f"a{character}b")

    assert shown == (f"a\\x{code:02x}b" if code < 256 else f"a\\u{code:04x}b")


@pytest.mark.parametrize("harmless", ["é", "漢字", "🙂", "→", "a b", "\\x1b", "\u00a0"])
def test_other_text_stays_as_it_is(harmless: str) -> None:
    assert printable(harmless) == harmless


def test_line_ends_and_tabs_keep_their_layout() -> None:
    assert printable("a\n\tb") == "a\n      b"


@given(st.text())
def test_nothing_printable_is_ever_unsafe(text: str) -> None:
    assert (
        re.search(f"[{''.join(map(re.escape, HOSTILE))}\x01-\x09\x0e-\x1f]", printable(text))
        is None
    )


@pytest.mark.parametrize("character", [each for each in HOSTILE if each != "\udcff"], ids=ascii)
@pytest.mark.parametrize("template", ["ERROR:app:x%sy\n", REFUSED], ids=["message", "captured"])
def test_no_line_carries_a_control_of_the_log(character: str, template: str) -> None:
    shown = "".join(lines((template % character).encode()))

    assert character not in shown


def test_bytes_that_are_no_utf8_are_shown_as_bytes() -> None:
    assert lines(b"ERROR:app:\xff\x9b\n", "python") == [
        "--:--:-- error    web: \\xff\\x9b",
    ]


def test_an_explained_event_has_the_sentence_before_the_raw_message() -> None:
    shown = lines((REFUSED % "").encode())[0].splitlines()

    assert shown[0] == (
        "03:04:05 error    web: nginx reached http://127.0.0.1:8000/, but nothing accepts"
        " connections on that port."
    )
    assert shown[1].startswith("    connect() failed (111: Connection refused)")


def test_a_traceback_is_indented_below_its_first_line() -> None:
    raw = b"ERROR:a:x\nTraceback (most recent call last):\n  File\nE: y\n"

    assert lines(raw, "python") == [
        "--:--:-- error    web: x\n    Traceback (most recent call last):\n      File\n    E: y"
    ]


def test_a_long_message_is_cut_and_says_so() -> None:
    shown = lines(b"ERROR:app:" + b"x" * 5000 + b"\n", "python")[0]

    assert shown.endswith("x… (5000 characters)")
    assert len(shown) < 500


def test_without_colour_there_is_no_escape_and_with_colour_it_is_closed() -> None:
    raw = (REFUSED % "").encode()

    plain, coloured = lines(raw)[0], lines(raw, colour=True)[0]

    assert "\x1b" not in plain
    assert coloured.count("\x1b[0m") == coloured.count("\x1b[") / 2 == 3
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
