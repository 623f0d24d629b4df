"""From a configuration to the parts that do the work."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from agent.config import Config, MeasureConfig, SourceConfig
from agent.events import Selection
from agent.loggers import Loggers, Threshold
from agent.measures import Kind, Measure, condition, defaults
from agent.paths import is_meant, originals, unpacked_name
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
        least=Threshold(Severity[each.severity.upper()], Loggers(_severities(each.loggers))),
    )


def opener(source: SourceConfig) -> Callable[[str, bytes], Parser]:
    """What chooses the parser of a source's files, given a path and the file's head."""
    options = _options(source, wall_clock)
    return lambda _path, head: parser_for_any(source.format, options, head=head)


def opener_of(
    config: Config | None, path: str, written: Callable[[], datetime]
) -> Callable[[bytes], Parser] | None:
    """
    What chooses the parser of an old file, if it is one of a source's or was rotated from one.

    `written` says when the file was written last: for times that leave out the year.
    """
    for source in config.sources.values() if config else ():
        if any(is_meant(name, source.paths) for name in _names(path)):
            options = _options(source, written)
            return lambda head: parser_for_any(source.format, options, head=head)
    return None


def _names(path: str) -> set[str]:
    """The absolute path of a file, and those it may have had before rotation and compression."""
    folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - links stay what they are
    plain = unpacked_name(name) or name
    return {f"{folder}/{each}" for each in (name, plain, *originals(plain))}


def _options(source: SourceConfig, now: Callable[[], datetime]) -> Options:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(source.zone) if source.zone else local_zone()
    severities = {**DEFAULT_SEVERITIES, **_severities(source.severities)}
    return Options(zone, now, severities, Router(source.routes))


def selection(severity: str, loggers: dict[str, str], *, explained: bool) -> Selection:
    """Compile a sink's choice of events."""
    return Selection(Severity[severity.upper()], Loggers(_severities(loggers)), explained)


def _severities(names: dict[str, str]) -> dict[str, Severity]:
    return {key: Severity[name.upper()] for key, name in names.items()}
