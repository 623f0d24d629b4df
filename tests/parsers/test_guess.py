"""Formats that begin as `combined` does and go on in their own way."""

import pytest

from parsers.block import Block
from parsers.guess import guess_access

COMBINED = '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.9.1"'


def _fields(rest: str) -> dict[str, object]:
    line = f"{COMBINED}{rest}\n".encode()
    parser = guess_access(line)
    assert parser
    return dict(parser.parse(Block(line)).event(0).fields)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (' "203.0.113.9"', {"extra_1": "203.0.113.9"}),
        (' rt=0.003 urt="0.002"', {"request_time": 0.003, "upstream_response_time": 0.002}),
        (' rt=0.003 urt="0.1, 0.2"', {"upstream_response_time": [0.1, 0.2]}),
        (" host=example.org colour:red", {"host": "example.org", "colour": "red"}),
        (' 0.003 "-"', {"extra_1": "0.003", "extra_2": None}),
    ],
)
def test_the_rest_becomes_fields_by_its_labels(rest: str, expected: dict[str, object]) -> None:
    fields = _fields(rest)

    assert expected == {name: fields[name] for name in expected}


@pytest.mark.parametrize("rest", [' "', "x", ' "a"b'])
def test_a_rest_without_a_clear_shape_is_not_guessed(rest: str) -> None:
    assert guess_access(f"{COMBINED}{rest}\n".encode()) is None


def test_a_first_line_of_another_kind_does_not_stop_the_guess() -> None:
    assert guess_access(f"\n{COMBINED} rt=0.1\n".encode())


def test_a_hostile_rest_is_not_slow() -> None:
    assert guess_access(COMBINED.encode() + b' a="' * 50_000) is None
