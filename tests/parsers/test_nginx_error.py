"""nginx's error log, with its optional parts and what strangers write into it."""

import time
from datetime import timedelta, timezone

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.nginx_error import NginxErrorParser
from parsers.severity import Severity

STAMP = "2026/01/22 14:59:12"


def parse(*lines: str, **options) -> Batch:
    raw = "".join(f"{line}\n" for line in lines).encode()
    return NginxErrorParser(**options).parse(Block(raw))


def error(text: str):
    return parse(f"{STAMP} [error] 7#8: *9 {text}").event(0)


def test_all_parts_of_a_line_are_found():
    event = error(
        "connect() failed (111: Connection refused) while connecting to upstream, "
        'client: 192.0.2.7, server: example.org, request: "GET /a?b HTTP/1.1", '
        'subrequest: "/auth", upstream: "http://192.0.2.1:8000/", host: "example.org:8080", '
        'referrer: "http://example.org/"'
    )

    assert event.time == "2026-01-22T14:59:12+00:00"
    assert event.level == "error"
    assert event.message == (
        "connect() failed (111: Connection refused) while connecting to upstream"
    )
    assert event.fields == {
        "pid": 7,
        "tid": 8,
        "connection": 9,
        "errno": 111,
        "errno_text": "Connection refused",
        "client": "192.0.2.7",
        "server": "example.org",
        "request": "GET /a?b HTTP/1.1",
        "request_method": "GET",
        "request_uri": "/a?b",
        "server_protocol": "HTTP/1.1",
        "subrequest": "/auth",
        "upstream": "http://192.0.2.1:8000/",
        "host": "example.org:8080",
        "referrer": "http://example.org/",
    }


def test_a_line_without_process_parses():
    line = (
        '2021/01/22 14:59:12 [error] open() "/usr/share/nginx/html/index.html" failed (13: '
        'Permission denied), client: 172.17.0.1, server: localhost, request: "GET / HTTP/1.1", '
        'host: "192.168.0.200"'
    )

    event = parse(line).event(0)

    assert event.parsed
    assert event.severity == Severity.ERROR
    assert event.message == (
        'open() "/usr/share/nginx/html/index.html" failed (13: Permission denied)'
    )
    assert event.fields["errno"] == 13
    assert event.fields["client"] == "172.17.0.1"
    assert event.fields["host"] == "192.168.0.200"
    assert "pid" not in event.fields


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("debug", Severity.DEBUG),
        ("info", Severity.INFO),
        ("notice", Severity.NOTICE),
        ("warn", Severity.WARNING),
        ("error", Severity.ERROR),
        ("crit", Severity.CRITICAL),
        ("alert", Severity.CRITICAL),
        ("emerg", Severity.CRITICAL),
    ],
)
def test_every_level_of_nginx_has_a_severity(level, severity):
    event = parse(f"{STAMP} [{level}] 1#1: text").event(0)

    assert (level, severity, "text") == (event.level, event.severity, event.message)


@pytest.mark.parametrize(
    "line",
    [
        "no stamp [error] 1#1: text",
        f"{STAMP} [sideways] 1#1: text",
        f"{STAMP} [error",
        f"{STAMP} [",
        f" {STAMP} [error] text",
        "2026-01-22 14:59:12 [error] text",
    ],
)
def test_what_is_not_nginx_is_marked_unparsed_and_kept_whole(line):
    event = parse(line).event(0)

    assert not event.parsed
    assert line == event.message
    assert {} == event.fields


@pytest.mark.parametrize(
    ("text", "message", "client"),
    [
        ("closed, client: 192.0.2.7, server: _", "closed", "192.0.2.7"),
        ("closed, client: unix:, server: _", "closed", "unix:"),
        ("closed, client: 2001:db8::1", "closed", "2001:db8::1"),
        ("a, client: b and more, and more", "a, client: b and more, and more", None),
        ("a, client: 192.0.2.7, oddly: 1", "a, client: 192.0.2.7, oddly: 1", None),
        ('a, client: 192.0.2.7, request: "', 'a, client: 192.0.2.7, request: "', None),
        (
            'open() "/x, client: 192.0.2.66, server: y" failed (2: No), client: 192.0.2.7',
            'open() "/x, client: 192.0.2.66, server: y" failed (2: No)',
            "192.0.2.7",
        ),
        (
            'a, client: 192.0.2.7, server: _, request: "GET / HTTP/1.1", '
            'referrer: "x, client: 192.0.2.66"',
            "a",
            "192.0.2.7",
        ),
    ],
)
def test_the_context_is_found_from_the_right(text, message, client):
    event = error(text)

    assert message == event.message
    assert client == event.fields.get("client")


