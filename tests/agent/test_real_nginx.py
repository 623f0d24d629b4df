"""Debian's nginx on loopback, real requests, and the agent that follows its two logs."""

import http.client
import os
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agents import Agent, run_agent, run_statsd_double
from tests.programs import needs, until_it_listens
from tests.statsd_server import free_port

pytestmark = pytest.mark.timeout(60)

LOG_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent" rt=$request_time urt="$upstream_response_time"'
    ' ua="$upstream_addr" us="$upstream_status"'
)
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    log_format timed '{log_format}';
    access_log {folder}/access.log timed;
    client_body_temp_path {folder}/temp;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp;
    scgi_temp_path {folder}/temp;
    upstream shop {{
        server 127.0.0.1:{dead} max_fails=0;
        server 127.0.0.1:{port} backup;
    }}
    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
        location /dead {{ proxy_pass http://127.0.0.1:{dead}; }}
        location /retried {{ proxy_pass http://shop/echo; }}
        location /echo {{ return 204; }}
        location /slow {{ proxy_pass http://127.0.0.1:{slow}; }}
    }}
}}
"""
AGENT = 'say "hello" \\ é \U0001f600'
PAGE = "<p>It works\n"


@dataclass(frozen=True, slots=True)
class Nginx:
    """A server that runs, and the upstream that never answers."""

    folder: Path
    port: int
    dead: int
    upstream: socket.socket

    def ask(self, path: str, method: str = "GET", agent: str = "test") -> int:
        """Make one request as it stands, whatever bytes are in it; returns the status."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(self._request(path, method, agent))
            response = http.client.HTTPResponse(client, method=method)
            response.begin()
            return response.status

    def ask_and_leave(self, path: str) -> None:
        """Make a request and go when the upstream has it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(self._request(path, "GET", "impatient"))
            accepted, _ = self.upstream.accept()
            with accepted:
                accepted.recv(65536)
                client.close()
                # nginx hears of it, and then closes its own connection to the upstream.
                assert accepted.recv(65536) == b""

    @staticmethod
    def _request(path: str, method: str, agent: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: example.org", f"User-Agent: {agent}"]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


@pytest.fixture
def nginx() -> Iterator[Nginx]:
    program = needs("nginx")
    # Not tmp_path: that is for its owner alone, and the workers of root's nginx are somebody else.
    with (
        tempfile.TemporaryDirectory(prefix="logtell-nginx-") as name,
        closing(socket.socket()) as dead,  # bound and not listening: refuses
        closing(socket.create_server(("127.0.0.1", 0))) as upstream,
    ):
        dead.bind(("127.0.0.1", 0))
        upstream.settimeout(10)
        folder = Path(name)
        folder.chmod(0o755)
        server = Nginx(folder, free_port(socket.SOCK_STREAM), dead.getsockname()[1], upstream)
        make_site(server)
        with running(program, server):
            yield server


def make_site(server: Nginx) -> None:
    folder = server.folder
    text = CONFIGURATION.format(
        folder=folder,
        user="user nobody nogroup;" if os.geteuid() == 0 else "",
        log_format=LOG_FORMAT,
        port=server.port,
        dead=server.dead,
        slow=server.upstream.getsockname()[1],
    )
    (folder / "nginx.conf").write_text(text)
    (folder / "www").mkdir()
    (folder / "www/index.html").write_text(PAGE)
    (folder / "www/secret.html").write_text(PAGE)
    (folder / "www/secret.html").chmod(0)
    (folder / "www").chmod(0o755)
    (folder / "www/index.html").chmod(0o644)


@contextmanager
def running(program: Path, server: Nginx) -> Iterator[None]:
    folder = server.folder
    paths = ["-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    command = [str(each) for each in [program, *paths]]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            until_it_listens(process, server.port, (folder / "error.log").read_text)
            yield
        finally:
            process.terminate()


def requests_of(agent: Agent) -> list[tuple[str, str, int, str]]:
    """What the events of the access log say was asked, in the order of the log."""
    asked = [event["fields"] for event in agent.events if event["source"] == "web"]
    names = ("request_method", "request_uri", "status", "http_user_agent")
    return [(each[names[0]], each[names[1]], each[names[2]], each[names[3]]) for each in asked]


def test_real_requests_become_events_explanations_and_counters(
    nginx: Nginx, tmp_path: Path
) -> None:
    sources = {
        "web": {"paths": str(nginx.folder / "access.log"), "format": LOG_FORMAT},
        "err": {"paths": str(nginx.folder / "error.log"), "format": "nginx_error"},
    }
    odd = '/echo/a"b\\c/é\U0001f600?q="x"'
    with (
        run_statsd_double() as statsd,
        run_agent(tmp_path, sources=sources, statsd_port=statsd.port) as agent,
    ):
        statuses = [
            nginx.ask("/"),
            nginx.ask("/nowhere.html"),
            nginx.ask("/secret.html"),
            nginx.ask("/dead/x"),
            nginx.ask("/", "HEAD"),
            nginx.ask("/index.html", "POST"),
            nginx.ask(odd, agent=AGENT),
            nginx.ask("/retried"),
        ]
        nginx.ask_and_leave("/slow/y")
        agent.until(lambda: len(agent.events) >= 10 + 4)

        assert statuses == [200, 404, 403, 502, 200, 405, 204, 204]
        assert requests_of(agent) == [
            ("GET", "/", 200, "test"),
            ("GET", "/nowhere.html", 404, "test"),
            ("GET", "/secret.html", 403, "test"),
            ("GET", "/dead/x", 502, "test"),
            ("HEAD", "/", 200, "test"),
            ("POST", "/index.html", 405, "test"),
            ("GET", odd, 204, AGENT),
            ("GET", "/echo", 204, "test"),  # as the second server of the next one
            ("GET", "/retried", 204, "test"),
            ("GET", "/slow/y", 499, "impatient"),
        ]
        web = [event for event in agent.events if event["source"] == "web"]
        assert [event["severity"] for event in web] == [
            *("info", "notice", "warning", "error"),
            *("info", "warning", "info", "info", "info", "notice"),
        ]
        first = web[0]["fields"]
        assert (first["remote_addr"], first["body_bytes_sent"]) == ("127.0.0.1", len(PAGE))
        assert first["upstream_response_time"] is None
        assert isinstance(web[3]["fields"]["upstream_response_time"], float)
        errors = [event for event in agent.events if event["source"] == "err"]
        assert [event["explanation"]["rule"] for event in errors] == [
            "nginx.file.not-found",
            "nginx.file.permission-denied",
            "nginx.upstream.refused",
            "nginx.upstream.refused",
        ]
        texts = [event["explanation"]["text"] for event in errors]
        assert f"{nginx.folder}/www/secret.html" in texts[1]
        assert f"http://127.0.0.1:{nginx.dead}/dead/x" in texts[2]
        assert {event["fields"]["client"] for event in errors} == {"127.0.0.1"}
        assert all(event["parsed"] for event in agent.events)
        bytes_sent = sum(event["fields"]["body_bytes_sent"] for event in web)
        assert agent.stop() == 0
        statsd.until_counted("err.lines.read", 4)
        statsd.until_counted("web.lines.read", 10)
        ours = {
            name.removeprefix("logtell."): count
            for name, count in statsd.totals.counters.items()
            if count and not name.startswith("logtell.agent.")
        }
    for source in ("web", "err"):
        seen, opened = ours.pop(f"{source}.bytes.seen"), ours.pop(f"{source}.files.opened")
        assert (opened, seen) == (1, ours.pop(f"{source}.bytes.read"))
    assert ours == Counter(
        {
            "web.lines.read": 10,
            "web.lines.parsed": 10,
            "web.events.severity.info": 5,
            "web.events.severity.notice": 2,
            "web.events.severity.warning": 2,
            "web.events.severity.error": 1,
            "web.requests.status.2xx": 5,
            "web.requests.status.4xx": 4,
            "web.requests.status.5xx": 1,
            "web.requests.method.get": 8,
            "web.requests.method.head": 1,
            "web.requests.method.post": 1,
            # Not those that were answered with 4xx.
            "web.requests.route.-root": 2,
            "web.requests.route.dead__x": 1,
            "web.requests.route.echo": 1,
            "web.requests.route.echo__-text__-text": 1,
            "web.requests.route.retried": 1,
            "web.bytes": bytes_sent,
            "web.upstream.attempts": 4,
            "web.upstream.retries": 1,
            # Not the slow one: its client left.
            f"web.upstream.failed.127_0_0_1_{nginx.dead}": 2,
            "err.lines.read": 4,
            "err.lines.parsed": 4,
            "err.events.severity.error": 4,
            "err.explained.nginx_file_not-found": 1,
            "err.explained.nginx_file_permission-denied": 1,
            "err.explained.nginx_upstream_refused": 2,
            "err.file.not_found": 1,
            "err.file.permission_denied": 1,
            "err.upstream.refused": 2,
        }
    )
    assert statsd.timed("web.request_time") == 10
    assert statsd.timed("web.upstream_time") == 3
    assert statsd.totals.bad_lines == []
