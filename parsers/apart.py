"""Lines of which each is a record, whatever its format would join: those of several programs."""

import numpy as np

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.lines import lines_of
from parsers.merged import merge, piece_of
from parsers.words import Bools, Octets


def parse_apart(parser: Parser, prose: Parser, raw: bytes, further: Bools) -> Batch:
    """
    Parse lines as `parser` does, but join none to a record that does not itself go on with it.

    `further` are the lines that do. What is taken out of a record is read by `prose`.
    """
    block = Block(raw)
    batch = parser.parse(block)
    count = batch.line_counts()
    if int(count.sum()) == len(batch) or batch.offsets is not None:  # or a frame within the frame
        return batch
    lines = lines_of(Octets(raw))
    begins = np.zeros(len(lines), np.bool_)
    begins[np.cumsum(count) - count] = True
    # A line that goes on with one that is taken out is taken out with it.
    last = np.maximum.accumulate(np.where(begins | ~further, np.arange(len(lines)), 0))
    kept = begins[last]
    kept[0] = True
    if kept.all():
        return batch
    parts = ((parser, np.flatnonzero(kept)), (prose, np.flatnonzero(~kept)))
    return merge(block, lines.octets, [piece_of(each, lines, rows) for each, rows in parts])
