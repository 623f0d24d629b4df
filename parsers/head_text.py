"""
The texts of `heads.py` and `servers.py`: how a table writes what a layout reads.

`{name}` is a part that ends at what follows it, `{name:dd:dd}` one of fixed width (`d` a digit, `_`
anything, all else itself), `{name:<8}` one that is padded to a width, `{name:#}` a whole number,
perhaps with a sign, `{name:#6}` such a one that is padded. `{{` and `}}` are braces.
"""

import re

from parsers.layout import Literal, Slot, Token

STAMP = "/time"  # the hidden column of the text of the time; no field has such a name
_PART = re.compile(r"\{(\w+)(?::([^}]+))?\}")
_NUMBER = b"0123456789+-"


def tokens(text: str) -> list[Token]:
    """The literals and slots of a text."""
    found: list[Token] = []
    end = 0
    for match in _PART.finditer(text):
        found += _literal(text[end : match.start()])
        found.append(_slot(match[1], match[2] or ""))
        end = match.end()
    return found + _literal(text[end:])


def _literal(text: str) -> list[Token]:
    text = text.replace("{{", "{").replace("}}", "}")
    return [Literal(text.encode())] if text else []


def _slot(name: str, form: str) -> Slot:
    name = STAMP if name == "time" else name
    if form == "#":
        return Slot(name, holds=_NUMBER)
    if form.startswith(("<", "#")):
        return Slot(name, least=int(form[1:]))
    return Slot(name, form.encode())


def numbers_in(text: str) -> frozenset[str]:
    """The parts of a text that are whole numbers."""
    parts = _PART.finditer(text)
    return frozenset(match[1] for match in parts if (match[2] or "").startswith("#"))
