"""A StatsD server that goes away and comes back, and knows what its socket has lost."""

import asyncio
import errno
import socket
import struct

from agent.receiver import Receiver, Totals

# Seconds of the agent's fastest sending (agent/statsd.py: 16 datagrams in 20 ms).
_BUFFER_BYTES = 16 << 20
_SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h; needs CAP_NET_ADMIN
_SO_MEMINFO = 55  # the same; nine numbers, of which the last are the drops (SK_MEMINFO_DROPS)
_QUIET_S = 0.1
_LISTEN_AGAIN_S = 0.02


class Statsd:
    """One receiver over all its absences; `totals` is what it got."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.lost = 0  # datagrams that the kernel dropped because our buffer was full
        self._transport: asyncio.DatagramTransport | None = None  # closed by go_away()
        self._socket: socket.socket | None = None

    @property
    def totals(self) -> Totals:
        """Everything received."""
        return self.receiver.totals

    @property
    def port(self) -> int:
        """The port, the same after each absence."""
        return self.receiver.port

    async def open(self) -> None:
        """Receive, on the same port as before if there was one."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setblocking(False)
        _enlarge(bound)
        bound.bind(("127.0.0.1", self.port))
        self.receiver.closed.clear()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self.receiver, sock=bound)
        self._socket = bound

    async def go_away(self) -> None:
        """
        Refuse datagrams from now on, after reading those that were taken.

        Not in the middle of a burst: of one that is refused in part the client sends all again,
        since UDP does not say which part (see agent/statsd.py).
        """
        if self._socket is None or self._transport is None:
            return
        await self._quiet()
        # Connected to somebody else, the socket takes nothing more, and what it holds can be read.
        self._socket.connect(("127.0.0.1", self.port))
        await asyncio.sleep(_LISTEN_AGAIN_S)
        self.lost += _drops(self._socket)
        self._transport.close()
        await self.receiver.closed.wait()
        self._socket = self._transport = None

    async def _quiet(self) -> None:
        count = -1
        while count != len(self.totals.datagrams):
            count = len(self.totals.datagrams)
            await asyncio.sleep(_QUIET_S)


def _enlarge(bound: socket.socket) -> None:
    try:
        bound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOPROTOOPT):
            raise
        # As much as sysctl net.core.rmem_max allows.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)


def _drops(bound: socket.socket) -> int:
    try:
        numbers = struct.unpack("9I", bound.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))
    except (OSError, struct.error):  # not Linux
        return 0
    return int(numbers[8])
