"""Which paths are meant: globs, what is never followed, and the names that rotation gives."""

import fnmatch
import glob
import os
import re
from collections.abc import Collection, Sequence

# Compressed files never grow, and a parser would see noise. `replay` and agent/unpack.py read them.
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".Z", ".zip", ".7z", ".br")

State = tuple[int, int, int, int]

_WILD = re.compile(r"[*?[]")
# What logrotate, Python's handlers and people add to a name: .1, -20260102, .2026-01-02_03, .old.
_NUMBER = r"[-._]\d[-._:T\d]*"
_ADDED = re.compile(rf"(.+?)(?:{_NUMBER}|\.(?:old|bak|save|prev))()")
_PUT_INSIDE = re.compile(rf"(.+?){_NUMBER}(\.[A-Za-z]\w*)")


def is_pattern(path: str) -> bool:
    """Whether a path of the configuration stands for many files."""
    return bool(_WILD.search(path))


def expand(patterns: Sequence[str]) -> set[str]:
    """
    List the paths that the patterns mean now, without compressed files.

    A path without wildcards is listed even if nothing is there, so that its absence can be noticed.
    """
    found = {path for pattern in patterns for path in _matches(pattern)}
    return {path for path in found if not path.endswith(COMPRESSED)}


def is_ours(path: str, exclude: Collection[str]) -> bool:
    """Whether a path leads to one of the real paths `exclude`: what we write ourselves."""
    # Costs 20 µs: asked of names that are new or opened, not of all at each sweep.
    return bool(exclude) and os.path.realpath(path) in exclude


def _matches(pattern: str) -> list[str]:
    if not is_pattern(pattern):
        return [pattern]
    # Not Path.glob: it finds hidden files too, as which editors and rsync keep half-written ones.
    return glob.glob(pattern, recursive=True)  # noqa: PTH207


def is_meant(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path, which need not exist, is one that the patterns mean."""
    return any(path == pattern or fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def directories(paths: Collection[str], patterns: Sequence[str]) -> set[str]:
    """List the directories where names matter: of the paths, of links' targets, of the patterns."""
    folders = {_directory(path) for path in paths}
    links = [path for path in paths if os.path.islink(path)]  # noqa: PTH114
    folders |= {_directory(os.path.realpath(link)) for link in links}
    return folders | {_fixed_part(pattern) for pattern in patterns}


def _directory(path: str) -> str:
    # Not Path: made for 10,000 paths at each sweep, it would cost 20 times as much.
    return os.path.dirname(path) or "."  # noqa: PTH120


def _fixed_part(pattern: str) -> str:
    folder = _directory(pattern)
    while is_pattern(folder):
        folder = _directory(folder)
    return folder


def originals(name: str) -> set[str]:
    """
    Say of which file names rotation may have made `name`: access.log for access.log.1.

    Only numbers, dates and the like may have been added, so that access-api.log is not taken for a
    rotated access.log.
    """
    ways = (_ADDED.fullmatch(name), _PUT_INSIDE.fullmatch(name))
    return {way[1] + way[2] for way in ways if way}


def is_missing(path: str) -> bool:
    """Whether nothing is there; False if that may not be looked at: then opening it says why."""
    try:
        os.stat(path)  # noqa: PTH116 - Path.exists raises where it may not look
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in it
        return True
    except OSError:
        return False
    return False


def state(path: str) -> State | None:
    """Device, inode, size and change in ns of a file: they tell whether it changed."""
    try:
        found = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def unpacked_name(name: str) -> str:
    """The name without the ending that compressing added; empty if there is none."""
    return next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), "")
