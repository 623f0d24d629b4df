"""The words systemd hears, over a real Unix datagram socket."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def notify_socket(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, socket.socket]]:
    """A listening socket and what systemd would put into NOTIFY_SOCKET for it."""
    name = (
        str(tmp_path / "notify")
        if request.param == "path"
        else f"@logtell-{tmp_path.name}-{os.getpid()}"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listener.settimeout(5)
        yield name, listener


def test_ready_carries_the_status(notify_socket: tuple[str, socket.socket]) -> None:
    name, listener = notify_socket

    Notifier.from_environment({"NOTIFY_SOCKET": name}).ready("following 2 files")

    assert listener.recv(1024) == b"READY=1\nSTATUS=following 2 files"


def test_reloading_and_its_time_are_one_datagram(notify_socket: tuple[str, socket.socket]) -> None:
    name, listener = notify_socket
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name})
    notifier.clock_ns = lambda: 123_456_789

    notifier.reloading()

    assert listener.recv(1024) == b"RELOADING=1\nMONOTONIC_USEC=123456"


def test_stopping_status_and_watchdog(notify_socket: tuple[str, socket.socket]) -> None:
    name, listener = notify_socket
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name})

    notifier.stopping("draining")
    notifier.status("12 lines/s")
    notifier.watchdog()

    heard = [listener.recv(1024) for _ in range(3)]
    assert heard == [b"STOPPING=1\nSTATUS=draining", b"STATUS=12 lines/s", b"WATCHDOG=1"]


def test_a_newline_in_the_status_starts_no_assignment(
    notify_socket: tuple[str, socket.socket],
) -> None:
    name, listener = notify_socket

    Notifier.from_environment({"NOTIFY_SOCKET": name}).status("bad\nSTOPPING=1\r\n\udce9")

    assert listener.recv(1024) == b"STATUS=bad STOPPING=1 ?"


def test_without_a_socket_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier.from_environment({})

    notifier.ready("alone")
    notifier.reloading()
    notifier.watchdog()
    notifier.stopping("alone")

    assert caplog.records == []


def test_lost_socket_is_said_once_and_again_after_it_came_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "notify"
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": str(path)})

    notifier.watchdog()
    notifier.watchdog()
    said_while_lost = len(caplog.records)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        notifier.watchdog()
    notifier.watchdog()

    assert said_while_lost == 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert str(path) in caplog.text


def test_full_queue_does_not_hold_the_agent(
    notify_socket: tuple[str, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    name, _ = notify_socket
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name})

    while not caplog.records:  # nobody receives, so the queue fills
        notifier.watchdog()

    assert "timed out" in caplog.text


def test_an_address_that_is_no_unix_socket_is_refused_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": "vsock:2:1"})

    assert notifier.address is None
    assert "vsock:2:1" in caplog.text


@pytest.mark.parametrize(
    ("environ", "expected_s"),
    [
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_watchdog_is_due_at_half_the_time_and_only_if_it_is_ours(
    environ: dict[str, str], expected_s: float | None
) -> None:
    assert expected_s == Notifier.from_environment(environ).watchdog_every_s
