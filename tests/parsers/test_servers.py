"""Request logs of other servers: every sample, by name and found, and what stands between them."""

from zoneinfo import ZoneInfo

import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.event import Event
from parsers.formats import Options, parser_for
from parsers.scan import FEW_LINES
from parsers.server_log import ServerParser, server_parser
from parsers.servers import SERVERS, Server
from parsers.severity import Severity

SAMPLES = [(server, line) for server in SERVERS for line in server.samples]
IDS = [f"{server.name}-{number}" for number, (server, _) in enumerate(SAMPLES)]
HAPROXY = (
    "192.0.2.7:40118 [02/Jan/2026:03:04:05.678] web app/s1 0/0/1/7/8 200 182 - - ---- "
    '2/1/0/0/0 0/0 "GET /a?b=c HTTP/1.1"'
)
UWSGI = next(line for server, line in SAMPLES if server.name == "uwsgi")


def parse(parser: ServerParser, *lines: str) -> Batch:
    return parser.parse(Block("".join(f"{line}\n" for line in lines).encode()))


def found(*lines: str, zone: ZoneInfo | None = None) -> list[Event]:
    raw = "".join(f"{line}\n" for line in lines).encode()
    return list(parser_for("auto", Options(zone), head=raw).parse(Block(raw)).events())


def haproxy(line: str) -> Event:
    return next(parser_for("haproxy").parse(Block(line.encode())).events())


@pytest.mark.parametrize(("server", "line"), SAMPLES, ids=IDS)
def test_a_sample_is_read_by_its_name_and_found_without(server: Server, line: str) -> None:
    event = parse(server_parser(server), line).event(0)
    named = next(parser_for(server.name).parse(Block(line.encode())).events())

    assert (event.format, event.parsed) == (server.name, True)
    assert [event.fields] == [each.fields for each in found(line)] == [named.fields]
    assert str(event.time).startswith("2026-01-02T03:04:05") or server.name == "uvicorn"
    assert "time" not in event.fields
    assert None not in (event.fields.get("status", 200), event.fields.get("remote_addr", ""))


@pytest.mark.parametrize(("server", "line"), SAMPLES, ids=IDS)
def test_both_paths_read_a_sample_alike(server: Server, line: str) -> None:
    parser = server_parser(server)
    many = FEW_LINES * 2

    alone, among = parse(parser, line).event(0), parse(parser, *[line] * many)

    assert [alone.fields] * many == [event.fields for event in among.events()]
    assert [alone.time] * many == among.column("time").values()


