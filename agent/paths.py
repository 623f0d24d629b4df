"""Which paths are meant: globs, what is never followed, and the names that rotation gives."""

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from agent.identity import Key, key

# Compressed files never grow, and a parser would see noise. `replay` and agent/unpack.py read them.
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".Z", ".zip", ".7z", ".br")

Found = tuple[str, os.stat_result]

_WILD = re.compile(r"[*?[]")
# What logrotate, Python's handlers and people add to a name: .1, -20260102, .2026-01-02_03, .old.
_NUMBER = r"[-._]\d[-._:T\d]*"
_ADDED = re.compile(rf"(.+?)(?:{_NUMBER}|\.(?:old|bak|save|prev))()")
_PUT_INSIDE = re.compile(rf"(.+?){_NUMBER}(\.[A-Za-z]\w*)")


def is_pattern(path: str) -> bool:
    """Whether a path of the configuration stands for many files."""
    return bool(_WILD.search(path))


def expand(patterns: Sequence[str], exclude: Collection[str]) -> list[str]:
    """
    List the paths that the patterns mean now, without compressed files and without `exclude`.

    A path without wildcards is listed even if nothing is there, so that its absence can be noticed.
    `exclude` holds real paths: our own output, which must not be read back.
    """
    found = {path for pattern in patterns for path in _matches(pattern)}
    return sorted(
        path
        for path in found
        if not path.endswith(COMPRESSED) and not (exclude and os.path.realpath(path) in exclude)
    )


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


def rotated(path: str) -> list[Found]:
    """List the uncompressed files beside `path` that rotation made of it, the oldest first."""
    name = Path(path).name
    return _oldest_first(
        entry
        for entry in _listed(path)
        if name in originals(entry.name) and not entry.name.endswith(COMPRESSED)
    )


def packed(path: str) -> list[Found]:
    """
    List the compressed files beside `path` that rotation made of it, the oldest first.

    Not those whose uncompressed twin is still there: it is being compressed, and better itself.
    """
    entries = {entry.name: entry for entry in _listed(path)}
    name = Path(path).name
    return _oldest_first(
        entry
        for entry in entries.values()
        if (stem := _unpacked_name(entry.name)) and stem not in entries
        if stem == name or name in originals(stem)
    )


def _unpacked_name(name: str) -> str:
    """The name without the ending that compressing added; empty if there is none."""
    return next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), "")


def called_otherwise(path: str, wanted: Collection[Key]) -> list[Found]:
    """List the files beside `path`, by any name, whose device and inode are wanted."""
    inodes = {inode for _, inode in wanted}
    # The inode comes with the directory entry, for nothing; only what may be it costs a stat.
    maybe = _oldest_first(entry for entry in _listed(path) if entry.inode() in inodes)
    return [(name, found) for name, found in maybe if key(found) in wanted]


def _listed(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(_directory(path)) as entries:
            return list(entries)
    except OSError:
        return []  # cannot be listed: the same as nothing found


def _oldest_first(entries: Iterable[os.DirEntry[str]]) -> list[Found]:
    found = []
    for entry in entries:
        with suppress(OSError):  # gone since it was listed
            found.append((entry.path, entry.stat()))
    regular = [one for one in found if stat.S_ISREG(one[1].st_mode)]
    return sorted(regular, key=lambda one: one[1].st_mtime_ns)
