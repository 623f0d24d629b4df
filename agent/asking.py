"""Asks a running agent for its status, over its socket; for `logtell status`."""

import json
import socket
from pathlib import Path
from typing import Any

_PATIENCE_S = 10.0  # the agent gives us half of it
_MOST_BYTES = 64 << 20  # 10,000 files are 6 MB


class NoAnswerError(Exception):
    """Nobody answers; the text says what is wrong, and then what to do, after a newline."""


def ask(path: Path, *, all_files: bool = False) -> bytes:
    """The answer, one line of JSON. Raises NoAnswerError."""
    request = b"status files=all\n" if all_files else b"status\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
            asked.settimeout(_PATIENCE_S)
            asked.connect(str(path))
            asked.sendall(request)
            answer = _read(asked)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise NoAnswerError(
            f"no agent serves {path}\nstart it (`systemctl start logtell`, or `logtell run`); if it"
            " runs with another RUNTIME_DIRECTORY or as another user, name its socket: --socket"
        ) from None
    except PermissionError:
        raise NoAnswerError(
            f"{path}: not allowed\nask as root, or as a member of the agent's group"
        ) from None
    except OSError as error:
        raise NoAnswerError(
            f"{path}: no answer: {error.strerror or error}\nask again; if it stays so, look at the"
            " agent's log and `logtell health`"
        ) from None
    return answer


def read_answer(answer: bytes) -> dict[str, Any]:
    """The document. Raises NoAnswerError for anything else."""
    try:
        document = json.loads(answer)
    except ValueError:
        raise NoAnswerError("the agent's answer broke off\nask again") from None
    if isinstance(document, dict) and document.get("schema_version") == 1:
        return document
    if isinstance(document, dict) and "error" in document:
        raise NoAnswerError(f"the agent does not answer: {document['error']}\nask again")
    raise NoAnswerError(
        "the agent's answer is of a version that this logtell does not know\nuse the `logtell`"
        " that the agent was started with"
    )


def _read(asked: socket.socket) -> bytes:
    parts, size = [], 0
    while size < _MOST_BYTES and (part := asked.recv(1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
