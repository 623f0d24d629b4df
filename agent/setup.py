"""From a configuration to the parts that do the work."""

from collections.abc import Callable
from pathlib import Path

from agent.config import Config, MeasureConfig, SourceConfig
from agent.events import Selection
from agent.measures import Kind, Measure, condition, defaults
from agent.rulebook import Rulebook
from agent.zones import local_zone, wall_clock
from parsers.batch import Parser
from parsers.formats import Options, parser_for_any
from parsers.nginx_access import DEFAULT_SEVERITIES
from parsers.routes import Router
from parsers.severity import Severity


def rulebook(config: Config) -> Rulebook:
    """The shipped rules and the user's, without those switched off."""
    return Rulebook([Path(folder) for folder in config.rules.folders], config.rules.off)


def measures_of(config: Config) -> list[Measure]:
    """The default measures but those switched off, and the user's, compiled."""
    off = config.measures_off
    wanted = [each for each in defaults() if not any(each.is_below(name) for name in off)]
    return wanted + [_measure(each) for each in config.measures]


def _measure(each: MeasureConfig) -> Measure:
    name = each.counter or each.timer or each.value
    assert name is not None  # the model demands one
    kind = Kind.COUNTER if each.counter else Kind.TIMER if each.timer else Kind.VALUE
    where = tuple(condition(field, wanted) for field, wanted in each.where.items())
    return Measure(
        name,
        kind,
        each.of,
        each.by,
        where=where,
        scale=each.scale,
        sources=each.sources,
    )


def opener(source: SourceConfig) -> Callable[[str, bytes], Parser]:
    """What chooses the parser of a source's files, given a path and the file's head."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(source.zone) if source.zone else local_zone()
    severities = {**DEFAULT_SEVERITIES, **_severities(source.severities)}
    options = Options(zone, wall_clock, severities, Router(source.routes))
    return lambda _path, head: parser_for_any(source.format, options, head=head)


def selection(severity: str, loggers: dict[str, str], *, explained: bool) -> Selection:
    """Compile a sink's choice of events."""
    return Selection(Severity[severity.upper()], _severities(loggers), explained)


def _severities(names: dict[str, str]) -> dict[str, Severity]:
    return {key: Severity[name.upper()] for key, name in names.items()}
