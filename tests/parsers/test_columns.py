"""All kinds of columns give the same answers about the same values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.columns import Labels, Memo, Numbers, Objects, Texts
from parsers.words import Octets

CELLS = st.lists(
    st.none()
    | st.sampled_from(
        (b"-", b"", b"200", b"0.5", b"1e3", b"nan", b"caf\xc3\xa9", b"\xff", b"a" * 9)
    )
    | st.binary(max_size=10)
)


def texts_of(cells: list[bytes | None], null: bytes | None = b"-") -> Texts:
    """The cells as spans of one block; None has no span."""
    starts, ends, raw = [], [], b""
    for cell in cells:
        starts.append(-1 if cell is None else len(raw))
        raw += cell or b""
        ends.append(-1 if cell is None else len(raw))
    return Texts(Octets(raw), np.array(starts, np.int64), np.array(ends, np.int64), null)


def columns_of(cells: list[bytes | None]):
    texts = texts_of(cells)
    return {
        "texts": texts,
        "numbers": texts.numbers(),
        "integers": texts.integers(),
        "labels": texts.labels(),
        "memo": Memo(texts, lambda raw: None if raw == b"-" else raw.decode("latin-1")),
        "objects": Objects(texts.values()),
    }


def named(labels: Labels):
    return [labels.names[code] for code in labels.codes.tolist()]


def numbered(numbers: Numbers):
    return [
        value if present else None
        for value, present in zip(numbers.found.tolist(), numbers.present.tolist(), strict=True)
    ]


@pytest.mark.parametrize("kind", ["texts", "numbers", "integers", "labels", "memo", "objects"])
@given(cells=CELLS)
def test_labels_name_the_values(kind, cells):
    column = columns_of(cells)[kind]
    expected = [None if value is None else str(value) for value in column.values()]

    labels = column.labels()

    assert expected == named(labels)


@pytest.mark.parametrize("kind", ["texts", "numbers", "integers", "labels", "memo", "objects"])
@given(cells=CELLS, data=st.data())
def test_taking_rows_takes_their_values_labels_and_numbers(kind, cells, data):
    column = columns_of(cells)[kind]
    chosen = data.draw(st.lists(st.integers(0, len(cells) - 1))) if cells else []
    values, names, found = column.values(), named(column.labels()), numbered(column.numbers())

    taken = column.take(np.array(chosen, np.int64))

    assert len(chosen) == len(taken)
    assert [values[row] for row in chosen] == list(taken.values())
    assert [names[row] for row in chosen] == named(taken.labels())
    assert [found[row] for row in chosen] == numbered(taken.numbers())


@given(CELLS)
def test_texts_values_are_the_decoded_cells(cells):
    expected = [
        None if cell in (None, b"-") else cell.decode("utf-8", "backslashreplace") for cell in cells
    ]

    texts = texts_of(cells)

    assert expected == texts.values()
    assert expected == [texts.value(row) for row in range(len(cells))]


@given(CELLS)
def test_numbers_keep_the_text_that_is_no_number(cells):
    texts = texts_of(cells)

    numbers = texts.numbers()

    for text, value, present in zip(
        texts.values(), numbers.values(), numbers.present.tolist(), strict=True
    ):
        assert (float(str(text)) if present else text) == value


@given(st.lists(st.sampled_from((b"INFO ", b"ERROR", b"   7 ", b"     ", b"WARNING", b" x", b""))))
def test_unpadded_removes_the_padding_of_that_width_only(cells):
    expected = [cell.strip(b" ").decode() if len(cell) == 5 else cell.decode() for cell in cells]

    unpadded = texts_of(cells).unpadded(5)

    assert expected == unpadded.values()


def test_a_long_run_of_spaces_is_not_padding():
    texts = texts_of([b" " * (1 << 20)])

    unpadded = texts.unpadded(8)

    assert texts.values() == unpadded.values()


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", True, None, [1], {"a": 1}, "x", ""])
def test_what_is_no_finite_number_has_no_number(value):
    numbers = Objects([value]).numbers()

    assert [False] == numbers.present.tolist()


def test_a_whole_number_too_large_for_a_float_has_no_number():
    numbers = Objects([10**400]).numbers()

    assert [False] == numbers.present.tolist()


def test_memo_reads_each_distinct_text_once():
    calls: list[bytes] = []

    def read(raw: bytes) -> str:
        calls.append(raw)
        return raw.decode()

    memo = Memo(texts_of([b"a", b"b", b"a"]), read)

    values = memo.values()

    assert ["a", "b", "a"] == values
    assert [b"a", b"b"] == calls
