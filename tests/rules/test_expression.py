"""Regular expressions of a configuration, searched in linear time."""

import pytest

from rules.multimatch import Expression


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^/shop", "/shop/cart", True),
        (r"^/shop", "/a/shop", False),
        (r"\.php$", "/index.php", True),
        (r"(?i)bot", "GoogleBOT", True),
        (r"é", "café", True),
        (r"x*", "", True),
        (r"a", "", False),
        (r"a.c", "a\nc", False),
    ],
)
def test_it_finds_what_re_would_find(pattern: str, text: str, found: bool) -> None:
    assert found == Expression(pattern).is_in(text)


def test_ambiguous_alternatives_do_not_run_away() -> None:
    expression = Expression(r"(a|ab|b)*c")

    assert not expression.is_in("ab" * 50_000)


@pytest.mark.parametrize("pattern", [r"(?!x)y", r"(a)\1", r"(", "\udcff"])
def test_what_cannot_be_linear_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Expression(pattern)