def test_commas_and_quotes_in_a_request_stay_in_it():
    event = error(
        'a, client: 192.0.2.7, server: _, request: "GET /", x: "y, HTTP/1.1", '
        'upstream: "http://192.0.2.1/", z", host: "example.org"'
    )

    assert event.fields["request"] == 'GET /", x: "y, HTTP/1.1'
    assert event.fields["upstream"] == 'http://192.0.2.1/", z'
    assert event.fields["host"] == "example.org"


def test_empty_parts_are_empty():
    event = error('a, client: 192.0.2.7, server: , request: "", host: "", referrer: ""')

    parts = ("server", "request", "host", "referrer")

    assert [""] * 4 == [event.fields[part] for part in parts]


def test_the_errno_is_the_one_that_nginx_wrote_last():
    event = error('open() "/(13: Permission denied)" failed (2: No such file or directory)')

    assert (2, "No such file or directory") == (event.fields["errno"], event.fields["errno_text"])


def test_a_fastcgi_record_of_several_lines_is_one_event():
    batch = parse(
        f'{STAMP} [error] 7#8: *9 FastCGI sent in stderr: "PHP message: one',
        "PHP message: two",
        'Stack trace:" while reading response header from upstream, client: 192.0.2.7, server: _, '
        'request: "GET / HTTP/1.1", host: "example.org"',
        f"{STAMP} [notice] 1#1: reconfiguring",
    )

    first, second = batch.events()

    assert first.lines == 3
    assert first.message.startswith('FastCGI sent in stderr: "PHP message: one\nPHP message: two\n')
    assert first.message.endswith('Stack trace:" while reading response header from upstream')
    assert first.fields["host"] == "example.org"
    assert (second.lines, second.message) == (1, "reconfiguring")


def test_lines_before_the_first_stamp_are_one_unparsed_record():
    first, second = parse("half", "a record", f"{STAMP} [info] 1#1: whole").events()

    assert (first.parsed, first.message, first.lines) == (False, "half\na record", 2)
    assert second.parsed


def test_the_time_is_local_in_the_zone_given():
    zone = timezone(timedelta(hours=2))

    event = parse(f"{STAMP} [info] 1#1: a", zone=zone).event(0)

    assert event.time == "2026-01-22T14:59:12+02:00"


def test_an_impossible_time_is_none():
    event = parse("2026/13/32 14:59:12 [info] 1#1: a").event(0)

    assert event.time is None
    assert event.parsed


def test_a_number_too_long_to_be_one_stays_text():
    event = parse(f"{STAMP} [info] {'9' * 40}#1: a").event(0)

    assert event.fields["pid"] == "9" * 40


