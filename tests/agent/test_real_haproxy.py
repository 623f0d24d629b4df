"""Debian's HAProxy before Python's own web server: what both write to their logs is understood."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from parsers.block import Block
from parsers.event import Event
from parsers.formats import Options, parser_for
from tests.agents import WITHIN_S
from tests.programs import needs, until_it_listens
from tests.statsd_server import free_port

pytestmark = pytest.mark.timeout(60)

CONFIGURATION = """
global
    log stdout format raw daemon
defaults
    mode http
    log global
    option dontlognull
    timeout connect 2s
    timeout client 5s
    timeout server 200ms
    retries 0
frontend web
    option httplog
    bind 127.0.0.1:{web}
    capture request header User-Agent len 64
    use_backend gone if {{ path_beg /gone }}
    use_backend mute if {{ path_beg /mute }}
    default_backend app
frontend common
    option httplog clf
    bind 127.0.0.1:{common}
    default_backend app
frontend bytes
    mode tcp
    option tcplog
    bind 127.0.0.1:{bytes}
    default_backend bytes
backend app
    server s1 127.0.0.1:{app}
backend bytes
    mode tcp
    server s1 127.0.0.1:{app}
backend gone
    server g1 127.0.0.1:{gone}
backend mute
    server m1 127.0.0.1:{mute}
"""
AGENT = 'say "hi" {a|b} # é'


@dataclass(frozen=True, slots=True)
class Site:
    """The ports of the frontends, and the files that the two servers log to."""

    ports: dict[str, int]
    haproxy: Path
    python: Path

    def send(self, frontend: str, request: bytes) -> bytes:
        """Write bytes to a frontend; returns all that it answers."""
        with socket.create_connection(("127.0.0.1", self.ports[frontend]), timeout=10) as client:
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def ask(self, path: str, frontend: str = "web") -> bytes:
        """Make a request; returns the status."""
        head = f"GET {path} HTTP/1.1\r\nHost: example.org\r\nUser-Agent: {AGENT}\r\n"
        return self.send(frontend, f"{head}Connection: close\r\n\r\n".encode()).split(b" ", 2)[1]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    program = needs("haproxy")
    names = ("web", "common", "bytes", "app", "gone")
    ports = {name: free_port(socket.SOCK_STREAM) for name in names}
    (tmp_path / "www").mkdir()
    (tmp_path / "www/index.html").write_text("hi\n")
    python = [sys.executable, "-u", "-m", "http.server", str(ports["app"]), "--bind", "127.0.0.1"]
    made = Site(ports, tmp_path / "haproxy.log", tmp_path / "python.log")
    with ExitStack() as stack:
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))  # accepts, says nothing
        configuration = CONFIGURATION.format(**ports, mute=mute.getsockname()[1])
        (tmp_path / "haproxy.cfg").write_text(configuration)
        haproxy = [str(program), "-db", "-f", str(tmp_path / "haproxy.cfg")]
        for command, log, port in ((python, made.python, "app"), (haproxy, made.haproxy, "web")):
            file = stack.enter_context(log.open("wb"))
            process = stack.enter_context(
                subprocess.Popen(command, cwd=tmp_path / "www", stdout=file, stderr=file)
            )
            stack.callback(process.terminate)
            until_it_listens(process, ports[port], log.read_text)
        yield made


def events_in(log: Path) -> list[Event]:
    raw = log.read_bytes()
    return list(parser_for("auto", Options(), head=raw).parse(Block(raw)).events())


def requests_in(log: Path, format_: str, count: int) -> list[Event]:
    """
    The requests that a server has logged, once they are so many.

    It logs a request after it was answered, and two threads of HAProxy in any order.
    """
    until_s = time.monotonic() + WITHIN_S
    while True:
        events = [event for event in events_in(log) if event.format == format_]
        if len(events) >= count:
            return events
        assert time.monotonic() < until_s, log.read_text()
        time.sleep(0.05)


def test_real_requests_through_haproxy_are_understood(site: Site) -> None:
    statuses = [site.ask(path) for path in ("/", "/none?a=1", "/gone", "/mute")]
    statuses += [site.ask("/", "common"), site.ask("/", "bytes")]
    site.send("web", b"GARBAGE\r\n\r\n")

    requests = requests_in(site.haproxy, "haproxy", len(statuses) + 1)
    asked = {str(event.fields.get("request")): event for event in requests}

    assert [b"200", b"404", b"503", b"504", b"200", b"200"] == statuses
    assert all(event.parsed and event.time for event in requests)
    assert [200, 200, 400, 404, 503, 504] == sorted(
        int(str(event.fields["status"])) for event in requests if "status" in event.fields
    )
    assert ["info", "notice", "error", "error"] == [
        asked[f"GET {path} HTTP/1.1"].severity.label
        for path in ("/", "/none?a=1", "/gone", "/mute")
    ]
    assert AGENT == asked["GET /mute HTTP/1.1"].fields["request_headers"]
    assert "sH--" == asked["GET /mute HTTP/1.1"].fields["termination_state"]
    assert None is asked["GET /mute HTTP/1.1"].fields["response_ms"]
    assert "SC--" == asked["GET /gone HTTP/1.1"].fields["termination_state"]
    assert ["bytes"] == [
        event.fields["frontend"] for event in requests if "session_ms" in event.fields
    ]


def test_what_pythons_own_server_logs_is_understood(site: Site) -> None:
    for path in ("/", "/none?a=1"):
        site.ask(path)

    requests = requests_in(site.python, "werkzeug", 2)
    events = events_in(site.python)

    assert [("/", 200), ("/none?a=1", 404)] == [
        (event.fields["request_uri"], event.fields["status"]) for event in requests
    ]
    assert all(event.parsed for event in events)
    assert any("File not found" in event.message for event in events if event.format == "plain")
