"""What loading cannot know: that each rule answers its own examples, and nothing it should not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.prefixes import FRAMES
from rules.cost import LONGEST_BYTES, SLOWEST_MS, Clock, slowest
from rules.load import Loaded, Place
from rules.match import RuleSet
from rules.messages import Finding, by_place, nearest
from rules.model import Rule
from rules.positions import Where
from rules.texts import names_in

ParserFor = Callable[[str], Parser]

# Names that every format has, or that show as `-` where it has not.
_COMMON = ("time", "level", "logger", "message")


def check(
    loaded: Loaded, parser_for: ParserFor, *, clock: Clock, shipped: bool = True
) -> list[Finding]:
    """
    Prove rules by their examples, with the whole set loaded; findings in the order of files.

    `parser_for` makes the parser of a format's name and raises ValueError if there is none. `clock`
    counts seconds; it measures how long a pattern can take. Without `shipped` only users' rules are
    proven: the shipped ones were before they were shipped, and take seconds.
    """
    proven = [rule for rule in loaded.rules if shipped or not loaded.places[rule.id].pack.shipped]
    slow = {rule.id: cost for rule in proven if (cost := _cost(loaded, rule, clock))}
    # A pattern that takes minutes would take them here as well.
    rules = [rule for rule in loaded.rules if rule.id not in slow]
    bench = _Bench(loaded, RuleSet(rules), parser_for)
    found = [f for rule in proven if rule.id not in slow for f in bench.findings(rule)]
    return sorted([*loaded.findings, *slow.values(), *found], key=by_place)


def _cost(loaded: Loaded, rule: Rule, clock: Clock) -> Finding | None:
    for example in rule.examples:
        if slow := slowest(rule.match.regex, example.line.encode(), clock):
            elapsed_ms, size = slow
            what = (
                f"`match` of rule {rule.id} takes {elapsed_ms:.0f} ms for {size} bytes made of its"
                f" example (limit: {SLOWEST_MS:.0f} ms for {LONGEST_BYTES} bytes)"
            )
            fix = "bound what is repeated: `[^,]{1,200}` for `[^,]+`, `.{0,200}` for `.*`"
            return loaded.places[rule.id].finding(("match",), what, fix)
    return None


@dataclass(frozen=True, slots=True)
class _Tried:
    """One example as its parser and the whole rule set see it."""

    batch: Batch
    parser: Parser
    # The rule that answers, and its text.
    answer: Rule | None
    text: str


@dataclass(frozen=True, slots=True)
class _Bench:
    """The rules on test, and what they are tested with."""

    loaded: Loaded
    rule_set: RuleSet
    parser_for: ParserFor

    def findings(self, rule: Rule) -> Iterator[Finding]:
        place = self.loaded.places[rule.id]
        try:
            parsers = [self.parser_for(_parsed_as(name)) for name in rule.format]
        except ValueError as error:
            fix = getattr(error, "fix", "write the name of a format, or any")
            what = f"`format` of rule {rule.id}: {getattr(error, 'what', error)}"
            yield place.finding(("format",), what, fix)
            return
        tried = [self._tried(parsers, example.line) for example in rule.examples]
        yield from _unknown_names(rule, place, tried)
        for number, each in enumerate(tried):
            yield from self._example(rule, place, number, each)
        for number, counterexample in enumerate(rule.counterexamples):
            if self._tried(parsers, counterexample.line).answer is rule:
                name = f"counterexample {number + 1} of rule {rule.id}"
                where = ("counterexamples", number, "line")
                yield place.finding(where, f"{name} is answered by it", "make `match` narrower")

    def _tried(self, parsers: list[Parser], line: str) -> _Tried:
        """Parsed by the first of the rule's formats that the line fits, or else by the last."""
        block = Block(line.rstrip("\n").encode() + b"\n")
        for parser in parsers:
            batch = parser.parse(block)
            if bool(batch.parsed.all()):
                break
        matches = self.rule_set.match(batch)
        if not len(matches):
            return _Tried(batch, parser, None, "")
        return _Tried(batch, parser, matches.rule(0), matches.explanation(0).text)

    def _example(self, rule: Rule, place: Place, number: int, tried: _Tried) -> Iterator[Finding]:
        example = rule.examples[number]
        where: Where = ("examples", number, "line")
        name = f"example {number + 1} of rule {rule.id}"
        if len(tried.batch) != 1:
            what = f"{name} is {len(tried.batch)} records of format {tried.batch.format}, not one"
            yield place.finding(where, what, "give each record an example of its own")
        elif not bool(tried.batch.parsed.all()):
            what = f"{name} is no record of format {tried.batch.format}"
            yield place.finding(where, what, "correct the line, or `format`")
        elif tried.answer is None:
            yield place.finding(where, f"{name} is not answered", _why_not(rule, tried.batch))
        elif tried.answer is not rule:
            other = self.loaded.places[tried.answer.id].name
            what = f"{name} is answered by {tried.answer.id}, which stands earlier: {other}"
            fix = "move this rule before that one, or make the pattern of that one narrower"
            yield place.finding(where, what, fix)
        elif example.explain is not None and example.explain.strip() != tried.text:
            what = f"{name} comes out as another text than its `explain`"
            yield place.finding(("examples", number, "explain"), what, f"write: {tried.text}")


def _parsed_as(log_format: str) -> str:
    """The parser for a format of a rule; `any` is most formats, and every line is plain text."""
    if log_format in ("auto", "mixed"):
        raise ValueError(
            f"{log_format} is found out for each log; rules see the format that was found"
        )
    if log_format in {frame.name for frame in FRAMES}:
        raise ValueError(f"{log_format} frames lines; rules see the format of what is in it")
    return {"any": "plain", "nginx_access": "combined"}.get(log_format, log_format)


def _unknown_names(rule: Rule, place: Place, tried: list[_Tried]) -> Iterator[Finding]:
    known = {*rule.match.regex.groupindex, *_COMMON}
    for each in tried:
        known |= {
            *each.parser.fields,
            *(name for event in each.batch.events() for name in event.fields),
        }
    for where, text in rule.texts:
        for name, offset in names_in(text):
            if name not in known:
                what = f"`{{{name}}}` in {_text_name(where)} of rule {rule.id} is no known name"
                guess = nearest(name, sorted(known))
                meant = f"did you mean {{{guess}}}? " if guess else ""
                fix = f"{meant}known names: {', '.join(sorted(known))}"
                yield place.finding(where, what, fix, offset=offset)


def _text_name(where: Where) -> str:
    return f"`{where[0]}`" if len(where) == 1 else f"item {int(where[1]) + 1} of `{where[0]}`"


def _why_not(rule: Rule, batch: Batch) -> str:
    record = batch.record(0)
    if rule.match.regex.search(record):
        return f"the line is of format {batch.format}, which this rule is not for: see `format`"
    source = rule.match.text
    for end in range(len(source) - 1, 0, -1):
        if _begins(source[:end], record):
            return f"correct the line or `match`, which fits only up to here: {source[:end]}"
    return "correct the line or `match`: not even the beginning of the pattern fits"


def _begins(source: str, record: bytes) -> bool:
    try:
        return re.search(source.encode(), record, re.MULTILINE) is not None
    except re.error:
        return False  # cut in the middle of something
