"""Finding, reading and judging the configuration file, for the commands that take one."""

import os
from pathlib import Path

from agent.commands.common import complain, show_findings
from agent.config import Config, SourceConfig
from agent.settings import read_config

DEFAULT_PATH = Path("/etc/logtell/logtell.yaml")
# What is followed without a configuration file, if it is there.
_NGINX = {
    "nginx_access": ("/var/log/nginx/access.log", "auto"),
    "nginx_error": ("/var/log/nginx/error.log", "nginx_error"),
}


def config_or_complain(path: str | None) -> Config | None:
    """The configuration of a file, the default place, or by convention; None after complaining."""
    chosen = path or default_path()
    if chosen is None:
        return _by_convention()
    try:
        text = Path(chosen).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        complain(f"{chosen}: cannot be read: {reason}", "give the path of a configuration with -c")
        return None
    return _judged(text, chosen)


def default_path() -> str | None:
    """The file that `run` uses when none is given; None: there is none, and convention rules."""
    return os.environ.get("LOGTELL_CONFIG") or (
        str(DEFAULT_PATH) if DEFAULT_PATH.exists() else None
    )


def _judged(text: str, path: str) -> Config | None:
    config, findings = read_config(text, path, os.environ)
    show_findings(findings)
    return config


def _by_convention() -> Config | None:
    config = _judged_environment()
    if config is None or config.sources:
        return config
    sources = {
        name: SourceConfig(paths=(path,), format=form)
        for name, (path, form) in _NGINX.items()
        if Path(path).exists()
    }
    return config.model_copy(update={"sources": sources})


def _judged_environment() -> Config | None:
    config, findings = read_config("", "environment", os.environ)
    show_findings(findings)
    return config
