"""YAML text to a validated model, or to findings: all of them at once, each with its place."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.located import Document, Plain, read
from rules.messages import Fault, Finding, by_place, words
from rules.positions import Where

Model = TypeVar("Model", bound=BaseModel)

# For lists: what an item is called, and the key whose value names it ("rule", "id").
Kinds = Mapping[str, tuple[str, str]]


def read_model(
    text: str,
    path: str,
    model: type[Model],
    *,
    quoted: Collection[str] = (),
    kinds: Kinds | None = None,
) -> tuple[Model | None, list[Finding]]:
    """
    Read YAML strictly and validate it; the model is None if there is any error.

    `quoted` names the keys whose values must be quoted. `kinds` gives items of lists their names in
    messages: with `{"rules": ("rule", "id")}` they say "rule nginx.upstream.refused".
    """
    return validated(read(text, path, quoted=quoted), model, kinds=kinds)


def validated(
    document: Document, model: type[Model], *, kinds: Kinds | None = None
) -> tuple[Model | None, list[Finding]]:
    """Validate a document already read; findings come in the order of the file."""
    found = list(document.findings)
    if document.content is None and found:
        return None, found  # no YAML at all: what is missing in it would only be noise
    valid: Model | None = None
    try:
        # An empty file is an empty mapping: then the messages say which keys are missing.
        valid = model.model_validate({} if document.content is None else document.content)
    except ValidationError as error:
        found += _findings(document, model, error, kinds or {})
    return (None if found else valid), sorted(found, key=by_place)


def _findings(
    document: Document, model: type[BaseModel], error: ValidationError, kinds: Kinds
) -> Iterator[Finding]:
    # What the strict reader has refused is not unknown as well.
    refused = {(finding.line, finding.column) for finding in document.findings}
    seen: set[tuple[int, int]] = set()
    for details in error.errors(include_url=False):
        if _only_follows(details):
            continue
        finding = _finding(document, model, details, kinds)
        place = (finding.line, finding.column)
        if details["type"] == "missing":
            yield finding
        elif details["type"] == "extra_forbidden":
            if place not in refused:
                yield finding
        # Each branch of a union complains about the same value; the first says it.
        elif place not in seen:
            seen.add(place)
            yield finding


def _only_follows(details: ErrorDetails) -> bool:
    """pydantic calls a list too short whose items are there, but wrong."""
    given, least = details["input"], details.get("ctx", {}).get("min_length", 0)
    return details["type"] == "too_short" and isinstance(given, list) and len(given) >= least


def _finding(
    document: Document, model: type[BaseModel], details: ErrorDetails, kinds: Kinds
) -> Finding:
    missing = details["type"] == "missing"
    where = _existing(document.content, details["loc"])
    owner = where if missing else where[:-1]
    context = details.get("ctx", {})
    fault = Fault(
        subject=name_of(document.content, where, kinds),
        owner=name_of(document.content, owner, kinds),
        key=str(details["loc"][-1] if missing else where[-1] if where else ""),
        value=details["input"],
        message=details["msg"],
        context=context,
        known=_known_keys(model, owner),
    )
    offset = context.get("offset")
    if offset is not None:
        position = document.positions.inside(where, offset)
    elif details["type"] == "extra_forbidden":
        position = document.positions.of_key(where)
    else:
        position = document.positions.of(where)
    return document.finding(position, *words(details["type"], fault))


def _existing(content: Plain, loc: Where) -> Where:
    """The part of a location that the document has: pydantic adds the branches of unions to it."""
    for depth, part in enumerate(loc):
        if isinstance(content, dict) and part in content:
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        else:
            return loc[:depth]
    return loc


def name_of(content: Plain, where: Where, kinds: Kinds) -> str:
    """Name a place as people do: "`line` of example 1 of rule nginx.upstream.refused"."""
    names: list[str] = []
    for depth, part in enumerate(where):
        parent = content
        content = _child(content, part)
        if isinstance(parent, dict):
            names.append(f"`{part}`")
        elif depth and (kind := kinds.get(str(where[depth - 1]))):
            names[-1] = f"{kind[0]} {_own_name(content, kind[1]) or int(part) + 1}"
        else:
            names.append(f"item {int(part) + 1}")
    return " of ".join(reversed(names)) or "the file"


def _child(content: Plain, part: str | int) -> Plain:
    if isinstance(content, dict):
        return content[str(part)]
    return content[int(part)] if isinstance(content, list) else None


def _own_name(content: Plain, key: str) -> str:
    name = content.get(key) if isinstance(content, dict) else None
    return name if isinstance(name, str) else ""


def _known_keys(model: type[BaseModel], where: Where) -> dict[str, str]:
    """The keys that the model at a place may have, with their descriptions."""
    models = [model]
    for part in where:
        if isinstance(part, str):
            fields = [each.model_fields.get(part) for each in models]
            found = [inner for field in fields if field for inner in _models(field.annotation)]
            models = found or models  # not a field: a key of a mapping whose values are models
    return {
        field.alias or key: field.description or ""
        for each in models
        for key, field in each.model_fields.items()
    }


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
