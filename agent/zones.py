"""The machine's own time zone, in which nginx and Python write times that name none."""

import os
from datetime import UTC, tzinfo
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
