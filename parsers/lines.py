"""The lines of a block, for whoever takes some of them."""

from dataclasses import dataclass

import numpy as np

from parsers.batch import line_spans
from parsers.words import Ints, Octets, positions


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block: where each begins, where its text ends, where the next one begins."""

    octets: Octets
    starts: Ints
    ends: Ints
    stops: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, rows: Ints) -> bytes:
        """These lines as the bytes of a block of their own."""
        raw = self.octets.raw
        spans = zip(self.starts[rows].tolist(), self.stops[rows].tolist(), strict=True)
        return b"".join([raw[start:stop] for start, stop in spans])


def lines_of(octets: Octets) -> Lines:
    """Find the lines of a block."""
    starts, ends = line_spans(octets, positions(octets.raw, ord("\n")))
    return Lines(octets, starts, ends, np.append(starts, len(octets.raw))[1:])
