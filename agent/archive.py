"""The compressed files beside a name, searched for what is missing of its generations."""

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.checkpoint import Entry
from agent.counts import Count, Counted
from agent.generations import Generations
from agent.identity import Key
from agent.listing import Found
from agent.tail import Tail
from agent.trouble import Trouble, in_words
from agent.unpack import Known, lay_out, recognise

# bzip2 keeps the time of the last change in whole seconds.
_SLACK_NS = 10**9
# A compressed file that ends too early and has changed since is still being written.
_SETTLED_S = 60.0


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A generation, or its rest, laid out as a file without a name."""

    fd: int  # the caller's to close
    offset: int
    # The generation as it was known; None: nobody has seen it.
    entry: Entry | None
    packed: Entry  # to be remembered of the compressed file when all that was unpacked is done


@dataclass(frozen=True, slots=True)
class Wanted:
    """A generation that has lost its file, and whose rest is not found yet."""

    known: Known
    unread: int | None  # bytes that were set aside of it; None: by the run before, if any
    # In which epoch of the listings it was looked for first (0: not yet): names may have been
    # changed just then, so it is looked for once more in another.
    tried: int = 0


@dataclass(slots=True)
class Findings:
    """What a search came to."""

    unpacked: list[Unpacked] = field(default_factory=list)
    # Generations that were found, whether or not anything was unread in them.
    owned: list[Entry] = field(default_factory=list)
    damaged: dict[str, int] = field(default_factory=dict)  # path to the bytes that could be had
    missing: Sequence[Wanted] = ()  # wanted, and in no file here
    # Something is still being written, and can be told only later.
    unsettled: bool = False


class Archive:
    """Searches for one name; what is unpacked lies in `folder` (None: the system's)."""

    def __init__(self, older: Generations, folder: Path | None, count: Count) -> None:
        self._older = older
        self._folder = folder
        self._count = count
        self._trouble = Trouble(older.path)
        self._wanted: list[Wanted] = []
        self._search: Generator[None, None, Findings] | None = None
        self._again_since_ns: int | None = None

    @property
    def searching(self) -> bool:
        """Whether a search is under way: nothing newer is read before it has ended."""
        return self._search is not None

    def is_to_begin_again(self, now_s: float) -> bool:
        """Whether the last search could not tell everything, and it is time for another."""
        unsettled = self._again_since_ns is not None and not self._search
        return unsettled and self._trouble.may_try(now_s)

    @property
    def wanted(self) -> Sequence[Wanted]:
        """What is looked for."""
        return tuple(self._wanted)

    def found(self, wanted: Wanted) -> None:
        """Take note that a generation need not be looked for any more."""
        self._wanted.remove(wanted)

    def want(self, wanted: Wanted) -> None:
        """Look for the rest of a generation from the next search on, until that has an answer."""
        self._wanted.append(wanted)

    def begin(self, since_ns: int) -> Sequence[Wanted]:
        """
        Begin a search; returns what is wanted and not to be had: twice there was nothing to search.

        What belongs to no known generation and changed at or after `since_ns` nobody has seen: it
        is unpacked whole.
        """
        since_ns = min(since_ns, self._again_since_ns or since_ns)
        if self._search:
            return ()
        self._again_since_ns = None
        candidates = self._candidates(since_ns)
        older = self._older
        if not candidates:
            older.register.search_ends(older.path, older.source)
            return self._unfound(self._wanted, since_ns)
        older.register.search_begins(older.path, older.source, since_ns)
        self._search = self._searched(candidates, self._known(), since_ns)
        return ()

    def go_on(self, now_s: float) -> Findings | None:
        """
        Search on, for some ms; the findings when it has ended, whose descriptors are the caller's.

        On an error, as on a full disk, the search is over, and is to begin again after a pause.
        """
        assert self._search is not None
        try:
            next(self._search)
        except StopIteration as end:
            self._search = None
            self._trouble.over()
            if self._again_since_ns is None:
                self._older.register.search_ends(self._older.path, self._older.source)
            findings: Findings = end.value
            return findings
        except OSError as error:
            self._search = None
            if self._trouble.met(in_words(error), now_s):
                self._count(Counted.TROUBLE, 1)
        return None

    def close(self) -> None:
        """Break off a search under way."""
        if self._search:
            self._search.close()
        self._search = None

    def _known(self) -> list[Known]:
        """
        The generations that a compressed file may hold.

        All of the directory, not only of this name: a pattern may mean rotated names as well, and
        a file that was followed as access.log.1 is compressed as access.log.2.gz.
        """
        register, path = self._older.register, self._older.path
        known = [wanted.known for wanted in self._wanted]
        known += [Known(entry, tail=tail) for tail, entry in register.open_beside(path)]
        known += [Known(entry) for entry in register.closed_beside(path) if not entry.packed]
        return [
            each
            for each in known
            if each.tail or not (each.entry.is_blank or each.entry.is_faceless)
        ]

    def _candidates(self, since_ns: int) -> list[Found]:
        """Compressed files that nobody has looked into and that may hold what is missing."""
        oldest_ns = min([since_ns, *(each.known.entry.mtime_ns for each in self._wanted)])
        return [
            found for found in self._older.packed() if found[1].st_mtime_ns + _SLACK_NS >= oldest_ns
        ]

    def _searched(
        self, candidates: Sequence[Found], known: Sequence[Known], since_ns: int
    ) -> Generator[None, None, Findings]:
        findings, register, claimed = Findings(), self._older.register, list[Key]()
        self._again_since_ns = since_ns  # unless it comes to its end
        try:
            for path, found in candidates:
                if packed := self._older.claim(path):
                    claimed.append(packed)
                    left = [each for each in known if each.entry not in findings.owned]
                    yield from self._look_into(Path(path), found, left, findings, since_ns)
        except BaseException:
            for each in findings.unpacked:
                os.close(each.fd)
            raise
        finally:
            for packed in claimed:
                register.release(packed)
        if not findings.unsettled:
            self._again_since_ns = None
            owned = findings.owned
            unfound = [each for each in self._wanted if each.known.entry not in owned]
            findings.missing = self._unfound(unfound, since_ns)
        return findings

    def _unfound(self, wanted: Sequence[Wanted], since_ns: int) -> Sequence[Wanted]:
        """Have what was looked for once looked for again; returns what was so twice."""
        epoch = self._older.listings.epoch
        missing = [each for each in wanted if 0 < each.tried < epoch]
        left = [each for each in wanted if each not in missing]
        self._wanted = [replace(each, tried=each.tried or epoch) for each in left]
        if self._wanted:
            self._again_since_ns = since_ns
        return missing

    def _look_into(
        self,
        path: Path,
        found: os.stat_result,
        known: Sequence[Known],
        findings: Findings,
        since_ns: int,
    ) -> Generator[None, None, None]:
        contents = yield from recognise(path, known)
        if contents.broken and self._may_be_growing(found):
            findings.unsettled = True
            return
        packed = self._older.packed_entry(path)
        owner = contents.owner.entry if contents.owner else None
        if owner:
            findings.owned.append(owner)
        is_missed = packed.mtime_ns + _SLACK_NS >= since_ns
        if contents.owner and contents.owner.tail:
            self._read_beside(contents.owner.tail, packed, findings)
            return
        if contents.unread_from >= contents.size or not (owner or is_missed):
            self._older.register.remember(packed)
            return
        if contents.broken:
            findings.damaged[str(path)] = contents.size
        fd = yield from lay_out(path, contents.unread_from, self._folder)
        findings.unpacked.append(Unpacked(fd, contents.unread_from, owner, packed))

    def _read_beside(self, tail: Tail, packed: Entry, findings: Findings) -> None:
        """Take note that a compressed file holds what is being read of the one it was made of."""
        if tail.is_open:
            self._older.register.reads_packed(tail, packed)
        else:
            findings.unsettled = True  # closed since this search began, perhaps before its end

    def _may_be_growing(self, found: os.stat_result) -> bool:
        return self._older.wall_clock() - found.st_mtime < _SETTLED_S
