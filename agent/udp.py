"""A UDP socket that tells its errors, to a host that may be unknown, away or moving."""

import asyncio
import errno
import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf

RESOLVE_EVERY_S = 60.0  # follows a server that moved
RESOLVE_AGAIN_S = 5.0  # after an error: soon, but no load on the name server
RESOLVE_WAIT_S = 1.0  # a slow name server holds up a flush this long; a later one has its answer

_LOCAL_BUFFER_FULL = {errno.EAGAIN, errno.ENOBUFS}
# Brought back by ICMP, so about a datagram sent before. The one at hand was not sent.
_REFUSED = {errno.ECONNREFUSED, errno.EHOSTUNREACH}

SocketName = tuple[object, ...] | str  # as the family has it: (host, port, …) or a path
Address = tuple[socket.AddressFamily, SocketName]
Resolver = Callable[[str, int], list[Address]]


def look_up(host: str, port: int) -> list[Address]:
    """
    Ask the system for a host's addresses, IPv4 or IPv6, best first (RFC 6724); blocking.

    Raises OSError if there is none, UnicodeError if `host` cannot be a host name (`a..b`).
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    return [(family, address) for family, _, _, _, address in found]


@dataclass(slots=True)
class SentCounts:
    """What became of the metrics since the start; sent means: left this machine, not refused."""

    lines: int = 0
    datagrams: int = 0
    bytes: int = 0
    errors: Counter[str] = field(default_factory=Counter)  # by errno name, and `unresolved`
    dropped: Counter[str] = field(default_factory=Counter)  # lines, by a `Drop`'s value
    resolved_at: float | None = None  # on the transport's clock, in seconds


class Outcome(Enum):
    """What became of one datagram."""

    SENT = auto()
    LATER = auto()  # not sent, for a reason that passes
    REFUSED = auto()  # not sent, and what was sent just before was refused
    NEVER = auto()  # cannot be sent at all


class UdpTransport:
    """
    A connected, non-blocking UDP socket to a host that may be unknown, away or moving.

    Connected, because only then the system says that nobody listens. No error is raised:

    | error | what happens |
    | --- | --- |
    | host does not resolve | the last known address stays in use; without one nothing is sent |
    | ECONNREFUSED, EHOSTUNREACH | REFUSED; next address of the host, look it up again soon |
    | EAGAIN, ENOBUFS | LATER; our own buffer is full |
    | EMSGSIZE | NEVER |
    | others: ENETUNREACH, EPERM, EMFILE | LATER; next address of the host, look it up soon |
    """

    def __init__(
        self,
        host: str,
        port: int = 8125,
        *,
        resolver: Resolver = look_up,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = host
        self.port = port
        self.counts = SentCounts()
        self.trouble = ""  # what is wrong now and what we do about it, for people
        self._resolver = resolver
        self._clock = clock
        self._addresses: list[Address] = []  # the first is the one in use
        self._socket: socket.socket | None = None  # closed by close()
        self._lookup: asyncio.Future[list[Address]] | None = None  # one at a time
        self._looked_up_at = -inf
        self._look_up_after_s = RESOLVE_EVERY_S

    @property
    def resolved(self) -> bool:
        """Whether there is an address to send to."""
        return bool(self._addresses)

    async def resolve(self) -> None:
        """
        Look the host up if that is due: at first, every 60 s, and 5 s after an error.

        Waits at most RESOLVE_WAIT_S. A lookup cannot be stopped, so a slower one goes on in its
        thread, and a later call takes its answer.
        """
        if self._lookup is None:
            if self._clock() - self._looked_up_at < self._look_up_after_s:
                return
            self._looked_up_at = self._clock()
            loop = asyncio.get_running_loop()
            self._lookup = loop.run_in_executor(None, self._resolver, self.host, self.port)
        await asyncio.wait({self._lookup}, timeout=RESOLVE_WAIT_S)
        if self._lookup.done():
            self._take_answer(self._lookup)
            self._lookup = None
        elif not self._addresses:
            self.trouble = (
                f"StatsD host {self.host}: the name server is slow; waiting for its answer"
            )

    def send(self, datagram: bytes) -> Outcome:
        """Send to the address in use; only when `resolved`."""
        try:
            if self._socket is None:
                self._socket = _connect(*self._addresses[0])
            self._socket.send(datagram)
        except OSError as error:
            return self._failed(error)
        return Outcome.SENT

    def confirm(self) -> bool:
        """Return whether no refusal has come back for what was sent; ask a moment after `send`."""
        if self._socket is None:  # closed after an error that `send` has told already
            return True
        if code := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._failed(OSError(code, os.strerror(code)))
            return False
        self.trouble = ""
        return True

    def close(self) -> None:
        """Close the socket and forget the lookup under way; a later `send` opens a new socket."""
        self._disconnect()
        if self._lookup is not None and not self._lookup.cancel():
            self._lookup.exception()  # asked for, or asyncio logs that nobody did
        self._lookup = None

    def _take_answer(self, lookup: asyncio.Future[list[Address]]) -> None:
        try:
            addresses = lookup.result()
        except (OSError, UnicodeError) as error:
            self._not_resolved(error)
            return
        self.counts.resolved_at = self._clock()
        self._look_up_after_s = RESOLVE_EVERY_S
        if not self._addresses:
            self.trouble = ""
        # The address in use stays while the host has it: name servers shuffle.
        kept = [address for address in self._addresses[:1] if address in addresses]
        if not kept:
            self._disconnect()
        self._addresses = kept + [address for address in addresses if address not in kept]

    def _not_resolved(self, error: OSError | UnicodeError) -> None:
        self.counts.errors["unresolved"] += 1
        self._look_up_after_s = RESOLVE_AGAIN_S
        if not self._addresses:
            self.trouble = (
                f"StatsD host {self.host} does not resolve ({error}); "
                f"trying again every {RESOLVE_AGAIN_S:g} s"
            )

    def _failed(self, error: OSError) -> Outcome:
        self.counts.errors[errno.errorcode.get(error.errno or 0, "other")] += 1
        if error.errno == errno.EMSGSIZE:
            return Outcome.NEVER
        if error.errno in _LOCAL_BUFFER_FULL:
            return Outcome.LATER
        self.trouble = (
            f"StatsD {self.host} port {self.port}: {error.strerror}; trying again at every flush"
        )
        self._look_up_after_s = RESOLVE_AGAIN_S
        self._disconnect()
        # `localhost` may be ::1 first while the server listens on 127.0.0.1 only.
        self._addresses = [*self._addresses[1:], self._addresses[0]]
        return Outcome.REFUSED if error.errno in _REFUSED else Outcome.LATER

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connect(family: socket.AddressFamily, name: SocketName) -> socket.socket:
    connected = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        connected.connect(name)
    except OSError:
        connected.close()
        raise
    return connected
