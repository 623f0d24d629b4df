"""The configuration file: its schema and its defaults."""

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

from agent.measures import defaults
from agent.values import (
    NAME,
    ONE_OR_MORE,
    NginxChoice,
    Routes,
    SeverityName,
    SourceName,
    Status,
    Tests,
    Texts,
    as_list,
)
from parsers.formats import FormatError, Options, parser_for
from parsers.layout import LayoutError
from rules.messages import wrong


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_LAYOUT_FIXES = {
    "separates": "put something between the two, such as a space",
    "line feed": "write it in one line, in nginx.conf as several strings side by side",
    "escape=": "write escape=default, escape=json or escape=none, or leave it out",
}


def layout_fix(error: LayoutError) -> str:
    """What to write instead of a format that cannot be read."""
    for word, fix in _LAYOUT_FIXES.items():
        if word in error.what:
            return fix
    return "give the whole text of the format, such as '$remote_addr \"$request\" $status'"


def _known_format(text: str) -> str:
    try:
        parser_for(text, Options())
    except FormatError as error:
        raise wrong(f"is an {error.what}", error.fix) from None
    except LayoutError as error:
        what, fix = f"cannot be read: {error.what}", layout_fix(error)
        raise wrong(what, fix, offset=error.column - 1) from None
    return text


Formats = Annotated[
    tuple[Annotated[str, AfterValidator(_known_format)], ...],
    BeforeValidator(as_list),
    WithJsonSchema(ONE_OR_MORE),
]


class SourceConfig(_Strict):
    """A set of paths with one format."""

    paths: Texts = Field(min_length=1, description="files or globs, one or a list")
    format: Formats = Field(
        ("auto",),
        min_length=1,
        description="a format's name, a log_format or a Python format text; or a list of them",
    )
    zone: str | None = Field(
        None, description="IANA zone of times without one; the machine's if left out"
    )
    severities: dict[Status, SeverityName] = Field(
        default_factory=dict, description="severity by status (404) or class (5xx) of access lines"
    )

    routes: Routes = Field(
        (), description="routes of your own, before those found: /users/:name/orders, /static/*"
    )

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


def _known_measure(name: str) -> str:
    if not any(measure.is_below(name) for measure in defaults()):
        names = ", ".join(measure.name for measure in defaults())
        raise wrong(f'is no default measure: "{name}"', f"write one of {names}, or *")
    return name


MeasureNames = Annotated[
    tuple[Annotated[str, AfterValidator(_known_measure)], ...],
    BeforeValidator(as_list),
    WithJsonSchema(ONE_OR_MORE),
]


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
    severity: SeverityName = Field("debug", description="events at least this severe")
    loggers: dict[str, SeverityName] = Field(
        default_factory=dict, description="severity by logger; it rules all loggers below it too"
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
        if not NAME.fullmatch(named[0]):
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
    max_deleted_bytes: int = Field(
        1 << 30, ge=0, description="disk that deleted files may hold because we still read them"
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
    nginx: NginxChoice = Field(
        "auto",
        description="nginx's logs, as its configuration has them: auto (if no source is named), on"
        " (beside the sources named), off, or the path of an nginx.conf (as on)",
    )
    sinks: tuple[SinkConfig, ...] = Field((SinkConfig(),), description="where events go")
    rules: RulesConfig = RulesConfig()
    measures: tuple[MeasureConfig, ...] = Field(
        (), description="counters, timers, values of your own"
    )
    measures_off: MeasureNames = Field(
        (), description="default measures that are not counted, or beginnings of names; * is all"
    )
    statsd: StatsdConfig = StatsdConfig()
    follow: FollowConfig = FollowConfig()
    state: StateConfig = StateConfig()
    log: LogConfig = LogConfig()
