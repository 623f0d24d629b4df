"""Every file that we know, by device and inode: those open, and how far the others were done."""

from collections.abc import Iterable
from dataclasses import replace

from agent.checkpoint import Checkpoint, Entry, unexpired
from agent.identity import Key, digest
from agent.tail import Tail


class Register:
    """
    Knows each file once, whatever names lead to it.

    A file closed is remembered, so that meeting it again (renamed within a glob, found at the next
    start) goes on where it was left.
    """

    def __init__(self, checkpoint: Checkpoint, *, now_s: float) -> None:
        self._open: dict[Key, tuple[Tail, str]] = {}
        self._closed: dict[Key, Entry] = {
            entry.identity.key: entry if entry.gone_s else replace(entry, gone_s=now_s)
            for entry in checkpoint.entries
        }
        self._sources = set(checkpoint.sources)

    def is_known(self, key: Key) -> bool:
        """Whether the file is open or was."""
        return key in self._open or key in self._closed

    def is_open(self, key: Key | None) -> bool:
        """Whether the file is being followed, under this name or another."""
        return key in self._open

    def knows_source(self, source: str) -> bool:
        """Whether the source was followed before this run."""
        return source in self._sources

    def closed(self, key: Key) -> Entry | None:
        """How far a file that is not open was done."""
        return self._closed.get(key)

    def closed_under(self, path: str, source: str) -> list[Entry]:
        """The files that are not open and were followed under this name."""
        return [e for e in self._closed.values() if e.path == path and e.source == source]

    def closed_paths(self, source: str) -> set[str]:
        """The names under which files were followed that are not open now."""
        return {entry.path for entry in self._closed.values() if entry.source == source}

    def tails(self) -> Iterable[Tail]:
        """All open files."""
        return [tail for tail, _ in self._open.values()]

    def opened(self, tail: Tail, source: str) -> None:
        """Take note of an open file; what was known of its inode before is superseded."""
        self._closed.pop(tail.key, None)
        self._open[tail.key] = (tail, source)

    def moved(self, tail: Tail, old: Key, source: str) -> None:
        """Take note that a tail goes on in a copy; its old inode is another generation's."""
        del self._open[old]
        self.opened(tail, source)

    def forget(self, key: Key) -> None:
        """Take note that a file is not open and will not be met again: unlinked, or begun anew."""
        self._open.pop(key, None)
        self._closed.pop(key, None)

    def put_aside(self, tail: Tail, now_s: float) -> None:
        """Take note that a file is closed; from `now_s`, Unix time, its entry expires."""
        _, source = self._open.pop(tail.key)
        if not tail.unlinked:  # its inode will be another file's
            self.remember(_entry(tail, source, now_s))

    def remember(self, entry: Entry) -> None:
        """Take note of how far a file is done that is not open."""
        self._closed[entry.identity.key] = entry

    def followed(self, source: str) -> None:
        """Take note that the source's files have been looked for."""
        self._sources.add(source)

    def expire(self, now_s: float) -> None:
        """Forget files that have been gone for long; `now_s` is Unix time."""
        self._closed = {e.identity.key: e for e in unexpired(self._closed.values(), now_s)}

    def checkpoint(self) -> Checkpoint:
        """How far everything is done that was handed over."""
        followed = tuple(
            _entry(tail, source, None) for tail, source in self._open.values() if not tail.unlinked
        )
        return Checkpoint(followed + tuple(self._closed.values()), tuple(sorted(self._sources)))


def _entry(tail: Tail, source: str, gone_s: float | None) -> Entry:
    return Entry(
        path=tail.path,
        source=source,
        identity=tail.identity,
        offset=tail.done.offset,
        before=digest(tail.done.before),
        mtime_ns=tail.mtime_ns,
        gone_s=gone_s,
    )
