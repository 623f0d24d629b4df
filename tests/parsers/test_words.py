"""The vector operations give what a loop over the rows would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import words
from parsers.words import Octets

NUMBERS = st.from_regex(rb"[0-9]{0,12}(?:\.[0-9]{0,8})?", fullmatch=True)
TEXTS = st.one_of(
    NUMBERS,
    st.binary(max_size=20),
    st.sampled_from(
        (b"", b".", b"1.", b".5", b"1.2.3", b"-1", b"+1", b"1e3", b" 1", b"\0", b"12a")
    ),
    st.sampled_from((b"0.1", b"12345678", b"123456789", b"1234567.1", b"9" * 18, b"9" * 19)),
)


def rows(texts: list[bytes], between: bytes = b"\n"):
    """The texts as rows of one block."""
    raw = between.join(texts)
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(lengths + len(between)) - lengths - len(between)
    return Octets(raw), starts, starts + lengths


@given(st.lists(TEXTS, min_size=1), st.sampled_from((b"\n", b"", b"7", b".", b"\xff")))
def test_decimals_reads_what_float_reads_and_nothing_else(texts, between):
    octets, starts, ends = rows(texts, between)
    whole = [text.replace(b".", b"", 1) for text in texts]
    expected = [
        float(text)
        if digits.isdigit() and len(digits) <= 18 and text[:1] != b"." and text[-1:] != b"."
        else None
        for text, digits in zip(texts, whole, strict=True)
    ]

    values, places, valid = octets.decimals(starts, ends)

    floats = words.scaled(values, places).tolist()
    found = zip(floats, valid.tolist(), strict=True)
    assert expected == [value if good else None for value, good in found]


@given(st.lists(st.from_regex(rb"[0-9]{1,18}", fullmatch=True), min_size=1))
def test_decimals_reads_integers_exactly(texts):
    values, places, valid = Octets(b"".join(texts)).decimals(*rows(texts, b"")[1:])

    assert [int(text) for text in texts] == values.tolist()
    assert not places.any()
    assert valid.all()


@given(
    st.lists(st.binary(max_size=40) | st.just(b"a" * 200), min_size=1),
    st.sampled_from(b" a\n\0\x80\xff\x01"),
    st.sampled_from((b"\n", b"", b" ")),
)
def test_find_gives_the_first_place_or_the_end(texts, octet, between):
    octets, starts, ends = rows(texts, between)
    places = [text.find(octet) for text in texts]
    expected = [
        start + (len(text) if place < 0 else place)
        for start, text, place in zip(starts.tolist(), texts, places, strict=True)
    ]

    found = octets.find(octet, starts, ends)

    assert expected == found.tolist()


@pytest.mark.parametrize("count", [1, 63, 65, 200])
@pytest.mark.parametrize("length", [7, 8, 127, 128, 129, 4000])
def test_find_reaches_the_end_of_many_and_of_long_rows(count, length):
    octets, starts, ends = rows([b"x" * length + b"!y"] * count)

    found = octets.find(ord("!"), starts, ends)

    assert (starts + length).tolist() == found.tolist()


@given(st.lists(TEXTS, min_size=1), st.integers(0, 255), st.integers(1, 90))
def test_rfind_gives_the_last_place_or_one_before_the_row(texts, octet, times):
    texts = texts * times  # few rows are looked at one by one
    octets, starts, ends = rows(texts)
    places = [text.rfind(bytes([octet])) for text in texts]

    found = octets.rfind(octet, starts, ends)

    assert [
        start + place for start, place in zip(starts.tolist(), places, strict=True)
    ] == found.tolist()


@pytest.mark.parametrize("count", [1, 100])
def test_rfind_goes_back_over_long_rows(count):
    octets, starts, ends = rows([b"|" + b"x" * 1000] * count)

    assert starts.tolist() == octets.rfind(ord("|"), starts, ends).tolist()


@given(st.lists(st.binary(max_size=9), max_size=60), st.booleans())
def test_group_numbers_equal_texts_alike(texts, long):
    texts += [b"longer than a load"] * long
    octets, starts, ends = rows(texts)

    codes, names = octets.group(starts, ends)

    assert texts == [names[code] for code in codes.tolist()]
    assert len(set(names)) == len(names)


def test_group_of_many_distinct_texts_is_right_after_the_first_few():
    texts = [b"%d" % (number % 300) for number in range(2000)]
    octets, starts, ends = rows(texts)

    codes, names = octets.group(starts, ends)

    assert texts == [names[code] for code in codes.tolist()]


def test_group_of_no_keys_is_empty():
    codes, examples = words.group(np.zeros(0, np.uint64))

    assert ([], []) == (codes.tolist(), examples)


@given(st.lists(st.binary(max_size=12), min_size=1), st.binary(min_size=1, max_size=3))
def test_literal_finds_a_text_where_it_stands(texts, text):
    octets, starts, _ = rows(texts)
    expected = [octets.raw[start:].startswith(text) for start in starts.tolist()]
    padding = [len(octets.raw) - start < len(text) for start in starts.tolist()]

    found = octets.literal(text, starts).tolist()

    # Behind the block stand NULs, which the callers rule out by the ends of their rows.
    assert expected == [each and not behind for each, behind in zip(found, padding, strict=True)]


@given(st.lists(st.binary(max_size=9) | st.from_regex(rb"[A-Z]{1,9}", fullmatch=True), min_size=1))
def test_all_capitals_is_true_for_capitals_only(texts):
    octets, starts, ends = rows(texts)
    expected = [
        0 < len(text) <= 8 and text.isalpha() and text.isupper() and text.isascii()
        for text in texts
    ]

    found = words.all_capitals(octets.load(starts), ends - starts)

    assert expected == found.tolist()


@pytest.mark.parametrize("size", [0, 1, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 3 << 17])
def test_positions_are_right_across_slices(size):
    raw = (b'ab"\nc' * (size // 5 + 1))[:size]
    expected = [at for at, octet in enumerate(raw) if octet in b'"\n']

    found = words.positions(raw, *b'"\n')

    assert expected == found.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0.1", 0.1),
        (b"1700000000.123", 1700000000.123),
        (b"123456789012345.678", 123456789012345.678),
        (b"0.12345678901234567", 0.12345678901234567),
    ],
)
def test_decimals_are_rounded_once(text, expected):
    octets = Octets(text)
    values, places, _ = octets.decimals(np.array([0]), np.array([len(text)]))

    found = words.scaled(values, places)

    assert [expected] == found.tolist()


def colliding(first: int, other: int) -> tuple[bytes, bytes]:
    """Two texts of 16 bytes with one hash: the second half undoes what the first one did."""
    mixer, full = int(words._MIXER), (1 << 64) - 1

    def mixed(word: int) -> int:
        state = ((16 * mixer ^ word) * mixer) & full
        return state ^ state >> 29

    halves = [(first, 0), (other, mixed(first) ^ mixed(other))]
    texts = [b"".join(half.to_bytes(8, "little") for half in each) for each in halves]
    return texts[0], texts[1]


def test_group_tells_texts_apart_whose_hashes_are_made_to_be_alike():
    texts = [*colliding(0x6162636461626364, 0x6566676865666768), b"another one of them"] * 40
    octets, starts, ends = rows(texts)

    codes, names = octets.group(starts, ends)

    assert octets._group_by_hash(starts, ends - starts) is None
    assert texts == [names[code] for code in codes.tolist()]
    assert len(names) == 3


@given(
    st.lists(
        st.sampled_from((b"a", b"\0", b"\0" * 9, b"a" * 9, b"a\0" * 5, b"b" * 130)), min_size=1
    )
)
def test_group_of_many_rows_numbers_equal_texts_alike(texts):
    texts = texts * 70
    octets, starts, ends = rows(texts)

    codes, names = octets.group(starts, ends)

    assert texts == [names[code] for code in codes.tolist()]
    assert sorted(set(texts)) == sorted(names)
