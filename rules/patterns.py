"""One pattern of a rule: compiled for captures, and the literals that the block is scanned for."""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# The only parser of Python's own syntax is the one in `re`; hypothesis imports it just so
# (hypothesis/strategies/_internal/regex.py), and it has been stable under this name since 3.11.
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from rules.messages import wrong

# Shorter ones stand in so many lines that scanning for them saves nothing.
MIN_LITERAL_BYTES = 4
# A group repeated at most so often cannot run away.
_FEW_REPEATS = 8
# `(?:recv|send)\(\)` is two literals; more than so many would be a class of characters.
_MAX_VARIANTS = 16

_LOOK_BEHIND = "(?<"  # or the name of a group in another syntax, which `re` refuses at once

# A list of (operator, argument) as `re._parser` makes it.
Tree = Sequence[tuple[Any, Any]]
# One of these stands in every match.
Needles = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule's `match`, compiled."""

    text: str
    caseless: bool
    # Literals of which all stand in every match, each possibly in several variants.
    clauses: tuple[Needles, ...]

    @property
    def regex(self) -> re.Pattern[bytes]:
        """
        On bytes and with MULTILINE: `^` and `$` are the ends of any line of a record.

        Made when first asked for: of the hundreds of rules few ever meet a line of theirs, and to
        compile all of them was a fifth of the time that a start takes.
        """
        return _regex(self.text)


@lru_cache(maxsize=4096)
def _regex(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode(), re.MULTILINE)


# Loaded and reloaded packs are mostly the same patterns; a compiled one costs 0.15 ms.
@lru_cache(maxsize=4096)
def pattern(text: str) -> Pattern:
    """
    Compile a pattern, written in Python's `re` syntax, for UTF-8 bytes.

    Raises a validation error with the place of the fault for what `re` refuses, for a repeat inside
    a repeat, and for a pattern in which no text of four bytes stands in every match.
    """
    tree = _parsed(text)
    if _nested(tree, inside=False):
        # `re` may try exponentially many ways: such a rule could stop the agent for good.
        fix = "make the inner repeat possessive: `++` for `+`, `*+` for `*`"
        raise wrong("repeats a repeat, which can take hours for a line", fix)
    caseless = bool(tree.state.flags & re.IGNORECASE)
    clauses = tuple(clause for clause in _clauses(tree) if _shortest(clause) >= MIN_LITERAL_BYTES)
    if not clauses:
        what = f"holds no {MIN_LITERAL_BYTES} literal characters in a row that stand in every match"
        raise wrong(what, "add the words that tell this line from others")
    return Pattern(text, caseless, clauses)


def _parsed(text: str) -> Any:
    source = text.encode()
    try:
        with warnings.catch_warnings():
            # `[[a]` and `[a--b]` mean something else in other engines, and will in `re`.
            warnings.simplefilter("error", FutureWarning)
            tree = _parser.parse(source, re.MULTILINE)
            if _LOOK_BEHIND in text:
                _regex(text)  # only the compiler knows whether its width is fixed
            return tree
    except re.error as error:
        offset = len(source[: error.pos or 0].decode(errors="ignore"))
        what = f"is no pattern: {error.msg} (column {offset + 1} of the pattern)"
        raise wrong(what, _syntax_fix(error.msg), offset=offset) from None
    except FutureWarning as warning:
        fix = "put a backslash before [ - & | ~ inside of brackets"
        raise wrong(f"is ambiguous: {warning}", fix) from None


def _syntax_fix(reason: str) -> str:
    if "parenthesis" in reason or "subpattern" in reason:
        return "close the group; write \\( for the character itself"
    if "repeat" in reason:
        return "put a backslash before * + ? if the character itself is meant"
    if "look-behind" in reason:
        return "write what stands before as a part of the pattern itself"
    if "escape" in reason:
        return "remove the backslash: only letters that mean something in `re` take one"
    return "see https://docs.python.org/3/library/re.html#regular-expression-syntax"


