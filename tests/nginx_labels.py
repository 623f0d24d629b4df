"""
nginx as its own teacher: one run of it writes each request in many formats and once as JSON.

The JSON log has every variable that any format uses, in `escape=json`: what a parser makes of a
line must be what stands there.
"""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from parsers.nginx_access import COMBINED
from parsers.nginx_variables import LISTS, NUMBERS, WHOLE, Kind, kind_of
from tests.programs import until_it_listens
from tests.statsd_server import free_port

_COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
FORMATS = {
    "combined": COMBINED,
    "common": _COMMON,
    "main": f'{COMBINED} "$http_x_forwarded_for"',
    "timing": (
        f'{COMBINED} rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time"'
        ' urt="$upstream_response_time"'
    ),
    "lists_quoted": (
        f'{_COMMON} "$upstream_addr" "$upstream_status" "$upstream_bytes_received"'
        ' "$upstream_cache_status" "$http_user_agent"'
    ),
    "lists_bare": (
        '$remote_addr [$time_iso8601] "$request" $status $upstream_addr $upstream_status '
        "$upstream_response_time $upstream_response_length $upstream_connect_time $request_time"
    ),
    "ingress": (
        f"{COMBINED} $request_length $request_time [$proxy_upstream_name] "
        "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length "
        "$upstream_response_time $upstream_status $req_id"
    ),
    "vhost": (
        "$host:$server_port $remote_addr:$remote_port - $remote_user [$time_local] "
        '"$request" $status $bytes_sent'
    ),
    "pipes": (
        "$time_iso8601|$remote_addr|$remote_user|$request|$status|$body_bytes_sent|$http_referer|"
        "$http_user_agent|$request_time|$upstream_status"
    ),
    "pipes_spaced": (
        "$msec | $remote_addr | $request | $status | $http_user_agent | ${request_time}s | "
        "$upstream_addr"
    ),
    "tabs": (
        "$time_local\t$remote_addr\t$http_host\t$request\t$status\t$http_referer\t$http_user_agent"
        "\t$upstream_response_time"
    ),
    "brackets": (
        "[$time_local][$remote_addr][$status][$request_method][$request_uri][$http_user_agent]"
        "[$request_time]"
    ),
    "pairs": (
        "ts=$msec conn=$connection/$connection_requests pipe=$pipe host=$host method="
        "$request_method uri=$request_uri status=$status ua=$http_user_agent ref=$http_referer "
        "rt=$request_time us=$upstream_status"
    ),
    "csv": (
        '"$time_iso8601","$remote_addr","$remote_user","$request","$status","$bytes_sent",'
        '"$http_referer","$http_user_agent","$upstream_addr","$request_time"'
    ),
    "touching": '$time_iso8601$status$request_method "$request" $scheme $server_protocol$pipe',
    "url": '$scheme://$host$request_uri $request_method $status "$http_user_agent" $request_time',
    "escape_default": f"escape=default {_COMMON}",
    "escape_none": (
        'escape=none $remote_addr [$time_local] "$request" $status "$http_referer" '
        '"$http_user_agent" $upstream_response_time $request_id'
    ),
    "escape_json": (
        'escape=json $remote_addr [$time_local] "$request" $status "$http_referer" '
        '"$http_user_agent" $gzip_ratio "$upstream_addr" $request_id'
    ),
    "json": (
        'escape=json {"ts":"$time_iso8601","client":{"addr":"$remote_addr","port":"$remote_port"},'
        '"status":$status,"bytes":$body_bytes_sent,"took":$request_time,"line":"$request",'
        '"referer":"$http_referer","agent":"$http_user_agent","upstream":"$upstream_addr",'
        '"upstream_status":"$upstream_status","id":"$request_id"}'
    ),
    "json_default": (
        '{"time":"$time_local","addr":"$remote_addr","request":"$request","status":"$status",'
        '"agent":"$http_user_agent","xff":"$http_x_forwarded_for"}'
    ),
}
# What stands between values that may hold it: there a line may be unparsed, but never wrong.
AMBIGUOUS = {
    "pipes": ("|",),
    "pipes_spaced": (" | ",),
    "brackets": ("]", "["),
    "pairs": ("=",),
    "escape_none": ('"',),
}
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
VARIABLES = tuple(
    dict.fromkeys(name for text in FORMATS.values() for name in _VARIABLE.findall(text))
)

