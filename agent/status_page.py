"""The page of `logtell status`: is all well, and if not, what is wrong and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.console import printable

_BAD, _DIM = "red", "bright_black"
_STATES = ("live", "rotated", "deleted", "trouble")


def show_status(console: Console, status: Mapping[str, Any]) -> None:
    """Print a status document; text from it is made safe for the terminal."""
    _show_head(console, status)
    for trouble in status["troubles"]:
        console.print(Text(f"! {printable(trouble)}", style=_BAD))
    for source in status["sources"]:
        console.print()
        _show_source(console, source)
    if status["files"]:
        console.print()
        console.print(_files(status["files"]))
    if left_out := status["files_left_out"]:
        console.print(Text(f"  and {left_out:,} more files (all: --files)", style=_DIM))
    console.print()
    _show_rest(console, status)


def _show_head(console: Console, status: Mapping[str, Any]) -> None:
    agent, well = status["agent"], status["well"]
    head = Text("well" if well else "not well", style="bold green" if well else "bold red")
    head.append(
        f": logtell {printable(agent['version'])}, process {agent['pid']}, {agent['state']} for"
        f" {_span(agent['uptime_s'])}, {agent['lines_per_s']:,.0f} lines/s",
        style="not bold default",
    )
    console.print(head)


def _show_source(console: Console, source: Mapping[str, Any]) -> None:
    files, lag = source["files"], source["lag"]
    states = ", ".join(f"{files[state]:,} {state}" for state in _STATES if files.get(state))
    head = Text(printable(source["name"]), style="bold")
    formats = printable(", ".join(source["formats"]))
    head.append(f"  {formats or 'no lines yet'}; files: {states or 'none'}", style="not bold")
    if lag["bytes"]:
        head.append(f"; behind: {_behind(lag)}", style="not bold yellow")
    console.print(head)
    lines, octets = source["lines"], source["bytes"]
    parts = (("parsed", False), ("unparsed", False), ("truncated", False), ("dropped", True))
    _show_law(console, "lines read", lines["read"], [(n, lines[n], b) for n, b in parts], lines)
    parts = (("read", False), ("skipped", False), ("lost", True), ("set_aside", False))
    rest = [(name.replace("_", " "), octets[name], bad) for name, bad in parts]
    rest.append(("not read yet", octets["unread"], False))
    _show_law(console, "bytes seen", octets["seen"], rest, octets)


def _show_law(
    console: Console,
    name: str,
    total: int,
    parts: Sequence[tuple[str, int | Mapping[str, int], bool]],
    totals: Mapping[str, Any],
) -> None:
    """`10 lines read = 9 parsed + 1 unparsed`, with what is bad in red, and the balance."""
    law = Text(f"  {total:,} {name} =")
    for number, (part, found, bad) in enumerate(parts):
        reasons = found if isinstance(found, Mapping) else {}
        n = found if isinstance(found, int) else sum(found.values())
        why = ", ".join(f"{each:,} {reason}" for reason, each in reasons.items())
        words = printable(f"{n:,} {part}{f' ({why})' if why else ''}")
        law.append(" + " if number else " ")
        law.append(words, style=_BAD if bad and n else "")
    if unbalanced := totals["unbalanced"]:
        law.append(f"; out of balance by {unbalanced:+,}", style="bold red")
    console.print(law)


def _files(files: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("file", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("format", no_wrap=True)
    for name in ("offset", "size", "behind", "grew"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in files:
        grew_s = each["last_grew_s"]
        table.add_row(
            Text(printable(each["path"])),
            Text(each["state"], style="" if each["state"] == "live" else "yellow"),
            Text(printable(each["format"] or "-")),
            *("-" if each[what] is None else f"{each[what]:,}" for what in ("offset", "size")),
            _behind(each["waiting"]),
            "-" if grew_s is None else f"{_span(grew_s)} ago",
        )
    return table


def _show_rest(console: Console, status: Mapping[str, Any]) -> None:
    for output in status["outputs"]:
        held = f", {_bytes(output['held_bytes'])} held" if output["held_bytes"] else ""
        waits = ", reading waits for it" if output["waits"] else ""
        state = "fails" if output["complaint"] else "stalls" if output["stalled_since"] else "well"
        _show_line(console, "events", f"{output['name']}: {state}{held}{waits}", state != "well")
    if statsd := status["statsd"]:
        dropped = ", ".join(f"{n:,} {reason}" for reason, n in statsd["dropped"].items() if n)
        words = f"{statsd['server']}: {statsd['sent']:,} sent, {statsd['buffered']:,} waiting"
        words += f", dropped: {dropped or 'none'}"
        _show_line(console, "statsd", words, bool(statsd["trouble"]))
    checkpoint = status["checkpoint"]
    saved = f"saved {checkpoint['saved']}" if checkpoint["saved"] else "not saved in this run"
    words = f"{checkpoint['path']}: {saved}"
    _show_line(console, "checkpoint", words, bool(checkpoint["trouble"]))


def _show_line(console: Console, name: str, words: str, bad: bool) -> None:
    console.print(Text(f"{name:>10}  ", style="bold"), Text(printable(words), style=_BAD * bad))


def _behind(lag: Mapping[str, Any]) -> str:
    return f"{_bytes(lag['bytes'])}, {_span(lag['seconds'])}" if lag["bytes"] else "-"


def _bytes(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} TB"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
