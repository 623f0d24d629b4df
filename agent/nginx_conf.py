"""nginx.conf and all that it includes, as statements. The door to crossplane: it cuts the words."""

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import crossplane
from crossplane.errors import NgxParserBaseException
from crossplane.ext.lua import LuaBlockPlugin
from crossplane.lexer import register_external_lexer

from agent.paths import State, is_missing, state
from rules.messages import Finding

# Blocks that can hold what we look for. All others are passed over, so that the includes of a
# `geo` with a million addresses are not read.
_BLOCKS = {"http", "stream", "mail", "server", "location", "if", "limit_except"}
_KEPT = {"include", "access_log", "error_log", "log_format", "server_name", "listen"}
# Deeper than people nest; nginx itself has no limit, and ours is Python's stack.
_DEEPEST = 50
# ngx_conf_read_token in src/core/ngx_conf_file.c: before any other character a backslash stays.
_ESCAPED = re.compile(r"\\([\"'\\trn])")
_MEANT = {"t": "\t", "r": "\r", "n": "\n"}
# crossplane 0.5.8 takes what follows an unquoted `${name} ` for a part of the same word.
_GLUED = re.compile(r"(?<=\})\s+")
# Blocks of Lua that crossplane 0.5.8 does not know (READMEs of lua-nginx-module and
# stream-lua-nginx-module): in them a quote in a comment would be taken for one of nginx.
_MORE_LUA = (
    "exit_worker",
    "precontent",
    "preread",
    "proxy_ssl_certificate",
    "proxy_ssl_verify",
    "server_rewrite",
    "ssl_client_hello",
)
register_external_lexer(
    directives=[f"{name}_by_lua_block" for name in _MORE_LUA], lexer=LuaBlockPlugin().lex
)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a configuration file, from 1; line 0: built into nginx, not written anywhere."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else "built into nginx"


@dataclass(frozen=True, slots=True)
class Statement:
    """A directive with its arguments; `block` is what stands in its braces, includes resolved."""

    directive: str
    args: tuple[str, ...]
    place: Place
    block: "tuple[Statement, ...]" = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place; `word` is what to underline there, the whole line if empty."""

    place: Place
    what: str
    fix: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A configuration as far as it can be read, and what keeps nginx from reading it whole."""

    path: str
    statements: tuple[Statement, ...]
    faults: tuple[Fault, ...] = ()
    # What a change of the configuration would change: files read or missing, as they were before
    # they were read, and globs included.
    files: Mapping[str, State | None] = field(default_factory=dict)
    globs: tuple[str, ...] = ()


def read_tree(path: str) -> Tree:
    """
    Read a configuration with all its includes.

    It is no judge of directives, nginx is. What cannot be read is a fault, and what stands before
    it is there all the same.
    """
    reader = _Reader(os.path.dirname(path))  # noqa: PTH120 - as nginx does it, links unresolved
    statements = reader.resolved(path)
    return Tree(
        path,
        statements,
        tuple(reader.faults),
        reader.states,
        tuple(dict.fromkeys(reader.globs)),
    )


def finding(fault: Fault) -> Finding:
    """Say a fault with the line at which it is, read once more."""
    text = _line(fault.place)
    before, found, _ = text.partition(fault.word) if fault.word else ("", "", "")
    column = len(before) if found else len(text) - len(text.lstrip())
    width = max(1, len(found) or len(text.strip()))
    path, line = fault.place.path, fault.place.line
    return Finding(path, line, column + 1, "error", fault.what, fault.fix, text, width)


def _line(place: Place) -> str:
    try:
        lines = Path(place.path).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


