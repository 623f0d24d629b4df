"""What a log's times leave out: the machine's zone, and the year, told by when it was written."""

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")


def local_zone() -> tzinfo:
    """The zone of `TZ` (a name or a path, see tzset(3)), else of /etc/localtime, else UTC."""
    name = os.environ.get("TZ", str(_LOCALTIME)).removeprefix(":")
    try:
        if not name.startswith("/"):
            return ZoneInfo(name)
        with Path(name).open("rb") as file:
            return ZoneInfo.from_file(file)
    except (KeyError, ValueError, OSError):
        return UTC


def wall_clock() -> datetime:
    """Now: what is followed has been written just before."""
    return datetime.now(UTC)


def written(path: str) -> datetime:
    """When a log was last written; now, if it is no file."""
    try:
        return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return wall_clock()
