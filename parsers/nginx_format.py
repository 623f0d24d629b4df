"""The text of an nginx `log_format`, as nginx.conf has it, to the tokens of a layout."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import orjson

from parsers.columns import Value
from parsers.cutting import compile_layout
from parsers.layout import Layout, LayoutError, Literal, Slot, Token, TouchingError
from parsers.nginx_variables import LISTS, PATHS, SHAPES, variable


class Escape(Enum):
    """How nginx writes the bytes of a variable (ngx_http_log_module.c, `log_format … escape=`)."""

    # `"`, `\\`, controls and all that is not ASCII as `\\xNN`; a variable without value as `-`.
    DEFAULT = "default"
    # As in a JSON string (ngx_escape_json: bytes over 0x7E as they are); without value: nothing.
    JSON = "json"
    # As they are; without value: nothing.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A compiled `log_format`."""

    layout: Layout
    escape: Escape
    # For a format that is a JSON object: its keys and the variables that are their values.
    keys: dict[str, str]


# Letters, digits and `_` are all that a name has (ngx_http_log_compile_format).
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))", re.ASCII)
# One space, for the text itself may begin with one.
_ESCAPE = re.compile(r"escape=(\S*)(?: |$)")


def read_format(log_format: str) -> LogFormat:
    """
    Compile the text of a `log_format`: its parts joined, with `escape=… ` before them if it has it.

    Raises LayoutError, with the column, for what nginx itself would refuse, for a line feed in the
    text, and if nothing separates two variables of unknown width.
    """
    log_format = log_format.rstrip("\n")  # that of a block of YAML
    escape, begin = _escape(log_format)
    _refuse(log_format, begin)
    pieces = list(_pieces(log_format, begin))
    tokens = [token for token, _ in pieces]
    if not any(isinstance(token, Slot) for token in tokens):
        raise LayoutError("a log format needs at least one $variable", 1)
    try:
        layout = compile_layout(tokens, escapes=escape is not Escape.NONE)
    except TouchingError as error:
        columns = [column for token, column in pieces if token is error.second]
        raise LayoutError(str(error), columns[0]) from None
    return LogFormat(layout, escape, _keys(tokens))


def _escape(log_format: str) -> tuple[Escape, int]:
    """The escape mode, and where the text begins."""
    match = _ESCAPE.match(log_format)
    if not match:
        return Escape.DEFAULT, 0
    if match[1] not in {each.value for each in Escape}:
        raise LayoutError(f'nginx knows no "escape={match[1]}"', match.start(1) + 1)
    return Escape(match[1]), match.end()


def _refuse(log_format: str, begin: int) -> None:
    feed = log_format.find("\n", begin)
    if feed >= 0:
        what = "a line feed, with which nginx writes each record as several lines, is not read"
        raise LayoutError(what, feed + 1)
    bare = _VARIABLE.sub(lambda match: "_" * len(match[0]), log_format).find("$", begin)
    if bare >= 0:
        raise LayoutError("a $ without a variable's name, which nginx refuses", bare + 1)


def _pieces(log_format: str, begin: int) -> Iterator[tuple[Token, int]]:
    """The tokens, and the 1-based column of each."""
    for match in _VARIABLE.finditer(log_format, begin):
        if match.start() > begin:
            yield Literal(log_format[begin : match.start()].encode()), begin + 1
        yield slot(match[1] or match[2]), match.start() + 1
        begin = match.end()
    if begin < len(log_format):
        yield Literal(log_format[begin:].encode()), begin + 1


def slot(name: str) -> Slot:
    """The slot of a variable."""
    known = variable(name)
    return Slot(
        name,
        SHAPES.get(known.kind, b""),
        holds=known.holds,
        listed=known.kind in LISTS,
        begins=b"/" if name in PATHS else b"",
    )


def _keys(tokens: Sequence[Token]) -> dict[str, str]:
    """
    The keys of a format that is a JSON object, with the variable that each holds alone.

    Keys of objects in objects are joined by dots.
    """
    # Each variable becomes a number that fits inside quotes and outside of them.
    first = 10**9
    names = {str(first + at): each.name for at, each in enumerate(tokens) if isinstance(each, Slot)}
    text = b"".join(
        each.text if isinstance(each, Literal) else b"%d" % (first + at)
        for at, each in enumerate(tokens)
    )
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return {key: names[leaf] for key, leaf in _leaves(whole, "") if leaf in names}


def _leaves(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path, str(value)


_HEX = re.compile(rb"\\x([0-9A-Fa-f]{2})")
_JSON_ESCAPE = re.compile(rb'\\(?:u00([0-9A-Fa-f]{2})|([nrtbf"\\/]))')
_JSON_LETTERS = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
}


def unescaped(raw: bytes, escape: Escape) -> bytes:
    r"""
    The bytes that a variable had, from how nginx wrote them.

    >>> unescaped(rb"caf\xC3\xA9 \x22", Escape.DEFAULT).decode()
    'café "'
    """
    if escape is Escape.DEFAULT:
        return _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), raw)
    if escape is Escape.JSON:
        return _JSON_ESCAPE.sub(_json_octet, raw)
    return raw


def _json_octet(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else _JSON_LETTERS[match[2]]
