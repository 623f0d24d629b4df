"""The first argument of `access_log` and `error_log`: the paths it means, or why it is no file."""

import os
import re
from collections.abc import Iterator

from agent.nginx_conf import Statement

_VARIABLE = re.compile(r"\$(?:\{\w+\}|\w+)")
_WILD = re.compile(r"([*?[])")
_STANDARD = re.compile(r"/dev/std(out|err)|(/dev|/proc/\w+)/fd/\d+")
# Folders of so few parts, such as /var/log, belong to everybody.
_OWN_FOLDER_PARTS = 3
_GIVE_A_FILE = "add a line beside it that names a file; nginx writes to all of them"


class Refused(Exception):  # noqa: N818 - no error: an answer
    """Why a log cannot be followed, and what to do instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.instead = instead


def no_file_of(said: Statement) -> Refused | None:
    """Say why a log is none that can be followed; None: it is a file."""
    target = said.args[0]
    if target == "stderr" and said.directive == "error_log":
        return Refused("goes to the standard error of nginx, not to a file", _GIVE_A_FILE)
    if said.directive == "access_log" and any(
        each == "gzip" or each.startswith("gzip=") for each in said.args[1:]
    ):
        return Refused(
            "is compressed as it is written, and such a file cannot be followed",
            "leave out `gzip` and let logrotate compress; `logtell replay` reads old ones",
        )
    return _no_file(target)


def _no_file(target: str) -> Refused | None:
    if target.startswith("syslog:"):
        return Refused("goes to a syslog server, not to a file", _GIVE_A_FILE)
    if target.startswith("memory:"):
        return Refused("stays in nginx's memory, where only a debugger sees it", _GIVE_A_FILE)
    if target.startswith(("pipe:", "|")):  # Tengine
        return Refused("goes to another program, not to a file", _GIVE_A_FILE)
    if "\0" in target:
        return Refused("has a NUL in its name, which no file can have", "give it another name")
    if target == "/dev/null":
        return Refused("is thrown away")
    return no_file_at(target)


def no_file_at(real_path: str) -> Refused | None:
    """Say why a path, with its links followed, leads to no file; as in nginx's own image."""
    if _STANDARD.fullmatch(real_path) or re.match(r"/proc/\d+/fd/", real_path):
        return Refused("goes to the standard output or error of nginx", _GIVE_A_FILE)
    return Refused("is a device, not a file") if real_path.startswith("/dev/") else None


def pattern_of(target: str, prefix: str) -> tuple[str, tuple[str, ...]]:
    """
    The path or glob that a source is to follow, and what is to be said of it.

    Raises Refused if variables in it leave so much open that it would mean the logs of others.
    """
    path = os.path.normpath(os.path.join(prefix, target))  # noqa: PTH118 - `..` as nginx's text
    variables = list(dict.fromkeys(_VARIABLE.findall(path)))
    if not variables:
        return _WILD.sub(r"[\1]", path), tuple(_about(target))
    fixed = path[: path.index(variables[0])]
    folder, _, beginning = fixed.rpartition("/")
    pattern = re.sub(r"\*+", "*", "".join(_globbed(path)))
    if not beginning and len(folder.split("/")) <= _OWN_FOLDER_PARTS:
        raise Refused(
            f"has the variable {variables[0]} in its name, and {pattern} means logs of others too",
            "let nginx write it in a folder of its own, or name the files under `sources:`",
        )
    return pattern, (f"{', '.join(variables)} in the name: all of {pattern}",)


def _globbed(path: str) -> Iterator[str]:
    end = 0
    for found in _VARIABLE.finditer(path):
        yield _WILD.sub(r"[\1]", path[end : found.start()]) + "*"
        end = found.end()
    yield _WILD.sub(r"[\1]", path[end:])


def _about(target: str) -> Iterator[str]:
    if target == "off":
        yield "nginx has no `error_log off`: it makes a file of that name"
