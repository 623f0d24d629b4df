"""The names of everything that the following of files counts: nothing is left out in silence."""

from collections.abc import Callable
from enum import StrEnum

Count = Callable[[str, int], None]


class Counted(StrEnum):
    """One name for each thing that can happen to a file, its bytes or its checkpoint."""

    OPENED = "files.opened"
    CLOSED = "files.closed"
    ROTATED = "files.rotated"  # another file, or none, stands under the name
    TRUNCATED = "files.truncated"  # same file, made shorter or written anew
    CAUGHT_UP = "files.rest_found"  # the rest of an older generation was found under another name
    REST_MISSING = "files.rest_missing"  # a generation ended, and its rest was not found
    LOST = "bytes.lost"  # seen in a file, truncated before they were read, and in no copy
    GIVEN_UP = "bytes.given_up"  # unread in deleted files, which held too much of the disk
    TROUBLE = "files.trouble"  # cannot be opened or read now; tried again
    READ = "bytes.read"  # handed out in blocks
    NULS = "bytes.skipped.nul"  # NULs at the start of a line, left out
    OVERLONG = "bytes.skipped.overlong"  # of a truncated line, left out
    LINES_TRUNCATED = "lines.truncated"
    RECORDS_CUT = "records.cut"  # a record of several lines, ended early at a line end
    HALF_LINES = "lines.half"  # ended without a newline because its file ended for good
    CHECKPOINT_SAVED = "checkpoint.saved"
    CHECKPOINT_FAILED = "checkpoint.failed"
