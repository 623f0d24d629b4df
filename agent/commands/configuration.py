"""Finding, reading and judging the configuration file, for the commands that take one."""

import os
from pathlib import Path

from agent.commands.common import complain, show_findings
from agent.config import Config
from agent.settings import read_config

DEFAULT_PATH = Path("/etc/logtell/logtell.yaml")


def config_or_complain(path: str | None) -> Config | None:
    """The configuration of a file, of the default place, or no file; None after complaining."""
    chosen = path or default_path()
    if chosen is None:
        return _judged("", "environment")
    try:
        text = Path(chosen).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        complain(f"{chosen}: cannot be read: {reason}", "give the path of a configuration with -c")
        return None
    return _judged(text, chosen)


def default_path() -> str | None:
    """The file that `run` uses when none is given; None: there is none."""
    return os.environ.get("LOGTELL_CONFIG") or (
        str(DEFAULT_PATH) if DEFAULT_PATH.exists() else None
    )


def _judged(text: str, path: str) -> Config | None:
    config, findings = read_config(text, path, os.environ)
    show_findings(findings)
    return config


def wants_nginx(config: Config, conf: str | None) -> tuple[bool, str | None]:
    """Whether nginx's logs are to be found, and in which nginx.conf; `conf` is `--nginx-conf`."""
    if conf or config.nginx.startswith("/"):
        return True, conf or config.nginx
    return config.nginx == "on" or (config.nginx == "auto" and not config.sources), None
