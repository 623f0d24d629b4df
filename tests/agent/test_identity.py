"""Who a file is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity import before, continues, digest, grown, identity, same_head
from tests.agent.following import append


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"one\n")
    return path


@pytest.fixture
def fd(log: Path) -> Iterator[int]:
    fd = os.open(log, os.O_RDONLY)
    yield fd
    os.close(fd)


def test_small_file_has_an_identity_at_once(fd: int) -> None:
    assert (4, digest(b"one\n")) == (identity(fd).head_bytes, identity(fd).head)


def test_rename_keeps_the_identity(log: Path, fd: int) -> None:
    known = identity(fd)
    log.rename(log.with_name("app.log.1"))

    assert known == identity(fd)


def test_growing_head_is_hashed_again_with_its_length(log: Path, fd: int) -> None:
    known = identity(fd)
    append(log, b"two\n")

    assert same_head(fd, known)
    assert grown(fd, known).head_bytes == 8
    assert grown(fd, known).key == known.key


def test_full_head_is_not_read_again(log: Path, fd: int) -> None:
    append(log, b"x" * 2000)
    known = identity(fd)

    assert known.head_bytes == 1024
    assert grown(fd, known) is known


def test_two_files_with_the_same_head_are_two_files(tmp_path: Path, fd: int) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(b"one\n")
    with other.open("rb") as file:
        assert identity(file.fileno()).key != identity(fd).key


def test_another_head_is_no_continuation(log: Path, fd: int) -> None:
    known = identity(fd)
    log.write_bytes(b"xne\nmore\n")

    assert not continues(fd, known, 0, digest(b""))


def test_other_bytes_before_the_offset_are_no_continuation(log: Path, fd: int) -> None:
    append(log, b"x" * 2000)
    known, place = identity(fd), digest(before(fd, 2004))
    with log.open("r+b") as file:
        file.seek(1990)
        file.write(b"y")

    assert same_head(fd, known)
    assert not continues(fd, known, 2004, place)


def test_shorter_file_is_no_continuation(log: Path, fd: int) -> None:
    known, place = identity(fd), digest(before(fd, 4))
    os.truncate(log, 3)

    assert not continues(fd, known, 4, place)


@given(st.binary(max_size=3000), st.binary(max_size=50), st.data())
def test_grown_file_is_always_a_continuation(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, more: bytes, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "grown.log"
    path.write_bytes(raw)
    offset = data.draw(st.integers(0, len(raw)))
    with path.open("rb") as file:
        fd = file.fileno()
        known, place = identity(fd), digest(before(fd, offset))
        append(path, more)

        assert continues(fd, known, offset, place)
