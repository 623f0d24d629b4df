"""The logs of the selftest: their formats, how much is written to each, and how it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# Every way in which a log can change under an agent. `docs/selftest.md` says what each one does.
KINDS = (
    "rename",
    "late-create",
    "late-writer",
    "chain",
    "dated",
    "copytruncate",
    "delete",
    "symlink",
    "compress",
    "down",
)
TIMED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent" rt=$request_time'
)
# Longer lines are cut. Far below the default of 256 KiB, so that they can be many.
MAX_LINE_BYTES = 16_384
# A record of several lines is written with pauses of up to 0.2 s in it.
RECORD_WAIT_S = 1.5


@dataclass(frozen=True, slots=True)
class LogSpec:
    """One log: who writes it, how fast, and how."""

    form: str  # how its lines look: a key of `agent.selftest.lines.FORMS`
    format: str  # what the configuration says of it
    lines_per_s: float
    long_every: int  # one record in so many is longer than MAX_LINE_BYTES
    append: bool = True  # False: opened without O_APPEND, so copytruncate leaves NULs
    linked: bool = False  # its name is a symbolic link to the file
    wide: bool = False  # the pattern means the rotated names as well


LOGS: Mapping[str, LogSpec] = MappingProxyType(
    {
        "access": LogSpec("timed", TIMED, 200, 300),
        "error": LogSpec("error", "nginx_error", 40, 80),
        "app": LogSpec(
            "python", "%(asctime)s %(levelname)s %(name)s: %(message)s", 30, 60, append=False
        ),
        "json": LogSpec("json", "json", 100, 200, wide=True),
        "quiet": LogSpec("plain", "plain", 0.7, 10),
        "busy": LogSpec("combined", "combined", 1200, 2000, append=False),
        "link": LogSpec("plain", "plain", 20, 60, linked=True),
    }
)


def kinds_of(spec: LogSpec) -> tuple[str, ...]:
    """Which kinds can happen to this log; to rename a link would leave its file where it is."""
    if spec.linked:
        return ("symlink", "copytruncate")
    return tuple(kind for kind in KINDS if kind not in ("symlink", "down"))


def log_path(folder: Path, name: str) -> Path:
    """Where a log of the selftest in `folder` is: each in a directory of its own."""
    return folder / name / f"{name}.log"


def configuration(folder: Path, statsd_port: int) -> dict[str, object]:
    """The configuration of the agent under test."""
    sources = {
        name: {
            "paths": f"{log_path(folder, name)}{'*' * spec.wide}",
            "format": spec.format,
            "zone": "UTC",
        }
        for name, spec in LOGS.items()
    }
    return {
        "sources": sources,
        "sinks": [{"to": str(folder / "events.jsonl"), "form": "json", "severity": "debug"}],
        "statsd": {"host": "127.0.0.1", "port": statsd_port, "flush_every_s": 1},
        "follow": {
            "max_line_bytes": MAX_LINE_BYTES,
            "record_wait_s": RECORD_WAIT_S,
            "grace_s": 5,
        },
        "state": {"folder": str(folder / "state")},
    }
