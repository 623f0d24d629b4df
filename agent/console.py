"""Events as lines for people: time, severity, source, and the sentence before the raw message."""

import re
from dataclasses import dataclass

from agent.events import events
from parsers.batch import Batch
from parsers.words import Ints
from rules.match import Matches

# ANSI colours by severity; what is worse than these is white on red.
_COLOURS = {"debug": "90", "info": "0", "notice": "34", "warning": "33", "error": "31"}
_MOST_CHARS = 400  # of a raw message; the whole of it is in the JSON events
# What steers a terminal, fakes a line or reverses it (C0, DEL, C1, separators and bidi controls:
# Unicode TR 36, CVE-2021-42574), and halves of surrogate pairs, which no terminal can be sent.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LAID_OUT = {"\t": "  ", "\n": "\n    "}


def printable(text: str) -> str:
    """
    Make text from outside safe for a terminal: what would steer it becomes a visible escape.

    >>> printable("bell \\a")
    'bell \\\\x07'
    """
    return _UNSAFE.sub(lambda found: _LAID_OUT.get(found[0]) or _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(frozen=True, slots=True)
class Style:
    """How to write for a terminal or a pipe."""

    colour: bool = False

    def paint(self, text: str, code: str) -> str:
        """Colour text, if colours are on."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def console_lines(
    batch: Batch, matches: Matches, rows: Ints, source: str, style: Style
) -> list[str]:
    """These rows of a batch for people: one line each, or two with the raw message below."""
    return [_line(event, source, style) for event in events(batch, matches, rows, source)]


def _line(event: dict[str, object], source: str, style: Style) -> str:
    severity = str(event["severity"])
    colour = _COLOURS.get(severity, "97;41")
    clock = str(event["time"] or "")[11:19] or "--:--:--"
    head = f"{clock} {style.paint(f'{severity:8}', colour)} {source}: "
    raw = printable(_short(str(event["message"])))
    explanation = event["explanation"]
    if not isinstance(explanation, dict):
        return head + raw
    sentence = printable(str(explanation["text"]))
    return f"{head}{style.paint(sentence, '1')}\n    {style.paint(raw, '90')}"


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}… ({len(text)} characters)"
