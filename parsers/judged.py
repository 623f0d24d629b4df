"""How bad structured records are: by the level that they state, else by the status of a request."""

from collections.abc import Mapping, Sequence

import numpy as np

from parsers.columns import Value, distinct
from parsers.conventions import TAGS, WORDS_ONLY
from parsers.dotted import Record, lookup
from parsers.plans import Plan, sole
from parsers.scales import severity_of_word, stated_severity
from parsers.severity import RARE, Severity
from parsers.words import Ints, Octets8

# Values of a level that are remembered for records of one shape, and how long they may be.
_MOST_KNOWN = 64
_LONGEST_KNOWN = 32
_Judged = tuple[Severity, str | None]


def judged(
    records: Sequence[Record], plans: Sequence[Plan], severities: Mapping[str, Severity]
) -> tuple[Octets8, list[Value]]:
    """
    The severity of each record, and the level that it states (or None).

    `severities` is that of requests that state none, by status and its class.
    """
    plan = sole(plans)
    if plan and plan.level:
        values = distinct([record[plan.level] for record in records])
        if values is not None and None not in values[0]:
            return _judged_alike(plan, *values)
    pairs = zip(records, plans, strict=True)
    found = [_judged(record, plan, severities) for record, plan in pairs]
    severity = np.array([severity for severity, _ in found], np.uint8)
    return severity, [level for _, level in found]


def _judged_alike(plan: Plan, values: list[Value], codes: Ints) -> tuple[Octets8, list[Value]]:
    """Each value of the one key of the level, where all records have it, once."""
    found = [plan.known.get(value) or _learn(plan, value) for value in values]  # type: ignore[arg-type]
    severity = np.array([severity for severity, _ in found], np.uint8)[codes]
    levels = [level for _, level in found]
    return severity, [levels[code] for code in codes.tolist()]


def _judged(record: Record, plan: Plan, severities: Mapping[str, Severity]) -> _Judged:
    if plan.level:
        value = record[plan.level]
        # Not `isinstance`: true is a key of that dictionary like 1, and is no level.
        if type(value) is str or type(value) is int:
            return plan.known.get(value) or _learn(plan, value)
    key, level = stated_level(record, plan)
    if key:
        return _severity(plan, key, level), str(level)
    by_status = _by_status(record, plan, severities) if plan.request else None
    return plan.convention.unstated if by_status is None else by_status, None


def _learn(plan: Plan, value: str | int) -> _Judged:
    judgement = _severity(plan, plan.level, value), str(value)
    if len(plan.known) < _MOST_KNOWN and len(judgement[1]) <= _LONGEST_KNOWN:
        plan.known[value] = judgement
    return judgement


def _severity(plan: Plan, key: str, level: Value) -> Severity:
    severity = stated_severity(level, plan.scale_of(key))  # type: ignore[arg-type]
    return Severity.INFO if severity is None else severity


def stated_level(record: Record, plan: Plan) -> tuple[str, Value]:
    """The key of the level and its value; an empty key: the record states none."""
    for key in plan.keys.level:
        value = lookup(record, key)
        if key == TAGS and isinstance(value, list) and value:
            value = value[0]
        if key in WORDS_ONLY and not _is_word(value):
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return key, value
    return "", None


def _is_word(value: Value) -> bool:
    """Whether a value of a key that often holds something else is a level for certain."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return len(word) > 1 and word not in RARE and severity_of_word(word) is not None


def _by_status(record: Record, plan: Plan, severities: Mapping[str, Severity]) -> Severity | None:
    for name in plan.statuses:
        status = lookup(record, name)
        status_class = class_of(status)
        if status_class:
            return severities.get(str(status), severities.get(status_class, Severity.INFO))
    return None


def class_of(status: Value) -> str | None:
    """The class of an HTTP status as text: `5xx` of `502`."""
    text = str(status) if isinstance(status, str | int) else ""
    fits = len(text) == 3 and text.isascii() and text.isdigit() and "1" <= text[0] <= "5"
    return f"{text[0]}xx" if fits else None
