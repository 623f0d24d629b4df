"""What `logtell check` and systemd's ExecStartPre test: configurations and rules."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.settings import read_config
from parsers.formats import parser_for
from rules.check import check
from rules.load import load
from rules.located import read
from rules.messages import Finding


def is_rule_file(path: str) -> bool:
    """Whether a file holds rules (or is a folder of such files) rather than a configuration."""
    if Path(path).is_dir():
        return True
    try:
        content = read(Path(path).read_text(encoding="utf-8"), path).content
    except (OSError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and isinstance(content.get("rules"), list)


def check_configuration(
    path: str | None, environment: Mapping[str, str]
) -> tuple[list[Finding], list[str]]:
    """What is wrong with a configuration (None: the environment's alone), and its rule folders."""
    try:
        text = Path(path).read_text(encoding="utf-8") if path else ""
    except OSError as error:
        return [_unreadable(path, error.strerror or str(error))], []
    except UnicodeDecodeError:
        return [_unreadable(path, "it is not UTF-8")], []
    config, findings = read_config(text, path or "environment", environment)
    return findings, list(config.rules.folders) if config else []


def _unreadable(path: str | None, why: str) -> Finding:
    return Finding(
        path or "", 0, 0, "error", f"cannot be read: {why}", "check the path and its permissions"
    )


def check_rules(folders: Sequence[str], *, shipped: bool) -> tuple[Sequence[Finding], int]:
    """What is wrong with the rules of these folders, and the shipped ones; how many there are."""
    loaded = load([Path(folder) for folder in folders])
    found = check(loaded, parser_for, clock=time.process_time, shipped=shipped)
    return found, len(loaded.rules)
