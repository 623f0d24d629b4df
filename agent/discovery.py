"""Finds nginx's logs on this machine, as sources, and notices when its configuration changes."""

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass

from agent.nginx_conf import Tree, finding, read_tree
from agent.nginx_logs import Log, Logs, Unfollowed, logs_of
from agent.nginx_paths import Refused, no_file_at
from agent.nginx_sources import NginxSource, sources_of
from agent.nginx_where import Installed, Machine, installed, installed_at
from agent.paths import State, is_missing, state
from rules.messages import Finding

# What tells whether any of some files changed.
Mark = tuple[tuple[str, State | None], ...]

_MOST_LINKS = 40  # as many as Linux follows


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found in the configuration of nginx, and what it was found in."""

    installed: tuple[Installed, ...] = ()
    sources: tuple[NginxSource, ...] = ()
    unfollowed: tuple[Unfollowed, ...] = ()
    findings: tuple[Finding, ...] = ()
    # Processes that call themselves nginx and were not believed.
    passed_over: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    mark: Mark = ()

    @property
    def confs(self) -> str:
        """The configurations read, for people."""
        return ", ".join(each.conf for each in self.installed)


def locate(conf: str | None, machine: Machine) -> tuple[Installed, ...]:
    """Find the nginx that is meant: of one configuration, or by itself."""
    if conf is None:
        return installed(machine)
    return (installed_at(os.path.abspath(conf), machine),)  # noqa: PTH100 - links unresolved


def find(conf: str | None, machine: Machine) -> Discovery:
    """Find nginx's logs by its configuration (None: search that as well)."""
    where = locate(conf, machine)
    return discover(where, machine.passed_over) if where else by_convention(machine)


def discover(where: tuple[Installed, ...], passed_over: Iterable[str] = ()) -> Discovery:
    """Read the configurations of these nginx and make sources of all their logs."""
    trees = [read_tree(each.conf) for each in where]
    states = {path: found for tree in trees for path, found in tree.files.items()}
    # No nginx runs with a file that is not there: nothing can be said of its logs.
    found = [
        Logs() if is_missing(each.conf) else logs_of(tree, each.built)
        for tree, each in zip(trees, where, strict=True)
    ]
    followed, links = _without_links([log for logs in found for log in logs.followed])
    return Discovery(
        where,
        sources_of(followed),
        tuple(each for logs in found for each in logs.unfollowed) + tuple(links),
        _findings(trees, found),
        tuple(passed_over),
        tuple(states),
        tuple(pattern for tree in trees for pattern in tree.globs),
        tuple(sorted(states.items())),
    )


def by_convention(machine: Machine) -> Discovery:
    """nginx's logs where it usually writes them, for want of a configuration, as in a sidecar."""
    note = "no configuration of nginx is here, only its logs"
    return Discovery(
        sources=tuple(
            NginxSource(name, (path,), (form,), (), (note,))
            for name, (path, form) in machine.usual_logs.items()
            if not is_missing(path)
        ),
        passed_over=tuple(machine.passed_over),
        files=tuple(machine.without_program),
        mark=mark(machine.without_program, ()),
    )


def mark(files: Iterable[str], globs: Iterable[str]) -> Mark:
    """What tells whether any of these files changed; some µs a file."""
    paths = {*files, *(path for pattern in globs for path in glob.glob(pattern))}  # noqa: PTH207
    return tuple((path, state(path)) for path in sorted(paths))


def _findings(trees: list[Tree], found: list[Logs]) -> tuple[Finding, ...]:
    faults = [fault for tree in trees for fault in tree.faults]
    faults += [fault for logs in found for fault in logs.faults]
    return tuple(finding(fault) for fault in dict.fromkeys(faults))


def _without_links(logs: list[Log]) -> tuple[list[Log], list[Unfollowed]]:
    """Leave out what is a link to a device: nginx's own image has access.log -> /dev/stdout."""
    followed, left = [], []
    for log in logs:
        if refused := _link_to_no_file(log.path):
            what = f"{log.kind}_log {log.path}"
            left.append(Unfollowed(what, log.place, refused.why, refused.instead))
        else:
            followed.append(log)
    return followed, left


def _link_to_no_file(path: str) -> Refused | None:
    # Link by link: /dev/stdout itself leads on, to whatever our own output is.
    for _ in range(_MOST_LINKS):
        try:
            target = os.readlink(path)  # noqa: PTH115 - beside the join
        except OSError:
            return None
        path = os.path.join(os.path.dirname(path), target)  # noqa: PTH118, PTH120
        if refused := no_file_at(path):
            return refused
    return None
