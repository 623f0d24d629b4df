"""What lies beside a name: all of its directory, or, of many, what rotation connects with it."""

from collections import defaultdict
from collections.abc import Hashable, Set
from typing import Generic, TypeVar

from agent import paths

T = TypeVar("T", bound=Hashable)

# Above this, only names that rotation makes of each other count as neighbours: with ten thousand
# logs, each of which is rotated, all neighbours of all are a hundred million.
MOST_BESIDE = 500


class Kin(Generic[T]):
    """Things by the path they belong to, found again from any path beside it."""

    def __init__(self) -> None:
        self._by_folder: defaultdict[str, set[T]] = defaultdict(set)
        self._by_name: defaultdict[str, set[T]] = defaultdict(set)

    def add(self, path: str, each: T) -> None:
        """Take something in that belongs to a path."""
        self._by_folder[_folder(path)].add(each)
        for name in _family(path):
            self._by_name[name].add(each)

    def discard(self, path: str, each: T) -> None:
        """Forget something; harmless if it is not known."""
        _discard(self._by_folder, _folder(path), each)
        for name in _family(path):
            _discard(self._by_name, name, each)

    def beside(self, path: str) -> Set[T]:
        """
        What belongs to the directory of a path; in a large one, to the path's family.

        access.log, access.log.1 and access-20260102.log are one family.
        """
        together = self._by_folder.get(_folder(path), set())
        if len(together) <= MOST_BESIDE:
            return set(together)
        return set().union(*(self._by_name.get(name, ()) for name in _family(path)))


def _family(path: str) -> set[str]:
    folder, slash, name = path.rpartition("/")
    return {path, *(f"{folder}{slash}{original}" for original in paths.originals(name))}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _discard(index: defaultdict[str, set[T]], name: str, each: T) -> None:
    if name in index:
        index[name].discard(each)
        if not index[name]:
            del index[name]
