"""The configuration file: its schema, its defaults, and what the environment overrides."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from parsers.formats import FormatError, Options, parser_for
from parsers.layout import LayoutError
from parsers.severity import LABELS
from rules.located import Document, Plain, read
from rules.messages import Finding, choice, wrong
from rules.multimatch import Expression
from rules.patterns import pattern
from rules.read import validated

ENVIRONMENT_PREFIX = "LOGTELL_"
# Variables with our prefix that are not settings.
_NOT_SETTINGS = ("LOGTELL_CONFIG", "LOGTELL_REQUIRE_PROGRAMS", "LOGTELL_STATSD_JS")
# Lists whose items have names in messages, see rules.read.Kinds.
_KINDS = {"measures": ("measure", "name"), "sinks": ("sink", "to")}
_STATUS = re.compile(r"[1-9](xx|\d\d)")
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _severity(value: object) -> object:
    if value not in LABELS:
        raise choice(value, LABELS)
    return value


def _source_name(name: str) -> str:
    if not _NAME.fullmatch(name) or "." in name:
        raise wrong(f'has the name "{name}"', "use letters, digits, _ and - only")
    return name


def _status(status: str) -> str:
    if not _STATUS.fullmatch(status):
        raise wrong(
            f'has "{status}" for a status',
            'write a status like "404" or a class like "5xx"',
        )
    return status


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
_ONE_OR_MORE: JsonSchemaValue = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list), WithJsonSchema(_ONE_OR_MORE)]
Tests = Annotated[
    tuple[Annotated[str, AfterValidator(_test)], ...],
    BeforeValidator(_as_list),
    WithJsonSchema(_ONE_OR_MORE),
]
SeverityName = Annotated[
    str, BeforeValidator(_severity), WithJsonSchema({"type": "string", "enum": list(LABELS)})
]
SourceName = Annotated[str, AfterValidator(_source_name)]
Status = Annotated[str, AfterValidator(_status)]


def layout_fix(error: LayoutError) -> str:
    """What to write instead of a format that cannot be read."""
    if "separates" in error.what:
        return "put something between the two, such as a space"
    return "give the whole text of the format, such as '$remote_addr \"$request\" $status'"


class SourceConfig(_Strict):
    """A set of paths with one format."""

    paths: Texts = Field(min_length=1, description="files or globs, one or a list")
    format: str = Field("auto", description="a format's name, a log_format or a Python format text")
    zone: str | None = Field(
        None, description="IANA zone of times without one; the machine's if left out"
    )
    severities: dict[Status, SeverityName] = Field(
        default_factory=dict, description="severity by status (404) or class (5xx) of access lines"
    )

    @field_validator("format")
    @classmethod
    def _known_format(cls, text: str) -> str:
        try:
            parser_for(text, Options())
        except FormatError as error:
            raise wrong(f"is an {error.what}", error.fix) from None
        except LayoutError as error:
            what, fix = f"cannot be read: {error.what}", layout_fix(error)
            raise wrong(what, fix, offset=error.column - 1) from None
        return text

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        try:
            ZoneInfo(name or "UTC")
        except (KeyError, ValueError, OSError):
            raise wrong(
                f'is no time zone: "{name}"', "write one like Europe/Berlin or UTC"
            ) from None
        return name


class SinkConfig(_Strict):
    """Where events go, and which of them."""

    to: str = Field("-", description="a file that events are appended to; - is standard output")
    form: Literal["auto", "json", "text"] = Field(
        "auto", description="json lines, or text for people; auto: text on a terminal, else json"
    )
    severity: SeverityName = Field("warning", description="events at least this severe")
    explained: bool = Field(True, description="also every event that a rule explains")
    loggers: dict[str, SeverityName] = Field(
        default_factory=dict, description="severity by logger; it rules all loggers below it too"
    )
    sources: Texts = Field((), description="only these sources; all if left out")


class RulesConfig(_Strict):
    """Rules of your own, and rules that are switched off."""

    folders: Texts = Field((), description="folders with rule files of your own (*.yaml)")
    off: Texts = Field((), description="ids of rules, or beginnings of ids, that shall not answer")


class MeasureConfig(_Strict):
    """One counter, timer or value of your own."""

    counter: str | None = Field(None, description="name of a counter")
    timer: str | None = Field(None, description="name of a timer")
    value: str | None = Field(None, description="name of a value, of which the last is kept")
    of: str | None = Field(
        None, description="field that is summed, timed or kept; rows are counted without"
    )
    by: Texts = Field((), description="fields that each make a series for every value")
    where: dict[str, Tests] = Field(
        default_factory=dict,
        description="conditions on fields: POST, 2xx, >= 500, /shop*, ~regex; a list: any of them",
    )
    scale: float = Field(
        1,
        ge=-1e12,
        le=1e12,
        allow_inf_nan=False,
        description="factor; a timer is sent in ms, so 1000 for seconds",
    )
    sources: Texts = Field((), description="only these sources; all if left out")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        named = [name for name in (self.counter, self.timer, self.value) if name is not None]
        if len(named) != 1:
            raise wrong(
                f"names {len(named)} metrics",
                "give it exactly one of `counter`, `timer` and `value`",
            )
        if not _NAME.fullmatch(named[0]):
            raise wrong(
                f'has the name "{named[0]}"',
                "use letters, digits, _ and -, with dots between parts",
            )
        if self.counter is None and self.of is None:
            raise wrong("does not say what it measures", "add `of:` with the name of a field")
        return self


class StatsdConfig(_Strict):
    """The StatsD server."""

    host: str = "127.0.0.1"
    port: int = Field(8125, ge=1, le=65535)
    prefix: str = Field("logtell", description="first part of every metric name")
    flush_every_s: float = Field(10, ge=1, le=3600, description="seconds between two flushes")
    enabled: bool = True


class FollowConfig(_Strict):
    """How files are followed."""

    start_at: Literal["end", "beginning"] = Field(
        "end", description="where to begin in files that exist when their source is first followed"
    )
    max_line_bytes: int = Field(262_144, ge=1_024, le=1_048_575, description="longer lines are cut")
    record_wait_s: float = Field(
        1, ge=0.05, le=60, description="quiet time after which a record of several lines is whole"
    )
    grace_s: float = Field(
        60, ge=0, le=86_400, description="how long a rotated file is kept open after it last grew"
    )


class StateConfig(_Strict):
    """What is remembered over a restart."""

    folder: str | None = Field(
        None, description="folder of the checkpoint; default: systemd's, else /var/lib/logtell"
    )


class LogConfig(_Strict):
    """The agent's own log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(_Strict):
    """The whole configuration file."""

    sources: dict[SourceName, SourceConfig] = Field(
        default_factory=dict,
        description="what to follow, by a name that becomes part of metric names",
    )
    sinks: tuple[SinkConfig, ...] = Field((SinkConfig(),), description="where events go")
    rules: RulesConfig = RulesConfig()
    measures: tuple[MeasureConfig, ...] = Field(
        (), description="counters, timers, values of your own"
    )
    statsd: StatsdConfig = StatsdConfig()
    follow: FollowConfig = FollowConfig()
    state: StateConfig = StateConfig()
    log: LogConfig = LogConfig()


