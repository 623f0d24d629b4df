"""A progress bar for long replays, with rate and remaining time, on a terminal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from agent.console import printable
from agent.replay import Progress as Report


@contextmanager
def progress_bar(paths: Sequence[str]) -> Iterator[Report]:
    """Show how far the files on disk are read; gives the function that a Replay reports to."""
    sizes = {path: _size(path) for path in paths}
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=sum(sizes.values()) or None)
        read = dict.fromkeys(paths, 0)

        def report(path: str, position: int) -> None:
            read[path] = position
            bar.update(task, completed=sum(read.values()), description=printable(Path(path).name))

        yield report


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:  # standard input, or a file that the replay will complain about
        return 0
