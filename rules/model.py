"""What a rule file may say: the pydantic models of packs, rules and examples."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from parsers.servers import NAMES as SERVERS
from parsers.severity import LABELS, Severity
from rules.messages import choice, wrong
from rules.patterns import Pattern, pattern
from rules.texts import well_formed

# A rule for `any` fits every format but these: what a stranger writes into a URL must not be
# explained as a message of the kernel.
_NGINX = frozenset({"nginx_access", "combined"})
ACCESS_FORMATS = _NGINX | frozenset(SERVERS)


def severity(value: object) -> Severity:
    """Read one of the six names as a Severity; for models, see `SeverityName`."""
    if value not in LABELS:
        raise choice(value, LABELS)
    return Severity(LABELS.index(str(value)))


def _pattern(value: object) -> Pattern:
    if not isinstance(value, str):
        raise wrong("is not text", "write one pattern, in single quotes")
    return pattern(value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _constant(text: str) -> str:
    if "{" in text or "}" in text:
        raise wrong("holds a brace", "keep it the same for every line; values belong in `explain`")
    return text


SeverityName = Annotated[Severity, PlainValidator(severity), WithJsonSchema({"enum": list(LABELS)})]
Line = Annotated[str, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(well_formed)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$")]
Formats = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")], ...],
    BeforeValidator(_listed),
    Field(min_length=1),
]
MatchPattern = Annotated[Pattern, PlainValidator(_pattern), WithJsonSchema({"type": "string"})]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """A line (or a record of several) that the rule explains, or must not explain."""

    line: Line = Field(description="a real record, anonymised")
    explain: Line | None = Field(None, description="the exact text that comes out")


class Rule(_Strict):
    """One explanation: what to look for, and what it means to the person on duty."""

    id: Id = Field(description="dotted and permanent, such as nginx.upstream.refused")
    title: Annotated[Line, AfterValidator(_constant)] = Field(
        description="the fault in a few words"
    )
    format: Formats = Field(description="the log format, a list of them, or any")
    match: MatchPattern = Field(description="the pattern, in single quotes")
    severity: SeverityName | None = Field(None, description="overrides the line's own")
    explain: Text = Field(description="who could not do what to whom, in one or two sentences")
    cause: Text | None = Field(None, description="why this happens")
    check: Texts = Field((), description="what to look at, a step an item")
    remedy: Texts = Field((), description="what to do, a step an item")
    counter: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]+$")] | None = Field(
        None, description="a counter of its own"
    )
    references: tuple[Annotated[str, StringConstraints(pattern=r"^https?://\S+$")], ...] = Field(
        (), description="where this is documented"
    )
    replaces: Id | None = Field(None, description="id of the shipped rule that it replaces")
    examples: tuple[Example, ...] = Field(min_length=1, description="lines that this rule explains")
    counterexamples: tuple[Example, ...] = Field(
        min_length=1, description="similar lines that it must leave alone"
    )

    def fits(self, log_format: str) -> bool:
        """Whether the rule is for events of this format."""
        if log_format in _NGINX:
            return not _NGINX.isdisjoint(self.format)
        if log_format in ACCESS_FORMATS:
            return log_format in self.format
        return log_format in self.format or "any" in self.format

    @property
    def texts(self) -> Sequence[tuple[tuple[str | int, ...], str]]:
        """Every text that may hold a `{name}`, with its place in the rule."""
        single = ((("explain",), self.explain), (("cause",), self.cause or ""))
        checks = ((("check", number), text) for number, text in enumerate(self.check))
        remedies = ((("remedy", number), text) for number, text in enumerate(self.remedy))
        return (*single, *checks, *remedies)


class RuleFile(_Strict):
    """One pack."""

    rules: tuple[Rule, ...] = Field(min_length=1, description="the rules, the first that fits wins")
