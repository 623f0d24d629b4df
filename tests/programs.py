"""The programs that tests need: found, or the test is skipped with the line that installs it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Debian keeps servers in sbin, which is not in the path of ordinary users.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
STATSD_JS = ROOT / ".cache/statsd/node_modules/statsd/stats.js"


@dataclass(frozen=True, slots=True)
class Program:
    """One program: how to find it and the line that installs it."""

    find: Callable[[], Path | None]
    install: str


def needs(name: str) -> Path:
    """
    Return where a program is; skip the calling test if it is nowhere.

    With LOGTELL_REQUIRE_PROGRAMS=1 (as `.ci/run` sets it) the test fails instead, so that CI
    cannot pass by leaving something out. Call it in a test or a fixture, not at the top of a
    module.
    """
    program = PROGRAMS[name]
    found = program.find()
    if found is not None:
        return found
    reason = f"{name} is not installed: {program.install}"
    if os.environ.get("LOGTELL_REQUIRE_PROGRAMS") == "1":
        pytest.fail(f"{reason} (LOGTELL_REQUIRE_PROGRAMS=1 forbids the skip)", pytrace=False)
    pytest.skip(reason)


def until_it_listens(process: subprocess.Popen[bytes], port: int, said: Callable[[], str]) -> None:
    """Wait until a server takes connections; fail with what it has `said` if it ends before."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail(f"{process.args!r} has ended: {said()}")


def _in_path(name: str) -> Callable[[], Path | None]:
    def find() -> Path | None:
        found = shutil.which(name, path=SEARCH_PATH)
        return Path(found) if found else None

    return find


def _statsd_js() -> Path | None:
    path = Path(os.environ.get("LOGTELL_STATSD_JS") or STATSD_JS)
    return path if path.is_file() else None


PROGRAMS = {
    "nginx": Program(_in_path("nginx"), "apt-get install nginx-light"),
    "haproxy": Program(_in_path("haproxy"), "apt-get install haproxy"),
    "logrotate": Program(_in_path("logrotate"), "apt-get install logrotate"),
    "systemd-analyze": Program(_in_path("systemd-analyze"), "apt-get install systemd"),
    "systemd-sysusers": Program(_in_path("systemd-sysusers"), "apt-get install systemd"),
    "prlimit": Program(_in_path("prlimit"), "apt-get install util-linux"),
    "unshare": Program(_in_path("unshare"), "apt-get install util-linux"),
    "node": Program(_in_path("node"), "apt-get install nodejs npm"),
    # stats.js of the original StatsD, run as `node stats.js config.js`.
    "statsd": Program(
        _statsd_js, "npm install --prefix .cache/statsd --omit=optional statsd@0.9.0"
    ),
}