_CONFIGURATION = """
daemon off; worker_processes 1; {user}
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    {formats}
    log_format truth escape=json '{truth}';
    client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/temp; uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
    proxy_cache_path {folder}/cache keys_zone=kept:1m;
    map $http_x_request_id $req_id {{ default $http_x_request_id; "" $request_id; }}
    map $uri $proxy_upstream_name {{ default shop-web-80; ~^/plain ""; }}
    map $uri $proxy_alternative_upstream_name {{ default ""; }}
    upstream retried {{
        server 127.0.0.1:{dead} max_fails=0; server 127.0.0.1:{closing} max_fails=0;
        server unix:{folder}/none.sock max_fails=0; server 127.0.0.1:{good} backup;
    }}
    upstream dead {{ server 127.0.0.1:{dead} max_fails=0; server 127.0.0.2:{dead} max_fails=0; }}
    upstream slow {{ server 127.0.0.1:{slow} max_fails=0; server 127.0.0.1:{good} backup; }}
    proxy_read_timeout 60ms;
    proxy_next_upstream error timeout http_503 non_idempotent;
    gzip on; gzip_min_length 20; gzip_types text/plain;
    server {{ listen 127.0.0.1:{good}; access_log off; return 200 "it works, at some length\\n"; }}
    server {{ listen 127.0.0.1:{closing}; access_log off; return 444; }}
    server {{ listen 127.0.0.1:{busy}; access_log off; return 503; }}
    server {{
        listen 127.0.0.1:{port} default_server;
        server_name _;
        {logs}
        proxy_ignore_client_abort on;  # the clients of the test say at once that they are done
        access_log {folder}/truth.log truth;
        location / {{ return 200 "hello, this is a page that is long enough\\n"; }}
        location /missing {{ return 404; }}
        location /moved {{ return 301 /; }}
        location /good {{ proxy_pass http://127.0.0.1:{good}; }}
        location /retried {{ proxy_pass http://retried; }}
        location /dead {{ proxy_pass http://dead; }}
        location /slow {{ proxy_pass http://slow; }}
        location /left {{ proxy_pass http://slow; proxy_ignore_client_abort off; }}
        location /busy {{ proxy_pass http://127.0.0.1:{busy}; }}
        location /redirected {{
            proxy_pass http://dead; error_page 502 = @other; }}
        location @other {{ proxy_pass http://retried; }}
        location /kept {{ proxy_pass http://dead; error_page 502 = @kept; }}
        location @kept {{
            proxy_pass http://127.0.0.1:{good}; proxy_cache kept; proxy_cache_valid 1m;
            proxy_cache_key kept; }}
    }}
}}
"""

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0"
_PLACES = ("/", "/good", "/retried", "/dead", "/missing", "/moved", "/busy", "/slow", "/redirected")
_REFERERS = ("", "https://example.org/shop?x=1", "https://www.example.com/")


def ordinary(number: int) -> list[bytes]:
    """Requests as browsers make them, to pages and to upstreams of which some must be retried."""
    return [_ordinary(each) for each in range(number)]


