"""Debian's nginx with a configuration as distributions lay it out, and the agent that reads it."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.agents import (
    Agent,
    access_line,
    append,
    configuration,
    run_agent,
    write_configuration,
)
from tests.programs import needs, until_it_listens
from tests.statsd_server import free_port

pytestmark = pytest.mark.timeout(60)

MAIN = """
{user}
worker_processes 1;
pid nginx.pid;
daemon off;
error_log logs/error.log info;
include modules/*.conf;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
    uwsgi_temp_path temp; scgi_temp_path temp;
    log_format timed '$remote_addr [$time_local] "$request" '
                     '$status $body_bytes_sent rt=$request_time';
    log_format json escape=json '{{"time":"$time_iso8601","remote_addr":"$remote_addr",'
        '"status":$status,"request_uri":"$request_uri","http_user_agent":"$http_user_agent"}}';
    access_log logs/access.log;
    include sites/*;
}}
"""
SITE = """
server {{
    listen 127.0.0.1:{port};
    server_name {name};
    {log}
    location / {{ return 204; }}
    location /deny {{ deny all; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """nginx with its prefix in a folder."""

    folder: Path
    process: subprocess.Popen[bytes]
    ports: Mapping[str, int]

    def ask(self, name: str, path: str = "/", agent: str = "test") -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=10)
        client.request("GET", path, headers={"Host": name, "User-Agent": agent})
        status = client.getresponse().status
        client.close()
        return status

    def errors(self) -> str:
        """What it has said on the terminal; waits until it ends."""
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def reload(self, name: str) -> None:
        """Take a changed configuration; returns when the port of a server in it is open."""
        self.process.send_signal(signal.SIGHUP)
        until_it_listens(self.process, self.ports[name], self.errors)


def write_site(folder: Path, name: str, port: int, log: str = "") -> None:
    (folder / "etc/sites" / name).write_text(SITE.format(name=name, port=port, log=log))


@contextmanager
def running(folder: Path, ports: Mapping[str, int]) -> Iterator[Server]:
    program = needs("nginx")
    # The configuration is named from the prefix, as `nginx -p` has it.
    command = [str(program), "-p", f"{folder}/", "-c", "etc/nginx.conf", "-e", "logs/first.log"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            server = Server(folder, process, ports)
            until_it_listens(process, next(iter(ports.values())), server.errors)
            yield server
        finally:
            process.terminate()


@pytest.fixture
def server() -> Iterator[Server]:
    names = ("plain.example.org", "timed.example.org", "json.example.org", "late.example.org")
    ports = {name: free_port(socket.SOCK_STREAM) for name in names}
    # Not tmp_path: that is for its owner alone, and the workers of root's nginx are somebody else.
    with tempfile.TemporaryDirectory(prefix="logtell-discovery-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for inner in ("etc", "etc/sites", "etc/modules", "logs"):
            (folder / inner).mkdir()
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        (folder / "etc/nginx.conf").write_text(MAIN.format(user=user))
        write_site(folder, names[0], ports[names[0]])
        write_site(folder, names[1], ports[names[1]], "access_log logs/timed.log timed;")
        write_site(folder, names[2], ports[names[2]], "access_log logs/json.log json;")
        with running(folder, ports) as started:
            yield started


@contextmanager
def agent_of(server: Server, folder: Path, **sections: Any) -> Iterator[Agent]:
    """`logtell run --nginx-conf`, with a configuration that names no source."""
    config = write_configuration(folder, configuration(folder, **sections))
    conf = str(server.folder / "etc/nginx.conf")
    with run_agent(folder, arguments=["-c", str(config), "--nginx-conf", conf]) as agent:
        yield agent


def fields(agent: Agent, source: str) -> list[dict[str, Any]]:
    found = [event for event in agent.events if event["source"] == source]
    assert all(event["parsed"] for event in found)
    return [event["fields"] for event in found]


def test_every_log_of_nginx_arrives_typed_without_a_line_of_configuration(
    server: Server, tmp_path: Path
) -> None:
    with agent_of(server, tmp_path) as agent:
        for name in ("plain.example.org", "timed.example.org"):
            assert server.ask(name, f"/{name}") == 204
        assert server.ask("plain.example.org", "/deny") == 403
        agent.until(lambda: len(fields(agent, "nginx")) == 2 and fields(agent, "timed_example_org"))
        agent.until(lambda: fields(agent, "nginx_errors"))

        first, denied = fields(agent, "nginx")
        (timed,) = fields(agent, "timed_example_org")
        error = fields(agent, "nginx_errors")[-1]
        assert agent.stop() == 0
    assert (first["request_uri"], first["status"]) == ("/plain.example.org", 204)
    assert (denied["request_uri"], denied["status"]) == ("/deny", 403)
    assert (timed["remote_addr"], timed["status"], timed["body_bytes_sent"]) == (
        *("127.0.0.1", 204),
        0,
    )
    assert isinstance(timed["request_time"], float)
    assert (error["client"], error["server"]) == ("127.0.0.1", "plain.example.org")


def test_a_json_format_is_read_as_nginx_wrote_it(server: Server, tmp_path: Path) -> None:
    with agent_of(server, tmp_path) as agent:
        assert server.ask("json.example.org", "/a?b=c", agent='say "hi" \\ there') == 204
        agent.until(lambda: any(each["source"] == "json_example_org" for each in agent.events))

        (found,) = fields(agent, "json_example_org")
    assert (found["status"], found["request_uri"]) == (204, "/a?b=c")
    assert found["http_user_agent"] == 'say "hi" \\ there'


def test_a_server_added_and_a_format_changed_are_followed_without_a_restart(
    server: Server, tmp_path: Path
) -> None:
    late, timed = "late.example.org", "timed.example.org"
    short = "log_format short '$status:$request_uri';"
    with agent_of(server, tmp_path) as agent:
        write_site(server.folder, late, server.ports[late], "access_log logs/late.log timed;")
        conf = server.folder / "etc/nginx.conf"
        conf.write_text(conf.read_text().replace("include sites", f"{short} include sites"))
        write_site(server.folder, timed, server.ports[timed], "access_log logs/timed.log short;")
        agent.until_logged("nginx's configuration has changed")
        agent.until_ready(2)
        assert server.ask(timed, "/old-format") == 204
        agent.until(lambda: fields(agent, "timed_example_org"))
        server.reload(late)
        # Its old worker may take this, and writes the old format: that is understood as well.
        assert [server.ask(late, "/late"), server.ask(timed, "/short")] == [204, 204]
        agent.until(lambda: fields(agent, "late_example_org"))
        agent.until(lambda: len(fields(agent, "timed_example_org")) == 2)

        (found,) = fields(agent, "late_example_org")
        old, new = fields(agent, "timed_example_org")
        announced = [line for line in agent.log if "has changed" in line]
        assert agent.stop() == 0
    assert (found["request_uri"], found["status"]) == ("/late", 204)
    assert (old["request_uri"], new["request_uri"]) == ("/old-format", "/short")
    assert len(announced) == 1
    assert f"new: late_example_org ({server.folder}/logs/late.log)" in announced[0]
    assert "timed_example_org has another format" in announced[0]


def test_a_reload_before_the_change_is_noticed_loses_no_line(
    server: Server, tmp_path: Path
) -> None:
    late = "late.example.org"
    with agent_of(server, tmp_path) as agent:
        write_site(server.folder, late, server.ports[late], "access_log logs/late.log timed;")
        server.reload(late)
        statuses = [server.ask(late, f"/{number}") for number in range(3)]
        agent.until(lambda: len(fields(agent, "late_example_org")) == 3)

        uris = [each["request_uri"] for each in fields(agent, "late_example_org")]
        assert agent.stop() == 0
    assert statuses == [204] * 3
    assert uris == ["/0", "/1", "/2"]


def test_a_configuration_broken_while_nginx_runs_changes_nothing(
    server: Server, tmp_path: Path
) -> None:
    with agent_of(server, tmp_path) as agent:
        (server.folder / "etc/sites/broken").write_text("server { access_log logs/broken.log")
        agent.until_logged("the sources stay as they are")
        agent.signal(signal.SIGHUP)
        agent.until_logged("the new configuration is in force")
        agent.until_ready(2)
        assert server.ask("plain.example.org", "/still") == 204
        agent.until(lambda: fields(agent, "nginx"))

        assert [each["request_uri"] for each in fields(agent, "nginx")] == ["/still"]
        assert sum("the sources stay as they are" in line for line in agent.log) == 1
        assert agent.stop() == 0


def test_a_log_that_is_not_there_yet_is_followed_when_it_comes(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    log = tmp_path / "later.log"
    conf.write_text(f"error_log {tmp_path}/e.log; http {{ access_log {log}; }}")
    config = write_configuration(tmp_path, configuration(tmp_path, nginx=str(conf)))

    with run_agent(tmp_path, arguments=["-c", str(config)]) as agent:
        append(log, access_line())
        agent.until(lambda: agent.events)

        assert agent.events[0]["source"] == "nginx"
        assert agent.stop() == 0
    assert any(f"nginx source nginx: {log} as combined" in line for line in agent.log)
