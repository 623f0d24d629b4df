"""One stream of access and error lines, as a container's output is, followed by the agent."""

import http.client
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.agents import Agent, access_line, append, error_line, run_agent, run_statsd_double
from tests.programs import needs
from tests.statsd_server import free_port

pytestmark = pytest.mark.timeout(60)

# The images of nginx.org link both logs to the container's output: here to one file.
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/out.log info;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/out.log;
    client_body_temp_path {folder}/temp;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp;
    scgi_temp_path {folder}/temp;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 204; }}
        location /gone {{ root {folder}; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Debian's nginx with one file for both logs; its port."""
    program, port = needs("nginx"), free_port(socket.SOCK_STREAM)
    user = "user nobody nogroup;" if os.geteuid() == 0 else ""
    text = CONFIGURATION.format(folder=folder, port=port, user=user)
    (folder / "nginx.conf").write_text(text)
    paths = ["-p", folder, "-c", folder / "nginx.conf", "-e", folder / "out.log"]
    with subprocess.Popen([str(each) for each in [program, *paths]]) as process:
        try:
            yield port
        finally:
            process.terminate()


def ask(port: int, path: str) -> int:
    """One request; waits until the server listens."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            continue
        finally:
            connection.close()


def test_both_logs_of_a_real_nginx_in_one_file_come_out_whole(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="logtell-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        sources = {"web": {"paths": str(folder / "out.log")}}
        follow = {"start_at": "beginning"}
        with (
            run_statsd_double() as statsd,
            run_agent(tmp_path, sources=sources, follow=follow, statsd_port=statsd.port) as agent,
        ):
            with nginx(folder) as port:
                assert [204, 404] * 3 == [ask(port, path) for path in ["/a", "/gone/b"] * 3]
                statsd.until_counted("web.requests.status.4xx", 3)
            agent.stop()

    access = [event for event in agent.events if event["format"] == "nginx_access"]
    errors = [event for event in agent.events if event["format"] == "nginx_error"]
    assert len(agent.events) == len(access) + len(errors)
    assert all(event["parsed"] for event in agent.events)
    assert ["/a", "/gone/b"] * 3 == [event["fields"]["request_uri"] for event in access]
    missing = [event for event in errors if event["fields"].get("errno") == 2]
    assert ["nginx.file.not-found"] * 3 == [event["explanation"]["rule"] for event in missing]
    offsets = [event["origin"]["offset"] for event in agent.events]
    assert sorted(set(offsets)) == offsets


def test_a_container_log_is_followed_by_its_streams(tmp_path: Path) -> None:
    log = tmp_path / "container.log"
    access, error = access_line("/shop"), error_line()
    frame = "2026-01-02T03:04:05.123456789Z {} {} {}"
    append(log, frame.format("stdout", "F", access))
    sources = {"pod": {"paths": str(log)}}
    with run_agent(tmp_path, sources=sources, follow={"start_at": "beginning"}) as agent:
        append(log, frame.format("stdout", "P", access[:30]), frame.format("stderr", "F", error))
        agent.until(lambda: len(agent.events) == 1)
        append(log, frame.format("stdout", "F", access[30:]))
        agent.until(lambda: len(agent.events) == 3)
        assert agent.stop() == 0

    first, joined, refused = agent.events
    assert ("/shop", "stdout") == (joined["fields"]["request_uri"], joined["fields"]["stream"])
    assert (joined["origin"]["lines"], joined["parsed"]) == (2, True)
    assert ("nginx_error", "stderr") == (refused["format"], refused["fields"]["stream"])
    assert refused["explanation"]["rule"] == "nginx.upstream.refused"
    assert first["origin"]["offset"] == 0


def _has(agent: Agent, events: int) -> bool:
    return len(agent.events) == events


def test_a_source_whose_lines_do_not_fit_is_said_in_the_agents_log_once(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    sources = {"web": {"paths": str(log), "format": "combined"}}
    with run_agent(tmp_path, sources=sources) as agent:
        for count in (150, 300, 450):
            append(log, *[error_line()] * 150)
            agent.until(partial(_has, agent, count))
        agent.stop()

    said = [line for line in agent.log if "do not fit format nginx_access" in line]
    assert len(said) == 1
    assert "they fit nginx_error" in said[0]
    assert "127.0.0.1" not in said[0]
