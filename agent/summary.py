"""The summary of a replay for people: what happened when, the worst, counts and timers."""

from collections.abc import Iterable, Mapping

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.cards import STYLES
from agent.console import printable
from agent.replay import Replay
from agent.story import Kind, Story, bucket_time
from agent.tally import Tally
from parsers.severity import Severity
from parsers.words import Ints

_BARS = " ▁▂▃▄▅▆▇█"
_CHART_COLUMNS = 60
_MOST_KINDS = 8
_MOST_COUNTERS = 24


def show_summary(console: Console, replay: Replay, story: Story, elapsed_s: float) -> None:
    """Print the summary of a finished replay."""
    _show_head(console, replay, elapsed_s)
    if story.buckets:
        _show_timeline(console, story)
    _show_worst(console, story.worst(_MOST_KINDS))
    _show_counters(console, replay.pipeline.tally)
    _show_timers(console, replay.pipeline.tally)
    for complaint in replay.fitness.complaints():
        console.print(Text(f"\nNot understood: {printable(complaint)}", style="yellow"))
    for trouble in replay.troubles:
        console.print(Text(f"Not read whole: {printable(trouble)}", style="red"))


def _show_head(console: Console, replay: Replay, elapsed_s: float) -> None:
    lines = replay.lines()
    rate = lines["read"] / max(elapsed_s, 1e-6)
    files = len(replay.formats)
    formats = ", ".join(sorted(set(replay.formats.values()))) or "nothing"
    console.print(
        Text(f"{lines['read']:,} lines of {files} file{'s' * (files != 1)}", style="bold"),
        Text(f"({formats}), {rate:,.0f} lines/s", style="bright_black"),
    )
    rest = [f"{lines[what]:,} {what}" for what in ("parsed", "unparsed", "truncated", "dropped")]
    console.print(Text("  = " + " + ".join(rest)))
    if unbalanced := replay.out_of_balance():
        console.print(Text(f"  {unbalanced}", style="bold red"))


def _show_timeline(console: Console, story: Story) -> None:
    first, last = min(story.buckets), max(story.buckets)
    width = max(1, -(-(last - first + 1) // _CHART_COLUMNS))
    columns = np.zeros(((last - first) // width + 1, len(Severity)), np.int64)
    for bucket, counts in story.buckets.items():
        columns[(bucket - first) // width] += counts
    begin, end = bucket_time(first, story.bucket_s), bucket_time(last + 1, story.bucket_s)
    same_day = "%H:%M" if begin.date() == end.date() else "%Y-%m-%d %H:%M"
    _heading(console, f"What happened when ({begin:%Y-%m-%d %H:%M} to {end:{same_day}} UTC)")
    _show_bars(console, "events", columns.sum(axis=1), "white")
    _show_bars(console, "warnings", columns[:, Severity.WARNING], "yellow")
    _show_bars(console, "errors", columns[:, Severity.ERROR :].sum(axis=1), "red")
    errors = columns[:, Severity.ERROR :].sum(axis=1)
    if errors.any():
        peak = bucket_time(first + int(errors.argmax()) * width, story.bucket_s)
        minutes = width * story.bucket_s // 60
        console.print(
            f"  most errors: {int(errors.max()):,} in the {minutes} min from {peak:%Y-%m-%d %H:%M}"
        )


def _show_bars(console: Console, name: str, counts: Ints, style: str) -> None:
    most = int(counts.max())
    if most:
        steps = np.ceil(counts / most * (len(_BARS) - 1)).astype(int).tolist()
        bars = Text("".join(_BARS[step] for step in steps), style=style)
        console.print(Text(f"  {name:>8} "), bars, Text(f"{int(counts.sum()):,}"))


def _show_worst(console: Console, kinds: Iterable[Kind]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for kind in kinds:
        label = kind.severity.label
        when = _span(kind.first, kind.last)
        table.add_row(f"{kind.count:,}", Text(label, style=STYLES[label]), _told(kind, when))
    if table.row_count:
        _heading(console, "The worst")
        console.print(Padding(table, (0, 0, 0, 2)))


def _told(kind: Kind, when: str) -> Text:
    if kind.explanation is None:
        return Text(f"{printable(kind.example)}\n", end="").append(when, style="bright_black")
    told = Text(printable(kind.explanation.text), style="bold")
    told.append(f"\n{when}", style="bright_black")
    for step in kind.explanation.remedy[:1]:
        told.append(f"\n→ {printable(step)}", style="not bold")
    return told


def _span(first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return "without a time"
    first, last = first[:19].replace("T", " "), last[:19].replace("T", " ")
    if first == last:
        return first
    return f"{first} to {last[11:] if first[:10] == last[:10] else last}"


def _show_counters(console: Console, tally: Tally) -> None:
    shown = {name: n for name, n in sorted(tally.counters.items()) if n and _is_telling(name)}
    if shown:
        _heading(console, "Counters")
        _show_pairs(console, dict(list(shown.items())[:_MOST_COUNTERS]))
        if len(shown) > _MOST_COUNTERS:
            console.print(f"  … and {len(shown) - _MOST_COUNTERS} more: --metrics FILE has all")


def _is_telling(name: str) -> bool:
    return ".lines." not in name


def _show_pairs(console: Console, pairs: Mapping[str, float]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, number in pairs.items():
        table.add_row(Text(name), f"{number:,.0f}")
    console.print(Padding(table, (0, 0, 0, 2)))


def _show_timers(console: Console, tally: Tally) -> None:
    if not tally.timers:
        return
    _heading(console, "Timers (ms)")
    table = Table.grid(padding=(0, 2))
    names = ("count", "p50", "p90", "p99", "max")
    for column in ("", *names):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("", *(Text(name, style="bright_black") for name in names))
    for name, samples in sorted(tally.timers.items()):
        found = samples.summary()
        table.add_row(Text(name), f"{found['count']:,}", *(f"{found[p]:,.0f}" for p in names[1:]))
    console.print(Padding(table, (0, 0, 0, 2)))


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold underline"))
