"""Where the values of a YAML file stand, by their paths in it."""

from dataclasses import dataclass, field
from typing import NamedTuple

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a value or key stands: line and column from 1, and that whole line."""

    line: int
    column: int
    width: int = 1
    text: str = ""


class Span(NamedTuple):
    """Where a node of the YAML starts and ends, from 0; of a text also its style and itself."""

    line: int
    column: int
    end_line: int
    end_column: int
    style: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Positions:
    """The places of all values and keys of a document, by paths as `("rules", 3, "severity")`."""

    lines: list[str] = field(default_factory=list)
    values: dict[Where, Span] = field(default_factory=dict)
    keys: dict[Where, Span] = field(default_factory=dict)

    def of(self, path: Where) -> Position:
        """Where a value stands, or the nearest thing around it that exists."""
        while path and path not in self.values:
            path = path[:-1]
        return self.at(self.values.get(path, Span(0, 0, 0, 0)))

    def of_key(self, path: Where) -> Position:
        """Where a key stands; for what has no key, where it stands itself."""
        return self.at(self.keys[path]) if path in self.keys else self.of(path)

    def inside(self, path: Where, offset: int) -> Position:
        """Where a character of a text stands; the start of the text if that cannot be told."""
        span = self.values.get(path)
        return self.at(_inside(span, offset, self.lines)) if span else self.of(path)

    def at(self, span: Span) -> Position:
        """A span for people: cut at the end of its line."""
        line = min(span.line, len(self.lines) - 1)  # the end of a stream lies behind its last line
        text = self.lines[line]
        column = span.column if line == span.line else len(text)
        one_line = span.end_line == line and span.end_column > column
        stop = span.end_column if one_line else len(text.rstrip())
        return Position(line + 1, column + 1, max(1, stop - column), text)


def _inside(span: Span, offset: int, lines: list[str]) -> Span:
    """The span of one character of a text; the start of the text if YAML changed it too much."""
    line, column = span.line, span.column
    if span.style == "|":
        first = lines[line + 1]
        indent = len(first) - len(first.lstrip(" "))
        before = span.text[:offset]
        line += 1 + before.count("\n")
        column = indent + offset - before.rfind("\n") - 1
    elif span.style not in (">", '"') and line == span.end_line:
        quote = span.style == "'"
        column += quote + offset + (span.text[:offset].count("'") if quote else 0)
    return Span(line, column, line, column + 1)
