"""Sources from the logs of nginx: one for each server and format, with a name. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeVar

from agent.nginx_conf import Place
from agent.nginx_logs import Log
from agent.nginx_servers import clean
from agent.paths import is_pattern

T = TypeVar("T")

_ERRORS = "_errors"  # behind the names of sources of error logs


@dataclass(frozen=True, slots=True)
class NginxSource:
    """A source as nginx.conf has it."""

    name: str
    paths: tuple[str, ...]
    formats: tuple[str, ...]
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Path:
    """All that the configuration says of one path."""

    path: str
    logs: list[Log] = field(default_factory=list)

    @property
    def formats(self) -> tuple[str, ...]:
        return _unique(log.format for log in self.logs)

    @property
    def name(self) -> str:
        owners = _unique(log.owner for log in self.logs)
        shared = "nginx_stream" if all("stream" in owner for owner in owners) else "nginx"
        errors = all(log.kind == "error" for log in self.logs)
        return (owners[0] if len(owners) == 1 else shared) + _ERRORS * errors

    @property
    def group(self) -> tuple[str, tuple[str, ...], int]:
        """Paths alike in this are one source."""
        return self.name, self.formats, min(log.nth for log in self.logs)


def sources_of(logs: Iterable[Log]) -> tuple[NginxSource, ...]:
    """
    Make sources of logs, each path in exactly one.

    Named after the server, and `nginx` if the log is none or several servers'; those of errors are
    called `…_errors`. Globs come last: a file belongs to the first source that means it.
    """
    by_path: dict[str, _Path] = {}
    for log in logs:
        by_path.setdefault(log.path, _Path(log.path)).logs.append(log)
    groups: dict[tuple[str, tuple[str, ...], int], list[_Path]] = {}
    for path in by_path.values():
        groups.setdefault(path.group, []).append(path)
    taken: set[str] = set()
    found = [_source(name, paths, taken) for (name, _, _), paths in groups.items()]
    return tuple(sorted(found, key=_rank))


def _rank(source: NginxSource) -> tuple[bool, bool]:
    return any(map(is_pattern, source.paths)), source.name.endswith(_ERRORS)


def _source(name: str, paths: Sequence[_Path], taken: set[str]) -> NginxSource:
    logs = [log for path in paths for log in path.logs]
    return NginxSource(
        _free(name, paths[0].path, taken),
        tuple(path.path for path in paths),
        paths[0].formats,
        _unique(log.place for log in logs),
        _unique((*_disagreement(paths), *(note for log in logs for note in log.notes))),
    )


def _free(name: str, path: str, taken: set[str]) -> str:
    """A name that no source has yet: with that of the file in it, or a number."""
    base, errors = name.removesuffix(_ERRORS), _ERRORS * name.endswith(_ERRORS)
    stem = clean(PurePath(path).name.removesuffix(".log"))
    marks = ["", f"_{stem}" * bool(stem), *(f"_{number}" for number in range(2, len(taken) + 3))]
    names = [f"{base}{mark}{errors}" for mark in marks]
    free = next(each for each in names if each not in taken)
    taken.add(free)
    return free


def _disagreement(paths: Sequence[_Path]) -> Iterator[str]:
    for path in paths:
        places = {log.format: str(log.place) for log in path.logs}
        if len(places) > 1:
            yield (
                f"{' and '.join(places.values())} write different formats into {path.path}: each"
                " block of lines is read as the one that fits most of it (give each its own file)"
            )


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
