"""Which logs an nginx configuration writes, where, and in which format. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from agent.nginx_conf import Fault, Place, Statement, Tree
from agent.nginx_formats import format_text, readable
from agent.nginx_paths import Refused, no_file_of, pattern_of
from agent.nginx_servers import server_name
from rules.messages import nearest

Kind = Literal["access", "error"]


@dataclass(frozen=True, slots=True)
class Built:
    """What was compiled into nginx (or given when it was started): see `nginx -V`."""

    # Folder that relative paths of logs begin at.
    prefix: str
    http_log: str = "logs/access.log"
    error_log: str = "logs/error.log"  # `stderr` on Debian


@dataclass(frozen=True, slots=True)
class Log:
    """One log as the configuration names it at one place."""

    kind: Kind
    path: str  # absolute; a glob if the configuration has variables in it
    format: str  # what a source's `format:` takes
    place: Place
    # The server it belongs to, as the first part of a source's name; `nginx` above the servers.
    owner: str
    # Which of the logs of its kind at its place it is, from 0: each gets every request.
    nth: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A log that no file holds, or none that can be followed."""

    log: str
    place: Place
    why: str
    instead: str = ""  # what to do


@dataclass(slots=True)
class Logs:
    """All logs of a configuration."""

    followed: list[Log] = field(default_factory=list)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def logs_of(tree: Tree, built: Built) -> Logs:
    """
    List the logs that are in force somewhere in a configuration.

    A level that names logs of a kind replaces those around it, and where nothing is said anywhere
    the built-in ones hold (ngx_http_log_merge_loc_conf, ngx_log_open_default).
    """
    walk = _Walk(built)
    default = Statement("error_log", (built.error_log,), Place(tree.path, 0))
    main = walk.said("error_log", tree.statements) or [default]
    for block in tree.statements:
        if block.directive in ("http", "stream", "mail"):
            walk.module(block, tuple(main))
    if tree.faults and all(each.directive != "http" for each in tree.statements):
        # What we could not read most likely has an http block.
        walk.module(Statement("http", (), Place(tree.path, 0)), tuple(main))
    walk.use(_Level("nginx", errors=tuple(main)))
    return walk.logs


@dataclass(frozen=True, slots=True)
class _Level:
    """What is in force in one block."""

    owner: str
    access: tuple[Statement, ...] = ()
    errors: tuple[Statement, ...] = ()
    # Those who said so: the block itself, or one around it.
    access_owner: str = "nginx"
    errors_owner: str = "nginx"
    formats: Mapping[str, Statement] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    built: Built
    logs: Logs = field(default_factory=Logs)
    _seen: set[tuple[str, Statement]] = field(default_factory=set)

    def said(self, directive: str, statements: Sequence[Statement]) -> list[Statement]:
        """The statements of this name that stand here; one without arguments says nothing."""
        return [each for each in statements if each.directive == directive and each.args]

    def module(self, block: Statement, errors: tuple[Statement, ...]) -> None:
        """Walk the `http`, `stream` or `mail` block."""
        owner = "nginx" if block.directive == "http" else f"nginx_{block.directive}"
        access: tuple[Statement, ...] = ()
        if block.directive == "http":
            access = (Statement("access_log", (self.built.http_log,), Place(block.place.path, 0)),)
        formats = {each.args[0]: each for each in self.said("log_format", block.block)}
        level = self._level(_Level(owner, access, errors, owner, formats=formats), block)
        servers = [each for each in block.block if each.directive == "server"]
        for server in servers:
            self._server(server, level, "" if block.directive == "http" else block.directive)
        if not servers:
            self.use(level)

    def _server(self, server: Statement, around: _Level, prefix: str) -> None:
        self._block(server, replace(around, owner=server_name(server, prefix)))

    def _block(self, block: Statement, around: _Level) -> None:
        level = self._level(around, block)
        self.use(level)
        for inner in block.block:
            if inner.directive in ("location", "if", "limit_except"):
                self._block(inner, level)

    def _level(self, around: _Level, block: Statement) -> _Level:
        level = around
        if access := self.said("access_log", block.block):
            off = any(each.args[0] == "off" for each in access)
            level = replace(level, access=() if off else tuple(access), access_owner=level.owner)
        if errors := self.said("error_log", block.block):
            level = replace(level, errors=tuple(errors), errors_owner=level.owner)
        return level

    def use(self, level: _Level) -> None:
        """Take note of the logs that are in force at a level."""
        for nth, each in enumerate(level.access):
            self._use(each, level.access_owner, nth, level)
        for nth, each in enumerate(level.errors):
            self._use(each, level.errors_owner, nth, level)

    def _use(self, said: Statement, owner: str, nth: int, level: _Level) -> None:
        if (owner, said) in self._seen:
            return
        self._seen.add((owner, said))
        try:
            path, about_path = self._path(said)
        except Refused as refused:
            self._leave(said, refused)
            return
        kind: Kind = "access" if said.directive == "access_log" else "error"
        form, about_form = self._format(said, level) if kind == "access" else ("nginx_error", ())
        notes = (*about_path, *about_form, *_notes(said))
        self.logs.followed.append(Log(kind, path, form, said.place, owner, nth, notes))

    def _path(self, said: Statement) -> tuple[str, tuple[str, ...]]:
        if refused := no_file_of(said):
            raise refused
        return pattern_of(said.args[0], self.built.prefix)

    def _leave(self, said: Statement, refused: Refused) -> None:
        text = f"{said.directive} {' '.join(said.args)}"
        left = Unfollowed(text, said.place, refused.why, refused.instead)
        if left not in self.logs.unfollowed:
            self.logs.unfollowed.append(left)

    def _format(self, said: Statement, level: _Level) -> tuple[str, tuple[str, ...]]:
        """The format of an access log as a source's `format:`, and what is to be said of it."""
        name = next((each for each in said.args[1:2] if "=" not in each), "combined")
        if found := level.formats.get(name):
            return readable(format_text(found.args), name)
        if name != "combined":
            self._undefined(said, name, level)
            return "auto", (f"log_format {name} is defined nowhere",)
        return "combined", ()

    def _undefined(self, said: Statement, name: str, level: _Level) -> None:
        near = nearest(name, ["combined", *level.formats])
        meant = f"did you mean `{near}`?" if near else f"define it: `log_format {name} …;`."
        self.logs.faults.append(
            Fault(
                said.place,
                f"log_format {name} is defined nowhere",
                f"{meant} Until then its format is found from the lines; nginx refuses it",
                name,
            )
        )


def _notes(said: Statement) -> Iterator[str]:
    parameters = dict(each.partition("=")[::2] for each in said.args[1:])
    if not said.place.line:
        yield "nginx's default, as the configuration names none"
    if condition := parameters.get("if"):
        yield f"only requests for which {condition} is neither empty nor 0"
    if "buffer" in parameters:
        flush = parameters.get("flush")
        when = f"after {flush} at the latest" if flush else "when the buffer is full: add flush="
        yield f"nginx holds lines back in a buffer; they come {when}"
    if said.directive == "error_log" and len(said.args) > 1:
        yield f"level {said.args[1]} and worse"
