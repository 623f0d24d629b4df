"""The names of everything that the following of files counts: nothing is left out in silence."""

from collections.abc import Callable
from enum import StrEnum

Count = Callable[[str, int], None]


class Counted(StrEnum):
    """
    One name for each thing that can happen to a file, its lines or bytes, or the checkpoint.

    All but those of the checkpoint are counted by source. What begins with `bytes.` is, but for
    SEEN, something that became of bytes seen; see agent/ledger.py before adding one.
    """

    OPENED = "files.opened"
    CLOSED = "files.closed"
    RESTED = "files.rested"  # closed for want of descriptors, opened again when it changes
    GRACE_CUT = "files.grace_cut"  # rotated, and closed early for want of descriptors
    ROTATED = "files.rotated"  # another file, or none, stands under the name
    TRUNCATED = "files.truncated"  # same file, made shorter or written anew
    CAUGHT_UP = "files.rest_found"  # the rest of an older generation was found under another name
    REST_MISSING = "files.rest_missing"  # a generation ended, and its rest was not found
    TROUBLE = "files.trouble"  # cannot be opened or read now; tried again
    SEEN = "bytes.seen"  # by which files were found longer than at the look before
    READ = "bytes.read"  # handed out in blocks
    NULS = "bytes.skipped.nul"  # NULs at the start of a line, left out
    OVERLONG = "bytes.skipped.overlong"  # of a truncated line, left out
    LOST = "bytes.lost.truncated"  # seen, cut off before they were read, and in no copy
    GIVEN_UP = "bytes.lost.given_up"  # of deleted files, which held too much of the disk
    UNLINKED = (
        "bytes.lost.unlinked"  # of a file that lost its name before its end, and was found nowhere
    )
    SET_ASIDE = "bytes.set_aside"  # of a file closed before its end; seen again when it is opened
    LINES_READ = "lines.read"  # physical lines in what was handed out, counted by their newlines
    PARSED = "lines.parsed"  # of records that fit their format
    UNPARSED = "lines.unparsed"  # of records that do not
    LINES_TRUNCATED = "lines.truncated"  # longer than allowed, handed out cut
    RECORDS_CUT = "records.cut"  # a record of several lines, ended early at a line end
    HALF_LINES = "lines.half"  # ended without a newline because its file ended for good
    CHECKPOINT_SAVED = "checkpoint.saved"
    CHECKPOINT_FAILED = "checkpoint.failed"
