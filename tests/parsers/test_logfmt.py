"""logfmt: pairs, quotes, escapes, bare keys; and what is no logfmt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.block import Block
from parsers.formats import parser_for
from parsers.logfmt import LogfmtParser, pairs

GO_ESCAPES = {"a": "é\\x00", "b": "\U0001f600\\ud800\\U99999999"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=1 b=2.5 c=-3", {"a": 1, "b": 2.5, "c": -3}),
        ('msg="a b" x=""', {"msg": "a b", "x": ""}),
        (r'msg="say \"hi\"\n\u00e9" x=1', {"msg": 'say "hi"\né', "x": 1}),
        (r'msg="\x1b[31m \a" x=1', {"msg": r"\x1b[31m " + "\a", "x": 1}),
        ("a= b=1", {"a": "", "b": 1}),
        ("a=1 done b=2", {"a": 1, "done": True, "b": 2}),
        ("a=1 a=2 a=3", {"a": 1, "a_2": 2, "a_3": 3}),
        ("a_2=3 a=1 a=2", {"a_2": 3, "a": 1, "a_3": 2}),
        ("a=1 a=2 a_2=3", {"a": 1, "a_2": 2, "a_2_2": 3}),
        ('a=null b="null" c', {"a": None, "b": "null", "c": True}),
        (r'a="\u00e9\x00" b="\U0001f600\ud800\U99999999"', GO_ESCAPES),
        ("id=007 h=1e10 v=1.2.3 q=a=b", {"id": "007", "h": "1e10", "v": "1.2.3", "q": "a=b"}),
        ("  a=1\tb=2 ", {"a": 1, "b": 2}),
        ("grpc.code=OK span/kind=server", {"grpc.code": "OK", "span/kind": "server"}),
        ('a="open b=1', {}),
        ('a="x"y b=1', {}),
        ("text with a=1", {}),
        ("a=1 and so on and on", {}),
        ("=1", {}),
        ("", {}),
    ],
)
def test_pairs_are_read_as_go_programs_write_them(line: str, expected: dict[str, object]) -> None:
    assert pairs(line) == expected


def test_time_level_message_and_logger_are_known_by_their_keys() -> None:
    raw = b'ts=2026-01-22T14:59:12Z lvl=eror logger=a.b msg="it failed" took=0.25 err="no"\n'

    event = LogfmtParser().parse(Block(raw)).event(0)

    assert (event.time, event.severity.label, event.message) == (
        *("2026-01-22T14:59:12+00:00", "error", "it failed"),
    )
    assert event.fields == {"logger": "a.b", "exception_message": "no", "took": 0.25}


def test_a_level_in_a_quoted_message_is_no_level() -> None:
    event = LogfmtParser().parse(Block(b'level=info msg="x level=fatal y"\n')).event(0)

    assert event.severity.label == "info"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'time="2026-01-22T14:59:12Z" level=info msg="a"\n', "logfmt"),
        (b"time=2026-01-22T14:59:12Z level=INFO msg=a\n", "logfmt"),
        (b"level=info msg=a\n", "logfmt"),
        (b"x=1 y=2\n", "plain"),
        (b"PATH=/usr/bin\n", "plain"),
        (b"level=info\n", "plain"),
    ],
)
def test_detection_takes_only_what_states_a_time_or_level(raw: bytes, name: str) -> None:
    parser = parser_for("auto", head=raw * 5)

    assert parser.parse(Block(raw * 5)).format_of().values() == [name] * 5


def test_lines_among_those_of_another_format_find_their_parser() -> None:
    raw = b'{"level":"info","msg":"a"}\n' * 8 + b"time=2026-01-22T14:59:12Z level=warn msg=b\n"

    batch = parser_for("auto", head=raw).parse(Block(raw))

    assert (batch.format_of().values()[-1], batch.severity.tolist()[-1]) == ("logfmt", 3)


@given(
    st.lists(st.sampled_from(("a=", "time=", '"', "\\", " ", "\0", "\xa0", "=", "1"))).map("".join)
)
def test_every_pair_of_a_line_is_kept(line: str) -> None:
    found = pairs(line)

    assert not found or len(found) == len(line.replace("\xa0", "-").split() or [""]) or '"' in line


@given(st.text(max_size=60))
def test_any_text_has_a_defined_outcome(line: str) -> None:
    assert isinstance(pairs(line), dict)


def test_a_hostile_line_costs_no_more_than_its_size() -> None:
    for line in ("a=1 " * 60_000, 'a="' + '\\"' * 100_000, "a " * 100_000, "a=1 a " * 50_000):
        pairs(line)
