"""How far each file is done, kept over restarts: one small JSON file, whole or not there at all."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

import orjson

from agent.counts import Count, Counted
from agent.files import read_file, write_atomically
from agent.identity import BEFORE_BYTES, Identity, continues, digest

_log = logging.getLogger(__name__)

VERSION = 1
# logrotate's weekly rotation with delaycompress keeps a file uncompressed for 7 days.
KEEP_GONE_S = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Entry:
    """How far one generation of one file is done."""

    path: str  # the name it was followed under, whatever it is called now
    source: str
    identity: Identity
    offset: int  # everything before it was handed over
    before: str  # digest of the up to 64 bytes just before `offset`
    mtime_ns: int  # when the file had last changed, by its own file system
    gone_s: float | None = None  # Unix time since when it is not open; None while it is followed
    packed: bool = False  # a compressed file, known and done: never followed as it lies there
    finished: bool = False  # read to its end after it had lost its name: nothing is missing of it
    size: int = 0  # bytes, at the last look

    @property
    def is_faceless(self) -> bool:
        """Whether only its inode tells it: nothing was read, or NULs, as of many other files."""
        nuls = b"\0" * min(self.offset, BEFORE_BYTES)
        return self.identity.is_faceless and (not self.offset or self.before == digest(nuls))

    @property
    def is_blank(self) -> bool:
        """Whether nothing was seen in the file by which it or a copy could be known again."""
        return not self.offset and not self.identity.head_bytes

    @property
    def is_unseen(self) -> bool:
        """Whether the file was open and nothing was read by which it could be known again."""
        return not (self.finished or self.packed) and (self.is_blank or self.is_faceless)

    def goes_on_in(self, fd: int, unread: int = 0) -> bool:
        """Whether a file holds what was read of this generation, and so many bytes behind that."""
        if self.is_blank or os.fstat(fd).st_size < self.offset + unread:
            return False
        return continues(fd, self.identity, self.offset, self.before)

    @property
    def unread(self) -> int:
        """Bytes that were seen in the file and not handed over."""
        return max(0, self.size - self.offset)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The entries of all files, and the sources that have been followed before."""

    entries: tuple[Entry, ...] = ()
    # A file of a source that is not among these existed before we did: `start_at` holds for it.
    sources: tuple[str, ...] = ()
    # Generations that have no file of their own any more: unlinked, or their inode begun anew. They
    # are known again by their content, in a compressed copy.
    past: tuple[Entry, ...] = ()


class BadCheckpointError(ValueError):
    """What a file holds is no checkpoint; says why in words that follow "the checkpoint"."""


def unexpired(entries: Iterable[Entry], now_s: float) -> tuple[Entry, ...]:
    """Leave out the entries of files that have been gone for 7 days; `now_s` is Unix time."""
    return tuple(e for e in entries if e.gone_s is None or now_s - e.gone_s < KEEP_GONE_S)


