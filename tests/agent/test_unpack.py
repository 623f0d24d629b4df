"""A compressed file recognised by its content, and its rest laid out as a file."""

import gzip
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.checkpoint import Entry
from agent.identity import BEFORE_BYTES, HEAD_BYTES, Identity, digest
from agent.unpack import PIECE_BYTES, Known, lay_out, recognise
from tests.agent.following import PACKERS

Result = TypeVar("Result")


def ended(steps: Generator[None, None, Result]) -> tuple[Result, int]:
    """What the steps come to, and how many there were."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, count
        count += 1


def known(
    raw: bytes, offset: int, *, head_bytes: int | None = None, was_cut: bool = False
) -> Known:
    """A generation with this content, read up to `offset`."""
    seen = min(len(raw), HEAD_BYTES) if head_bytes is None else head_bytes
    identity = Identity(1, 2, seen, digest(raw[:seen]))
    before = digest(raw[max(0, offset - BEFORE_BYTES) : offset])
    return Known(Entry("app.log", "web", identity, offset, before, 0), was_cut)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return tmp_path / "app.log.1.gz"


@given(
    raw=st.binary(max_size=3000),
    offset=st.integers(0, 3000),
    ending=st.sampled_from(list(PACKERS)),
)
def test_laid_out_file_holds_the_head_and_all_from_just_before_the_offset(
    raw: bytes, offset: int, ending: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packed"
        path.write_bytes(PACKERS[ending](raw))
        offset = min(offset, len(raw))
        fd, _ = ended(lay_out(path, offset, Path(folder)))
        laid_out = os.pread(fd, len(raw) + 1, 0)
        left = [each.name for each in Path(folder).iterdir()]
        os.close(fd)

    start = max(0, offset - BEFORE_BYTES)
    assert (raw[:HEAD_BYTES], raw[start:]) == (laid_out[:HEAD_BYTES], laid_out[start:])
    assert left == ["packed"]


@given(raw=st.binary(min_size=1, max_size=3000), data=st.data())
def test_generation_is_recognised_wherever_it_was_left(raw: bytes, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(raw)))
    head_bytes = data.draw(st.integers(1, min(len(raw), HEAD_BYTES)))
    mine = known(raw, offset, head_bytes=head_bytes)
    other = known(b"\0" + raw, min(offset, len(raw)), head_bytes=head_bytes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packed"
        path.write_bytes(gzip.compress(raw))
        contents, _ = ended(recognise(path, [other, mine]))

    assert (contents.owner, contents.size, contents.broken) == (mine, len(raw), False)
    assert contents.unread_from == offset


def test_generation_that_was_read_furthest_owns_what_begins_alike(packed: Path) -> None:
    raw = b"=" * 2000 + b"one\ntwo\nthree\n"
    packed.write_bytes(gzip.compress(raw))
    banner_only, further = known(raw, 2000), known(raw, 2004)

    contents, _ = ended(recognise(packed, [further, banner_only]))

    assert contents.owner == further


def test_long_file_is_unpacked_in_steps(packed: Path) -> None:
    raw = bytes(5 * PIECE_BYTES)
    packed.write_bytes(gzip.compress(raw))

    contents, steps = ended(recognise(packed, []))

    assert (contents.size, steps) == (len(raw), 4)  # the head is no step


def test_search_that_is_broken_off_leaves_no_file_open(packed: Path, tmp_path: Path) -> None:
    packed.write_bytes(gzip.compress(os.urandom(3 * PIECE_BYTES)))
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    steps = lay_out(packed, 0, tmp_path)
    next(steps)

    steps.close()

    assert before == os.listdir("/proc/self/fd")  # noqa: PTH208


@pytest.mark.parametrize(
    "raw",
    [b"", b"not compressed\n", gzip.compress(b"", mtime=0)],
    ids=("empty", "text", "gzip of nothing"),
)
def test_file_with_nothing_in_it_has_no_owner(packed: Path, raw: bytes) -> None:
    packed.write_bytes(raw)

    contents, _ = ended(recognise(packed, [known(b"one\n", 4, was_cut=True)]))

    assert (contents.owner, contents.size) == (None, 0)
