"""nginx's lists of attempts: one value, or one for each upstream server that was asked."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.attempts import Attempts
from parsers.batch import Batch
from parsers.block import Block
from parsers.nginx_access import access_parser
from parsers.nginx_columns import upstream_attempts

FORMAT = (
    '$status "$upstream_addr" "$upstream_status" "$upstream_response_time" "$upstream_bytes_sent"'
)


def parse(*rows: tuple[str, str, str, str]) -> Batch:
    lines = ["200 " + " ".join(f'"{each}"' for each in row) for row in rows]
    batch = access_parser(FORMAT).parse(Block("".join(f"{line}\n" for line in lines).encode()))
    assert batch.parsed.all()
    return batch


def times(*texts: str) -> Batch:
    return parse(*(("a", "200", text, "1") for text in texts))


NOBODY = ("-", "-", "-", "-")
ONE = ("192.0.2.1:80", "200", "0.250", "512")
RETRIED = ("192.0.2.1:80, unix:/run/x", "502, 200", "0.001, 0.100", "0, 512")
LEFT = ("192.0.2.1:80", "-", "1.500", "512")  # the client left before an answer came
REDIRECTED = ("192.0.2.1:80 : [2001:db8::1]:80", "503 : -", "0.250 : -", "1 : 2")
CACHED = ("192.0.2.1:80 : ", "503 : ", "0.250 : ", "1 : ")  # redirected to what the cache had
ROWS = (NOBODY, ONE, RETRIED, LEFT, REDIRECTED, CACHED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-", None),
        ("", None),
        ("0.250", 0.25),
        ("0.1, 0.2", [0.1, 0.2]),
        ("0.1, - : 0.3", [0.1, None, 0.3]),
        ("-, -", [None, None]),
        ("0.250 : ", 0.25),
        ("0.1, 0.2 : ", [0.1, 0.2]),
        (" : 0.1", [None, 0.1]),
        ("off", "off"),
        ("0.1, off", [0.1, "off"]),
        ("0.1 0.2", "0.1 0.2"),
        ("0.1,0.2", "0.1,0.2"),
    ],
)
def test_values_are_a_list_of_attempts_with_null_where_there_is_none(text, expected):
    assert [expected] == times(text).column("upstream_response_time").values()


def test_each_variable_lists_values_of_its_own_type():
    batch = parse(ONE, RETRIED, REDIRECTED)

    assert [200, [502, 200], [503, None]] == batch.column("upstream_status").values()
    assert isinstance(batch.column("upstream_status").values()[0], int)
    assert [512, [0, 512], [1, 2]] == batch.column("upstream_bytes_sent").values()
    assert [
        "192.0.2.1:80",
        ["192.0.2.1:80", "unix:/run/x"],
        ["192.0.2.1:80", "[2001:db8::1]:80"],
    ] == batch.column("upstream_addr").values()


def test_attempts_retries_and_whether_there_were_any_are_counted_by_address():
    batch = parse(*ROWS)

    assert [None, 1, 2, 1, 2, 1] == batch.column("upstream_attempts").values()
    assert [None, 0, 1, 0, 1, 0] == batch.column("upstream_retries").values()
    assert [None, "no", "yes", "no", "yes", "no"] == batch.column("upstream_retried").values()


def test_the_last_the_sum_and_the_largest_of_the_attempts_are_columns():
    batch = parse(*ROWS)

    time = "upstream_response_time"
    assert [None, 0.25, 0.1, 1.5, None, 0.25] == batch.column(f"{time}_last").values()
    assert [None, 0.25, 0.101, 1.5, 0.25, 0.25] == batch.column(f"{time}_sum").values()
    assert [None, 0.25, 0.1, 1.5, 0.25, 0.25] == batch.column(f"{time}_max").values()
    assert [None, 200, 200, None, None, 503] == batch.column("upstream_status_last").values()
    assert [None, 512, 512, 512, 3, 1] == batch.column("upstream_bytes_sent_sum").values()
    assert "unix:/run/x" == batch.column("upstream_addr_last").values()[2]


def test_as_a_number_a_list_is_its_last_attempt():
    column = parse(*ROWS).column("upstream_response_time")

    numbers = column.numbers()

    assert [0.25, 0.1, 1.5, 0.25] == numbers.found[numbers.present].tolist()
    assert [False, True, True, True, False, True] == numbers.present.tolist()


def test_every_attempt_of_every_row_is_flattened_with_its_status():
    each = upstream_attempts(parse(*ROWS))

    names = [each.addresses.names[code] for code in each.addresses.codes.tolist()]
    statuses = each.statuses.values()

    assert [0, 1, 2, 1, 2, 1] == each.counts.tolist()
    assert [
        (1, "192.0.2.1:80", 200),
        (2, "192.0.2.1:80", 502),
        (2, "unix:/run/x", 200),
        (3, "192.0.2.1:80", None),
        (4, "192.0.2.1:80", 503),
        (4, "[2001:db8::1]:80", None),
        (5, "192.0.2.1:80", 503),
    ] == list(zip(each.rows.tolist(), names, statuses, strict=True))


def test_lists_of_different_lengths_have_no_status():
    each = upstream_attempts(parse(ONE, ("a, b", "200", "1", "1"), RETRIED))

    assert [200, None, None, 502, 200] == each.statuses.values()


def test_a_format_without_status_has_the_addresses():
    batch = access_parser("$upstream_addr|$status").parse(Block(b"a, b|200\n-|404\n"))

    each = upstream_attempts(batch)

    assert ([0, 0], [None, None]) == (each.rows.tolist(), each.statuses.values())


def test_a_format_without_any_list_has_no_such_columns():
    batch = access_parser("$status").parse(Block(b"200\n"))

    for name in ("upstream_attempts", "upstream_addr_last", "status_last"):
        with pytest.raises(KeyError):
            batch.column(name)
    with pytest.raises(KeyError):
        upstream_attempts(batch)


def test_attempts_are_counted_by_another_list_if_there_is_no_address():
    batch = access_parser("$upstream_response_time|$status").parse(Block(b"0.1, 0.2|200\n-|404\n"))

    assert [2, None] == batch.column("upstream_attempts").values()


def test_sums_of_what_nginx_never_wrote_stay_numbers():
    batch = parse(("a, b", "1, 1", "1, 1", ", ".join(["9" * 18] * 12)))

    assert [1 << 53] == batch.column("upstream_bytes_sent_sum").values()


def test_taken_rows_keep_their_lists():
    column = parse(*ROWS).select(parse(*ROWS).starts[:0]).column("upstream_status")

    assert isinstance(column, Attempts)
    assert [] == column.values() == column.lists()
    assert 0 == len(column.numbers())


ITEMS = st.sampled_from(("-", "", "0.1", "12.345", "502", "192.0.2.1:80", "unix:/run/x", "a b"))


@settings(max_examples=200)
@given(st.lists(st.lists(st.tuples(ITEMS, st.sampled_from((", ", " : "))), max_size=5), max_size=9))
def test_flattened_attempts_are_those_that_a_split_finds(rows):
    """Whatever the lists; blocks of few and of many rows take the same way."""
    texts = ["".join(f"{item}{between}" for item, between in row)[:-2] for row in rows]
    batch = access_parser('"$upstream_response_time"').parse(
        Block("".join(f'"{text}"\n' for text in texts).encode())
    )
    column = batch.column("upstream_response_time")
    assert isinstance(column, Attempts)

    flat = column.flat()

    expected = [
        (row, None if item in ("-", "") else item)
        for row, text in enumerate(texts)
        if text not in ("-", "")
        for item in re.split(" : |, ", text.removesuffix(" : "))
    ]
    assert expected == list(zip(flat.rows.tolist(), flat.texts.values(), strict=True))
