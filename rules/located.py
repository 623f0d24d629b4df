"""A strict reading of YAML in which every value knows its place: the door to PyYAML."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import yaml

from rules.messages import Finding
from rules.positions import Position, Positions, Span, Where

Plain = str | None | list["Plain"] | dict[str, "Plain"]

# libyaml where PyYAML was built with it (all wheels are): ten times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Deeper than any file of ours; keeps `[[[[…` from exhausting the stack.
_MAX_DEPTH = 32
# Both from YAML 1.1 (sections 5.4 and 5.1): what ends a line, and what a stream may not hold.
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What YAML would do with a text that begins so; each is refused.
_MAGIC = (("&", "anchor", "an anchor"), ("*", "anchor", "an alias"), ("!", "tag", "a tag"))
_SYNTAX_FIX = "correct this line or the one above; a text with special characters needs quotes"
# Words of libyaml and of PyYAML (they differ) → what to do.
_SYNTAX_FIXES = (
    ("\\t", "indent with spaces; YAML takes no tabs there"),
    ("mapping values", "put the value in quotes: it holds a `: `"),
    ("expected ':'", "write `key: value`, or put the text in quotes"),
    ("block end", "indent this line like its neighbours; or a quote is missing above"),
    ("escape", "use single quotes: in double quotes a backslash begins an escape"),
    ("quoted scalar", "close the quote"),
    ("cannot start any token", "put the value in quotes"),
    ("alphabetic or numeric", "put the value in quotes"),
    ("too deeply", "write it flatter"),
    ("second document", "remove the `---`"),
    ("one text", "write one word before the colon"),
    ("flow", "close the bracket, or put the value in quotes"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data (texts, lists, dicts, None) with positions and what was wrong."""

    path: str
    content: Plain = None
    positions: Positions = field(default_factory=Positions)
    findings: list[Finding] = field(default_factory=list)

    def finding(self, position: Position, what: str, fix: str) -> Finding:
        """An error at a position of this document."""
        line, column, width, text = position.line, position.column, position.width, position.text
        return Finding(self.path, line, column, "error", what, fix, text, width)


def read(text: str, path: str, *, quoted: Collection[str] = ()) -> Document:
    """
    Read YAML without its surprises: only text, no anchors, merges, tags or duplicate keys.

    A value is text, or None if nothing stands there. Values of the keys named in `quoted` must be
    in quotes or a block, because `#` and `: ` cut a bare text. Never raises: what is wrong is in
    `findings`, and `content` is None where the text is no YAML at all.
    """
    text = text.removeprefix("\ufeff")
    document = Document(path, None, Positions(_LINE_END.split(text) or [""]))
    if found := _UNPRINTABLE.search(text):
        document.findings.append(_unprintable(document, text, found))
        return document
    reader = _Reader(document, quoted)
    try:
        content = reader.read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        document.findings.append(_syntax(document, error))
        return document
    return Document(path, content, document.positions, document.findings)


class _Reader:
    """Builds plain values from YAML's events, which, unlike its nodes, show anchors and tags."""

    def __init__(self, document: Document, quoted: Collection[str]) -> None:
        self._document = document
        self._quoted = quoted
        self._events: Iterator[yaml.Event] = iter(())

    def read(self, events: Iterator[yaml.Event]) -> Plain:
        self._events = events
        content: Plain = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _refusal("a second document begins", event)
                content = self._value(next(events), ())
        return content

    def _value(self, event: yaml.Event, path: Where) -> Plain:
        self._document.positions.values[path] = span = _span(event)
        self._no_magic(event, span)
        if len(path) > _MAX_DEPTH:
            raise _refusal("this is nested too deeply", event)
        match event:
            case yaml.ScalarEvent():
                return self._scalar(span, path)
            case yaml.SequenceStartEvent():
                return self._sequence(path)
            case yaml.MappingStartEvent():
                return self._mapping(path)
        return f"*{event.anchor}" if isinstance(event, yaml.AliasEvent) else None

    def _scalar(self, span: Span, path: Where) -> str | None:
        if path and path[-1] in self._quoted and _bare(span):
            what = f"`{path[-1]}` is neither in quotes nor a block"
            self._refuse(span, what, "put it in single quotes: YAML would cut it at ` #` or `: `")
        return None if _bare(span) and not span.text else span.text

    def _sequence(self, path: Where) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Where) -> dict[str, Plain]:
        items: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _refusal("a key must be one text", event)
            key = str(event.value)
            self._key(event, (*path, key))
            items[key] = self._value(next(self._events), (*path, key))
        return items

    def _key(self, event: yaml.Event, path: Where) -> None:
        span = _span(event)
        self._no_magic(event, span)
        if path[-1] == "<<" and _bare(span):
            self._refuse(span, "a merge key (`<<`)", "write the keys out where they are used")
        elif first := self._document.positions.keys.get(path):
            what = f"key `{path[-1]}` stands twice; the first is in line {first.line + 1}"
            self._refuse(span, what, "remove one of the two")
        self._document.positions.keys[path] = span

    def _no_magic(self, event: yaml.Event, span: Span) -> None:
        for mark, attribute, name in _MAGIC:
            value = getattr(event, attribute, None)
            if value and (
                attribute == "tag" or isinstance(event, yaml.AliasEvent) == (mark == "*")
            ):
                fix = f"write it out; a text that begins with `{mark}` needs quotes"
                shown = value.replace("tag:yaml.org,2002:", "!!").removeprefix(mark)
                self._refuse(span, f"{name} (`{mark}{shown}`)", fix)

    def _refuse(self, span: Span, what: str, fix: str) -> None:
        document = self._document
        document.findings.append(document.finding(document.positions.at(span), what, fix))


def _refusal(what: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    """What ends the reading, as if YAML itself did not allow it."""
    return yaml.MarkedYAMLError(problem=what, problem_mark=event.start_mark)  # type: ignore[arg-type]


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    assert start  # only events made by hand have none
    assert end
    if isinstance(event, yaml.ScalarEvent):
        place = (start.line, start.column, end.line, end.column)
        return Span(*place, event.style, str(event.value))
    return Span(start.line, start.column, start.line, start.column)  # to the end of its line


def _bare(span: Span) -> bool:
    # The Python loader gives None for an unquoted scalar, the C loader an empty string.
    return span.style in (None, "")


def _syntax(document: Document, error: yaml.MarkedYAMLError) -> Finding:
    words = " ".join(filter(None, (error.context, error.problem)))
    # A quote that is not closed is noticed at the end of the file.
    lost = "end of stream" in words and error.context_mark
    mark = error.context_mark if lost else error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    place = document.positions.at(Span(line, column, line, column + 1))
    tab = "\\t" if place.text[column : column + 1] == "\t" else ""  # libyaml does not say it
    fix = next((fix for part, fix in _SYNTAX_FIXES if part in words + tab), _SYNTAX_FIX)
    return document.finding(place, f"YAML: {words}", fix)


def _unprintable(document: Document, text: str, found: re.Match[str]) -> Finding:
    before = text[: found.start()]
    line = before.count("\n")
    column = len(before) - before.rfind("\n") - 1
    place = document.positions.at(Span(line, column, line, column + 1))
    return document.finding(place, f"control character {found[0]!r} in the file", "remove it")
