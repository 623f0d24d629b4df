"""The ledger: every line and byte is accounted for, by source and by file, or it is said."""

import os
from pathlib import Path
from typing import cast

import pytest

from agent.counts import Counted
from agent.ledger import Ledger, Ledgers
from agent.records import Limits, Upto
from agent.tail import Tail
from parsers.batch import Parser
from parsers.words import line_count
from tests.agent.following import Lines, Reader, append, copytruncate


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    append(path, b"one\ntwo\n")
    return path


def filled(**counts: int) -> Ledger:
    ledger = Ledger()
    for name, n in counts.items():
        ledger.count(name.replace("__", "."), n)
    return ledger


def test_a_file_counts_for_its_source() -> None:
    source = Ledger()
    first, second = Ledger(source), Ledger(source)

    first.count(Counted.READ, 3)
    second.count(Counted.READ, 4)

    assert [each.total("bytes.read") for each in (first, second, source)] == [3, 4, 7]


def test_lines_balance_when_each_that_was_read_has_an_outcome() -> None:
    ledger = filled(lines__read=10, lines__parsed=6, lines__unparsed=1, lines__truncated=1)
    ledger.count("lines.dropped.some_reason", 2)

    assert ledger.lines_unbalanced() == 0
    assert ledger.lines()["dropped"] == 2
    assert ledger.reasons("lines.dropped") == {"some_reason": 2}


@pytest.mark.parametrize(("parsed", "difference"), [(9, 1), (11, -1)])
def test_a_line_lost_or_counted_twice_shows_as_a_difference(parsed: int, difference: int) -> None:
    ledger = filled(lines__read=10, lines__parsed=parsed, lines__half=1)

    assert ledger.lines_unbalanced() == difference


def test_every_reason_for_giving_bytes_up_is_in_the_balance() -> None:
    ledger = filled(bytes__seen=100, bytes__read=50, bytes__skipped__nul=7)
    ledger.count("bytes.lost.some_later_reason", 13)

    assert ledger.bytes_unbalanced(unread=30) == 0
    assert ledger.bytes_unbalanced(unread=29) == 1
    assert ledger.group("bytes.lost") == 13


def test_taken_is_what_was_counted_since_the_last_time_with_its_quiet_names() -> None:
    ledgers = Ledgers()
    ledgers.of("web").count("lines.read", 3)
    ledgers.of("web").count("lines.unparsed", 0)
    ledgers.of("api").count("lines.read", 1)

    assert dict(ledgers.take()) == {
        "web.lines.read": 3,
        "web.lines.unparsed": 0,
        "api.lines.read": 1,
    }
    assert dict(ledgers.take()) == {}
    ledgers.of("web").count("lines.read", 2)
    assert dict(ledgers.take()) == {"web.lines.read": 2, "web.lines.unparsed": 0}
    assert ledgers.of("web").total("lines.read") == 5