@pytest.mark.parametrize("part", [", client: ", ', client: 1, request: "', '", host: "', "(1: "])
def test_cutting_a_hostile_message_takes_time_by_its_length(part):
    began = time.process_time()

    error(part * (200_000 // len(part)))

    assert time.process_time() - began < 2


REAL = 'client: 192.0.2.7, server: example.org, request: "GET /a HTTP/1.1", host: "example.org"'
FORGED = 'client: 192.0.2.66, server: x, request: "GET /x HTTP/1.1", host: "evil"'


@pytest.mark.parametrize(
    "text",
    [
        # In a header, which comes last: the first place that fits is the real one.
        f'access forbidden by rule, {REAL}, referrer: "http://a/, {FORGED}"',
        f'access forbidden by rule, {REAL}, referrer: ", {FORGED}, referrer: "',
        # In a user's name or a path: a host with a blank is none, and a quote is still open.
        f'user "a, {FORGED}": password mismatch, {REAL}',
        f'user "a": password mismatch, {FORGED}": was not found in "/etc/htpasswd", {REAL}',
        f'open() "/srv/a, {FORGED}" failed (2: No such file or directory), {REAL}',
        # In a request line: a URI holds no blank.
        'a, client: 192.0.2.7, server: example.org, request: "GET /a HTTP/1.1", host: "example.org"'
        ', referrer: "b", client: 192.0.2.66, server: c"',
    ],
)
def test_a_forged_context_is_not_believed(text):
    event = error(text)

    assert ("192.0.2.7", "example.org") == (event.fields["client"], event.fields["server"])
    assert ("/a", "example.org") == (event.fields["request_uri"], event.fields["host"])


def test_a_request_line_that_nginx_refused_cannot_replace_the_client():
    event = error(
        "client sent invalid request while reading client request line, client: 192.0.2.7, "
        f'server: example.org, request: "GET /a x, {FORGED}"'
    )

    assert ("192.0.2.7", "example.org") == (event.fields["client"], event.fields["server"])


def test_a_host_forged_in_a_request_does_not_replace_the_real_one():
    event = error(
        'a, client: 192.0.2.7, server: _, request: "GET /",host:"evil" HTTP/1.1", '
        'host: "example.org"'
    )

    assert event.fields["host"] == "example.org"
    assert event.fields["request_uri"] == '/",host:"evil"'


CONTEXTS: dict[str, tuple[str, dict[str, object]]] = {
    "stream": (
        "upstream timed out (110: Connection timed out) while connecting to upstream, client: "
        '192.0.2.7, server: 0.0.0.0:5432, upstream: "192.0.2.1:5432", bytes from/to client:0/0, '
        "bytes from/to upstream:0/0",
        {"client": "192.0.2.7", "server": "0.0.0.0:5432", "upstream": "192.0.2.1:5432"},
    ),
    "udp stream": (
        "no live upstreams while connecting to upstream, udp client: 192.0.2.7, server: 0.0.0.0:53",
        {"client": "192.0.2.7", "server": "0.0.0.0:53"},
    ),
    "mail": (
        "auth http server 192.0.2.1:80 timed out while in http auth state, client: 192.0.2.7 using "
        'starttls, server: 0.0.0.0:143, login: "a@example.org", upstream: 192.0.2.1:143',
        {"client": "192.0.2.7", "login": "a@example.org", "upstream": "192.0.2.1:143"},
    ),
    "lua timer": (
        "[lua] init.lua:3: failed, context: ngx.timer, client: 192.0.2.7, server: 0.0.0.0:80",
        {"context": "ngx.timer", "client": "192.0.2.7", "server": "0.0.0.0:80"},
    ),
    "lua timer of no client": ("[lua] init.lua:3: a, context: ngx.timer", {"context": "ngx.timer"}),
    "resolver": (
        "recv() failed (111: Connection refused) while resolving, resolver: 192.0.2.53:53",
        {"resolver": "192.0.2.53:53", "errno": 111},
    ),
    "OCSP": (
        "ocsp.example.org could not be resolved (110: Operation timed out) while requesting "
        'certificate status, responder: ocsp.example.org, certificate: "/etc/ssl/a.pem"',
        {"responder": "ocsp.example.org", "certificate": "/etc/ssl/a.pem"},
    ),
    "syslog": (
        "send() failed (111: Connection refused) while logging to syslog, server: 192.0.2.1:514",
        {"server": "192.0.2.1:514", "errno": 111},
    ),
    "PROXY protocol": (
        'broken header: "GET / HTTP/1.1" while reading PROXY protocol, client: 192.0.2.7, server: '
        "0.0.0.0:80",
        {"client": "192.0.2.7", "server": "0.0.0.0:80"},
    ),
    "limit": (
        'limiting requests, excess: 5.250 by zone "login", client: 192.0.2.7, server: _',
        {"zone": "login", "excess": 5.25, "client": "192.0.2.7"},
    ),
    "connection limit": (
        'limiting connections by zone "addr", client: 192.0.2.7, server: _',
        {"zone": "addr", "client": "192.0.2.7"},
    ),
    "keepalive": ("client 192.0.2.7 closed keepalive connection", {"client": "192.0.2.7"}),
    "mail session": (
        "client 192.0.2.7:53044 connected to 0.0.0.0:25",
        {"client": "192.0.2.7", "client_port": 53044},
    ),
    "ModSecurity": (
        '[client 192.0.2.7] ModSecurity: Access denied with code 403 (phase 2). Matched "a" '
        '(Value: `x [id "1"]\' ) [file "/etc/rules.conf"] [line "80"] [id "949110"] '
        '[msg "Too many"] [data "b"] [tag "one"] [tag "two"] [uri "/"], client: 192.0.2.7',
        {"modsecurity_id": "949110", "modsecurity_tag": ["one", "two"], "modsecurity_uri": "/"},
    ),
}


@pytest.mark.parametrize("kind", CONTEXTS)
def test_every_module_states_its_context_in_its_own_way(kind):
    text, expected = CONTEXTS[kind]

    fields = error(text).fields

    assert expected == {name: fields.get(name) for name in expected}


def test_the_context_is_no_part_of_the_message():
    messages = [error(text).message for text, _ in CONTEXTS.values()]

    assert not [message for message in messages if ", client: " in message or "server: " in message]


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (', referrer: "http://example.org/' + "a" * 2000, {"host": "example.org"}),
        (", refe", {"host": "example.org"}),
    ],
)
def test_a_record_that_nginx_cut_at_its_limit_keeps_its_context(behind, expected):
    text = f"{STAMP} [error] 7#8: *9 {'x' * (1900 if len(behind) < 99 else 1)}, {REAL}{behind}"
    record = text[:2047] if len(behind) > 99 else text.replace("x", "x" * (2048 - len(text)), 1)

    event = parse(record).event(0)

    assert len(record) == 2047
    assert expected == {name: event.fields.get(name) for name in expected}


def test_what_nginx_says_on_the_terminal_has_a_level_and_no_time():
    event = parse(
        'nginx: [emerg] host not found in upstream "app" in /etc/nginx/nginx.conf:7'
    ).event(0)

    assert (True, None, Severity.CRITICAL) == (event.parsed, event.time, event.severity)
    assert event.message == 'host not found in upstream "app" in /etc/nginx/nginx.conf:7'
