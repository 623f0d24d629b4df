"""The agent's own log on standard error: for the journal, for a container, or for a person."""

import json
import logging
import os
import sys
from collections.abc import Mapping

from agent.console import printable

# systemd's sd-daemon(3): a priority in angle brackets at the start of a line.
_PRIORITIES = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}


def set_up_logging(level: str, environment: Mapping[str, str]) -> None:
    """Send our log to standard error in the form that its reader understands."""
    target = logging.StreamHandler(sys.stderr)
    target.setFormatter(_formatter(environment))
    logging.basicConfig(level=level.upper(), handlers=[target], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("watchdog").setLevel(logging.WARNING)
    target.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    # watchdog 7.1 (observers/inotify.py) says so as an error when a directory that is unwatched
    # just then has an event: at a stop or a reload, and nothing is wrong.
    return not (record.name.startswith("watchdog") and "thread is inactive" in record.getMessage())


def _formatter(environment: Mapping[str, str]) -> logging.Formatter:
    if _is_journal(environment.get("JOURNAL_STREAM", "")):
        return _Journal("%(message)s")
    if "KUBERNETES_SERVICE_HOST" in environment or "container" in environment:
        return _Json()
    return _Terminal("%(asctime)s %(levelname)s %(message)s")


def _is_journal(stream: str) -> bool:
    """Whether stderr is the stream that systemd named; its presence alone says nothing."""
    stat = os.fstat(sys.stderr.fileno())
    return stream == f"{stat.st_dev}:{stat.st_ino}"


class _Terminal(logging.Formatter):
    """For a person: a file name must not steer the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


class _Journal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{_PRIORITIES.get(record.levelname, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)
