"""A format becomes a layout, or an error that says where it is ambiguous."""

import pytest

from parsers.cutting import compile_layout
from parsers.layout import Literal, Slot


def found(tokens, line: bytes):
    layout = compile_layout(tokens)
    match = layout.pattern.fullmatch(line)
    return match and dict(zip([slot.name for slot in layout.slots], match.groups(), strict=True))


def test_two_slots_that_touch_are_refused():
    with pytest.raises(ValueError, match=r"nothing separates \$a from \$b"):
        compile_layout([Slot("a"), Slot("b")])


def test_a_slot_of_fixed_width_may_touch_another():
    fields = found([Slot("day", b"dd"), Slot("rest")], b"07 and more")

    assert {"day": b"07", "rest": b" and more"} == fields


def test_a_shape_takes_digits_and_bytes_where_it_says():
    tokens = [Slot("stamp", b"dd:__"), Literal(b" "), Slot("rest")]

    assert {"stamp": b"12:xy", "rest": b"z"} == found(tokens, b"12:xy z")
    assert found(tokens, b"1a:xy z") is None
    assert found(tokens, b"12-xy z") is None


def test_a_padded_slot_does_not_end_within_its_padding():
    tokens = [Slot("level", least=5), Literal(b" "), Slot("rest")]

    assert {"level": b"INFO ", "rest": b"text"} == found(tokens, b"INFO  text")
    assert {"level": b"CRITICAL", "rest": b"text"} == found(tokens, b"CRITICAL text")


def test_quotes_of_the_format_keep_separators_inside_a_value():
    tokens = [Literal(b'"'), Slot("a"), Literal(b'" "'), Slot("b"), Literal(b'"')]

    assert {"a": b'x \\" y', "b": b""} == found(tokens, b'"x \\" y" ""')
    assert found(tokens, b'"x " y" ""') is None


def test_what_stands_behind_the_last_slot_of_a_quoted_part_is_given_back():
    tokens = [Literal(b'"'), Slot("a"), Literal(b" ["), Slot("b", b"dd"), Literal(b']"')]

    assert {"a": b"x y", "b": b"12"} == found(tokens, b'"x y [12]"')
    assert {"a": b"x \\", "b": b"12"} == found(tokens, b'"x \\ [12]"')


def test_a_format_wider_than_the_reach_takes_the_exact_path():
    layout = compile_layout([Literal(b"x" * 600), Slot("a")])

    assert not layout.vectorised
