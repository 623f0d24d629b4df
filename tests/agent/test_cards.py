"""The explain card shows the sentence and the fields, and only what may reach a terminal."""

import io
import re

import pytest
from rich.console import Console

from agent.cards import pointed, show_card
from agent.explain import explain_text, where_it_parts
from parsers.formats import parser_for
from tests.agent.command import RULES
from tests.agent.test_console import HOSTILE

MESSENGER = (
    "7fede0763700 0 -- :/1040921 >> 172.16.17.55:6789/0 pipe(0x7feddc022470 sd=3 :0 s=1 pgs=0 cs=0"
    " l=1 c=0x7feddc0226e0).fault"
)


def card(line: str, *, terminal: bool = False, width: int = 100, log_format: str = "auto") -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, force_terminal=terminal)
    parser = parser_for(log_format)
    for event in explain_text(line.encode(), parser, RULES):
        show_card(console, event, where_it_parts(event, parser))
    return out.getvalue()


def words(shown: str) -> str:
    """The text of a card in one line, without its frame."""
    return " ".join(re.sub("[╭╮╰╯│─]", " ", shown).split())


def test_the_fault_of_the_issue_comes_out_as_its_sentence() -> None:
    shown = words(card(MESSENGER))

    assert "The machine you are on is unable to contact the monitor at 172.16.17.55." in shown
    assert "Check" in shown
    assert "rule ceph." in shown


def test_a_line_that_no_rule_knows_says_so_and_shows_its_fields() -> None:
    shown = words(card("WARNING:shop.cart:empty"))

    assert "No rule explains this line" in shown
    assert "level WARNING message empty logger shop.cart" in shown


@pytest.mark.parametrize("text", ["[/foo]", "[bold]x[/bold]", ":bug:", "[link=http://x]y", "\\[a]"])
def test_brackets_and_colons_of_a_log_are_not_markup(text: str) -> None:
    assert text in card(f"ERROR:app:a {text} b")


@pytest.mark.parametrize("character", [each for each in HOSTILE if each != "\udcff"], ids=ascii)
@pytest.mark.parametrize("terminal", [True, False])
def test_no_control_of_the_log_is_in_a_card(character: str, terminal: bool) -> None:
    line = MESSENGER.replace("sd=3", f"sd={character}]0;x") + character

    shown = card(line, terminal=terminal)

    if character == "\x1b":  # rich's own colours stay
        shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert character not in shown


def test_a_line_that_does_not_fit_its_format_shows_where_they_part() -> None:
    line = '192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512 rt=0.1'

    shown = [row[2:-2].rstrip() for row in card(line, log_format="combined", width=90).splitlines()]

    assert [
        "The line does not fit the format nginx_access; it is passed on as it is.",
        "It parts from the format here: expected ' \"' after $body_bytes_sent, found ' rt=0.1'.",
        "",
        '…te_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_use…',
        "                                                          ^",
        '192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512 rt=0.1',
        "                                                                   ^",
    ] == shown[1:8]


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("character", ["\x1b", "\t", "é", "\u202e"])
def test_a_caret_stands_below_its_character_whatever_is_before_it(
    character: str, width: int
) -> None:
    text, caret = pointed(f"{character * 30}|{character * 30}", 30, width)

    assert text.plain[len(caret.plain) - 1] == "|"
    assert len(text) <= width


def test_a_card_fits_a_narrow_terminal() -> None:
    assert max(map(len, card(MESSENGER, width=40).splitlines())) <= 40
