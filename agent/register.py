"""Every file that we know, by device and inode: those open, and how far the others were done."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.checkpoint import Checkpoint, Entry, unexpired
from agent.identity import Key, digest
from agent.tail import Tail

# Generations without a file, remembered for each name: compressing comes within a rotation or two.
_MOST_PAST = 8


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
        self._past = [  # see Checkpoint.past
            entry if entry.gone_s else replace(entry, gone_s=now_s) for entry in checkpoint.past
        ]
        self._claimed: set[Key] = set()  # compressed files being looked into
        self._names = _by_name(self._closed)
        # What the last checkpoint said of the open files: most have not changed since.
        self._said: dict[Key, Entry] = {}
        self._sources = set(checkpoint.sources)
        # Names whose compressed files are being searched, and for those changed since when.
        self._searches: dict[tuple[str, str], int] = {}

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
        entries = (self._closed.get(key) for key in self._names.get((path, source), ()))
        return [e for e in entries if e and (e.path, e.source) == (path, source)]

    def open_beside(self, path: str) -> list[tuple[Tail, Entry]]:
        """The open files in the directory of `path`, and how far they are done."""
        folder = _folder(path)
        tails = [(tail, source) for tail, source in self._open.values()]
        return [(t, _entry(t, source, None)) for t, source in tails if _folder(t.path) == folder]

    def closed_beside(self, path: str) -> list[Entry]:
        """All other generations in the directory of `path`."""
        known = (*self._closed.values(), *self._past)
        return [entry for entry in known if _folder(entry.path) == _folder(path)]

    def claim(self, packed: Key) -> bool:
        """Begin to look into a compressed file; False if somebody does, or has done it."""
        if packed in self._claimed or any(
            tail.packed and tail.packed.identity.key == packed for tail in self.tails()
        ):
            return False
        self._claimed.add(packed)
        return True

    def search_begins(self, path: str, source: str, since_ns: int) -> None:
        """
        Take note that compressed files of a name are searched that changed at or after `since_ns`.

        Until it has ended the checkpoint says that all we know of the name is as old as that.
        Otherwise, after a crash, what was not found yet would be older than what is known, and so
        never be looked for again.
        """
        self._searches[path, source] = since_ns

    def search_ends(self, path: str, source: str) -> None:
        """Take note that all compressed files of a name were searched."""
        self._searches.pop((path, source), None)

    def release(self, packed: Key) -> None:
        """Take note that a compressed file is not being looked into any more."""
        self._claimed.discard(packed)

    def unfinished(self, path: str, source: str, present: Key | None) -> list[Entry]:
        """The generations of a name that may have a rest, and are neither open nor `present`."""
        closed = [e for e in self.closed_under(path, source) if e.identity.key != present]
        known = [*closed, *(e for e in self._past if (e.path, e.source) == (path, source))]
        return [entry for entry in known if not (entry.finished or entry.packed or entry.is_blank)]

    def closed_paths(self, source: str) -> set[str]:
        """The names under which files were followed that are not open now."""
        known = (*self._closed.values(), *self._past)
        return {entry.path for entry in known if entry.source == source}

    @property
    def open_count(self) -> int:
        """How many files are open."""
        return len(self._open)

    def tails(self) -> Iterable[Tail]:
        """All open files."""
        return [tail for tail, _ in self._open.values()]

    def unread(self) -> Counter[str]:
        """Bytes seen and not handed out yet, by source; 0.3 µs a file."""
        found = Counter[str]()
        for tail, source in self._open.values():
            if unread := tail.unread:
                found[source] += unread
        return found

    def opened(self, tail: Tail, source: str) -> None:
        """Take note of an open file; what else its inode was before is a generation of the past."""
        known = self._closed.pop(tail.key, None)
        if known and (known.offset, known.before) != (tail.place.offset, digest(tail.place.before)):
            self.keep_past(known)
        self._open[tail.key] = (tail, source)

    def moved(self, tail: Tail, old: Key, source: str) -> None:
        """Take note that a tail goes on in a copy; its old inode is another generation's."""
        del self._open[old]
        self.opened(tail, source)

    def forget(self, key: Key) -> None:
        """Take note that a file is not open and will not be met again: unlinked, or begun anew."""
        self._open.pop(key, None)
        self._closed.pop(key, None)

    def put_aside(self, tail: Tail, now_s: float, *, finished: bool) -> None:
        """Take note that a file is closed; from `now_s`, Unix time, its entry expires."""
        _, source = self._open.pop(tail.key)
        entry = replace(_entry(tail, source, now_s), finished=finished)
        if not tail.unlinked:
            self.remember(entry)
        elif not (tail.packed and finished):  # its inode will be another file's
            self.keep_past(entry)
        if tail.packed and finished:
            self.remember(tail.packed)

    def keep_past(self, entry: Entry) -> None:
        """Remember a generation that has no file of its own any more, by its content."""
        if entry.is_blank or entry.packed or entry in self._past:
            return
        same = [e for e in self._past if (e.path, e.source) == (entry.path, entry.source)]
        if len(same) >= _MOST_PAST:
            self._past.remove(min(same, key=lambda each: each.mtime_ns))
        self._past.append(entry)

    def finish(self, entry: Entry, now_s: float) -> None:
        """Take note that the rest of a generation is not to be had; what was read stays known."""
        self.supersede(entry)
        self.keep_past(replace(entry, finished=True, gone_s=entry.gone_s or now_s))

    def supersede(self, entry: Entry) -> None:
        """Take note that a generation is read on elsewhere."""
        self._past = [each for each in self._past if each is not entry]
        if self._closed.get(entry.identity.key) is entry:
            del self._closed[entry.identity.key]

    def rest(self, tail: Tail) -> None:
        """Take note that a file is closed for a while and still followed: it does not expire."""
        _, source = self._open.pop(tail.key)
        self.remember(_entry(tail, source, None))

    def remember(self, entry: Entry) -> None:
        """Take note of how far a file is done that is not open."""
        if known := self._closed.get(entry.identity.key):
            self.keep_past(known)  # another generation, which had the inode before
        self._closed[entry.identity.key] = entry
        self._names[entry.path, entry.source].add(entry.identity.key)

    def followed(self, source: str) -> None:
        """Take note that the source's files have been looked for."""
        self._sources.add(source)

    def expire(self, now_s: float) -> None:
        """Forget files that have been gone for long; `now_s` is Unix time."""
        kept = {e.identity.key: e for e in unexpired(self._closed.values(), now_s)}
        if len(kept) < len(self._closed):
            self._closed, self._names = kept, _by_name(kept)
        self._past = list(unexpired(self._past, now_s))

    def checkpoint(self) -> Checkpoint:
        """How far everything is done that was handed over."""
        self._said = {
            key: self._present(key, tail, source) for key, (tail, source) in self._open.items()
        }
        followed, past = list(self._closed.values()), list(self._past)
        for key, (tail, _) in self._open.items():
            (past if tail.unlinked else followed).append(self._said[key])
        if self._searches:
            followed, past = [list(map(self._not_newer, each)) for each in (followed, past)]
        return Checkpoint(tuple(followed), tuple(sorted(self._sources)), tuple(past))

    def _not_newer(self, entry: Entry) -> Entry:
        since_ns = self._searches.get((entry.path, entry.source), entry.mtime_ns)
        return entry if entry.mtime_ns <= since_ns else replace(entry, mtime_ns=since_ns)

    def _present(self, key: Key, tail: Tail, source: str) -> Entry:
        """The same entry as the last time, if nothing has changed: it need not be encoded anew."""
        said = self._said.get(key)
        if said is None or said.identity is not tail.identity:
            return _entry(tail, source, None)
        same = (said.offset, said.mtime_ns) == (tail.done.offset, tail.mtime_ns)
        return said if same else _entry(tail, source, None)

    def entry(self, tail: Tail) -> Entry:
        """How far an open file is done."""
        return _entry(tail, self._open[tail.key][1], None)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _by_name(entries: Mapping[Key, Entry]) -> defaultdict[tuple[str, str], set[Key]]:
    names = defaultdict(set)
    for key, entry in entries.items():
        names[entry.path, entry.source].add(key)
    return names


def _entry(tail: Tail, source: str, gone_s: float | None) -> Entry:
    return Entry(
        path=tail.path,
        source=source,
        identity=tail.identity,
        offset=tail.done.offset,
        before=digest(tail.done.before),
        mtime_ns=tail.mtime_ns,
        gone_s=gone_s,
        size=max(tail.size, 0),
    )
