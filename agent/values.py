"""The kinds of value that a configuration has: how they are read, and what is wrong with them."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from parsers.routes import covers
from parsers.severity import LABELS
from rules.messages import choice, wrong
from rules.multimatch import Expression
from rules.patterns import pattern

_STATUS = re.compile(r"[1-9](xx|\d\d)")
NGINX_CHOICES = ("auto", "on", "off")
# A `:name`, or what a path has there by itself.
_SEGMENT = re.compile(r":[A-Za-z][A-Za-z0-9_-]*|[^:*?#\s;/]*")
_QUERY = re.compile(r"[?#;]")
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def as_list(value: object) -> object:
    """One text where a list of them may stand."""
    return [value] if isinstance(value, str) else value


def _severity(value: object) -> object:
    if value not in LABELS:
        raise choice(value, LABELS)
    return value


def _source_name(name: str) -> str:
    if not NAME.fullmatch(name) or "." in name:
        raise wrong(f'has the name "{name}"', "use letters, digits, _ and - only")
    return name


def _nginx_choice(choice: str) -> str:
    if choice not in NGINX_CHOICES and not choice.startswith("/"):
        fix = f"write one of: {', '.join(NGINX_CHOICES)}, or the whole path of an nginx.conf"
        raise wrong(f'is "{choice}"', fix)
    return choice


def _status(status: str) -> str:
    if not _STATUS.fullmatch(status):
        raise wrong(
            f'has "{status}" for a status',
            'write a status like "404" or a class like "5xx"',
        )
    return status


def _route(text: str) -> str:
    if not text.startswith("/"):
        raise wrong(
            f'is "{text}", which does not begin with a /', "begin at the root: /users/:name"
        )
    at = 0
    for number, segment in enumerate(text.split("/")):
        last = at + len(segment) == len(text)
        if not (_SEGMENT.fullmatch(segment) or (segment == "*" and last and number)):
            raise wrong(f'has "{segment}" for a segment', _segment_fix(segment), offset=at)
        at += len(segment) + 1
    return text


def _segment_fix(segment: str) -> str:
    if "*" in segment:
        return "write * only as the last segment, for all that follow; one is :name"
    if ":" in segment and not _QUERY.search(segment):
        return "write a : and a name of letters, digits, _ and -, and nothing else in the segment"
    return "write the path without its query, and leave out what is not of it"


def _routes(routes: tuple[str, ...]) -> tuple[str, ...]:
    for number, later in enumerate(routes):
        for earlier in routes[:number]:
            if covers(earlier, later):
                raise wrong(
                    f'has "{later}" behind "{earlier}", which takes all of its paths',
                    "put the narrower route before the wider one, or leave it out",
                )
    return routes


def _test(text: str) -> str:
    if not text.startswith("~"):
        return text
    try:
        pattern(text[1:])
    except PydanticCustomError as error:
        said = error.context or {}
        # A rule's pattern is looked for by its literals, a condition's is not.
        if "literal characters" in said["what"]:
            return _compiled(text)
        offset = None if said["offset"] is None else said["offset"] + 1
        raise wrong(said["what"], said["fix"], offset=offset) from None
    except (OverflowError, RecursionError) as error:
        raise wrong(f"is no pattern: {error}", "write a smaller one") from None
    return _compiled(text)


def _compiled(text: str) -> str:
    try:
        Expression(text[1:])
    except ValueError as error:
        what = f"is no pattern that can be searched in linear time: {error}"
        raise wrong(what, "leave out look-around and back-references") from None
    return text


# For JSON Schema, so that editors accept one text where a list of one may stand.
ONE_OR_MORE: JsonSchemaValue = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
Texts = Annotated[tuple[str, ...], BeforeValidator(as_list), WithJsonSchema(ONE_OR_MORE)]
Tests = Annotated[
    tuple[Annotated[str, AfterValidator(_test)], ...],
    BeforeValidator(as_list),
    WithJsonSchema(ONE_OR_MORE),
]
Routes = Annotated[
    tuple[Annotated[str, AfterValidator(_route)], ...],
    BeforeValidator(as_list),
    AfterValidator(_routes),
    WithJsonSchema(ONE_OR_MORE),
]
SeverityName = Annotated[
    str, BeforeValidator(_severity), WithJsonSchema({"type": "string", "enum": list(LABELS)})
]
SourceName = Annotated[str, AfterValidator(_source_name)]
NginxChoice = Annotated[str, AfterValidator(_nginx_choice)]
Status = Annotated[str, AfterValidator(_status)]