def _ordinary(number: int) -> bytes:
    # Upstreams that fail are one request in eight, as on a bad day.
    place = _PLACES[number // 8 % len(_PLACES)] if number % 8 == 0 else "/item"
    headers = {
        "User-Agent": _AGENT,
        "Accept-Encoding": "gzip",
        "X-Forwarded-For": f"203.0.113.{number % 256}, 198.51.100.7",
    }
    if referer := _REFERERS[number % len(_REFERERS)]:
        headers["Referer"] = referer
    return request(f"{place}/{number}", headers=headers)


def request(
    uri: str = "/",
    *,
    line: bytes | None = None,
    headers: Mapping[str, str | bytes] | None = None,
    body: bytes = b"",
) -> bytes:
    """The bytes of a request; `line` instead of `GET uri HTTP/1.1`."""
    all_headers: dict[str, str | bytes] = {"Host": "example.org", "Connection": "close"}
    all_headers |= headers or {}
    lines = [line if line is not None else f"GET {uri} HTTP/1.1".encode()]
    for name, value in all_headers.items():
        lines.append(name.encode() + b": " + (value.encode() if isinstance(value, str) else value))
    return b"\r\n".join([*lines, b"", body])


# What strangers put where a value is logged: to end it early, to forge the rest of the line, to
# look like a list or like an escape, and bytes that are no text at all.
HOSTILE_VALUES: tuple[bytes, ...] = (
    *(b'say "hello"', b"back\\slash", b"ends in \\", b'\\"', b"\\x22", b"\\u0022", b"\\\\", b'"'),
    *(
        b'" 200 0 "-" "forged',
        b'x" 500 1 "y" "z',
        b'"}',
        b'","status":"200',
        b"a|b",
        b"|200|1|",
        b"a | 500 | b",
    ),
    *(b"a\tb", b"][500][", b"a] [b", b" : 200", b": 200 x", b"502, 200", b", ", b"x,", b"-", b"- "),
    *(
        "café 日本 😀".encode(),
        b"\xff\xfe\x80",
        b"caf\xc3",
        b"\x01\x02\x1b[31m",
        b"\x7f",
        b"%22%0a",
    ),
    *(
        b"ua=x ref=y rt=9",
        b"=",
        b" ref=",
        b"  ",
        b"a  b",
        b"$status",
        b"{}",
        b"'",
        b"x" * 8000,
        b"0",
    ),
)
_BASIC = base64.b64encode(b'bob [22/Jan/2026:14:53:35 +0000] "x" | y:secret').decode()
HOSTILE_REQUESTS: tuple[bytes, ...] = (
    *(request(headers={"User-Agent": value}) for value in HOSTILE_VALUES),
    *(request("/retried", headers={"User-Agent": value}) for value in HOSTILE_VALUES[:40:3]),
    *(request(headers={"Referer": value}) for value in HOSTILE_VALUES),
    *(request(headers={"X-Forwarded-For": value}) for value in HOSTILE_VALUES[::3]),
    *(request(headers={"X-Request-ID": value}) for value in HOSTILE_VALUES),
    *(
        request("/good", headers={"X-Request-ID": value})
        for value in (b": 200 x", b" : 1", b"a : b")
    ),
    request(headers={"Authorization": f"Basic {_BASIC}"}),
    *(
        request(line=b"GET /" + value.replace(b" ", b"%20") + b" HTTP/1.1")
        for value in HOSTILE_VALUES
    ),
    # The request line in all the ways it comes.
    *(request(line=b"GET /a b c HTTP/1.1"), request(line=b"get / HTTP/1.1"), b"GET /\r\n"),
    *(b"GET /missing\r\n", b"GET\r\n\r\n", b"\r\n\r\n", b" \r\n\r\n", b"\0\0\0\0\r\n\r\n"),
    *(
        request(line=b"GET / HTTP/9.9"),
        request(line=b"GET / HTTP/1.0"),
        request(line=b"HEAD / HTTP/1.1"),
    ),
    *(request(line=b"CONNECT example.org:443 HTTP/1.1"), request(line=b"OPTIONS * HTTP/1.1")),
    request(line=b"GET http://example.org/absolute?x=1 HTTP/1.1"),
    request(line=b"GET http://other.example/ HTTP/1.1"),
    request(line=b"GET https://example.org HTTP/1.1"),
    request(line=b"M-SEARCH * HTTP/1.1"),
    request(line=b"-GET / HTTP/1.1"),
    request(line=b"PRI * HTTP/2.0"),
    request("/a%0d%0aX-Forged:%201"),
    request("/a%0a127.0.0.1%20-%20-"),
    request("/a%00b"),
    request("/" + "long/" * 1500),
    request("/" + "y" * 20_000),
    request(headers={"User-Agent": "z" * 20_000}),
    request(headers={"Host": ""}),
    request(headers={"Host": "[::1]"}),
    request(headers={"Host": "[::1]:8080"}),
    request(headers={"Host": "a b|c"}),
    request(headers={"Host": 'exa"mple.org/'}),
    request(headers={"Content-Length": "no number"}),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2,
    b"\x80\x2e\x01\x00\x02" + b"\r\n" * 2,
    b"SSH-2.0-OpenSSH_9.2\r\n",
    request(line=b"POST /good HTTP/1.1", headers={"Content-Length": "5"}, body=b"a=b&c"),
    # Two in one packet: the second is pipelined.
    request(headers={"Connection": "keep-alive"}) + request("/second"),
    *(request("/kept"), request("/kept"), request("/redirected"), request("/dead")),
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """What one run of nginx wrote: the lines of each format, and the truth about each request."""

    lines: dict[str, list[bytes]]
    # A variable's bytes as nginx had them; empty for one without value.
    truth: list[dict[str, bytes]]
    # So many of the first requests are as browsers make them.
    ordinary: int

    def log(self, name: str) -> bytes:
        """The whole log in one format."""
        return b"".join(line + b"\n" for line in self.lines[name])

    def ordinary_log(self, name: str) -> bytes:
        """The lines of ordinary requests."""
        return b"".join(line + b"\n" for line in self.lines[name][: self.ordinary])


def label(program: Path, ordinary_requests: int) -> Labelled:
    """Run nginx, make ordinary and then hostile requests, and read what it wrote of them."""
    # Not tmp_path: the workers of root's nginx are somebody else.
    with tempfile.TemporaryDirectory(prefix="logtell-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _running(program, folder) as port:
            for each in ordinary(ordinary_requests):
                _ask(port, each)
            for each in HOSTILE_REQUESTS:
                _ask(port, each)
            _ask_and_leave(port)
        lines = {name: _lines(folder / f"{name}.log") for name in FORMATS}
        truth = [_truth(line) for line in _lines(folder / "truth.log")]
    return Labelled(lines, truth, ordinary_requests)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().removesuffix(b"\n").split(b"\n")


def _truth(line: bytes) -> dict[str, bytes]:
    # As Latin-1, because nginx leaves bytes in it that are no UTF-8, which JSON must be.
    values: dict[str, str] = json.loads(line.decode("latin-1"), strict=False)
    return {name: value.encode("latin-1") for name, value in values.items()}


@contextmanager
def _running(program: Path, folder: Path) -> Iterator[int]:
    """nginx on a port until the block ends; then it finishes its requests and all is written."""
    with (
        closing(socket.socket()) as dead,  # bound and not listening: refuses
        closing(socket.create_server(("127.0.0.1", 0), backlog=1000)) as slow,  # never answers
    ):
        dead.bind(("127.0.0.1", 0))
        port = free_port(socket.SOCK_STREAM)
        text = _CONFIGURATION.format(
            folder=folder,
            user="user nobody nogroup;" if os.geteuid() == 0 else "",
            # `combined` is nginx's own.
            formats=" ".join(
                f"log_format {name} {_strings(FORMATS[name])};" for name in [*FORMATS][1:]
            ),
            logs=" ".join(f"access_log {folder}/{name}.log {name};" for name in FORMATS),
            truth="{" + ",".join(f'"{name}":"${name}"' for name in VARIABLES) + "}",
            port=port,
            dead=dead.getsockname()[1],
            slow=slow.getsockname()[1],
            **{name: free_port(socket.SOCK_STREAM) for name in ("good", "closing", "busy")},
        )
        (folder / "nginx.conf").write_text(text)
        paths = ["-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        with subprocess.Popen([str(each) for each in (program, *paths)]) as process:
            try:
                until_it_listens(process, port, (folder / "error.log").read_text)
                yield port
                process.send_signal(signal.SIGQUIT)
                process.wait(20)
            finally:
                process.kill()


def _strings(log_format: str) -> str:
    """The text of a format as nginx.conf has it: an escape mode and a quoted string."""
    escape, space, text = log_format.partition(" ")
    if escape.startswith("escape="):
        return f"{escape}{space}'{text}'"
    return f"'{log_format}'"


def _ask(port: int, asked: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try:
            client.sendall(asked)
            # What is no request yet, nginx waits for; this tells it that there is no more.
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass  # nginx had read enough


def _ask_and_leave(port: int) -> None:
    """A client that is gone before the upstream answers: a 499."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request("/left"))


def writes(name: str, variable: str) -> bool:
    """Whether a format has this variable."""
    return variable in _VARIABLE.findall(FORMATS[name])


def expected(name: str, raw: bytes) -> object:
    """What a parser should make of a variable; null is all that says that there is no value."""
    value = raw.decode("utf-8", "backslashreplace")
    kind = kind_of(name)
    if kind in LISTS:
        items = [_item(kind, each) for each in re.split(" : |, ", value.removesuffix(" : "))]
        return items[0] if len(items) == 1 else items
    return _item(kind, value)


def _item(kind: Kind, value: str) -> object:
    if value in ("", "-"):  # which of the two, a log does not tell
        return None
    if kind in WHOLE | {Kind.INTEGERS, Kind.BYTES_LIST}:
        return int(value) if value.isdigit() else value
    if kind in NUMBERS | {Kind.SECONDS_LIST}:
        return float(value) if re.fullmatch(r"\d+\.\d+", value) else value
    return value


def may_be_unparsed(name: str, truth: dict[str, bytes]) -> bool:
    """Whether a value of this request holds what separates values in this format."""
    if name == "ingress":  # the client's own X-Request-ID behind a list: it looks like more of it
        return truth["req_id"].startswith(b": ")
    if name == "url":  # a request without a path, or without a URI at all
        return not truth["request_uri"].startswith(b"/")
    names = set(_VARIABLE.findall(FORMATS[name]))
    return any(mark.encode() in truth[each] for mark in AMBIGUOUS.get(name, ()) for each in names)
