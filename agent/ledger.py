"""
What became of every line and every byte, and whether it adds up: by source, and by file.

Two laws, each between counts that are made in different places:

    lines read = parsed + unparsed + truncated + dropped(reason)
    bytes seen = read + skipped(reason) + lost(reason) + set aside + not read yet

The left sides are counted from the bytes of the file, the right ones by whoever decides what
becomes of them. A difference is a defect of ours, and is said.
"""

from collections.abc import Iterator, Mapping

from agent.counts import Counted

LINE_OUTCOMES = ("parsed", "unparsed", "truncated", "dropped")
_BYTES, _LINES = "bytes.", "lines."


class Ledger:
    """Totals since the agent started, of one file or one source; a file's count for its source."""

    __slots__ = ("_above", "totals")

    def __init__(self, above: "Ledger | None" = None) -> None:
        self.totals: dict[str, int] = {}
        self._above = above

    def count(self, name: str, n: int) -> None:
        """Add to a total; adding 0 makes the name known, so that it shows as 0."""
        # The value, not the StrEnum: a key that is a plain string is found twice as fast.
        name = str(name)
        self.totals[name] = self.totals.get(name, 0) + n
        if self._above is not None:
            self._above.count(name, n)

    def total(self, name: str) -> int:
        """One total."""
        return self.totals.get(name, 0)

    def group(self, prefix: str) -> int:
        """The sum of `prefix` and of all that is below it: `bytes.lost` and every reason of it."""
        below = f"{prefix}."
        return sum(n for name, n in self.totals.items() if name == prefix or name.startswith(below))

    def reasons(self, prefix: str) -> dict[str, int]:
        """What is below `prefix`, by reason, without zeros."""
        below = f"{prefix}."
        return {
            name.removeprefix(below): n
            for name, n in sorted(self.totals.items())
            if n and name.startswith(below)
        }

    def lines(self) -> dict[str, int]:
        """Physical lines: how many were read, and how many by outcome."""
        outcomes = {name: self.group(_LINES + name) for name in LINE_OUTCOMES}
        return {"read": self.total(Counted.LINES_READ), **outcomes}

    def lines_unbalanced(self) -> int:
        """Lines read of which nobody knows what became; 0 when all is well."""
        lines = self.lines()
        return lines["read"] - sum(lines[name] for name in LINE_OUTCOMES)

    def bytes_unbalanced(self, unread: int) -> int:
        """Bytes seen of which nobody knows what became; `unread` wait in open files."""
        # Whatever is counted in bytes is an outcome, but for the bytes themselves: a new reason
        # for giving bytes up cannot be forgotten here.
        outcomes = sum(
            n for name, n in self.totals.items() if name.startswith(_BYTES) and name != Counted.SEEN
        )
        return self.total(Counted.SEEN) - outcomes - unread


class Ledgers:
    """The ledgers of all sources."""

    def __init__(self) -> None:
        self._of: dict[str, Ledger] = {}
        self._told: dict[str, dict[str, int]] = {}

    def of(self, source: str) -> Ledger:
        """The ledger of a source, made when first asked for."""
        if source not in self._of:
            self._of[source] = Ledger()
        return self._of[source]

    def items(self) -> Mapping[str, Ledger]:
        """All ledgers by source."""
        return self._of

    def take(self) -> Iterator[tuple[str, int]]:
        """
        What was counted since the last call, as `<source>.<name>` and how much.

        A source for which something was gives all of its names, so that quiet ones show 0; a source
        for which nothing was gives none.
        """
        for source, ledger in self._of.items():
            told = self._told.get(source, {})
            if told == ledger.totals:
                continue
            self._told[source] = dict(ledger.totals)
            for name, total in ledger.totals.items():
                yield f"{source}.{name}", total - told.get(name, 0)