def _shortest(clause: Needles) -> int:
    return min(map(len, clause), default=0)


def _clauses(tree: Tree) -> Iterator[Needles]:
    """What must stand in a match of `tree`: one of each clause."""
    run: Needles = (b"",)
    for kind, argument in tree:
        variants = _variants(kind, argument)
        if variants is None or len(run) * len(variants) > _MAX_VARIANTS:
            yield run
            yield from _inner_clauses(kind, argument)
            run = variants or (b"",)
        else:
            run = _joined(run, variants)
    yield run


def _joined(left: Needles, right: Needles) -> Needles:
    return tuple(before + behind for before in left for behind in right)


def _variants(kind: object, argument: Any) -> Needles | None:
    """All texts that a part can match, if they are few; None if not."""
    match kind, argument:
        case op.LITERAL, code:
            return (bytes([code]),)
        case op.AT, _:  # `^`, `$`, `\b` take no bytes
            return (b"",)
        case op.SUBPATTERN, (_, added, _, body) if not added & re.IGNORECASE:
            return _all_variants(body)
        case op.ATOMIC_GROUP, body:
            return _all_variants(body)
        case ((op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT), (0, 1, body)):
            inner = _all_variants(body)
            return None if inner is None else (b"", *inner)
        case op.BRANCH, (_, branches):
            return _any_variants([_all_variants(branch) for branch in branches])
        case op.IN, items:
            return _any_variants([_variants(*item) for item in items])
    return None


def _all_variants(tree: Tree) -> Needles | None:
    run: Needles = (b"",)
    for kind, argument in tree:
        variants = _variants(kind, argument)
        if variants is None or len(run) * len(variants) > _MAX_VARIANTS:
            return None
        run = _joined(run, variants)
    return run


def _any_variants(alternatives: Sequence[Needles | None]) -> Needles | None:
    known = [needles for needles in alternatives if needles is not None]
    if len(known) < len(alternatives) or sum(map(len, known)) > _MAX_VARIANTS:
        return None
    return tuple(needle for needles in known for needle in needles)


def _inner_clauses(kind: object, argument: Any) -> Iterator[Needles]:
    match kind, argument:
        case op.SUBPATTERN, (_, added, _, body) if not added & re.IGNORECASE:
            yield from _clauses(body)
        case op.ATOMIC_GROUP, body:
            yield from _clauses(body)
        case ((op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT), (least, _, body)) if least:
            yield from _clauses(body)
        case op.BRANCH, (_, branches):
            best = [max(_clauses(branch), key=_shortest) for branch in branches]
            yield tuple(needle for clause in best for needle in clause)


def choose_needles(pattern: Pattern, sample: bytes) -> Needles:
    """
    Choose what to scan for: the literals that stand least often in `sample`, then the longest.

    Ten rules may hold ` while connecting to upstream`, and `failed` stands in every second line of
    an error log: choosing by length alone named four times as many rows to look at (measured).
    """

    def cost(clause: Needles) -> tuple[int, int]:
        return sum(map(sample.count, clause)), -_shortest(clause)

    return min(pattern.clauses, key=cost)


def _nested(tree: Tree, *, inside: bool) -> bool:
    return any(_nested_at(kind, argument, inside) for kind, argument in tree)


def _nested_at(kind: object, argument: Any, inside: bool) -> bool:
    match kind, argument:
        case ((op.MAX_REPEAT | op.MIN_REPEAT), (least, most, body)):
            if inside and most > max(least, 1):
                return True
            return _nested(body, inside=inside or most > _FEW_REPEATS)
        case op.POSSESSIVE_REPEAT, (_, _, body):
            return _nested(body, inside=False)
        case op.ATOMIC_GROUP, body:
            return _nested(body, inside=False)
        case op.SUBPATTERN, (_, _, _, body):
            return _nested(body, inside=inside)
        case op.BRANCH, (_, branches):
            return any(_nested(branch, inside=inside) for branch in branches)
    return False
