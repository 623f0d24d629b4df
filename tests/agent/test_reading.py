"""Old logs as blocks: whole, from any container, whatever is wrong with the file."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.measures import line_totals
from agent.reading import UnreadableError, blocks, open_log
from agent.records import Limits
from parsers.batch import Parser
from parsers.block import Block
from parsers.formats import Options, parser_for
from parsers.python_log import BASIC

SMALL = Limits(max_line_bytes=64, max_record_bytes=256)
Compress = Callable[[bytes], bytes]
CONTAINERS: dict[str, Compress] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lambda raw: lzma.compress(raw, preset=0),
}


def read(
    stream: io.BufferedIOBase,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    log_format: str = "plain",
) -> tuple[list[Block], Counter[str]]:
    counts = Counter[str]()
    found = blocks(
        stream,
        "a.log",
        lambda head: parser_for(log_format, Options(UTC), head=head),
        limits,
        lambda name, n: counts.update({name: n}),
    )
    return [block for _, block in found], counts


def whole(path: Path | str) -> bytes:
    with open_log(str(path)) as (stream, _):
        return b"".join(block.raw for block in read(stream)[0])


def read_until_broken(path: Path) -> tuple[bytes, str]:
    """What is handed out of a broken file, and the complaint."""
    got: list[bytes] = []
    try:
        with open_log(str(path)) as (stream, _):
            plain = parser_for("plain")
            for _, block in blocks(stream, str(path), lambda _: plain, Limits(), lambda *_: None):
                got.append(block.raw)
    except UnreadableError as error:
        return b"".join(got), str(error)
    return b"".join(got), ""


def records(found: list[Block], log_format: str) -> list[tuple[int, bytes]]:
    parser: Parser = parser_for(log_format, Options(UTC))
    batches = [parser.parse(block) for block in found]
    return [
        (batch.block.offset + int(batch.starts[row]), batch.record(row))
        for batch in batches
        for row in range(len(batch))
    ]


@pytest.mark.parametrize("name", CONTAINERS)
def test_compressed_logs_are_known_by_their_first_bytes_not_their_name(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "access.log.1").write_bytes(CONTAINERS[name](b"one\ntwo\n"))

    assert whole(tmp_path / "access.log.1") == b"one\ntwo\n"


def test_several_gzip_members_in_one_file_are_one_log(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))

    assert whole(tmp_path / "a") == b"one\ntwo\n"


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_truncated_container_gives_all_that_can_be_read_and_then_complains(
    tmp_path: Path, name: str
) -> None:
    raw = b"".join(os.urandom(20).hex().encode() + b"\n" for _ in range(60_000))
    packed = CONTAINERS[name](raw)
    cut = packed[: len(packed) // 2]
    (tmp_path / "a").write_bytes(cut)

    got, complaint = read_until_broken(tmp_path / "a")

    assert complaint.startswith(f"{tmp_path}/a: broken off: ")
    assert got == unpacked(name, cut)
    assert len(got) > len(raw) // 4


def unpacked(name: str, cut: bytes) -> bytes:
    if name == "gz":
        return zlib.decompressobj(wbits=31).decompress(cut)
    return (bz2.BZ2Decompressor() if name == "bz2" else lzma.LZMADecompressor()).decompress(cut)


def test_a_damaged_gz_gives_what_comes_before_the_damage(tmp_path: Path) -> None:
    raw = b"".join(os.urandom(20).hex().encode() + b"\n" for _ in range(20_000))
    packed = bytearray(gzip.compress(raw))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = b"\xff" * 200
    (tmp_path / "a").write_bytes(packed)

    got, complaint = read_until_broken(tmp_path / "a")

    assert "broken off" in complaint
    assert got[:100_000] == raw[:100_000]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: path.mkdir(), "a b: is a directory"),
        (lambda _: None, "a b: no such file or directory"),
        (
            lambda path: path.write_bytes(b"\x28\xb5\x2f\xfd rest"),
            "a b: is zstd; try: zstd -dc 'a b' | logtell replay -",
        ),
    ],
    ids=["directory", "missing", "zstd"],
)
def test_what_cannot_be_read_says_why_and_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], object],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("a b"))

    with pytest.raises(UnreadableError) as error, open_log("a b"):
        pass

    assert str(error.value) == complaint


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch(mode=0)

    with pytest.raises(UnreadableError, match="permission denied"), open_log(str(path)):
        pass


def test_a_file_is_closed_behind_its_reading(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"one\n"))

    with open_log(f"{tmp_path}/a") as (_, on_disk):
        pass

    assert on_disk.closed


@given(st.binary(max_size=400))
def test_blocks_together_are_the_stream(raw: bytes) -> None:
    raw = raw.replace(b"\0", b"")

    found, _ = read(io.BytesIO(raw))

    assert b"".join(block.raw for block in found) == raw


lines = st.lists(
    st.sampled_from(
        (b"x", b"INFO:a:b", b"  indented", b"ERROR:a:boom", b"", b"\0\0", b"y" * 70, b"z" * 300)
    )
    | st.binary(max_size=80).map(lambda raw: raw.replace(b"\n", b"")),
    max_size=60,
)


@pytest.mark.parametrize("log_format", ["plain", BASIC, "nginx_error", "combined", "json"])
@given(lines=lines, end=st.sampled_from((b"", b"\n")))
def test_every_line_is_in_exactly_one_block_however_small_blocks_are(
    log_format: str, lines: list[bytes], end: bytes
) -> None:
    raw = b"\n".join(lines) + end
    parser = parser_for(log_format)

    found, counts = read(io.BytesIO(raw), SMALL, log_format)

    totals = Counter[str]()
    for block in found:
        for name, n in zip(
            ("parsed", "unparsed", "truncated"), line_totals(parser.parse(block)), strict=True
        ):
            totals[name] += n
    last = raw.rpartition(b"\n")[2]
    assert totals.total() == raw.count(b"\n") + bool(last.strip(b"\0"))
    assert totals.total() == counts["lines.read"]
    sizes = sum(len(block.raw) for block in found)
    skipped = counts["bytes.skipped.nul"] + counts["bytes.skipped.overlong"]
    assert sizes + skipped == len(raw)


short_lines = st.lists(
    st.sampled_from((b"INFO:a:b", b"Traceback (most recent call last):", b"  File", b"E: x", b"")),
    max_size=80,
)


@pytest.mark.parametrize("log_format", [BASIC, "json"])
@settings(max_examples=150)
@given(lines=short_lines)
def test_records_are_the_same_however_small_blocks_are(log_format: str, lines: list[bytes]) -> None:
    """As long as no record is longer than the limit."""
    raw = b"".join(b"INFO:a:%d\n%b\n" % (number, line) for number, line in enumerate(lines))

    small, _ = read(io.BytesIO(raw), SMALL, log_format)
    large, _ = read(io.BytesIO(raw), Limits(), log_format)

    assert records(small, log_format) == records(large, log_format)


def test_half_a_line_at_the_end_of_a_piece_does_not_end_the_record_before_it() -> None:
    trace = b"ERROR:a:x\nTraceback (most recent call last):\n  File x\nE: y\n"
    raw = (trace + b"INFO:a:b\n") * 20

    found, _ = read(io.BytesIO(raw), SMALL, BASIC)

    assert [record for _, record in records(found, BASIC)] == [trace[:-1], b"INFO:a:b"] * 20


def test_a_traceback_longer_than_the_limit_is_cut_at_a_line_end() -> None:
    raw = b"ERROR:a:x\nTraceback (most recent call last):\n" + b"  File x\n" * 200 + b"INFO:a:b\n"

    found, _ = read(io.BytesIO(raw), SMALL, "python")

    assert b"".join(block.raw for block in found) == raw
    assert all(block.raw.endswith(b"\n") for block in found)


def test_an_overlong_line_is_one_truncated_block_and_the_next_line_is_whole() -> None:
    found, counts = read(io.BytesIO(b"a\n" + b"x" * 1000 + b"\nb\n"), SMALL)

    assert [(block.raw, block.truncated, block.offset) for block in found] == [
        (b"a\n", False, 0),
        (b"x" * 64, True, 2),
        (b"b\n", False, 1003),
    ]
    assert counts["bytes.skipped.overlong"] == 1000 - 64 + 1


@pytest.mark.parametrize("size", [63, 64])
def test_a_line_of_just_the_limit_is_whole(size: int) -> None:
    found, _ = read(io.BytesIO(b"x" * size + b"\n"), SMALL)

    assert [block.truncated for block in found] == [False]


def test_leading_nuls_of_a_line_are_left_out_and_counted() -> None:
    found, counts = read(io.BytesIO(b"a\n\0\0\0b\nc\0d\n"))

    assert b"".join(block.raw for block in found) == b"a\nb\nc\0d\n"
    assert counts["bytes.skipped.nul"] == 3


def test_the_parser_is_chosen_once_by_the_head() -> None:
    raw = b"INFO:a:b\n" * 100
    heads: list[bytes] = []

    def choose(head: bytes) -> Parser:
        heads.append(head)
        return parser_for("python")

    list(blocks(io.BytesIO(raw), "a", choose, SMALL, lambda *_: None))

    assert len(heads) == 1
    assert heads[0].endswith(b"\n")
