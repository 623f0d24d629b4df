"""Who a file is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity import Face, before, continues, digest, identity, same_head
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


def test_face_is_of_the_file_until_that_is_cut(log: Path, fd: int) -> None:
    face = Face.of(fd, 4)
    append(log, b"two\n")

    assert face.is_of(fd)
    log.write_bytes(b"two\nthree\n")
    assert not face.is_of(fd)


def test_face_of_a_file_that_was_cut_meanwhile_is_not_its_own(log: Path, fd: int) -> None:
    face = Face.of(fd, 4)
    log.write_bytes(b"")

    assert not face.is_of(fd)


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
