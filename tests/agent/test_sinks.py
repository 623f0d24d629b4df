"""Sinks select, write and are flushed; an output that fails loses nothing."""

import asyncio

import orjson
import pytest

from agent.console import Style
from agent.events import Selection
from agent.setup import selection
from agent.sinks import Buffered, EventSink
from tests.agent.command import RULES, batch_of

RAW = b"DEBUG:a:1\nERROR:a.b:2\nWARNING:c:3\n"


class Disk:
    """An output that is full until told otherwise."""

    def __init__(self) -> None:
        self.written = b""
        self.full = False
        self.closed = False

    async def write(self, raw: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.written += raw

    async def flush(self) -> None: ...

    async def close(self) -> None:
        self.closed = True


def given(sink: EventSink, source: str = "web", raw: bytes = RAW) -> None:
    batch = batch_of(raw, "python")
    sink.take(batch, RULES.match(batch), source)


def test_a_sink_writes_json_lines_without_a_style() -> None:
    written: list[bytes] = []

    given(EventSink(written.append))

    assert [orjson.loads(line)["message"] for line in b"".join(written).splitlines()] == [
        "1",
        "2",
        "3",
    ]


def test_a_sink_with_a_style_writes_text_for_people() -> None:
    written: list[bytes] = []

    given(EventSink(written.append, style=Style()))

    assert b"".join(written).decode().splitlines()[1] == "--:--:-- error    web: 2"


def test_each_sink_has_its_own_selection() -> None:
    loud, quiet = list[bytes](), list[bytes]()
    sinks = [
        EventSink(loud.append, selection("debug", {}, explained=False)),
        EventSink(quiet.append, selection("warning", {"a": "critical"}, explained=False)),
    ]
    for sink in sinks:
        given(sink)

    counts = [b"".join(written).count(b"\n") for written in (loud, quiet)]

    assert counts == [3, 1]


@pytest.mark.parametrize(("sources", "expected"), [((), 3), (("web",), 3), (("db", "x"), 0)])
def test_a_sink_takes_only_its_sources(sources: tuple[str, ...], expected: int) -> None:
    written: list[bytes] = []

    given(EventSink(written.append, sources=sources))

    assert b"".join(written).count(b"\n") == expected


def test_nothing_is_written_where_nothing_is_selected() -> None:
    written: list[bytes] = []

    given(
        EventSink(
            written.append, Selection(severity=selection("critical", {}, explained=False).severity)
        )
    )

    assert written == []


def test_what_is_held_comes_out_in_order_at_a_flush() -> None:
    disk = Disk()
    buffer = Buffered(disk)
    buffer.write(b"a")
    buffer.write(b"b")
    before = disk.written
    asyncio.run(buffer.flush())

    assert (before, disk.written) == (b"", b"ab")


def test_a_full_disk_keeps_what_is_held_for_the_next_flush() -> None:
    disk = Disk()
    disk.full = True
    buffer = Buffered(disk)
    buffer.write(b"a")
    with pytest.raises(OSError, match="No space"):
        asyncio.run(buffer.flush())
    disk.full = False
    buffer.write(b"b")
    asyncio.run(buffer.close())

    assert (disk.written, disk.closed) == (b"ab", True)


def test_a_buffer_is_full_at_its_limit_and_not_after_a_flush() -> None:
    buffer = Buffered(Disk(), limit_bytes=3)
    buffer.write(b"ab")
    small = buffer.full
    buffer.write(b"c")
    large = buffer.full
    asyncio.run(buffer.flush())

    assert (small, large, buffer.full) == (False, True, False)
