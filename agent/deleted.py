"""Deleted files that are still open keep their disk: how much of that is borne, and what goes."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress

from agent.lane import Lane
from agent.tail import Tail

_log = logging.getLogger(__name__)


def relieve(lanes: Iterable[Lane], most_bytes: int) -> None:
    """
    Close deleted files until those that are open hold no more than `most_bytes` of the disk.

    First those of which all was read, then the oldest; what was unread in them is counted as given
    up. Costs one `fstat` for each file that has lost its name.
    """
    held = list(_deleted(lanes))
    total = sum(size for _, _, size in held)
    held.sort(key=lambda each: (each[2] > each[1].place.offset, each[1].mtime_ns))
    for lane, tail, size in held:
        if total <= most_bytes:
            return
        total -= size
        _give_up(lane, tail, size - tail.place.offset)


def _deleted(lanes: Iterable[Lane]) -> Iterator[tuple[Lane, Tail, int]]:
    for lane in lanes:
        for tail in lane.tails:
            if tail.retired_s is not None:
                with suppress(OSError):  # ESTALE: the next look tells of it
                    if size := tail.deleted_bytes():
                        yield lane, tail, size


def _give_up(lane: Lane, tail: Tail, unread: int) -> None:
    lane.give_up(tail, unread)
    if unread:
        _log.error(
            "%s: a deleted file was closed before its last %d bytes were read, which are lost:"
            " deleted files held more of the disk than follow.max_deleted_bytes"
            " (is an output slow?)",
            lane.path,
            unread,
        )
