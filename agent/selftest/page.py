"""How a selftest looks on a terminal: its progress, and the verdict."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent.console import printable
from agent.selftest.run import Progress as Step
from agent.selftest.run import Report
from agent.selftest.times import FLUSH_S
from agent.selftest.verdict import LogVerdict, Verdict

_WIDTH = 110  # where there is no terminal to ask
_SAY_EVERY_S = 10.0


@contextmanager
def progress(seconds: float) -> Iterator[Report]:
    """Show on standard error how far the run is: a bar, or now and then a line."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(console, seconds)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=seconds)

        def report(step: Step) -> None:
            bar.update(task, completed=step.elapsed_s, description=_described(step))

        yield report


def _lines(console: Console, seconds: float) -> Report:
    said_s = time.monotonic()

    def report(step: Step) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= _SAY_EVERY_S:
            said_s = time.monotonic()
            console.print(f"{step.elapsed_s:.0f} of {seconds:.0f} s: {_described(step)}")

    return report


def _described(step: Step) -> str:
    return f"{step.events:,} events, {step.rotations} rotations; {step.doing}"


def show_verdict(verdict: Verdict, again: str, kept: str) -> None:
    """Print the verdict; `again` is the command that repeats it, `kept` where its files are."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print(_logs(verdict))
    console.print(_kinds(verdict))
    for line in _facts(verdict):
        console.print(Text(line))
    for line in verdict.differences:
        console.print(Text(f"• {printable(line)}", style="red"))
    style = "bold green" if verdict.exact else "bold red"
    console.print(Text(f"\n{sentence(verdict)}", style=style))
    if kept:
        console.print(Text(f"Everything is kept in {kept}"))
    console.print(Text(f"Again: {again}"))


def _logs(verdict: Verdict) -> Table:
    table = Table(title="By log", title_justify="left", box=SIMPLE)
    table.add_column("log")
    for name in ("rotations", "written", "read", "missing", "repeated", "wrong"):
        table.add_column(name, justify="right")
    table.add_column("counters off", justify="right")
    table.add_column("longest lag", justify="right")
    for log in verdict.logs:
        table.add_row(log.name, *_cells(verdict, log))
    return table


def _cells(verdict: Verdict, log: LogVerdict) -> list[Text]:
    bad = (log.missing, len(log.repeats.too_old), log.wrong)
    counts = (log.rotations, log.written, log.read, log.missing, log.repeats.count, log.wrong)
    cells = [Text(f"{count:,}") for count in counts]
    for cell, is_bad in zip(cells[3:], bad, strict=True):
        cell.stylize("bold red" if is_bad else "")
    off = len(verdict.counters_off(log))
    cells.append(Text(f"{off} of {len(log.counters)}", style="bold red" if off else ""))
    return [*cells, Text(f"{log.longest_lag_s:.2f} s")]


def _kinds(verdict: Verdict) -> Table:
    table = Table(title="By kind of rotation", title_justify="left", box=SIMPLE)
    table.add_column("kind")
    for name in ("done", "records in what it ended", "missing of them"):
        table.add_column(name, justify="right")
    for kind, found in sorted(verdict.kinds.items()):
        style = "bold red" if found.missing else ""
        missing = Text(f"{found.missing:,}", style=style)
        table.add_row(kind, f"{found.done:,}", f"{found.records:,}", missing)
    return table


def _facts(verdict: Verdict) -> list[str]:
    facts = [
        f"The agent: {verdict.kills} SIGKILLs, {verdict.restarts} clean restarts,"
        f" {verdict.reloads} reloads. StatsD was away {verdict.absences} times."
    ]
    if verdict.kills:
        facts.append(
            f"Repeated: {verdict.repeated:,} events, the oldest {verdict.oldest_repeat_s:.2f} s"
            f" before its SIGKILL; a flush is due every {FLUSH_S:g} s."
            f" Lines of events cut off by a SIGKILL: {verdict.torn}."
        )
        facts.append("After a SIGKILL counters may be higher than what was written, never lower.")
    return facts


def sentence(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    written = f"{verdict.written:,} records were written"
    if not verdict.exact:
        return (
            f"NOT EXACT: {written}, {verdict.written - verdict.read:,} are missing,"
            f" {sum(len(log.repeats.too_old) for log in verdict.logs):,} were repeated without"
            f" leave, {verdict.wrong:,} events are wrong,"
            f" {sum(len(verdict.counters_off(log)) for log in verdict.logs)} counters are off."
        )
    if verdict.kills:
        return (
            f"Nothing is missing: {written}, each is an event and counted at StatsD, and"
            f" {verdict.repeated:,} came again, all within one flush interval before a SIGKILL."
        )
    return f"Exact: {written}, each is one event, and StatsD counted each once."
