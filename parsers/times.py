"""The times of a batch as a column, read when someone asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from parsers.columns import Labels, Numbers, Objects, Value
from parsers.moments import WITH_COLON, Moments, Stamp
from parsers.notations import BARE, CLOCK_ONLY
from parsers.stamps import Stamps
from parsers.words import Ints, Octets

# How much of a stamp changes within ten minutes, by its notation; of seconds since 1970 all.
_WHOLE = ("d" * 10, "@")
_TAILS = np.array(
    [WITH_COLON] * CLOCK_ONLY + [0] + [len("000") * (not b.startswith(_WHOLE)) for b in BARE]
)


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a batch as a column, read when asked for."""

    octets: Octets
    stamps: Stamps
    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None

    def __len__(self) -> int:
        return len(self.stamps.at)

    def take(self, rows: Ints) -> "Times":
        return Times(self.octets, self.stamps.take(rows), self.zone, self.reference)

    def values(self) -> Sequence[Value]:
        moments = Moments(self.zone, self.reference() if self.reference else None)
        return moments.column(self._rows())

    def _rows(self) -> list[Stamp]:
        raw, stamps = self.octets.raw, self.stamps
        at = np.where(stamps.at < 0, 0, stamps.at)
        # Rows without a stamp are empty.
        tail = stamps.second_end - _TAILS[stamps.notation]
        columns = (at, tail, stamps.second_end, stamps.fraction, stamps.fraction_end, stamps.until)
        spans = np.where(stamps.at < 0, 0, np.stack(columns)).tolist()
        return [
            (raw[a:b], raw[b:c], raw[e:f], raw[d:e], kind)
            for a, b, c, d, e, f, kind in zip(*spans, stamps.notation.tolist(), strict=True)
        ]

    def labels(self) -> Labels:
        return Objects(self.values()).labels()

    def numbers(self) -> Numbers:
        return Objects(self.values()).numbers()