def read_config(
    text: str, path: str, environment: Mapping[str, str]
) -> tuple[Config | None, list[Finding]]:
    """
    Read a configuration file and lay `LOGTELL_SECTION__KEY` variables over it.

    Returns the configuration, or None and everything that is wrong with it, in the file's order.
    """
    settings = {name: environment[name] for name in sorted(environment) if _is_setting(name)}
    document = read(text, path)
    _, in_file = validated(document, Config, kinds=_KINDS)
    for name, value in settings.items():
        document = _overridden(document, name, value)
    config, found = validated(document, Config, kinds=_KINDS)
    if config or not settings:
        return config, found
    blamed = _blamed(text, path, settings, {finding.what for finding in found})
    return None, [*(finding for finding in found if finding in in_file), *blamed]


def _is_setting(name: str) -> bool:
    """
    Whether a variable sets a key: `LOGTELL_SECTION__KEY`, or near enough to be a slip.

    Kubernetes sets `LOGTELL_PORT` and the like for a service that is called logtell.
    """
    if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_SETTINGS:
        return False
    section = name.removeprefix(ENVIRONMENT_PREFIX).partition("_")[0].lower()
    return "__" in name or section in Config.model_fields


def _overridden(document: Document, name: str, value: str) -> Document:
    *sections, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
    content: Plain = document.content if isinstance(document.content, dict) else {}
    return replace(document, content=_with(content, sections, key, value))


def _with(content: Plain, sections: list[str], key: str, value: str) -> Plain:
    """A copy of `content` with one value set, making the sections on the way."""
    here = dict(content) if isinstance(content, dict) else {}
    if not sections:
        return here | {key: value}
    return here | {sections[0]: _with(here.get(sections[0]), sections[1:], key, value)}


def _blamed(
    text: str, path: str, settings: Mapping[str, str], together: Collection[str]
) -> list[Finding]:
    """What each variable alone makes wrong, with the variable for its place."""
    blamed: list[Finding] = []
    for name, value in settings.items():
        document = read(text, path)
        _, before = validated(document, Config, kinds=_KINDS)
        _, after = validated(_overridden(document, name, value), Config, kinds=_KINDS)
        blamed += [
            Finding(f"environment variable {name}", 0, 0, "error", finding.what, finding.fix)
            for finding in after
            # What one variable leaves out another may give: then it is not wrong `together`.
            if finding not in before
            and (finding.what in together or not finding.fix.startswith("add `"))
        ]
    return blamed


def state_folder(config: Config, environment: Mapping[str, str], *, root: bool) -> Path:
    """Where the checkpoint is kept: configured, systemd's, /var/lib for root, else under home."""
    if config.state.folder:
        return Path(config.state.folder)
    if "STATE_DIRECTORY" in environment:
        return Path(environment["STATE_DIRECTORY"].split(":")[0])
    if root:
        return Path("/var/lib/logtell")
    home = environment.get("XDG_STATE_HOME") or str(
        Path(environment.get("HOME", "/tmp")) / ".local/state"
    )
    return Path(home) / "logtell"
