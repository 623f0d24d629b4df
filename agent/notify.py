"""Tells systemd how the service is doing: datagrams to NOTIFY_SOCKET (sd_notify(3))."""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

logger = logging.getLogger(__name__)

SEND_TIMEOUT_S = 0.1  # a full receive queue may hold the event loop this long, and no longer


@dataclass(slots=True)
class Notifier:
    """
    Speaks to the service manager; silent when there is none.

    No method raises: a service without its manager still has its work to do.
    """

    address: str | None = None  # a path, or a name after a NUL byte; None says nothing to anybody
    watchdog_every_s: float | None = (
        None  # how often to call `watchdog`; None when nobody waits for it
    )
    clock_ns: Callable[[], int] = time.monotonic_ns  # CLOCK_MONOTONIC, as RELOADING demands
    _lost: bool = field(
        default=False, init=False
    )  # the last datagram did not arrive, and that was said

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them."""
        return cls(address=_address(environ), watchdog_every_s=_watchdog_every_s(environ))

    def ready(self, status: str) -> None:
        """Say that start-up, or a reload, is complete."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        """Say that a reload has begun; `ready` ends it."""
        # In one datagram, or systemd 253 and newer ignores it (sd_notify(3), RELOADING=1).
        self._send("RELOADING=1", f"MONOTONIC_USEC={self.clock_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """Say that the service drains and will end by itself."""
        self._send("STOPPING=1", f"STATUS={_one_line(status)}")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={_one_line(text)}")

    def watchdog(self) -> None:
        """Say that work goes on; due every `watchdog_every_s` seconds, and only if it is true."""
        self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> None:
        if self.address is None:
            return
        datagram = "\n".join(assignments).encode(errors="replace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(SEND_TIMEOUT_S)
                sender.sendto(datagram, self.address)
        except OSError as error:
            self._say_lost(error)
        else:
            self._lost = False

    def _say_lost(self, error: OSError) -> None:
        if not self._lost:
            shown = (self.address or "").replace("\0", "@")
            logger.warning(
                "NOTIFY_SOCKET %s: %s; going on, but systemd does not hear how we are", shown, error
            )
        self._lost = True


def _address(environ: Mapping[str, str]) -> str | None:
    name = environ.get("NOTIFY_SOCKET", "")
    if name.startswith("@"):
        return "\0" + name[1:]
    if name and not name.startswith("/"):
        logger.warning("NOTIFY_SOCKET %s: neither a path nor @name; systemd will not be told", name)
        return None
    return name or None


def _watchdog_every_s(environ: Mapping[str, str]) -> float | None:
    # WATCHDOG_PID names the process that systemd watches; without it the time is for us
    # (sd_watchdog_enabled(3)).
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    period_us = environ.get("WATCHDOG_USEC", "")
    # Half the time, as sd_watchdog_enabled(3) advises.
    return int(period_us) / 2_000_000 if period_us.isdecimal() and int(period_us) else None


def _one_line(text: str) -> str:
    # A newline would begin another assignment, and the text may quote a log.
    return " ".join(text.split())