@pytest.mark.parametrize(
    ("raw", "lines"), [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\nb", 2), (b"a\r\n\x0b\x85\n", 2)]
)
@pytest.mark.parametrize("times", [1, 10_000])  # both ways of counting
def test_lines_are_counted_by_their_newlines(raw: bytes, lines: int, times: int) -> None:
    many = b"x\n" * (times - 1) + raw

    assert line_count(many) == times - 1 + lines


# The following keeps it.


def test_what_is_read_and_what_waits_are_all_that_was_seen(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    reader.look()

    assert reader.counts["bytes.seen"] == 12
    assert reader.counts["bytes.read"] == 8
    assert reader.counts["lines.read"] == 2
    assert reader.follower.unread() == {"web": 4}
    assert reader.unbalanced() == {}


def test_what_was_there_before_the_start_is_not_counted(log: Path) -> None:
    reader = Reader(log, start_at="end")
    reader.look()
    append(log, b"three\n")
    reader.look()

    assert reader.counts["bytes.seen"] == reader.counts["bytes.read"] == 6


def test_bytes_cut_off_before_they_were_read_are_lost(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    reader.look()
    log.write_bytes(b"")
    reader.look()
    reader.look()  # it is looked for twice

    assert reader.counts["bytes.lost.truncated"] == 4
    assert reader.unbalanced() == {}


def test_bytes_cut_off_behind_what_was_read_are_lost_and_said(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file is still the one that it was: no new generation, but bytes are gone."""
    append(log, b"a head of its own\n" * 100)
    read = log.stat().st_size
    reader = Reader(log)
    reader.look()
    append(log, b"half a line")
    reader.look()
    os.truncate(log, read + len(b"half"))
    reader.look()
    append(log, b" and an end\n")

    assert reader.read() == b"half and an end\n"
    assert reader.counts["files.truncated"] == 0
    assert reader.counts["bytes.lost.truncated"] == len(b" a line")
    assert reader.unbalanced() == {}
    assert [m for m in caplog.messages if "its last 7 bytes were read" in m]


def test_a_rest_found_in_a_copy_is_not_lost(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    reader.look()
    copytruncate(log, "app.log.1")
    append(log, b"new\n")

    assert reader.read() + reader.read(after_s=61) == b"halfnew\n"
    assert reader.counts["bytes.lost"] == 0
    assert reader.counts["bytes.seen"] == reader.counts["bytes.read"] == 16
    assert reader.unbalanced() == {}


def test_an_overlong_line_and_nuls_are_skipped_with_their_reason(log: Path) -> None:
    reader = Reader(log, limits=Limits(max_line_bytes=10, max_record_bytes=64))
    append(log, b"x" * 100 + b"\n" + b"\0" * 5 + b"z\n")
    reader.look()

    assert reader.counts["bytes.skipped.overlong"] == 91
    assert reader.counts["bytes.skipped.nul"] == 5
    assert reader.counts["lines.read"] == 4
    assert reader.unbalanced() == {}


def test_a_half_line_of_a_stop_is_set_aside_and_seen_again_by_the_next(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    reader.drain()
    reader.follower.close()

    assert reader.counts["bytes.set_aside"] == 4
    assert reader.unbalanced() == {}


def test_the_rest_of_a_deleted_file_that_was_closed_before_its_end_is_a_loss(log: Path) -> None:
    reader = Reader(log)
    reader.look()
    append(log, b"half")
    log.unlink()
    reader.look()
    again = reader.restarted()
    again.look()
    again.look()  # it is looked for twice

    assert reader.counts["bytes.set_aside"] == 4
    assert again.counts["bytes.lost.unlinked"] == 4
    assert (reader.unbalanced(), again.unbalanced()) == ({}, {})


def test_nuls_that_a_rotated_file_ends_with_are_skipped(log: Path) -> None:
    reader = Reader(log)
    append(log, b"\0" * 100)
    reader.look()
    log.rename(log.with_name("app.log.1"))
    reader.look()
    reader.look(after_s=61)

    assert reader.counts["files.closed"] == 1
    assert reader.counts["bytes.skipped.nul"] == 100
    assert reader.unbalanced() == {}


def test_each_file_has_a_ledger_of_its_own(log: Path) -> None:
    reader = Reader(log.with_name("*.log"))
    append(log.with_name("b.log"), b"other\n")

    followed = reader.look()
    for each in followed:
        each.count(Counted.PARSED, each.block.raw.count(b"\n"))

    assert reader.counts["lines.parsed"] == reader.counts["lines.read"] == 3
    ledgers = [tail.ledger for tail in reader.follower._register.tails()]
    assert sorted(ledger.lines()["read"] for ledger in ledgers) == [1, 2]
    assert [ledger.lines_unbalanced() for ledger in ledgers] == [0, 0]


def test_what_is_read_beyond_the_last_look_is_seen_too(log: Path) -> None:
    """The end of an over-long line is looked for up to the end of the file as it is then."""
    limits = Limits(max_line_bytes=10, max_record_bytes=64)
    ledger = Ledger()
    fd = os.open(log, os.O_RDONLY)
    tail = Tail(fd, str(log), lambda *_: cast(Parser, Lines()), limits=limits, ledger=ledger)
    append(log, b"x" * 20)
    tail.look(0)
    append(log, b"y" * 20 + b"\n")
    while tail.next(Upto.LINES):
        pass
    tail.close()

    assert tail.unread == 0
    assert ledger.total("bytes.seen") == 8 + 41
    assert ledger.bytes_unbalanced(tail.unread) == 0
