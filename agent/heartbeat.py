"""A small file that says the agent lives: written at every flush, read by `logtell health`."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_NAME = "health.json"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the agent last said of itself."""

    pid: int
    # Seconds since 1970.
    written_at: float
    flush_every_s: float
    status: str


def runtime_folder(environment: Mapping[str, str]) -> Path:
    """Where the heartbeat lies: systemd's folder, /run/logtell for root, else the user's own."""
    if "RUNTIME_DIRECTORY" in environment:
        return Path(environment["RUNTIME_DIRECTORY"].split(":")[0])
    if os.getuid() == 0:
        return Path("/run/logtell")
    if "XDG_RUNTIME_DIR" in environment:
        return Path(environment["XDG_RUNTIME_DIR"]) / "logtell"
    return Path(f"/tmp/logtell-{os.getuid()}")


def write(folder: Path, heartbeat: Heartbeat) -> None:
    """Replace the heartbeat in one step. Raises OSError."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = folder / f"{_NAME}.new"
    fresh.unlink(missing_ok=True)
    # Made anew and never opened: in /tmp somebody else may have laid a link there.
    with fresh.open("x") as file:
        file.write(json.dumps(asdict(heartbeat)))
    fresh.replace(folder / _NAME)


def _read(path: Path) -> Heartbeat:
    said = json.loads(path.read_text())
    return Heartbeat(
        int(said["pid"]),
        float(said["written_at"]),
        float(said["flush_every_s"]),
        str(said["status"]),
    )


def diagnose(folder: Path, *, now: float | None = None) -> tuple[bool, str]:
    """Tell whether an agent is well, and in words how it is; never raises."""
    path = folder / _NAME
    try:
        heartbeat = _read(path)
    except FileNotFoundError:
        return False, f"no agent has written {path}; is logtell running?"
    except (OSError, ValueError, TypeError, KeyError) as error:
        return False, f"{path} cannot be read: {error!r}"
    if not Path(f"/proc/{heartbeat.pid}").exists() and Path("/proc/self").exists():
        return False, f"the agent (process {heartbeat.pid}) is gone"
    age_s = (time.time() if now is None else now) - heartbeat.written_at
    if age_s > 3 * heartbeat.flush_every_s + 5:
        return False, f"the agent has not flushed for {age_s:.0f} s: {heartbeat.status}"
    return True, heartbeat.status
