"""Output files: appended to, whole lines only, whatever a crash has left in them."""

import asyncio
from pathlib import Path

import pytest

from agent.files import OutputFile


async def append(path: Path, raw: bytes) -> None:
    async with OutputFile(path) as output:
        await output.write(raw)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (b'{"a":1}\n{"b', b'{"a":1}\n{"b\n{"c":3}\n'),
        (b'{"a":1}\n', b'{"a":1}\n{"c":3}\n'),
        (b"", b'{"c":3}\n'),
    ],
    ids=["torn", "whole", "empty"],
)
def test_half_a_line_that_a_crash_left_is_not_glued_to_the_next(
    tmp_path: Path, left: bytes, expected: bytes
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(left)

    asyncio.run(append(path, b'{"c":3}\n'))

    assert expected == path.read_bytes()


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    asyncio.run(append(tmp_path / "events.jsonl", b"one\n"))

    assert (tmp_path / "events.jsonl").read_bytes() == b"one\n"
