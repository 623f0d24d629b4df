"""What is wrong with a YAML file, where, and how to fix it: findings, and the words they use."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from pydantic_core import PydanticCustomError

# Source lines (sample log lines, mostly) are shown from a little before the fault to about here.
_SHOWN_COLUMNS = 120
_SHOWN_BEFORE = 40
# What could steer a terminal or fake a line: C0, DEL, C1, the separators, and the bidi controls
# (Unicode TR 36; CVE-2021-42574).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one file; `line` and `column` count from 1, line 0 means the file as a whole."""

    path: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    what: str
    fix: str = ""
    source_line: str = ""
    # Characters that the carets underline.
    width: int = 1

    def render(self) -> str:
        """The finding as people read it; its first line is what editors, grep and CI link."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        lines = [f"{place}: {self.severity}: {escaped(self.what)}"]
        if self.source_line.strip():
            lines += _quoted(self.source_line, self.column - 1, self.width)
        if self.fix:
            lines.append(f"  fix: {escaped(self.fix)}")
        return "\n".join(lines)


def escaped(text: str) -> str:
    """Text from outside on one line, and harmless to a terminal."""
    return _CONTROLS.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    code = ord(character)
    return _ESCAPES.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def _quoted(line: str, start: int, width: int) -> list[str]:
    # One character each: a tab would push the carets away, an escape sequence steer the terminal.
    line = _CONTROLS.sub("\ufffd", line.replace("\t", " "))
    first = max(0, start - _SHOWN_BEFORE) if len(line) > _SHOWN_COLUMNS else 0
    shown = line[first : first + _SHOWN_COLUMNS].rstrip()
    before = "…" if first else ""
    after = "…" if first + _SHOWN_COLUMNS < len(line) else ""
    indent = len(before) + start - first
    carets = "^" * max(1, min(width, len(before) + len(shown) - indent))
    return [f"  | {before}{shown}{after}", f"  | {' ' * indent}{carets}"]


def by_place(finding: Finding) -> tuple[str, int, int]:
    """Sort findings by this; those of one place stay in the order of the model's keys."""
    return finding.path, finding.line, finding.column


def wrong(what: str, fix: str, *, offset: int | None = None) -> PydanticCustomError:
    """
    Make the error that a validator raises; `what` follows the name of the value in the message.

    `offset` says which character of the value is at fault.
    """
    # pydantic would fill braces in the template; the table reads both texts from the context.
    return PydanticCustomError("wrong", "wrong", {"what": what, "fix": fix, "offset": offset})


def choice(value: object, choices: Sequence[str]) -> PydanticCustomError:
    """Make the error for a value that is none of `choices`."""
    return PydanticCustomError("choice", "choice", {"choices": tuple(choices), "value": str(value)})


def nearest(word: object, known: Sequence[str]) -> str:
    """The word that was probably meant, or an empty string."""
    return next(iter(get_close_matches(str(word), known, 1, 0.6)), "")


@dataclass(frozen=True, slots=True)
class Fault:
    """One validation error of pydantic with all that its message may speak of."""

    # "`severity` of rule nginx.upstream.refused", "rule nginx.upstream.refused", "severity".
    subject: str
    owner: str
    key: str
    value: object
    # pydantic's own sentence and what it is about.
    message: str
    context: Mapping[str, object] = field(default_factory=dict)
    # Keys that the owner may have, with what they mean.
    known: Mapping[str, str] = field(default_factory=dict)


Words = tuple[str, str]  # what, fix


def words(kind: str, fault: Fault) -> Words:
    """Say in our words what pydantic means by an error of type `kind`, and how to fix it."""
    if fault.value is None and kind not in ("missing", "wrong"):
        return f"{fault.subject} is empty", "write a value behind it, or remove the line"
    return _TABLE.get(kind, _other)(fault)


