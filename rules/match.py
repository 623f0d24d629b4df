"""A batch to explanations: which rows a rule explains, and on demand, with which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from parsers.batch import Batch
from parsers.columns import text
from parsers.severity import Severity
from parsers.words import Ints, Octets8
from rules.multimatch import MultiMatch, Needle
from rules.patterns import choose_needles
from rules.texts import fill

if TYPE_CHECKING:  # pydantic takes 150 ms to import, and a replay of access logs has no rules
    from rules.model import Rule

# What `re` sees of one record; the parsers keep the whole of it.
MAX_SEARCHED_BYTES = 64 * 1024
# Enough to tell rare words from common ones; counting in it takes 0.1 ms a rule.
_SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one log record means, in words for the person on duty."""

    rule: str
    title: str
    text: str
    cause: str | None
    check: tuple[str, ...]
    remedy: tuple[str, ...]
    # Overrides the record's own; None: keep that.
    severity: Severity | None
    counter: str | None


@dataclass(frozen=True, slots=True)
class Matches:
    """The rows of a batch that a rule explains, in order, and which rule; texts come on demand."""

    batch: Batch
    rules: tuple[Rule, ...]
    # Row in the batch, and index into `rules`; parallel.
    rows: Ints
    numbers: Ints
    # The batch with only these rows (made once), and of its columns those that texts asked for.
    _explained: list[Batch] = field(default_factory=list)
    _values: dict[str, Sequence[object]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def rule(self, n: int) -> Rule:
        """The rule of the n-th match."""
        return self.rules[int(self.numbers[n])]

    def severities(self) -> Octets8:
        """The severity of every row of the batch, after what rules override."""
        own = np.array([-1 if r.severity is None else r.severity for r in self.rules], np.int64)
        severities = self.batch.severity.copy()
        overriding = own[self.numbers] if len(self) else self.numbers
        changed = overriding >= 0
        severities[self.rows[changed]] = overriding[changed]
        return severities

    def explanation(self, n: int) -> Explanation:
        """The texts of the n-th match (row `rows[n]`), with the values of that record in them."""
        rule = self.rule(n)
        value_of = self._value_of(n, rule)
        return Explanation(
            rule.id,
            rule.title,
            fill(rule.explain, value_of),
            None if rule.cause is None else fill(rule.cause, value_of),
            tuple(fill(step, value_of) for step in rule.check),
            tuple(fill(step, value_of) for step in rule.remedy),
            rule.severity,
            rule.counter,
        )

    def _value_of(self, n: int, rule: Rule) -> Callable[[str], object]:
        record = self.batch.record(int(self.rows[n]))[:MAX_SEARCHED_BYTES]
        found = rule.match.regex.search(record)
        groups = found.groupdict() if found else {}

        def value(name: str) -> object:
            if name in groups:
                return None if groups[name] is None else text(groups[name])
            return self._column(name)[n]

        return value

    def _column(self, name: str) -> Sequence[object]:
        if name not in self._values:
            if not self._explained:
                self._explained.append(self.batch.select(self.rows))
            try:
                self._values[name] = self._explained[0].column(name).values()
            except KeyError:  # `check` refuses such a name; a user's pack may not have been checked
                self._values[name] = [None] * len(self)
        return self._values[name]


class RuleSet:
    """Rules compiled for matching; the first one that fits a record explains it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        # By format, made when the first batch of it comes.
        self._scanners: dict[str, MultiMatch] = {}

    def match(self, batch: Batch) -> Matches:
        """Find the rule for each row that has one; costs nothing for rows without a candidate."""
        found = [self._matched(part, rows) for part, rows in batch.alike()]
        if len(found) == 1:
            return Matches(batch, self.rules, *found[0])
        rows = np.concatenate([_NONE, *(rows for rows, _ in found)])
        numbers = np.concatenate([_NONE, *(numbers for _, numbers in found)])
        order = np.argsort(rows)
        return Matches(batch, self.rules, rows[order], numbers[order])

    def _matched(self, part: Batch, of: Ints) -> tuple[Ints, Ints]:
        """The rows of a batch of one format that have a rule, as numbers in the whole, and it."""
        rows, numbers = self._confirmed(part, *self._candidates(part))
        return of[rows], numbers

    def _candidates(self, batch: Batch) -> tuple[Ints, Ints]:
        """Rows and rules whose literals meet, by row and then by the rules' priority."""
        if not len(batch):
            return _NONE, _NONE
        # Records that were framed need not stand in the order of their rows.
        order = np.argsort(batch.starts, kind="stable") if batch.offsets is not None else None
        starts, upto = batch.starts, batch.ends
        if order is not None:
            starts, upto = starts[order], upto[order]
        # A batch may be a selection: what lies before and behind it need not be scanned.
        first, last = int(starts[0]), int(upto[-1])
        whole = batch.octets.raw
        raw = whole if last - first > len(whole) // 2 else whole[first:last]
        hits, ends = self._scanner(batch.format).scan(raw)
        if not hits:
            return _NONE, _NONE
        offsets = np.array(ends, np.int64) + (0 if raw is whole else first)
        # A hit ends behind the start of its row; one that ends in a row left out belongs to none.
        rows = np.searchsorted(starts, offsets) - 1
        inside = (rows >= 0) & (offsets <= upto[rows])
        rows = rows[inside] if order is None else order[rows[inside]]
        keys = rows * len(self.rules) + np.array(hits, np.int64)[inside]
        return np.divmod(np.unique(keys), len(self.rules))

    def _confirmed(self, batch: Batch, rows: Ints, numbers: Ints) -> tuple[Ints, Ints]:
        raw = batch.octets.raw
        met = np.unique(numbers).tolist()
        searches = {number: self.rules[number].match.regex.search for number in met}
        starts = batch.starts[rows]
        ends = np.minimum(batch.ends[rows], starts + MAX_SEARCHED_BYTES)
        candidates = zip(
            rows.tolist(), numbers.tolist(), starts.tolist(), ends.tolist(), strict=True
        )
        answers: dict[int, int] = {}
        for row, number, start, end in candidates:
            # A slice: with search(raw, start, end), `\A` and look-behind would see other records.
            if row not in answers and searches[number](raw[start:end]):
                answers[row] = number
        return np.array(list(answers), np.int64), np.array(list(answers.values()), np.int64)

    def _scanner(self, log_format: str) -> MultiMatch:
        if log_format not in self._scanners:
            fitting = [n for n, rule in enumerate(self.rules) if rule.fits(log_format)]
            sample = _sample([self.rules[number] for number in fitting])
            self._scanners[log_format] = MultiMatch(
                [
                    Needle(literal, number, self.rules[number].match.caseless)
                    for number in fitting
                    for literal in choose_needles(self.rules[number].match, sample)
                ]
            )
        return self._scanners[log_format]


def _sample(rules: Sequence[Rule]) -> bytes:
    """Lines as such logs hold them, at most so many bytes: the rules' own examples."""
    lines = [example.line for rule in rules for example in (*rule.examples, *rule.counterexamples)]
    step = 1 + sum(map(len, lines)) // _SAMPLE_BYTES
    return "\n".join(lines[::step]).encode()


_NONE: Ints = np.zeros(0, np.int64)