def encode(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint as JSON, with its version and a checksum over the rest."""
    return _enclose(checkpoint, map(_encoded, checkpoint.entries))


def _enclose(checkpoint: Checkpoint, entries: Iterable[bytes]) -> bytes:
    """Put encoded entries together, with keys in the order in which the checksum wants them."""
    listed = b"".join(entries).removesuffix(b",")
    rest = {
        "past": [_as_dict(entry) for entry in checkpoint.past],
        "sources": sorted(checkpoint.sources),
    }
    body = b'"entries":[%b],' % listed + orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)[1:]
    head = {"checksum": digest(b"{" + body), "version": VERSION}
    return orjson.dumps(head)[:-1] + b"," + body


def _encoded(entry: Entry) -> bytes:
    # With the comma, and so copied: what orjson returns keeps a buffer of 4 KiB.
    return orjson.dumps(_as_dict(entry), option=orjson.OPT_SORT_KEYS) + b","


def decode(raw: bytes) -> Checkpoint:
    """Read what `encode` wrote. Raises BadCheckpointError for anything else: cut, NULs, newer."""
    try:
        value = orjson.loads(raw)
        version, checksum = value.pop("version"), value.pop("checksum")
        if version != VERSION:
            raise BadCheckpointError(
                f"has version {version}, and this logtell knows version {VERSION}"
            )
        if checksum != _checksum(value):
            raise BadCheckpointError("does not agree with its checksum")
        return Checkpoint(
            tuple(map(_as_entry, value["entries"])),
            tuple(value["sources"]),
            tuple(map(_as_entry, value.get("past", ()))),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadCheckpointError(
            f"cannot be read ({len(raw)} bytes, {type(error).__name__})"
        ) from error


class CheckpointStore:
    """
    The checkpoint on disk, beside it the previous one as `<name>.previous`.

    Nothing that happens here stops the following: what cannot be read is a WARNING and the previous
    checkpoint, what cannot be written is a WARNING once, a counter, and a new try at the next save.
    """

    def __init__(self, path: Path, *, count: Count) -> None:
        self.path = path
        self.previous = path.with_name(path.name + ".previous")
        self._count = count
        self._saved = b""  # what the file holds, as far as we know
        # By entry as the last checkpoint held it: of ten thousand files a hundred have changed.
        self._encoded: dict[int, tuple[Entry, bytes]] = {}
        self._good = False  # whether the file on disk deserves to become the previous one
        self.saved_at: float | None = None  # Unix time of the last save of this run
        self.failing = ""  # why the last save failed; "" if it did not
        self._asked = 0
        self._written = 0
        # A cancelled save leaves its thread behind; without the lock and the two numbers, it could
        # write its older checkpoint over the newer one of the drain.
        self._lock = threading.Lock()

    async def load(self) -> Checkpoint:
        """Read the checkpoint, or the previous one, or an empty one if there is none to be had."""
        current = await self._read(self.path, "the previous checkpoint is used")
        if current is not None:
            self._good = True
            return current
        previous = await self._read(self.previous, "files are followed as if for the first time")
        return previous or Checkpoint()

    async def save(self, checkpoint: Checkpoint) -> bool:
        """Write the checkpoint if it has changed; False if that failed. Never raises OSError."""
        raw = self._encode(checkpoint)
        if raw == self._saved:
            return True
        self._asked += 1
        try:
            await asyncio.to_thread(self._write, raw, self._asked)
        except OSError as error:
            self._failed(error)
            return False
        self._succeeded(raw)
        return True

    def _encode(self, checkpoint: Checkpoint) -> bytes:
        """What `encode` does, at no cost for entries that are the very same as the last time."""
        known = self._encoded  # holds the entries, so that no other can have the id of one
        self._encoded = {
            id(entry): known.get(id(entry)) or (entry, _encoded(entry))
            for entry in checkpoint.entries
        }
        return _enclose(checkpoint, (raw for _, raw in self._encoded.values()))

    async def _read(self, path: Path, otherwise: str) -> Checkpoint | None:
        try:
            return decode(await read_file(path))
        except FileNotFoundError:
            return None
        except (BadCheckpointError, OSError) as error:
            why = f"cannot be read ({error.strerror})" if isinstance(error, OSError) else error
            _log.warning("%s: the checkpoint %s; %s", path, why, otherwise)
            return None

    def _write(self, raw: bytes, number: int) -> None:
        with self._lock:
            if number < self._written:
                return
            write_atomically(self.path, raw, previous=self.previous if self._good else None)
            self._written, self._good = number, True

    def _failed(self, error: OSError) -> None:
        self._count(Counted.CHECKPOINT_FAILED, 1)
        why = (error.strerror or str(error)).lower()
        if why != self.failing:
            _log.warning(
                "%s: the checkpoint cannot be saved: %s; trying again at each flush"
                " (a crash before that repeats what was read since the last one)",
                self.path,
                why,
            )
        self.failing = why

    def _succeeded(self, raw: bytes) -> None:
        self._count(Counted.CHECKPOINT_SAVED, 1)
        if self.failing:
            _log.info("%s: the checkpoint is saved again", self.path)
        self._saved, self.failing, self.saved_at = raw, "", time.time()


def _checksum(body: dict[str, Any]) -> str:
    return digest(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))


def _as_dict(entry: Entry) -> dict[str, Any]:
    return {
        # A path is bytes, not text: quoted, so that one in Latin-1 is no reason to lose them all.
        "path": quote_from_bytes(os.fsencode(entry.path), safe="/ :@+,=~()[]"),
        "source": entry.source,
        "device": entry.identity.device,
        "inode": entry.identity.inode,
        "head_bytes": entry.identity.head_bytes,
        "head": entry.identity.head,
        "offset": entry.offset,
        "before": entry.before,
        "mtime_ns": entry.mtime_ns,
        "gone_s": entry.gone_s,
        "packed": entry.packed,
        "finished": entry.finished,
        "size": entry.size,
    }


def _as_entry(value: dict[str, Any]) -> Entry:
    return Entry(
        path=os.fsdecode(unquote_to_bytes(value["path"])),
        source=value["source"],
        identity=Identity(value["device"], value["inode"], value["head_bytes"], value["head"]),
        offset=value["offset"],
        before=value["before"],
        mtime_ns=value["mtime_ns"],
        gone_s=value["gone_s"],
        packed=value.get("packed", False),
        finished=value.get("finished", False),
        size=value.get("size", 0),
    )
