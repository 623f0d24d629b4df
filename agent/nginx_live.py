"""nginx's sources while the agent runs: found, told, and found anew when nginx.conf changes."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from agent.birth import born_s
from agent.config import Config, SourceConfig
from agent.discovery import Discovery, Mark, by_convention, discover, locate, mark
from agent.nginx_sources import NginxSource
from agent.nginx_where import Machine
from agent.paths import expand, is_meant, is_missing

_log = logging.getLogger(__name__)

_SHOWN_CHARACTERS = 80  # of a format, in our log


@dataclass(slots=True)
class LiveNginx:
    """
    What nginx's configuration says now.

    One that is broken changes nothing: nginx does not take it either. A format that changes is
    taken beside the old one, because nginx writes the old one until it is reloaded.
    """

    machine: Machine = field(default_factory=Machine)
    wall_clock: Callable[[], float] = time.time
    present: Discovery | None = None
    # Sources whose logs were made with the change that brought them: every line in them is new.
    young: set[str] = field(default_factory=set)
    _conf: str | None = None
    _seen: Mark = ()  # the state of the files at the last look, if it differs from present.mark
    _unchanged_at_s: float = 0  # Unix time
    _earlier: dict[str, tuple[str, ...]] = field(default_factory=dict)  # formats, by path

    def read(self, conf: str | None) -> Discovery:
        """Read the configuration of nginx (None: find it), unless nothing has changed in it."""
        self.machine.passed_over.clear()
        where = locate(conf, self.machine)
        present, same_choice = self.present, conf == self._conf
        self._conf = conf
        looked_at_s = self.wall_clock()
        if present and present.installed == where and _is_unchanged(present):
            return present
        fresh = discover(where, self.machine.passed_over) if where else by_convention(self.machine)
        if present is None or not same_choice:
            _tell_found(fresh)
        elif (problem := _problem(fresh)) and not present.findings:
            _log.error("%s; the sources stay as they are until that is mended", problem)
            fresh = _kept(present, fresh)
        else:
            self._keep_formats(present, fresh)
            self.young = set(_young(present, fresh, since_s=self._unchanged_at_s))
            _tell_changes(present, fresh)
        self.present, self._unchanged_at_s = fresh, looked_at_s
        return fresh

    def changed(self) -> bool:
        """
        Look whether the configuration has changed; True if that makes other sources.

        A change counts when the next look finds the same: who edits several files is let finish.
        """
        present = self.present
        if present is None:
            return False
        looked_at_s = self.wall_clock()
        now = mark(present.files, present.globs)
        if now == present.mark:
            self._seen, self._unchanged_at_s = (), looked_at_s
        elif now != self._seen:
            self._seen = now
        else:
            return self.read(self._conf).sources != present.sources
        return False

    def laid_under(self, config: Config) -> Config:
        """
        The configuration with nginx's sources beside its own.

        Its own win: a source of the same name takes the place of nginx's, and a path that they mean
        is theirs.
        """
        own = config.sources
        theirs = {
            each.name: found
            for each in (self.present.sources if self.present else ())
            if each.name not in own and (found := self._source(each, config))
        }
        return config.model_copy(update={"sources": {**own, **theirs}})

    def _source(self, source: NginxSource, config: Config) -> SourceConfig | None:
        owned = [pattern for each in config.sources.values() for pattern in each.paths]
        paths = tuple(path for path in source.paths if not is_meant(path, owned))
        earlier = [form for path in paths for form in self._earlier.get(path, ())]
        formats = tuple(dict.fromkeys([*source.formats, *earlier]))
        return SourceConfig(paths=paths, format=formats) if paths else None

    def _keep_formats(self, old: Discovery, fresh: Discovery) -> None:
        before = {path: each.formats for each in old.sources for path in each.paths}
        for each in fresh.sources:
            for path in each.paths:
                if each.formats != before.get(path, each.formats):
                    self._earlier[path] = before[path]


def _is_unchanged(present: Discovery) -> bool:
    return mark(present.files, present.globs) == present.mark


def _kept(present: Discovery, fresh: Discovery) -> Discovery:
    """What is in force, looked at again when anything of the old or the broken files changes."""
    files = tuple(dict.fromkeys([*present.files, *fresh.files]))
    globs = tuple(dict.fromkeys([*present.globs, *fresh.globs]))
    return replace(present, files=files, globs=globs, mark=mark(files, globs))


def _problem(fresh: Discovery) -> str:
    """Why a configuration does not count; empty if it does."""
    if not fresh.installed:
        return "nginx's configuration is gone"
    if fresh.findings:
        first = fresh.findings[0]
        return f"{first.path}:{first.line}:{first.column}: {first.what}"
    return ""


def _young(old: Discovery, fresh: Discovery, *, since_s: float) -> Iterator[str]:
    before = {each.name for each in old.sources}
    for each in fresh.sources:
        there = [path for path in sorted(expand(each.paths)) if not is_missing(path)]
        # A file system's clock may be a tick behind.
        if each.name not in before and all((born_s(path) or 0) > since_s - 0.1 for path in there):
            yield each.name


def _tell_found(found: Discovery) -> None:
    for each in found.sources:
        places = ", ".join(map(str, each.places[:3])) + ", …" * (len(each.places) > 3)
        said = "; ".join(filter(None, [places, *each.notes]))
        _log.info("nginx source %s: %s as %s (%s)", each.name, *_shown(each), said)
    for left in found.unfollowed:
        instead = f"; {left.instead}" if left.instead else ""
        _log.warning(
            "nginx: cannot be followed: %s (%s) %s%s", left.log, left.place, left.why, instead
        )
    for passed_over in found.passed_over:
        _log.warning("%s", passed_over)


def _shown(source: NginxSource) -> tuple[str, str]:
    formats = " or ".join(
        each if len(each) <= _SHOWN_CHARACTERS else f"{each[:_SHOWN_CHARACTERS]}…"
        for each in source.formats
    )
    return ", ".join(source.paths), formats


def _tell_changes(old: Discovery, fresh: Discovery) -> None:
    changes = list(_changes(old, fresh))
    if changes:
        _log.info("nginx's configuration has changed (%s): %s", fresh.confs, "; ".join(changes))
    else:
        _log.info("nginx's configuration has changed (%s), its logs have not", fresh.confs)


def _changes(old: Discovery, fresh: Discovery) -> Iterator[str]:
    before = {each.name: each for each in old.sources}
    now = {each.name: each for each in fresh.sources}
    for name, source in now.items():
        was = before.get(name)
        if was is None:
            yield f"new: {name} ({', '.join(source.paths)})"
        elif was.paths != source.paths:
            yield f"{name} is now {', '.join(source.paths)}"
        if was and was.formats != source.formats:
            yield f"{name} has another format; lines in the old one are understood as well"
    if gone := [name for name in before if name not in now]:
        yield f"gone: {', '.join(gone)}"
