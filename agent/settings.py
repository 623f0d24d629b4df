"""Reads the configuration file, and what the environment lays over it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from agent.config import Config
from rules.located import Document, Plain, read
from rules.messages import Finding
from rules.read import validated

ENVIRONMENT_PREFIX = "LOGTELL_"
# Variables with our prefix that are not settings.
_NOT_SETTINGS = ("LOGTELL_CONFIG", "LOGTELL_REQUIRE_PROGRAMS", "LOGTELL_STATSD_JS")
# Lists whose items have names in messages, see rules.read.Kinds.
_KINDS = {"measures": ("measure", "name"), "sinks": ("sink", "to")}


def read_config(
    text: str, path: str, environment: Mapping[str, str]
) -> tuple[Config | None, list[Finding]]:
    """
    Read a configuration file and lay `LOGTELL_SECTION__KEY` variables over it.

    Returns the configuration, or None and everything that is wrong with it, in the file's order.
    """
    settings = {name: environment[name] for name in sorted(environment) if _is_setting(name)}
    document = read(text, path)
    _, in_file = validated(document, Config, kinds=_KINDS)
    for name, value in settings.items():
        document = _overridden(document, name, value)
    config, found = validated(document, Config, kinds=_KINDS)
    if config or not settings:
        return config, found
    blamed = _blamed(text, path, settings, {finding.what for finding in found})
    return None, [*(finding for finding in found if finding in in_file), *blamed]


def _is_setting(name: str) -> bool:
    """
    Whether a variable sets a key: `LOGTELL_SECTION__KEY`, or near enough to be a slip.

    Kubernetes sets `LOGTELL_PORT` and the like for a service that is called logtell.
    """
    if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_SETTINGS:
        return False
    section = name.removeprefix(ENVIRONMENT_PREFIX).partition("_")[0].lower()
    return "__" in name or section in Config.model_fields


def _overridden(document: Document, name: str, value: str) -> Document:
    *sections, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
    content: Plain = document.content if isinstance(document.content, dict) else {}
    return replace(document, content=_with(content, sections, key, value))


def _with(content: Plain, sections: list[str], key: str, value: str) -> Plain:
    """A copy of `content` with one value set, making the sections on the way."""
    here = dict(content) if isinstance(content, dict) else {}
    if not sections:
        return here | {key: value}
    return here | {sections[0]: _with(here.get(sections[0]), sections[1:], key, value)}


def _blamed(
    text: str, path: str, settings: Mapping[str, str], together: Collection[str]
) -> list[Finding]:
    """What each variable alone makes wrong, with the variable for its place."""
    blamed: list[Finding] = []
    for name, value in settings.items():
        document = read(text, path)
        _, before = validated(document, Config, kinds=_KINDS)
        _, after = validated(_overridden(document, name, value), Config, kinds=_KINDS)
        blamed += [
            Finding(f"environment variable {name}", 0, 0, "error", finding.what, finding.fix)
            for finding in after
            # What one variable leaves out another may give: then it is not wrong `together`.
            if finding not in before
            and (finding.what in together or not finding.fix.startswith("add `"))
        ]
    return blamed


def state_folder(config: Config, environment: Mapping[str, str], *, root: bool) -> Path:
    """Where the checkpoint is kept: configured, systemd's, /var/lib for root, else under home."""
    if config.state.folder:
        return Path(config.state.folder)
    if "STATE_DIRECTORY" in environment:
        return Path(environment["STATE_DIRECTORY"].split(":")[0])
    if root:
        return Path("/var/lib/logtell")
    home = environment.get("XDG_STATE_HOME") or str(
        Path(environment.get("HOME", "/tmp")) / ".local/state"
    )
    return Path(home) / "logtell"
