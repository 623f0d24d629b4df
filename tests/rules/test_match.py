"""Which rows a rule explains, and in which words."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.block import Block
from parsers.formats import parser_for
from parsers.severity import Severity
from rules.load import load
from rules.match import MAX_SEARCHED_BYTES, RuleSet
from rules.patterns import choose_needles, pattern
from tests.rules.packs import REFUSED, TIMED_OUT, batch, rule

SHIPPED = load().rules
LINES = [example.line for each in SHIPPED for example in (*each.examples, *each.counterexamples)]


def answers(rules, events):
    """The id of the rule for each row that has one."""
    matches = RuleSet(rules).match(events)
    ids = [matches.rule(n).id for n in range(len(matches))]
    return dict(zip(matches.rows.tolist(), ids, strict=True))


def explained(text: str, record: str = REFUSED, **keys: Any) -> str:
    matches = RuleSet([rule(explain=text, **keys)]).match(batch(record))
    return matches.explanation(0).text


def test_rows_that_a_rule_fits_are_named_in_order():
    assert answers([rule()], batch(REFUSED, TIMED_OUT, REFUSED)) == {
        0: "nginx.refused",
        2: "nginx.refused",
    }


def test_the_first_rule_that_fits_wins():
    rules = [rule("x.first", "while connecting"), rule("x.second", r"failed \(111: ")]

    assert answers(rules, batch(REFUSED)) == {0: "x.first"}
    assert answers(rules[::-1], batch(REFUSED)) == {0: "x.second"}


def test_a_rule_whose_literal_stands_there_but_not_its_pattern_is_passed_over():
    rules = [
        rule("x.first", r"while connecting to upstream$"),
        rule("x.second", "while connecting"),
    ]

    assert answers(rules, batch(REFUSED)) == {0: "x.second"}


def test_no_rule_is_normal():
    matches = RuleSet([rule()]).match(batch(TIMED_OUT))

    assert len(matches) == 0
    assert matches.rows.dtype == np.int64


def test_an_empty_batch_has_no_matches():
    nothing = batch(REFUSED).select(np.zeros(0, np.int64))

    assert len(RuleSet([rule()]).match(nothing)) == 0


def test_no_rules_match_nothing():
    assert len(RuleSet([]).match(batch(REFUSED))) == 0


def test_a_rule_is_asked_only_about_its_format():
    assert answers([rule(format="python")], batch(REFUSED)) == {}


def test_a_url_cannot_pretend_to_be_a_message_of_the_kernel():
    kernel = rule(format="any", match="Out of memory: Killed process")
    line = (
        '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET /Out of memory: Killed process HTTP/1.1" '
        '404 0 "-" "-"'
    )

    assert answers([kernel], batch(line, log_format="combined")) == {}
    assert answers([kernel], batch("Out of memory: Killed process 7", log_format="plain")) != {}


def test_a_match_never_reaches_over_two_records():
    events = batch(TIMED_OUT + " one", REFUSED)

    assert answers([rule(match=r"one\n2026/")], events) == {}


def test_a_literal_at_the_very_start_and_end_of_a_record_is_found():
    lines = ["alpha beta", "gamma alpha", "alpha"]
    rules = [rule(format="plain", match="^alpha$"), rule("x.end", "gamma alpha$", format="plain")]

    assert answers(rules, batch(*lines, log_format="plain")) == {1: "x.end", 2: "nginx.refused"}


def test_windows_line_ends_do_not_hide_the_end_of_a_record():
    events = parser_for("plain").parse(Block(b"some alpha\r\nalpha beta\r\n"))

    assert list(answers([rule(format="plain", match="alpha$")], events)) == [0]


def test_anchors_mean_any_line_of_a_record_and_its_very_start():
    record = "ERROR:app:failed\nTraceback (most recent call last):\n  x\nValueError: alpha"
    events = batch("INFO:app:alpha", record, log_format="python")

    assert list(answers([rule(format="python", match=r"^ValueError: \w+$")], events)) == [1]
    assert list(answers([rule(format="python", match=r"\AERROR:app:")], events)) == [1]


@pytest.mark.parametrize("chosen", [[0], [1], [2], [1, 3], [0, 3], [0, 1, 2, 3]])
def test_a_selection_answers_as_the_whole_batch_does(chosen):
    events = batch(TIMED_OUT, REFUSED, TIMED_OUT, REFUSED)
    whole = answers([rule()], events)

    part = answers([rule()], events.select(np.array(chosen, np.int64)))

    assert part == {n: whole[row] for n, row in enumerate(chosen) if row in whole}


def test_only_the_head_of_a_huge_record_is_searched():
    padding = "x" * MAX_SEARCHED_BYTES
    events = batch(f"alpha {padding}", f"{padding} alpha", log_format="plain")

    assert list(answers([rule(format="plain", match="alpha")], events)) == [0]


def test_invalid_utf8_and_nuls_do_no_harm():
    events = parser_for("plain").parse(Block(b"\xff\x00 alpha \xfe\n\x00\n"))
    matches = RuleSet([rule(format="plain", match=r"(?P<all>.*alpha .*)", explain="{all}")]).match(
        events
    )

    assert matches.explanation(0).text == r"\xff\x00 alpha \xfe"


def test_captured_values_come_before_fields():
    assert explained("{client}") == "192.0.2.1"
    assert explained("{client}", match=r"failed \((?P<client>111): ") == "111"


@pytest.mark.parametrize("text", ["{nothing}", "{login}"])
def test_a_missing_value_shows_as_a_dash(text):
    assert explained(text) == "-"


def test_a_group_that_took_no_part_shows_as_a_dash():
    assert explained("{x}", match=r"failed \(111: (?P<x>zzz)?") == "-"


def test_doubled_braces_come_out_as_one():
    assert explained("{{print $1}} {client}") == "{print $1} 192.0.2.1"


def test_captured_escape_sequences_are_shown_not_obeyed():
    record = REFUSED.replace("Connection refused", "\x1b[2J\u202e\u009b")

    assert explained("{reason}", record, match=r"\(111: (?P<reason>[^)]+)\)") == (
        r"\x1b[2J\u202e\x9b"
    )


def test_captured_braces_are_not_filled_again():
    record = REFUSED.replace("Connection refused", "{client}")

    assert explained("{reason}", record, match=r"\(111: (?P<reason>[^)]+)\)") == "{client}"


def test_a_very_long_value_is_shortened():
    record = REFUSED.replace("Connection refused", "x" * 5000)

    assert len(explained("{reason}", record, match=r"\(111: (?P<reason>[^)]+)\)")) == 401


def test_every_text_is_filled_and_each_row_with_its_own_values():
    told = rule(explain="{client}", cause="c {client}", check="k {client}", remedy="r {client}")
    events = batch(TIMED_OUT, REFUSED, REFUSED.replace("192.0.2.1", "192.0.2.2"))

    matches = RuleSet([told]).match(events)

    last = matches.explanation(1)
    assert (last.text, last.cause) == ("192.0.2.2", "c 192.0.2.2")
    assert (last.check, last.remedy) == (("k 192.0.2.2",), ("r 192.0.2.2",))


def test_a_rule_may_override_the_severity():
    events = batch(TIMED_OUT, REFUSED)

    matches = RuleSet([rule(severity="critical")]).match(events)

    assert matches.severities().tolist() == [Severity.ERROR, Severity.CRITICAL]
    assert events.severity.tolist() == [Severity.ERROR, Severity.ERROR]


def test_without_an_override_the_severity_stays():
    events = batch(TIMED_OUT, REFUSED)

    assert RuleSet([rule()]).match(events).severities().tolist() == [Severity.ERROR] * 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"connect\(\) failed", {b"connect() failed"}),
        (r"(?:recv|send)\(\) failed", {b"recv() failed", b"send() failed"}),
        (r"failed \((?:104|54): ", {b"failed (104: ", b"failed (54: "}),
        (r"colou?r map", {b"color map", b"colour map"}),
        (r"[^,]+ while reading\b[ab]", {b" while readinga", b" while readingb"}),
        (r"\d+ (?P<x>alpha) \d+", {b" alpha "}),
        (r"wordx{3}beta", {b"beta", b"word"}),
    ],
)
def test_literals_that_must_stand_in_a_match_are_found(source, expected):
    assert set(choose_needles(pattern(source), b"")) <= expected


def test_the_rarer_literal_is_scanned_for():
    found = pattern(r"rare word[^,]* while connecting to upstream")

    assert choose_needles(found, b" while connecting to upstream") == (b"rare word",)


@given(st.sampled_from(SHIPPED), st.sampled_from(LINES), st.data())
def test_what_is_scanned_for_stands_in_every_match(shipped, line, data):
    """Else a rule would stay silent although its pattern fits."""
    raw = line.encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    mangled = raw[:start] + data.draw(st.sampled_from([b"", b" ", b"\n", raw])) + raw[end:]

    if found := re.search(shipped.match.regex, mangled):
        for clause in shipped.match.clauses:
            folded = found[0].lower() if shipped.match.caseless else found[0]
            assert any(
                (needle.lower() if shipped.match.caseless else needle) in folded
                for needle in clause
            )


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=8))
def test_the_scan_changes_no_answer(lines):
    """The slow definition: for each record, the first rule whose pattern fits."""
    events = batch(*lines, log_format="plain")
    fitting = [each for each in SHIPPED if each.fits("plain")]
    expected = {}
    for row in range(len(events)):
        found = [each for each in fitting if each.match.regex.search(events.record(row))]
        if found:
            expected[row] = found[0].id

    assert answers(SHIPPED, events) == expected


def test_records_of_every_format_of_a_mixed_log_are_explained_by_their_own_rules():
    access = b'192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"'
    error = b"2026/01/22 14:59:12 [error] 7#8: *9 connect() failed (111: Connection refused)"
    frame = b"2026-01-02T03:04:05.1Z %b F %b\n"
    framed = b"".join(
        frame % line
        for line in [
            (b"stderr", error),
            (b"stdout", access),
            (b"stdout", error),
            (b"stderr", error),
        ]
    )
    bare = b"\n".join([error, access, error, access])
    rules = RuleSet([rule()])

    mixed = rules.match(parser_for("auto", head=access).parse(Block(bare)))
    in_frames = rules.match(parser_for("auto", head=framed).parse(Block(framed)))

    assert [0, 2] == mixed.rows.tolist()
    assert [0, 2, 3] == in_frames.rows.tolist()
    assert [mixed.explanation(0).text] * 3 == [in_frames.explanation(n).text for n in range(3)]
