"""Spans have the same number if, and only if, they hold the same bytes before the stop."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from parsers.fingerprints import fingerprints
from parsers.words import Octets

STOP = ord("?")
# More rows than are done one by one, however many of them have ended.
COPIES = 65
TEXTS = st.one_of(
    st.binary(max_size=40),
    st.text("a?\0", max_size=20).map(str.encode),
    st.integers(0, 600).map(lambda size: b"a" * size),
)


def numbers(texts: list[bytes]) -> tuple[list[int], list[bytes]]:
    """The number of each text, and what it is a number of."""
    raw = b"\n".join(texts)
    sizes = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(sizes + 1) - sizes - 1
    found, ends = fingerprints(Octets(raw), starts, starts + sizes, stop=STOP)
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return found.tolist(), [raw[start:end] for start, end in spans]


@given(st.lists(TEXTS, min_size=1, max_size=12))
@example([b"a", b"a\0", b"a\0\0", b""])
@example([b"12345678", b"12345678?", b"123456789", b"12345678\0"])
@example([b"a" * 511, b"a" * 512, b"a" * 513, b"a" * 511 + b"?b"])
def test_equal_texts_and_no_others_have_the_same_number(texts: list[bytes]) -> None:
    cut = [text.partition(b"?")[0] for text in texts]

    found, spans = numbers(texts * COPIES)

    assert cut * COPIES == spans
    by_text = {
        text: {n for n, each in zip(found, spans, strict=True) if each == text} for text in cut
    }
    assert [1] * len(by_text) == [len(each) for each in by_text.values()]
    assert len(by_text) == len(set.union(*by_text.values()))


@given(st.lists(TEXTS, max_size=100))
def test_a_few_rows_are_told_apart_too(texts: list[bytes]) -> None:
    found, spans = numbers(texts)

    assert [text.partition(b"?")[0] for text in texts] == spans
    assert len(set(spans)) <= len(set(found))
    assert 0 not in found
    assert len({(n, text) for n, text in zip(found, spans, strict=True)}) == len(set(found))
