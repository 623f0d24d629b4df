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
