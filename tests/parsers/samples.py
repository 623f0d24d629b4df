"""Lines of every format, and blocks made of them, for the tests that try all formats alike."""

from hypothesis import strategies as st

from parsers.batch import Parser
from parsers.formats import parser_for
from parsers.joining import Joining
from parsers.nginx_access import COMBINED
from parsers.plain import PlainParser

FORMATS = (
    *("combined", "common", "nginx_error", "klog", "json", "logfmt", "plain", "python", "auto"),
    f'{COMBINED} rt=$request_time urt="$upstream_response_time"',
    "%(asctime)s %(levelname)-8s [%(name)s] %(message)s",
    "%(asctime)s %(message)s",
    *("postgresql", "spark", "apache_error", "redis"),
)
# Formats in which a record is a line, and those in which it may be several.
MULTI_LINE = (
    "nginx_error",
    "klog",
    "plain",
    "%(asctime)s %(levelname)-8s [%(name)s] %(message)s",
    "%(asctime)s %(message)s",
    *("spark", "apache_error", "redis"),
    "%(levelname)s:%(name)s:%(message)s",
)
# Formats whose records say themselves where they end.
ENDED = ("journald",)

ACCESS = (
    b'192.0.2.7 - bob [22/Jan/2026:14:53:35 +0000] "GET /a?b=c HTTP/1.1" 200 512 "-" "curl/8.9.1"',
    b'192.0.2.7 - - [22/Jan/2026:14:53:36 +0000] "" 400 0 "-" "-"',
    b'192.0.2.8 - - [22/Jan/2026:14:53:37 +0000] "POST /\\"x\\" HTTP/1.0" 502 157 "-" "a \\x22 b"',
    b'192.0.2.8 - - [22/Jan/2026:14:53:37 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
    b'192.0.2.9 - - [22/Jan/2026:14:53:38 +0000] "PUT /up HTTP/2.0" 499 0 "-" "-" rt=0.250 '
    b'urt="0.1, 0.2"',
)
NGINX_ERROR = (
    b"2026/01/22 14:59:12 [error] 7#8: *9 connect() failed (111: Connection refused) while "
    b'connecting to upstream, client: 192.0.2.7, server: example.org, request: "GET / HTTP/1.1", '
    b'upstream: "http://192.0.2.1:8000/", host: "example.org"',
    b'2026/01/22 14:59:12 [error] 7#8: *9 FastCGI sent in stderr: "PHP message: PHP Warning:  one',
    b"PHP message: two",
    b'Stack trace:" while reading response header from upstream, client: 192.0.2.7, server: _',
    b"2026/01/22 14:59:13 [notice] 1#1: signal 17 (SIGCHLD) received from 7",
    b"2026/01/22 14:59:13 [oddly] 1#1: what",
    b"2026/01/22 14:59:13 [",
)
PYTHON = (
    b"2026-01-22 14:59:12,123 INFO     [app.web] started on port 8000",
    b"2026-01-22 14:59:12,124 CRITICAL [app] gone",
    b"INFO:app.web:started",
    b"ERROR:app:failed",
    b"Traceback (most recent call last):",
    b'  File "/srv/app/web.py", line 3, in serve',
    b"    raise ValueError(text)",
    b"ValueError: no such thing",
    b"During handling of the above exception, another exception occurred:",
    b"--- Logging error ---",
    b"Call stack:",
    b"Message: 'a %s'",
    b"Arguments: ()",
)
KLOG = (
    b"I0102 15:04:05.678901       7 controller.go:191] configuration changed",
    b"F0102 15:04:05.678901       7 main.go:9] gone",
    b"E0102 15:04:05.678901 7 main.go:9]",
)
JSON = (
    b'{"time": "2026-01-22T14:59:12.5Z", "level": "error", "message": "failed", "user": {"id": 7}}',
    b'{"ts": 1769093952.5, "level": 50, "msg": "failed", "name": "app"}',
    b'{"time": 1e308, "level": {}, "message": [1]}',
    b'{"time": null, "level": true, "message": 5}',
    b'{"time": "soon", "severity": "", "event": "e"}',
    b"{}",
    b"[1, 2]",
    b'{"a": "\\ud800"}',
    b'{"a": 1e999}',
)
PLAIN = (
    b"[2026-01-22 14:59:12] [warn] disk is filling up",
    b"no errors found",
    b"\tat org.example.App.main(App.java:3)",
    b"Caused by: java.lang.IllegalStateException",
    b"}",
    b"",
)
HEADED = (
    b"26/01/02 03:04:05 INFO SparkContext: Running Spark version 3.5.0",
    b"26/01/02 03:04:05  WARN two blanks",
    b"[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 7:tid 8] AH00126: Invalid URI",
    b"[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] no",
    b"7:M 02 Jan 2026 03:04:05.678 # Can't save in background: fork",
    b"Jan  2 03:04:05 host app[7]: 2026-01-02T03:04:05Z [WARN] low",
    b"<34>1 2026-01-02T03:04:05Z host app 7 - - text",
    b"Jan 02, 2026 3:04:05 PM org.example.App start",
    b"1767323045.678901 could not say",
    b"%ASA-6-302013: built",
    b"I0102 03:04:05 E, [2026-01-02T03:04:05",
    b"2026-01-02 03:04:05.678 UTC [7] ERROR:  duplicate key",
    b"2026-01-02 03:04:05.678 UTC [7] DETAIL:  Key (id)=(1) already exists.",
    b"2026-01-02 03:04:05.678 UTC [7] shop@shop STATEMENT:  SELECT 1",
)
CAPTIONED = (
    b"# Time: 2026-01-02T03:04:05.678901Z",
    b"# User@Host: shop[shop] @ web7 []  Id:     8",
    b"Fri Jan  2 03:04:05 2026 +00:00",
    b"=ERROR REPORT==== 2-Jan-2026::03:04:05 ===",
    b"2026-01-02 03:04:05 a.b.C a",
    b"WARNING: slow",
    b" INFO [main] 2026-01-02 03:04:05,678 (a.B) ready",
    b"    2026/01/02 03:04:05 [ERR] raft: no leader",
    b"[02-Jan-2026 03:04:05 Europe/Berlin] PHP Warning:  no in /srv/a.php on line 3",
    b"@40000000695735af287735f2 starting",
    b"REPORT RequestId: 1b-2 Duration: 3 ms",
    b"/usr/lib/ruby/a.rb:3:in `call'",
)
LOGFMT = (
    b'time="2026-01-22T14:59:12Z" level=warning msg="it \\"failed\\"" took=0.25 done',
    b"ts=1769093952.5 lvl=50 msg=a msg=b x=",
    b"level= time=soon",
)
JOURNALD = (
    b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1769093952250000\nPRIORITY=3\nMESSAGE=it failed\n",
    b"MESSAGE\n\x03\0\0\0\0\0\0\0a\n\n",
)
LINES = HEADED + CAPTIONED + ACCESS + NGINX_ERROR + PYTHON + KLOG + JSON + LOGFMT + JOURNALD + PLAIN
ENDS = (b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b"\r\r\n")


def parsers() -> dict[str, Parser]:
    """A parser for each format, by the format's name or text, and plain text of all kinds."""
    joined = PlainParser(joining=Joining(joins=True, captioned=True, indented=True))
    named = {name: parser_for(name) for name in (*FORMATS, *MULTI_LINE, *ENDED)}
    return {**named, "plain, joined": joined}


def mutated(line: bytes, at: int, length: int, instead: bytes) -> bytes:
    """The line with a few of its bytes replaced."""
    at %= len(line) + 1
    return line[:at] + instead + line[at + length :]


mutated_lines = st.builds(
    mutated,
    st.sampled_from(LINES),
    st.integers(0, 1 << 16),
    st.integers(0, 9),
    st.binary(max_size=4)
    | st.sampled_from((b'"', b"\\", b", client: ", b"\0", b"\n", b'\\"', b" ")),
)
lines = st.sampled_from(LINES) | mutated_lines
blocks = st.builds(
    lambda parts, last: b"".join(line + end for line, end in parts) + last,
    st.lists(st.tuples(lines, st.sampled_from(ENDS)), max_size=8),
    st.just(b"") | lines | st.binary(max_size=8),
)