@pytest.mark.parametrize(("server", "line"), SAMPLES, ids=IDS)
def test_what_is_cut_off_does_not_fit(server: Server, line: str) -> None:
    parser = server_parser(server)

    assert not any(parse(parser, line[:end]).parsed.any() for end in range(1, len(line) // 2))


def test_haproxy_has_its_timers_as_numbers_and_the_route_of_the_request() -> None:
    batch = parse(server_parser(SERVERS[0]), HAPROXY)

    assert [7, 8] == [
        batch.column(f"{name}_ms").values()[0] for name in ("response", "request_time")
    ]
    assert ["2xx"] == batch.column("status_class").values()
    assert ["/a"] == batch.column("route").values()
    assert ["GET"] == batch.column("request_method").values()


def test_a_time_that_never_came_is_absent() -> None:
    event = haproxy(
        "192.0.2.7:40118 [02/Jan/2026:03:04:05.678] web app/<NOSRV> -1/-1/-1/-1/8490 -1 0 - - CR-- "
        '2/1/0/0/0 0/0 "<BADREQ>"'
    )

    assert [None] * 4 == [
        event.fields[f"{of}_ms"] for of in ("request_read", "queue", "connect")
    ] + [event.fields["status"]]
    assert 8490 == event.fields["request_time_ms"]
    assert (Severity.INFO, True) == (event.severity, event.parsed)


def test_captured_headers_are_never_part_of_a_number() -> None:
    captured = HAPROXY.replace(' "GET', ' {a|b} {c} "GET')

    events = found(HAPROXY, HAPROXY, captured)

    assert [None, None, "a|b"] == [each.fields.get("request_headers") for each in events]
    assert [0, 0, 0] == [each.fields["backend_queue"] for each in events]


def test_what_haproxy_escapes_is_what_it_had() -> None:
    captured = HAPROXY.replace(' "GET /a?b=c', ' {x #22y#22 #7Bz#7C#23} "GET /a\\x41#C3#A9')

    event = haproxy(captured)

    assert 'x "y" {z|#' == event.fields["request_headers"]
    assert "/a\\x41é" == event.fields["request_uri"]


def test_a_cookie_of_a_stranger_moves_no_field() -> None:
    """HAProxy writes captured cookies as they come (src/log.c: lf_text of %CC)."""
    forged = "SID=a - sH-- 1/1/1/1/0 0/0"
    bare = HAPROXY.replace(" - - ", f" {forged} - ")
    captured = HAPROXY.replace(" - - ", f" {forged} {{x - ").replace(' "GET', ' {curl} "GET')

    for line in (bare, captured):
        assert "termination_state" not in haproxy(line).fields


def test_a_plus_of_what_is_not_over_yet_is_no_part_of_the_number() -> None:
    event = haproxy(HAPROXY.replace("/8 200 182", "/+8 200 +182"))

    assert (8, 182) == (event.fields["request_time_ms"], event.fields["bytes_sent"])


def test_a_status_of_any_length_is_no_index() -> None:
    event = haproxy(HAPROXY.replace(" 200 ", " 99999999999 "))

    assert (Severity.INFO, True) == (event.severity, event.parsed)


@pytest.mark.parametrize("address", ["2001:db8::7", "::ffff:192.0.2.7", "192.0.2.7"])
def test_the_port_is_what_stands_behind_the_last_colon(address: str) -> None:
    event = haproxy(HAPROXY.replace("192.0.2.7", address))

    assert (address, 40118) == (event.fields["remote_addr"], event.fields["remote_port"])


@pytest.mark.parametrize(
    ("status", "severity"),
    [("200", "info"), ("404", "notice"), ("403", "warning"), ("503", "error")],
)
def test_the_status_says_how_bad_a_request_was(status: str, severity: str) -> None:
    assert severity == haproxy(HAPROXY.replace(" 200 ", f" {status} ")).severity.label


def test_the_level_that_uvicorn_states_counts_more_than_the_status() -> None:
    """uvicorn logs the exception behind a 500 as an error of its own."""
    request, failed = found(
        'INFO:     192.0.2.7:4 - "GET / HTTP/1.1" 500 Internal Server Error',
        "ERROR:    Exception in ASGI application",
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 5, in app',
        "ValueError: no",
    )

    assert ("uvicorn", "INFO", Severity.INFO) == (request.format, request.level, request.severity)
    assert ("plain", 4, Severity.ERROR) == (failed.format, failed.lines, failed.severity)


def test_a_row_that_is_refused_says_nothing() -> None:
    forged = HAPROXY.replace(" 200 ", " 503 ").replace(' "GET', ' {a} "GET')

    batch = parse(server_parser(SERVERS[0]), HAPROXY, forged)

    assert [True, False] == batch.parsed.tolist()
    assert [200, None] == batch.column("status").values()
    assert [Severity.INFO, Severity.INFO] == batch.severity.tolist()


def test_the_message_is_the_request_also_where_it_is_written_in_parts() -> None:
    squid = next(line for server, line in SAMPLES if server.name == "squid")

    events = [*found(UWSGI), *found(squid)]

    assert ["GET /a?b=c HTTP/1.1 200", "GET http://example.org/a 200"] == [
        each.message for each in events
    ]


def test_times_without_a_zone_are_those_of_the_source() -> None:
    (event,) = found(HAPROXY, zone=ZoneInfo("Europe/Berlin"))

    assert "2026-01-02T03:04:05.678000+01:00" == event.time


def test_what_is_no_request_is_plain_text() -> None:
    events = found(
        HAPROXY,
        HAPROXY,
        "Server app/s1 is DOWN, reason: Layer4 timeout, check duration: 2001ms.",
        "192.0.2.7:55920 [02/Jan/2026:03:04:06.490] web/1: SSL handshake failure",
        HAPROXY,
    )

    assert ["haproxy", "haproxy", "plain", "plain", "haproxy"] == [each.format for each in events]
    assert all(each.parsed for each in events)
    assert "2026-01-02T03:04:06.490000+00:00" == events[3].time


def test_requests_over_tcp_stand_between_those_over_http() -> None:
    tcp = next(line for server, line in SAMPLES if "session_ms" in server.text)

    events = found(HAPROXY, tcp, HAPROXY)

    assert [None, "pg", None] == [
        each.fields["backend"] if "session_ms" in each.fields else None for each in events
    ]


def test_a_traceback_behind_a_request_is_an_event_of_its_own() -> None:
    events = found(
        UWSGI,
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 9, in wsgi',
        "ValueError: no",
        UWSGI,
        "",
        UWSGI,
    )

    assert [1, 3, 1, 1] == [each.lines for each in events if each.message]
    assert Severity.ERROR == events[1].severity
    assert "ValueError" == events[1].fields["exception_type"]


def test_requests_are_found_in_a_log_that_began_as_another() -> None:
    banner = [f"*** step {number} of the start" for number in range(6)]

    raw = "".join(f"{line}\n" for line in banner).encode()
    parser = parser_for("auto", head=raw)
    batch = parser.parse(Block("".join(f"{UWSGI}\n" for _ in range(9)).encode()))

    assert ["uwsgi"] * 9 == batch.format_of().values()


def test_a_gunicorn_log_holds_what_its_uvicorn_workers_write() -> None:
    events = found(
        "[2026-01-02 03:04:05 +0000] [7] [INFO] Application startup complete.",
        '192.0.2.7:37584 - "GET / HTTP/1.1" 200',
        "[2026-01-02 03:04:05 +0000] [7] [ERROR] Exception in ASGI application",
        "Traceback (most recent call last):",
        "ValueError: no",
        '192.0.2.7:37584 - "GET / HTTP/1.1" 500',
    )

    assert [("gunicorn", 1), ("uvicorn", 1), ("gunicorn", 3), ("uvicorn", 1)] == [
        (each.format, each.lines) for each in events
    ]


def test_what_a_log_of_heads_begins_with_is_plain_text() -> None:
    events = found(
        " * Serving Flask app 'shop'",
        " * Debug mode: off",
        "[2026-01-02 03:04:05,678] ERROR in app: Exception on /boom [GET]",
        "[2026-01-02 03:04:06,678] INFO in app: done",
    )

    assert [("plain", True), ("flask", True), ("flask", True)] == [
        (each.format, each.parsed) for each in events
    ]


def test_a_quote_of_a_stranger_moves_no_field() -> None:
    line = '192.0.2.7 - - [02/Jan/2026 03:04:05] "GET /a" 200 9 "b HTTP/1.1" 404 -'

    (event,) = found(line)

    assert "status" not in event.fields
    assert event.message == line


def test_many_strays_are_bounded() -> None:
    lines = [UWSGI, "  more"] * 3000

    events = found(*lines)

    assert 6000 == len(events)
    assert 1000 == sum(each.format == "plain" for each in events)
