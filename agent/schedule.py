"""Whose turn it is: who is due by the clock comes before who has more to hand out."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")

# One look at an idle file costs 2 to 4 µs, so that this many hold up the event loop for 2 ms.
MOST_AT_ONCE = 500
SPREAD_S = 0.25
_IN_LINE = -inf


class Schedule(Generic[T]):
    """
    Each item once: waiting for a clock time, or in the line of those that want another turn now.

    Times are few, since all files are looked at in step, so that they are kept in buckets: putting
    and taking cost the same however many wait.
    """

    def __init__(self) -> None:
        # What counts; a bucket may hold what has moved since. _IN_LINE: in no bucket.
        self._at_s: dict[T, float] = {}
        self._buckets: defaultdict[float, deque[T]] = defaultdict(deque)
        self._times_s: list[float] = []  # a heap of the buckets' times
        self._line: deque[T] = deque()

    def put(self, item: T, at_s: float, *, may_wait: bool = False) -> None:
        """
        Let the item be due at a clock time and at no other; never, if that is infinity.

        One that may wait goes into a later bucket where that one is full. One that stands in the
        line stays there: it will soon have its turn.
        """
        if self._at_s.get(item) == _IN_LINE:
            return
        if at_s == inf:
            self._at_s.pop(item, None)
            return
        while may_wait and len(self._buckets.get(at_s, ())) >= MOST_AT_ONCE:
            at_s += SPREAD_S
        if self._at_s.get(item) != at_s:
            self._at_s[item] = at_s
            if at_s not in self._buckets:
                heapq.heappush(self._times_s, at_s)
            self._buckets[at_s].append(item)

    def put_last(self, item: T) -> None:
        """Let the item have another turn, after all who are due and all who stand in the line."""
        if self._at_s.get(item) != _IN_LINE:
            self._at_s[item] = _IN_LINE
            self._line.append(item)

    def take(self, now_s: float) -> T | None:
        """
        Take the next item out; None if nobody is due.

        A file with a backlog of hours has one block a turn, and in between everyone who is due: a
        quiet file waits for one block of another, not for one of each.
        """
        while self._times_s and self._times_s[0] <= now_s:
            at_s = self._times_s[0]
            bucket = self._buckets[at_s]
            while bucket:
                item = bucket.popleft()
                if self._at_s.get(item) == at_s:
                    del self._at_s[item]
                    return item
            heapq.heappop(self._times_s)
            del self._buckets[at_s]
        if not self._line:
            return None
        item = self._line.popleft()
        del self._at_s[item]
        return item

    def take_all(self, now_s: float) -> Iterator[T]:
        """Take out, once each, all who are due or stand in the line at this moment."""
        all_due = deque[T]()
        while (item := self.take(now_s)) is not None:
            all_due.append(item)
        try:
            while all_due:
                yield all_due.popleft()
        finally:
            for item in all_due:  # whoever asked has heard enough
                self.put_last(item)

    def due_s(self) -> float:
        """The clock time when somebody is due; infinity if nobody is."""
        if self._line:
            return _IN_LINE
        return self._times_s[0] if self._times_s else inf
