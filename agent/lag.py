"""How long what is not read yet of a file has been waiting, without a clock for every byte."""


class Lag:
    """
    Bounds the age of a file's oldest unread byte by what its looks have seen, in clock seconds.

    At the time of a mark the file ended at the mark's offset. Once all before that offset is read,
    the oldest unread byte is younger than the mark, and a new one is set. (Whether anything is
    unread is not enough: of a log of tracebacks the last record nearly always is.)
    """

    __slots__ = ("_looked_s", "_mark", "_mark_s", "_since_s")

    def __init__(self, offset: int) -> None:
        self._mark = offset
        self._mark_s = self._since_s = self._looked_s = float("inf")

    def looked(self, now_s: float) -> None:
        """Note a look that found nothing new."""
        self._looked_s = now_s

    def grew(self, now_s: float, *, place: int, before: int, end: int) -> None:
        """Note a look: read up to `place`, the file ended at `before` and ends at `end` now."""
        if place >= before:
            self._since_s = min(self._looked_s, now_s)
            self._mark, self._mark_s = end, now_s
        elif place >= self._mark:
            self._since_s = min(self._mark_s, now_s)
            self._mark, self._mark_s = end, now_s
        self._looked_s = now_s

    def seconds(self, now_s: float, *, seen: bool) -> float:
        """
        At most how old the oldest unread byte is; `seen`: a look has seen it.

        What nobody has looked at yet is younger than the last look.
        """
        return max(0.0, now_s - (self._since_s if seen else self._looked_s))
