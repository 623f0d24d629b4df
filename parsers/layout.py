"""
A line format as literals and slots, compiled once (`cutting.py`) for both ways of reading it.

nginx's `log_format` and Python's `%`-style formats both become a layout. Where slots end is decided
by rules that are the same for the exact `re` path (`exact.py`) and for the vector path (`scan.py`):

* A quote belongs to the format: if a literal holds a `"`, no value holds one unless it is escaped
  by a backslash. So the quotes cut a line into segments.
* Within a segment, literals and slots of fixed width are taken from both ends. So are the slots
  that cannot hold the byte that stands beside them (`Slot.holds`): they end at the first one.
* One slot that is left gets the rest. Several are a `Chain`: a line fits only if no slot of it
  holds what separates it from its neighbours, for then there is one way to cut it and no other.

Nothing is greedy and nothing is guessed: a hostile value can make a line unparsed, but cannot shift
a field of another.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that stand in every line."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A value in every line.

    `shape` is for one that always has the same width, a byte for each of its bytes: `d` is a digit,
    `_` anything, all else itself. `least` is the width to which a shorter value is padded.
    """

    name: str
    shape: bytes = b""
    least: int = 0
    # The bytes that a value may hold, so that any other ends it; None: any, a stranger wrote it.
    holds: bytes | None = b""
    # nginx's list of attempts: a space in it stands behind a comma or around a colon.
    listed: bool = False
    # With what a value begins for certain, if with anything: a path with `/`.
    begins: bytes = b""


Token = Literal | Slot


@dataclass(frozen=True, slots=True)
class Search:
    """A slot that ends at the first `stop` byte behind its least width (or begins at the last)."""

    slot: Slot
    stop: int
    # What may neither be in the value nor begin the next one: a `?` of a request without a path.
    never: bytes = b""


@dataclass(frozen=True, slots=True)
class Attempted:
    """A listed slot that ends at the first space that separates no attempts."""

    slot: Slot
    # False: what follows may begin with `: `, so that a ` : ` by itself proves nothing.
    redirects: bool
    # Another list of the line that ends for certain: with as many attempts a ` : ` is proven.
    like: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Slots cut among themselves; they end at the first `stop` (or begin at the last)."""

    segment: "Segment"
    stop: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Slots of which each may hold anything, and what stands between them."""

    slots: tuple[Slot, ...]
    # One fewer than slots; each has a literal, and perhaps slots of fixed width that touch it.
    between: tuple[tuple[Token, ...], ...]


Step = Literal | Slot | Search | Attempted | Group


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two quotes of the format (or a line end)."""

    # Taken from the left, in order, and from the right, outermost first.
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    # Gets what is left in the middle; None: nothing may be left.
    rest: Slot | Chain | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled line format."""

    tokens: tuple[Token, ...]
    slots: tuple[Slot, ...]
    segments: tuple[Segment, ...]
    pattern: re.Pattern[bytes]
    # False: only the exact path can read it.
    vectorised: bool
    # A backslash before a quote takes its meaning away. Not so with nginx's `escape=none`.
    escapes: bool = True
    # Numbers of slots: if the first list has a ` : `, the second has as many attempts.
    alike: tuple[tuple[int, int], ...] = ()

    @property
    def quotes(self) -> int:
        """How many quotes a line of this format has."""
        return len(self.segments) - 1

    @property
    def vector_suffices(self) -> bool:
        """What the vector path refuses fits not on the exact path either."""
        return not self.quotes and all(_sure(segment) for segment in self.segments)


class LayoutError(ValueError):
    """A format that cannot be read unambiguously; `column` is 1-based within its text."""

    def __init__(self, what: str, column: int) -> None:
        super().__init__(f"column {column}: {what}")
        self.what = what
        self.column = column


class TouchingError(ValueError):
    """Two slots of unknown width touch; `second` is the later one."""

    def __init__(self, first: Slot, second: Slot) -> None:
        super().__init__(f"nothing separates ${first.name} from ${second.name}")
        self.second = second


def width(token: Token) -> int:
    """The bytes that a literal or a slot of fixed width takes, 0 for any other slot."""
    return len(token.text if isinstance(token, Literal) else token.shape)


def _sure(segment: Segment) -> bool:
    steps = (*segment.forward, *segment.backward)
    inner = all(_sure(step.segment) for step in steps if isinstance(step, Group))
    listed = any(isinstance(step, Attempted) for step in steps)
    return inner and not listed and not isinstance(segment.rest, Chain)
