"""
The real `logtell run` as a subprocess, for tests: started, waited for, listened to, stopped.

    with run_agent(tmp_path, sources={"web": {"paths": "…", "format": "combined"}}) as agent:
        ...
        agent.until(lambda: len(agent.events) == 3)
        assert agent.stop() == 0

Nothing sleeps: what the agent says (systemd's datagrams, events, its log) and what it sends
(metrics) is read by a thread that wakes whoever waits.
"""

import json
import os
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any

from agent.receiver import Totals, parse_line
from tests.programs import ROOT

LOGTELL = ROOT / ".venv/bin/logtell"
WITHIN_S = 15.0  # how long anything may take on a busy machine
# Hardly ever needed: all that is waited for but files is heard by the thread, which wakes us.
_LOOK_AGAIN_S = 0.02


class Ear:
    """A thread that reads descriptors, hands on what it read, and wakes whoever waits for it."""

    def __init__(self) -> None:
        self.heard = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._end, self._wake = socket.socketpair()
        self._selector.register(self._end, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def hear(self, fd: int, take: Callable[[bytes], object]) -> None:
        """Read a descriptor from now on, until its end; only before `start`."""
        self._selector.register(fd, selectors.EVENT_READ, take)

    def until(self, condition: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
        """Wait until something is true; an AssertionError if it is not in time."""
        deadline = time.monotonic() + within_s
        with self.heard:
            while not condition():
                assert time.monotonic() < deadline, f"not within {within_s:g} s"
                self.heard.wait(_LOOK_AGAIN_S)

    def hears(self, fd: int) -> bool:
        """Whether a descriptor has not come to its end yet."""
        return fd in self._selector.get_map()

    def close(self) -> None:
        self._wake.close()
        self._thread.join()
        self._end.close()
        self._selector.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                raw = os.read(key.fd, 65536)
                with self.heard:
                    key.data(raw)
                    self.heard.notify_all()
                if not raw:
                    self._selector.unregister(key.fd)


class Lines:
    """Whole lines out of what comes in pieces."""

    def __init__(self, take: Callable[[str], object]) -> None:
        self._take = take
        self._rest = b""

    def __call__(self, raw: bytes) -> None:
        *lines, self._rest = (self._rest + raw).split(b"\n")
        for line in lines:
            self._take(line.decode())


class Agent:
    """One run of the agent; what it said so far is in `events`, `said` and `log`."""

    def __init__(self, process: subprocess.Popen[bytes], notified: socket.socket) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []  # those on its standard output
        self.events_at_s: list[float] = []  # when they came, by the monotonic clock
        self.said: list[str] = []  # datagrams to systemd
        self.said_at_s: list[float] = []  # when they came, by the monotonic clock
        self.log: list[str] = []  # lines on its standard error
        self.ear = Ear()
        self.ear.hear(notified.fileno(), self._hear_datagram)
        if process.stdout:
            self.ear.hear(process.stdout.fileno(), Lines(self._hear_event))
        assert process.stderr
        self.ear.hear(process.stderr.fileno(), Lines(self.log.append))
        self.ear.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def messages(self) -> list[str]:
        """The texts of the events on standard output."""
        return [event["message"] for event in self.events]

    def until(self, condition: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
        """Wait until something is true; fails with all that the agent said if it does not come."""
        try:
            self.ear.until(lambda: condition() or self._has_ended(), within_s=within_s)
            assert condition(), "the agent has ended"
        except AssertionError as error:
            raise AssertionError(
                f"{error}; exit code: {self.process.poll()}; {len(self.events)} events;"
                f" systemd was told {self.said[-3:]}; log:\n" + "\n".join(self.log[-30:])
            ) from None

    def until_time(self, at_s: float) -> None:
        """Wait until the monotonic clock says so, for a test that measures."""
        self.until(lambda: time.monotonic() >= at_s)

    def _has_ended(self) -> bool:
        """Whether the process is gone and all was read that it said."""
        return self.process.poll() is not None and not self._heard_fds()

    def _heard_fds(self) -> set[int]:
        pipes = [pipe for pipe in (self.process.stdout, self.process.stderr) if pipe]
        return {pipe.fileno() for pipe in pipes if self.ear.hears(pipe.fileno())}

    def until_ready(self, times: int = 1) -> None:
        self.until(lambda: self.has_said("READY=1", times))

    def until_logged(self, words: str, times: int = 1) -> None:
        self.until(lambda: sum(words in line for line in self.log) >= times)

    def count_said(self, assignment: str) -> int:
        """How many datagrams held this assignment."""
        return sum(assignment in said.split("\n") for said in self.said)

    def has_said(self, assignment: str, times: int) -> bool:
        return self.count_said(assignment) >= times

    def signal(self, number: Signals) -> None:
        self.process.send_signal(number)

    def stop(self, number: Signals = SIGTERM, *, within_s: float = WITHIN_S) -> int:
        """Send a signal and return the exit code; all that it said before its end is read then."""
        self.signal(number)
        return self.wait(within_s=within_s)

    def wait(self, *, within_s: float = WITHIN_S) -> int:
        """Return the exit code of an agent that ends by itself."""
        self.until(self._has_ended, within_s=within_s)
        code = self.process.returncode
        assert code is not None
        return code

    def resident_bytes(self) -> int:
        """Memory that the agent holds now."""
        status = Path(f"/proc/{self.pid}/statm").read_text()
        return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.ear.close()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def _hear_datagram(self, raw: bytes) -> None:
        self.said.append(raw.decode())
        self.said_at_s.append(time.monotonic())

    def _hear_event(self, line: str) -> None:
        self.events.append(json.loads(line))
        self.events_at_s.append(time.monotonic())


class Statsd:
    """A StatsD server that keeps totals, on a port of its own; it can be away for a while."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._socket = _udp_socket(0)
        self.port: int = self._socket.getsockname()[1]
        self._begin()

    def counter(self, name: str) -> float:
        return self.totals.counters.get(f"logtell.{name}", 0)

    def timed(self, name: str) -> int:
        """How many samples a timer has."""
        found = self.totals.timers.get(f"logtell.{name}")
        return found.count if found else 0

    def until(self, condition: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
        try:
            self._ear.until(condition, within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; received: {self.totals.counters}") from None

    def until_counted(self, name: str, count: float) -> None:
        """Wait until a counter has this total; more is seen by whoever looks again later."""
        self.until(lambda: self.counter(name) >= count)
        assert self.counter(name) == count

    def go_away(self) -> None:
        """Close the port, so that datagrams are refused; totals stay."""
        self._ear.close()
        self._socket.close()

    def come_back(self) -> None:
        self._socket = _udp_socket(self.port)
        self._begin()

    def _begin(self) -> None:
        self._ear = Ear()
        self._ear.hear(self._socket.fileno(), self._hear)
        self._ear.start()

    def _hear(self, raw: bytes) -> None:
        self.totals.datagrams.append(len(raw))
        for line in raw.split(b"\n"):
            self.totals.add(parse_line(line))


def _udp_socket(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    bound.bind(("127.0.0.1", port))
    return bound


@contextmanager
def run_statsd_double() -> Iterator[Statsd]:
    """Run a strict StatsD receiver on loopback."""
    server = Statsd()
    try:
        yield server
    finally:
        server.go_away()


def configuration(
    folder: Path, *, statsd_port: int | None = None, **sections: Any
) -> dict[str, Any]:
    """A configuration with all that it writes in `folder`, and metrics, if any, every second."""
    server = {"enabled": False} if statsd_port is None else {"port": statsd_port}
    return {
        "statsd": {"flush_every_s": 1, **server, **sections.pop("statsd", {})},
        "state": {"folder": str(folder / "state")},
        "sinks": [{"severity": "debug"}],
        **sections,
    }


def write_configuration(folder: Path, config: Mapping[str, Any]) -> Path:
    """Write it as YAML, of which JSON is a part."""
    path = folder / "logtell.yaml"
    path.write_text(json.dumps(config, indent=1))
    return path


@contextmanager
def run_agent(
    folder: Path,
    config: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    stdout: int = subprocess.PIPE,
    arguments: Sequence[str] | None = None,
    ready: bool = True,
    under: Sequence[str | Path] = (),
    **sections: Any,
) -> Iterator[Agent]:
    """
    Run the agent until the block ends, all it needs in `folder`; begins when it is READY.

    `under` is a command that runs it, such as `prlimit --nofile=128`.
    """
    config = config or configuration(folder, **sections)
    if arguments is None:
        arguments = ["-c", str(write_configuration(folder, config))]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        address = f"\0{os.getpid()}-{time.monotonic_ns()}"
        notified.bind(address)
        process = subprocess.Popen(
            [*under, LOGTELL, "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={
                **os.environ,
                "NOTIFY_SOCKET": f"@{address[1:]}",
                "RUNTIME_DIRECTORY": str(folder / "run"),
                **(environment or {}),
            },
        )
        agent = Agent(process, notified)
        try:
            if ready:
                agent.until_ready()
            yield agent
        finally:
            agent.close()


def append(path: Path, *lines: str | bytes) -> None:
    """Write whole lines at the end of a log."""
    with path.open("ab") as log:
        raw = [line.encode() if isinstance(line, str) else line for line in lines]
        log.write(b"".join(line + b"\n" for line in raw))


def access_line(path: str = "/", status: int = 200, size: int = 612, method: str = "GET") -> str:
    """A line in nginx's `combined` format."""
    return (
        f'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "{method} {path} HTTP/1.1" {status} {size}'
        ' "-" "curl/8.9.1"'
    )


def error_line(number: int = 7) -> str:
    """An nginx error that a shipped rule explains."""
    return (
        f"2026/01/02 03:04:05 [error] 12#12: *{number} connect() failed (111: Connection refused)"
        " while connecting to upstream, client: 192.0.2.1, server: _,"
        ' request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8000/", host: "example.org"'
    )
