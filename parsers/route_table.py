"""Which route the paths seen last have, so that a known path costs a few loads and no text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from parsers.columns import Labels, Texts
from parsers.fingerprints import fingerprints
from parsers.words import Ints, Words

_SLOT_BITS = 16  # 1 MiB of tables a source; of a thousand busy paths two or three share a slot
# Routes remembered. Whoever asks for made-up paths makes us begin anew, and not grow.
_MOST_ROUTES = 4_096
_QUERY = ord("?")
Routes = Callable[[Sequence[str | None]], Sequence[str | None]]


@dataclass(slots=True, eq=False)
class RouteTable:
    """
    The paths seen last by their fingerprint, one a slot, in bounded memory.

    That two of all the paths in it share a fingerprint by chance has a probability of 10**-9.
    """

    _known: Words = field(default_factory=lambda: np.zeros(0, np.uint64))
    _code: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    _routes: dict[str | None, int] = field(default_factory=dict)

    def labels(self, uris: Texts, routes: Routes) -> Labels:
        """The route of each URI without its query; `routes` is asked for those of unknown paths."""
        self._make_room()
        starts, ends = np.maximum(uris.starts, 0), np.maximum(uris.ends, 0)
        paths, ends = fingerprints(uris.octets, starts, ends, stop=_QUERY)
        slots = (paths >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        codes = self._code[slots]
        missed = np.flatnonzero(self._known[slots] != paths)
        if missed.size:
            _, first, each = np.unique(paths[missed], return_index=True, return_inverse=True)
            rows = missed[first]
            learnt = self._codes(routes(_texts(uris.at(starts[rows], ends[rows]))))
            self._known[slots[rows]], self._code[slots[rows]] = paths[rows], learnt
            codes[missed] = learnt[each]
        codes[uris.starts < 0] = self._routes.setdefault(None, len(self._routes))
        return self._labels(codes)

    def _make_room(self) -> None:
        if not len(self._known) or len(self._routes) > _MOST_ROUTES:
            self._known = np.zeros(1 << _SLOT_BITS, np.uint64)
            self._code = np.zeros(1 << _SLOT_BITS, np.int64)
            self._routes.clear()

    def _codes(self, routes: Sequence[str | None]) -> Ints:
        known = self._routes
        return np.array([known.setdefault(each, len(known)) for each in routes], np.int64)

    def _labels(self, codes: Ints) -> Labels:
        """Only with the routes that some row has: thousands may be remembered."""
        used = np.flatnonzero(np.bincount(codes, minlength=len(self._routes)))
        numbers = np.zeros(len(self._routes), np.int64)
        numbers[used] = np.arange(len(used))
        names = list(self._routes)
        return Labels(numbers[codes], tuple(names[code] for code in used.tolist()))


def _texts(paths: Texts) -> list[str | None]:
    return [None if each is None else str(each) for each in paths.values()]
