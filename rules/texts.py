"""Texts with `{name}` in them: which names they use, and how values from a log come into them."""

import re
from collections.abc import Callable

from rules.messages import escaped, wrong

# Deliberately not str.format: `{a.__class__}` and `{a:>99999999}` must mean nothing.
_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
# A sentence stays readable; the event itself has the whole value.
_MAX_VALUE_CHARACTERS = 400


def well_formed(text: str) -> str:
    """Return `text` if its braces are `{name}`, `{{` or `}}`; raise a validation error if not."""
    for piece in _PIECE.finditer(text):
        if piece[0] in ("{", "}"):
            what = f"has a `{piece[0]}` that belongs to no {{name}}"
            fix = (
                f"write {piece[0] * 2} for the character itself; a name has only letters, digits, _"
            )
            raise wrong(what, fix, offset=piece.start())
    return text


def names_in(text: str) -> list[tuple[str, int]]:
    """The names that a well-formed text uses, each with where its brace stands."""
    return [(piece[1], piece.start()) for piece in _PIECE.finditer(text) if piece[1]]


def fill(text: str, value_of: Callable[[str], object]) -> str:
    """Put values into a well-formed text; what `value_of` does not know (None) shows as `-`."""

    def piece(found: re.Match[str]) -> str:
        return shown(value_of(found[1])) if found[1] else found[0][0]

    return _PIECE.sub(piece, text) if "{" in text or "}" in text else text


def shown(value: object) -> str:
    """A value from a log as it may stand in a sentence: on one line, harmless to a terminal."""
    if value is None:
        return "-"
    text = str(value)
    if len(text) > _MAX_VALUE_CHARACTERS:
        text = text[:_MAX_VALUE_CHARACTERS] + "…"
    return escaped(text)
