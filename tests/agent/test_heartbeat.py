"""`health` tells from a small file whether the agent lives and flushes; it never fails itself."""

import os
from pathlib import Path

import pytest

from agent.heartbeat import Heartbeat, diagnose, runtime_folder, write
from tests.agent.command import logtell


def beat(**changes: object) -> Heartbeat:
    values = {"pid": os.getpid(), "written_at": 1000.0, "flush_every_s": 10.0, "status": "fine"}
    return Heartbeat(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("age_s", "well"), [(0, True), (35, True), (36, False), (-100, True)])
def test_an_agent_is_well_if_it_flushed_within_three_flushes(
    tmp_path: Path, age_s: float, well: bool
) -> None:
    write(tmp_path, beat())

    assert diagnose(tmp_path, now=1000 + age_s)[0] == well


def test_a_well_agent_says_how_it_is(tmp_path: Path) -> None:
    write(tmp_path / "new", beat(status="following 2 sources"))

    assert diagnose(tmp_path / "new", now=1000) == (True, "following 2 sources")


def test_an_agent_that_is_gone_is_not_well(tmp_path: Path) -> None:
    write(tmp_path, beat(pid=2**22 + 1))

    assert diagnose(tmp_path, now=1000) == (False, "the agent (process 4194305) is gone")


def test_without_a_heartbeat_the_question_is_asked(tmp_path: Path) -> None:
    assert diagnose(tmp_path) == (
        False,
        f"no agent has written {tmp_path}/health.json; is logtell running?",
    )


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b"\xff", b'{"pid": 1}', b"7"),
        b'{"pid": null, "written_at": 1, "flush_every_s": 1, "status": ""}',
        b'{"pid": 1, "written_at": "soon", "flush_every_s": 1, "status": ""}',
        b'{"pid": 1, "written_at": 1, "flush_every_s": [], "status": ""}',
    ],
)
def test_a_heartbeat_of_nonsense_is_not_well(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "health.json").write_bytes(content)

    well, words = diagnose(tmp_path)

    assert not well
    assert "health.json cannot be read" in words


def test_a_heartbeat_is_replaced_in_one_step(tmp_path: Path) -> None:
    write(tmp_path, beat(status="one"))
    write(tmp_path, beat(status="two"))

    assert diagnose(tmp_path, now=1000)[1] == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["health.json"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"RUNTIME_DIRECTORY": "/run/a:/run/b"}, "/run/a"),
        ({"RUNTIME_DIRECTORY": "/run/a", "XDG_RUNTIME_DIR": "/run/user/7"}, "/run/a"),
    ],
)
def test_systemds_folder_comes_first(environment: dict[str, str], expected: str) -> None:
    assert runtime_folder(environment) == Path(expected)


@pytest.mark.parametrize(("arguments", "shown"), [((), "not well: no agent"), (("-q",), "")])
def test_the_command_says_it_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], shown: str
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    ran = logtell("health", *arguments)

    assert (ran.code, ran.out.decode()[: len("not well: no agent")]) == (1, shown)


def test_the_command_exits_with_0_for_a_well_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, beat(written_at=4e9, status="following"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    ran = logtell("health")

    assert (ran.code, ran.out) == (0, b"well: following\n")
