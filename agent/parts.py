"""Everything that one configuration makes; a reload replaces it whole or not at all."""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.config import Config, SinkConfig, StatsdConfig
from agent.console import Style
from agent.files import OutputFile, StandardOutput
from agent.fitness import Fitness
from agent.follow import FollowOptions, Limits, Watched
from agent.outlet import Outlet
from agent.pipeline import Pipeline
from agent.settings import state_folder
from agent.setup import measures_of, opener, rulebook, selection
from agent.sinks import EventSink
from agent.statsd import StatsdClient
from agent.udp import UdpTransport
from rules.messages import Finding


@dataclass(slots=True)
class Parts:
    """The running agent's parts."""

    watched: Sequence[Watched]
    pipeline: Pipeline
    outlets: Mapping[str, Outlet]  # by `to` of the sinks
    client: StatsdClient | None  # None: StatsD is not enabled
    follow_options: FollowOptions
    statsd: StatsdConfig
    # Sources that are read from the beginning although they are new: nothing in them is old.
    young: Collection[str] = ()


def build(config: Config, present: Parts | None = None) -> tuple[Parts | None, Sequence[Finding]]:
    """
    Make the parts, or return what is wrong with the rule files.

    `present` are those in force, when the configuration is read anew: what still holds events or
    metrics goes on in the new parts.
    """
    rules = rulebook(config)
    rules.load()
    if any(finding.severity == "error" for finding in rules.findings):
        return None, rules.findings
    outlets = _outlets(config, present)
    parts = Parts(
        [Watched(name, source.paths, opener(source)) for name, source in config.sources.items()],
        Pipeline(
            rules,
            measures_of(config),
            [*_sinks(config, outlets), Fitness()],
        ),
        outlets,
        _client(config, present),
        _follow_options(config),
        config.statsd,
    )
    return parts, rules.findings


def _outlets(config: Config, present: Parts | None) -> dict[str, Outlet]:
    known = present.outlets if present else {}
    return {sink.to: known.get(sink.to) or _outlet(sink.to) for sink in config.sinks}


def _outlet(to: str) -> Outlet:
    if to == "-":
        return Outlet(None, StandardOutput())
    return Outlet(Path(to), OutputFile(Path(to)))


def _sinks(config: Config, outlets: Mapping[str, Outlet]) -> list[EventSink]:
    return [
        EventSink(
            outlets[each.to].buffer.write,
            selection(each.severity, each.loggers, explained=each.explained),
            _style(each),
            each.sources,
        )
        for each in config.sinks
    ]


def _style(sink: SinkConfig) -> Style | None:
    terminal = sink.to == "-" and sys.stdout.isatty()
    if sink.form == "json" or (sink.form == "auto" and not terminal):
        return None
    return Style(colour=terminal)


def _client(config: Config, present: Parts | None) -> StatsdClient | None:
    """A client; over a reload the present one if the server stays: it still holds lines."""
    statsd = config.statsd
    if not statsd.enabled:
        return None
    if present and present.client and _server(present.statsd) == _server(statsd):
        return present.client
    return StatsdClient(UdpTransport(statsd.host, statsd.port), prefix=statsd.prefix)


def _server(statsd: StatsdConfig) -> tuple[str, int, str]:
    return statsd.host, statsd.port, statsd.prefix


def _follow_options(config: Config) -> FollowOptions:
    follow = config.follow
    limits = Limits(
        max_line_bytes=follow.max_line_bytes,
        record_wait_s=follow.record_wait_s,
        grace_s=follow.grace_s,
    )
    return FollowOptions(
        start_at=follow.start_at,
        limits=limits,
        exclude=_own_files(config),
        spool=state_folder(config, os.environ, root=os.getuid() == 0),
        max_deleted_bytes=follow.max_deleted_bytes,
    )


def _own_files(config: Config) -> set[str]:
    """Real paths of what we write: following it, we would feed on our own words for ever."""
    ours = [sink.to for sink in config.sinks if sink.to != "-"]
    redirected = ["/proc/self/fd/1", "/proc/self/fd/2"]  # `logtell run > /var/log/logtell.log`
    return {os.path.realpath(path) for path in [*ours, *redirected]}
