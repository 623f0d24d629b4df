"""One file: whole records, exact offsets, and nothing held in memory that is not handed out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records import Limits, leading_nuls, ordinary_lines
from parsers.block import Block
from tests.agent.following import Counts, Indented, Lines, Reader, append

SMALL = Limits(max_line_bytes=10, max_record_bytes=40)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.touch()
    return path


def blocks(reader: Reader, **how) -> list[Block]:
    return [followed.block for followed in reader.look(**how)]


def test_block_ends_with_the_last_whole_line(log: Path) -> None:
    append(log, b"one\ntwo\nthr")

    assert [Block(b"one\ntwo\n", str(log), 0, 8)] == blocks(Reader(log))


def test_half_line_is_read_when_it_is_whole(log: Path) -> None:
    reader = Reader(log)
    for part in (b"o", b"n", b"e\ntw"):
        append(log, part)
        last = reader.read()
    append(log, b"o\n")

    assert (last, reader.read()) == (b"one\n", b"two\n")


def test_half_line_is_not_handed_out_by_quiet(log: Path) -> None:
    append(log, b"half")
    reader = Reader(log)
    reader.look()

    assert reader.read(after_s=10_000) == b""


def test_half_line_at_a_clean_stop_stays_before_the_checkpoint(log: Path) -> None:
    append(log, b"one\nha")
    reader = Reader(log)
    drained = reader.drain()
    append(log, b"lf\n")

    assert (drained, reader.restarted().read()) == (b"one\n", b"half\n")


def test_offsets_of_blocks_join_without_gap(log: Path) -> None:
    append(log, b"".join(b"line %d\n" % n for n in range(100)))
    found = blocks(Reader(log, limits=SMALL))

    assert len(found) > 10
    assert [b.end for b in found[:-1]] == [b.offset for b in found[1:]]
    assert log.read_bytes() == b"".join(b.raw for b in found)


def test_last_record_of_several_lines_waits_for_more(log: Path) -> None:
    append(log, b"one\n more\ntwo\n mo")
    reader = Reader(log, parser=Indented)
    first = reader.read(after_s=0)
    append(log, b"re\nthree\n")

    assert (first, reader.read(after_s=0.3)) == (b"one\n more\n", b"two\n more\n")


def test_last_record_is_handed_out_when_the_file_is_quiet(log: Path) -> None:
    append(log, b"one\n more\n")
    reader = Reader(log, parser=Indented)

    assert reader.read(after_s=0) == b""
    assert reader.read(after_s=0.5) == b""
    assert reader.read(after_s=0.6) == b"one\n more\n"


def test_last_record_is_handed_out_at_the_stop(log: Path) -> None:
    append(log, b"one\n more\n")

    assert Reader(log, parser=Indented).drain() == b"one\n more\n"


def test_overlong_record_is_cut_at_a_line_end(log: Path) -> None:
    append(log, b"one\n" + b" more\n" * 10)
    reader = Reader(log, parser=Indented, limits=SMALL)

    assert blocks(reader, after_s=0)[0].raw == b"one\n" + b" more\n" * 6
    assert reader.counts["records.cut"] == 1


def test_overlong_line_is_handed_out_cut_with_its_end(log: Path) -> None:
    append(log, b"one\n" + b"x" * 100 + b"\ntwo\n")
    reader = Reader(log, limits=SMALL)

    assert blocks(reader) == [
        Block(b"one\n", str(log), 0, 4),
        Block(b"x" * 10, str(log), 4, 105, truncated=True),
        Block(b"two\n", str(log), 105, 109),
    ]
    assert reader.counts["bytes.skipped.overlong"] == 91
    assert reader.counts["lines.read"] == 3


def test_line_of_just_the_limit_is_whole(log: Path) -> None:
    append(log, b"x" * 10 + b"\n" + b"y" * 11 + b"\n")

    assert [(b.raw, b.truncated) for b in blocks(Reader(log, limits=SMALL))] == [
        (b"x" * 10 + b"\n", False),
        (b"y" * 10, True),
    ]


def test_overlong_line_without_its_end_stays_before_the_checkpoint(log: Path) -> None:
    append(log, b"x" * 100)
    reader = Reader(log, limits=SMALL)
    early = blocks(reader)
    append(log, b"x\n")
    again = reader.restarted()

    assert early == []
    assert [(b.raw, b.offset, b.end) for b in blocks(again)] == [(b"x" * 10, 0, 102)]


def test_overlong_line_ends_the_record_before_it(log: Path) -> None:
    append(log, b"one\n more\n" + b"x" * 20 + b"\n")
    reader = Reader(log, parser=Indented, limits=SMALL)

    assert [b.raw for b in blocks(reader, after_s=0)] == [b"one\n more\n", b"x" * 10]


def test_nuls_at_the_start_of_a_line_are_left_out_and_counted(log: Path) -> None:
    append(log, b"\0\0\0one\ntwo\n\0\0three\nfo\0ur\n")
    reader = Reader(log)

    assert b"".join(b.raw for b in blocks(reader)) == b"one\ntwo\nthree\nfo\0ur\n"
    assert reader.counts["bytes.skipped.nul"] == 5


def test_many_reads_of_written_nuls_are_passed(log: Path) -> None:
    append(log, b"\0" * 100_000 + b"one\n")
    reader = Reader(log, limits=SMALL)

    assert reader.read() == b"one\n"
    assert reader.counts["bytes.skipped.nul"] == 100_000


def test_nuls_with_nothing_behind_them_are_kept(log: Path) -> None:
    """A file laid out in advance is filled later."""
    append(log, b"one\n" + b"\0" * 50)
    reader = Reader(log)
    first = reader.read()
    with log.open("r+b") as file:
        file.seek(4)
        file.write(b"two\n")

    assert (first, reader.read()) == (b"one\n", b"two\n")


def test_parser_is_opened_with_whole_lines_once_there_is_one(log: Path) -> None:
    opened: list[bytes] = []

    def open_parser(path: str, head: bytes) -> Lines:
        opened.append(head)
        return Lines()

    append(log, b"ha")
    reader = Reader(log, parser=open_parser)
    reader.look()
    before = list(opened)
    append(log, b"lf\nsecond\nthi")
    reader.look()
    append(log, b"rd\n")
    reader.look()

    assert (before, opened) == ([], [b"half\nsecond\n"])


def test_parser_gets_the_first_lines_also_where_reading_begins_later(log: Path) -> None:
    opened: list[bytes] = []

    def open_parser(path: str, head: bytes) -> Lines:
        opened.append(head)
        return Lines()

    append(log, b"first\nsecond\n")
    reader = Reader(log, parser=open_parser, start_at="end")
    reader.look()
    append(log, b"third\n")

    assert (reader.read(), opened) == (b"third\n", [b"first\nsecond\nthird\n"])


def test_invalid_limits_say_which() -> None:
    with pytest.raises(ValueError, match="max_line_bytes is 100: it must be above 0 and below"):
        Limits(max_line_bytes=100, max_record_bytes=100)


@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\0", b"x" * 12])).map(b"".join))
def test_ordinary_lines_are_whole_short_and_begin_with_no_nul(raw: bytes) -> None:
    end = ordinary_lines(raw, 10) if not leading_nuls(raw) else 0
    lines = raw[:end].split(b"\n")

    assert lines.pop() == b""
    assert all(len(line) <= 10 and not line.startswith(b"\0") for line in lines)


@given(
    st.lists(st.sampled_from([b"a", b"bb\n", b"\n", b" c\n", b"\0", b"x" * 12, b"y" * 50])),
    st.sampled_from([Lines, Indented]),
    st.integers(1, 5),
)
def test_every_byte_is_handed_out_or_counted(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], parser: type[Lines], step: int
) -> None:
    """However the writing is cut: bytes of a generation = handed out + left out."""
    log = tmp_path_factory.mktemp("conserved") / "app.log"
    log.touch()
    reader = Reader(log, parser=parser, limits=SMALL)
    counts, found = reader.counts, []
    for n in range(0, len(parts), step):
        append(log, b"".join(parts[n : n + step]))
        found += blocks(reader)
    append(log, b"end")
    found += blocks(reader)
    log.unlink()
    found += [f.block for f in reader.follower.drain()]

    read = sum(len(block.raw) for block in found)
    assert sum(map(len, parts)) + 3 == read + left_out(counts)
    assert read == counts["bytes.read"]
    assert reader.unbalanced() == {}


def left_out(counts: Counts) -> int:
    return counts["bytes.skipped.nul"] + counts["bytes.skipped.overlong"]
