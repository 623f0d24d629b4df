"""The explain card: what a line means, why, what to check, what to do, and what was understood."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.console import printable
from parsers.mismatch import Mismatch

_FRAME = 4  # columns that a panel takes of a line
# Colours by severity.
STYLES = {
    "debug": "bright_black",
    "info": "green",
    "notice": "blue",
    "warning": "yellow",
    "error": "red",
    "critical": "bold white on red",
}


def terminal() -> Console:
    """The terminal on standard output; rich finds out what it can show."""
    return Console(highlight=False)


def show_card(console: Console, event: dict[str, object], parted: Mismatch | None = None) -> None:
    """
    Print the card of one event, as `agent.events.events` makes it.

    `parted` is where its line parts from the format, if it does.
    """
    severity = str(event["severity"])
    style = STYLES[severity]
    explanation = event["explanation"]
    body = _explained(explanation) if isinstance(explanation, dict) else [_unexplained(event)]
    body += _parted(parted, str(event["message"]), console.width - _FRAME) if parted else []
    title = explanation["title"] if isinstance(explanation, dict) else "No rule explains this line"
    console.print(
        Panel(
            Group(*body, _fields(event)),
            title=Text(f" {printable(str(title))} ", style="bold"),
            title_align="left",
            subtitle=Text(f" {severity} · {event['format']} ", style=style),
            subtitle_align="right",
            border_style=style,
        )
    )


def show_reason(console: Console, reason: str) -> None:
    """Print why a format was chosen, below the cards."""
    console.print(_dim(f" {reason}"))


def _explained(explanation: dict[str, object]) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(printable(str(explanation["text"])), style="bold")]
    if explanation["cause"]:
        parts += [_heading("Likely cause"), _indented(str(explanation["cause"]))]
    for key, heading in (("check", "Check"), ("remedy", "Remedy")):
        steps = explanation[key]
        if isinstance(steps, list) and steps:
            parts.append(_heading(heading))
            parts += [_indented(f"• {step}") for step in steps]
    if not explanation["cause"]:
        parts.append(Text())
    parts.append(_dim(f"rule {explanation['rule']}"))
    return parts


def _unexplained(event: dict[str, object]) -> RenderableType:
    if event["parsed"]:
        return Text("This is what the line says; to teach logtell its meaning, add a rule.")
    return Text(f"The line does not fit the format {event['format']}; it is passed on as it is.")


def _parted(parted: Mismatch, line: str, width: int) -> list[RenderableType]:
    """What was expected, and below it the format and the line, each with a caret."""
    before = line.encode()[: parted.at].decode(errors="replace")
    return [
        Text(f"It parts from the format here: {printable(parted.what)}."),
        Text(),
        *pointed(parted.format, parted.format_at, width),
        *pointed(line, len(before), width),
    ]


def pointed(text: str, at: int, width: int) -> list[Text]:
    """A text in one line of at most `width` characters, and a caret below its character `at`."""
    before, behind = printable(text[:at]), printable(text[at:])
    # Two thirds of the room are for what was read, the rest for what was not.
    room = max(0, width - min(len(behind) + 1, width // 3))
    if len(before) > room:
        before = "…" + before[len(before) - room + 1 :]
    rest = width - len(before)
    if len(behind) > rest:
        behind = behind[: max(0, rest - 1)] + "…"
    return [Text(before + behind), Text(" " * len(before) + "^", style="red")]


def _fields(event: dict[str, object]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    fields = event["fields"]
    assert isinstance(fields, dict)
    shown = {name: event[name] for name in ("time", "level", "message") if event[name] is not None}
    for name, value in (*shown.items(), *fields.items()):
        # Text, because rich reads `[bold]` and `:bug:` in a str as its own.
        table.add_row(Text(printable(str(name))), Text(_told(value)))
    return Padding(table, (1, 0, 0, 0))


def _told(value: object) -> str:
    return "-" if value is None else printable(str(value))


def _heading(text: str) -> RenderableType:
    return Padding(Text(text, style="underline"), (1, 0, 0, 0))


def _indented(text: str) -> RenderableType:
    return Padding(Text(printable(text)), (0, 0, 0, 2))


def _dim(text: str) -> RenderableType:
    return Padding(Text(text, style="bright_black"), (1, 0, 0, 0))
