"""Configurations of nginx that a test writes, and what is found in them."""

from pathlib import Path

from agent.discovery import Discovery, discover
from agent.nginx_logs import Built
from agent.nginx_where import Installed

BUILT = Built("/prefix", "/built/access.log", "/built/error.log")


def write_tree(folder: Path, conf: str, **files: str) -> Path:
    """Write nginx.conf and the files beside it, `a__b` for a/b.conf; returns its path."""
    for name, text in {"nginx": conf, **files}.items():
        path = folder / f"{name.replace('__', '/')}.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder / "nginx.conf"


def found_in(folder: Path, conf: str, built: Built = BUILT, **files: str) -> Discovery:
    """All that is found in a configuration."""
    return discover((Installed(str(write_tree(folder, conf, **files)), built),))


def sources_in(folder: Path, conf: str, built: Built = BUILT, **files: str) -> dict[str, list[str]]:
    """The paths of the access logs of a configuration that can be read, by the names of sources."""
    found = found_in(folder, conf, built, **files)
    assert found.findings == ()
    return {
        each.name: list(each.paths) for each in found.sources if not each.name.endswith("_errors")
    }


def errors_in(folder: Path, conf: str, built: Built = BUILT, **files: str) -> dict[str, list[str]]:
    """The same of the error logs."""
    found = found_in(folder, conf, built, **files)
    assert found.findings == ()
    return {each.name: list(each.paths) for each in found.sources if each.name.endswith("_errors")}


def formats_in(folder: Path, conf: str, **files: str) -> dict[str, tuple[str, ...]]:
    """The formats of all sources, by their names."""
    return {each.name: each.formats for each in found_in(folder, conf, BUILT, **files).sources}