@dataclass(slots=True)
class _Reader:
    """Reads each file once, however often it is included."""

    folder: str
    faults: list[Fault] = field(default_factory=list)
    files: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    states: dict[str, State | None] = field(default_factory=dict)
    globs: list[str] = field(default_factory=list)
    _inside: list[str] = field(default_factory=list)  # the files whose includes are being resolved

    def resolved(self, path: str) -> tuple[Statement, ...]:
        """The statements of a file, with those that it includes in their places."""
        if path not in self.files:
            self.files[path], self.states[path] = (), state(path)
            cut = _Cut(path)
            cut.read()
            self.faults += cut.faults
            self._inside.append(path)
            self.files[path] = tuple(self._with_includes(cut.statements))
            self._inside.pop()
        return self.files[path]

    def _with_includes(self, statements: Sequence[Statement]) -> Iterator[Statement]:
        for each in statements:
            if each.directive == "include":
                yield from self._included(each)
            elif each.block:
                yield replace(each, block=tuple(self._with_includes(each.block)))
            else:
                yield each

    def _included(self, include: Statement) -> Iterator[Statement]:
        if not include.args:
            self._complain(include, "`include` names no file", "name one, or remove the line")
            return
        # Relative to the folder of nginx.conf, in whatever file it stands (ngx_conf_include).
        pattern = os.path.join(self.folder, include.args[0])  # noqa: PTH118 - it may be a glob
        paths = [pattern]
        if glob.has_magic(pattern):
            self.globs.append(pattern)
            paths = sorted(glob.glob(pattern))  # noqa: PTH207 - Path.glob finds hidden files too
        elif is_missing(pattern):
            self.states[pattern] = None  # so that its coming is noticed
            what = f"the included file {pattern} does not exist"
            self._complain(include, what, "make it, or remove the line; nginx refuses this too")
            return
        for path in paths:
            if path in self._inside or len(self._inside) > _DEEPEST:
                self._complain(include, f"{path} includes itself", "remove one of the includes")
            else:
                yield from self.resolved(path)

    def _complain(self, include: Statement, what: str, fix: str) -> None:
        self.faults.append(Fault(include.place, what, fix, "".join(include.args[:1])))


@dataclass(slots=True)
class _Cut:
    """The statements of one file as they stand in it, up to what cannot be read."""

    path: str
    statements: list[Statement] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)  # of the statement being read
    _line: int = 0  # where that begins
    # The blocks that are open, each with what stood before it in the block around it.
    _open: list[tuple[Statement, list[Statement]]] = field(default_factory=list)

    def read(self) -> None:
        """Read the file to its end, or to where it cannot be understood any more."""
        try:
            for text, line, quoted in crossplane.lex(self.path):
                self._take(text, line, quoted=quoted)
        except NgxParserBaseException as error:
            if not self._words and not self._open:
                self._complain(error.lineno or 0, *_unexpected(error.strerror), word="}")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._complain(
                0,
                f"cannot be read: {reason}",
                "check the path, and whether logtell's user may read it",
            )
        self._end()

    def _take(self, text: str, line: int, *, quoted: bool) -> None:
        if quoted or text not in ("{", "}", ";"):
            self._take_word(text, line, quoted=quoted)
        elif text == "{":
            self._open.append((self._statement(), self.statements))
            self.statements = []
        elif text == ";":
            statement = self._statement()
            self.statements += [statement] * (statement.directive in _KEPT)
        else:
            if self._words:
                self._unended()
            self._close()

    def _take_word(self, text: str, line: int, *, quoted: bool) -> None:
        if not quoted and text.startswith("#"):
            return
        if not self._words:
            self._line = line
        words = [text] if quoted else _GLUED.split(text)
        self._words += [_ESCAPED.sub(_meant, word) for word in words]

    def _statement(self) -> Statement:
        directive, *args = self._words or [""]
        self._words = []
        return Statement(directive, tuple(args), Place(self.path, self._line))

    def _close(self) -> None:
        block, before = self._open.pop()
        inner, self.statements = self.statements, before
        if block.directive in _BLOCKS and len(self._open) < _DEEPEST:
            self.statements.append(replace(block, block=tuple(inner)))

    def _end(self) -> None:
        if self._words:
            self._unended()
        elif self._open:
            block = self._open[-1][0]
            what = f"the block `{block.directive}` that opens here is never closed"
            fix = "add its `}`; see `nginx -t`"
            self._complain(block.place.line, what, fix, word=block.directive)
        while self._open:
            self._close()

    def _unended(self) -> None:
        """Say that a statement has no end; what it seems to say is taken all the same."""
        directive, line = self._words[0], self._line
        fix = "add the `;`, or the quote that closes a text in it; see `nginx -t`"
        self._complain(line, f"`{directive}` is never ended", fix, word=directive)
        statement = self._statement()
        self.statements += [statement] * (statement.directive in _KEPT)

    def _complain(self, line: int, what: str, fix: str, *, word: str = "") -> None:
        self.faults.append(Fault(Place(self.path, line), what, fix, word))


def _meant(escaped: re.Match[str]) -> str:
    return _MEANT.get(escaped[1], escaped[1])


def _unexpected(reason: str) -> tuple[str, str]:
    fix = "remove it, or add the `{` that is missing before it; see `nginx -t`"
    return reason.replace('"}"', "`}`"), fix
