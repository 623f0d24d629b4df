"""A running agent's Unix socket, `status.sock`: one line asks, one JSON document answers."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import orjson

_log = logging.getLogger(__name__)

NAME = "status.sock"
# Whoever belongs to the agent's group may ask without being root. Nobody else: paths and counts
# tell what runs here. (The unit's runtime folder can be entered by all.)
_MODE = 0o660
_MOST_CLIENTS = 8
_MOST_REQUEST_BYTES = 128
# A client that is slower than this is hung up on: it holds one of few places.
_PATIENCE_S = 5.0

# Makes the answer; True: with all files.
Answer = Callable[[bool], Awaitable[dict[str, object]]]
_REQUESTS = {b"status": False, b"status files=all": True}


class StatusSocket:
    """
    Serves the socket while the agent runs; nothing that happens to it stops the agent.

    `serve` is called at the start and at every flush: it takes up again what was removed.
    """

    def __init__(self, folder: Path, answer: Answer) -> None:
        self.path = folder / NAME
        self._answer = answer
        self._server: asyncio.Server | None = None  # closed by close()
        self._inode = 0  # of our socket, to tell it from another agent's
        self._complaint = ""
        self._clients = 0
        # The answer with all files may take megabytes: one at a time.
        self._large = asyncio.Lock()

    async def serve(self) -> None:
        """Make sure that the socket is served, or say once why it cannot be."""
        if self._server is not None:
            if self._is_ours():
                return
            self._shut()  # the file was removed, as by a cleaner of /tmp
        try:
            bound = _bind(self.path)
            self._inode = self.path.stat().st_ino
            self._server = await asyncio.start_unix_server(
                self._attend, sock=bound, limit=_MOST_REQUEST_BYTES
            )
        except OSError as error:
            self._complain(error.strerror or str(error))
        else:
            self._complaint = ""

    def close(self) -> None:
        """Stop serving and remove the file."""
        if self._server is not None and self._is_ours():
            with suppress(OSError):
                self.path.unlink()
        self._shut()

    def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def _is_ours(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def _complain(self, what: str) -> None:
        if what != self._complaint:
            _log.warning("%s: no `logtell status`: %s; trying again", self.path, what.lower())
        self._complaint = what

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._converse(reader, writer)
        except (TimeoutError, OSError, ValueError):  # slow, gone, or a line without an end
            writer.transport.abort()
        finally:
            self._clients -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._clients > _MOST_CLIENTS:
            writer.write(_refusal("too many ask at once; ask again"))
            return
        request = (await reader.readline()).strip()
        all_files = _REQUESTS.get(request)
        if all_files is None:
            writer.write(_refusal("ask for `status` or `status files=all`, on one line"))
        elif all_files and self._large.locked():
            writer.write(_refusal("somebody else asks for all files just now; ask again"))
        elif all_files:
            async with self._large:
                await self._send(writer, all_files=True)
        else:
            await self._send(writer, all_files=False)
        await writer.drain()

    async def _send(self, writer: asyncio.StreamWriter, *, all_files: bool) -> None:
        document = await self._answer(all_files)
        writer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
        await writer.drain()


def _refusal(why: str) -> bytes:
    return orjson.dumps({"error": why}, option=orjson.OPT_APPEND_NEWLINE)


def _bind(path: Path) -> socket.socket:
    """Bind to the path, in place of a socket that nobody serves. Raises OSError."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if path.is_socket():
        if _is_served(path):
            raise OSError(
                None,
                "another agent serves it (stop that one, or give this one another"
                " RUNTIME_DIRECTORY)",
            )
        path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        # Before it listens: until then nobody can connect, whatever the umask.
        path.chmod(_MODE)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # busy, or not ours to ask: leave it alone
    return True