def _unknown_key(fault: Fault) -> Words:
    guess = nearest(fault.key, list(fault.known))
    meant = f"did you mean `{guess}`? " if guess else f"remove `{fault.key}`; "
    return (
        f"{fault.owner} has the unknown key `{fault.key}`",
        f"{meant}known keys: {', '.join(fault.known) or 'none'}",
    )


def _missing(fault: Fault) -> Words:
    meaning = fault.known.get(fault.key)
    return (
        f"{fault.owner} has no `{fault.key}`",
        f"add `{fault.key}:`" + (f" ({meaning})" if meaning else ""),
    )


def _one_of(fault: Fault) -> Words:
    given = fault.context.get("choices")
    choices = given if isinstance(given, tuple) else _quoted_words(fault.context.get("expected"))
    guess = nearest(fault.value, choices)
    meant = f'did you mean "{guess}"? One of: ' if guess else "write one of: "
    return f'{fault.subject} is "{fault.value}"', meant + ", ".join(choices)


def _quoted_words(expected: object) -> tuple[str, ...]:
    """pydantic writes its choices as `'a', 'b' or 'c'`."""
    return tuple(re.findall(r"'([^']*)'", str(expected)))


def _not_a(kind: str, fix: str) -> Callable[[Fault], Words]:
    return lambda fault: (f"{fault.subject} is {_shown(fault.value)}, which is not {kind}", fix)


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return "a list" if not isinstance(value, dict) else "a group of keys"
    return f'"{value}"'


def _limit(relation: str, key: str) -> Callable[[Fault], Words]:
    def speak(fault: Fault) -> Words:
        bound = fault.context.get(key)
        return (
            f"{fault.subject} is {fault.value}, but must be {relation} {bound}",
            f"write a number {relation} {bound}",
        )

    return speak


def _too_few(fault: Fault) -> Words:
    return f"{fault.subject} is empty", "write at least one"


def _pattern(fault: Fault) -> Words:
    meaning = fault.known.get(fault.key)
    fix = f"it is {meaning}" if meaning else f"it must fit {fault.context.get('pattern')}"
    return f'{fault.subject} is "{fault.value}", which has the wrong form', fix


def _own(fault: Fault) -> Words:
    return f"{fault.subject} {fault.context['what']}", str(fault.context["fix"])


def _value_error(fault: Fault) -> Words:
    reason = fault.context.get("error", fault.message)
    return f"{fault.subject} is {_shown(fault.value)}: {reason}", "correct this value"


def _other(fault: Fault) -> Words:
    reason = fault.message[:1].lower() + fault.message[1:]
    return f"{fault.subject} is {_shown(fault.value)}: {reason}", "correct this value"


_text = _not_a("text", "write one text here; in quotes, if it begins with [ or {")
_whole = _not_a("a whole number", "write digits only, for example 10")
_number = _not_a("a number", "write a number, for example 0.5")
_truth = _not_a("true or false", "write true or false")
_list = _not_a("a list", "write one item a line, each behind a `- `")
_group = _not_a("a group of keys", "write `key: value` lines below it, indented")

# pydantic's error types: https://docs.pydantic.dev/latest/errors/validation_errors/
_TABLE: Mapping[str, Callable[[Fault], Words]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _one_of,
    "enum": _one_of,
    "choice": _one_of,
    "int_type": _whole,
    "int_parsing": _whole,
    "int_from_float": _whole,
    "float_type": _number,
    "float_parsing": _number,
    "bool_type": _truth,
    "bool_parsing": _truth,
    "string_type": _text,
    "list_type": _list,
    "tuple_type": _list,
    "dict_type": _group,
    "mapping_type": _group,
    "model_type": _group,
    "model_attributes_type": _group,
    "dataclass_type": _group,
    "string_too_short": _too_few,
    "too_short": _too_few,
    "string_pattern_mismatch": _pattern,
    "greater_than": _limit("greater than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "wrong": _own,
    "value_error": _value_error,
}
