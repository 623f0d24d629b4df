"""nginx access logs in any `log_format`."""

import numpy as np
import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.layout import LayoutError
from parsers.nginx_access import COMBINED, access_parser
from parsers.severity import Severity

TIME = "22/Jan/2026:14:53:35 +0000"


def parse(log_format: str, *lines: str, **options) -> Batch:
    raw = "".join(f"{line}\n" for line in lines).encode()
    return access_parser(log_format, **options).parse(Block(raw))


def combined(request: str = "GET / HTTP/1.1", status: int | str = 200) -> str:
    return f'192.0.2.7 - - [{TIME}] "{request}" {status} 512 "-" "curl/8.9.1"'


def test_combined_gives_nginx_variables_with_numbers_as_numbers_and_dash_as_null():
    batch = parse(COMBINED, combined("GET /a?b=c HTTP/1.1", 404))
    expected = {
        "remote_addr": "192.0.2.7",
        "remote_user": None,
        "time_local": TIME,
        "request": "GET /a?b=c HTTP/1.1",
        "status": 404,
        "body_bytes_sent": 512,
        "http_referer": None,
        "http_user_agent": "curl/8.9.1",
        "request_method": "GET",
        "request_uri": "/a?b=c",
        "server_protocol": "HTTP/1.1",
    }

    event = batch.event(0)

    assert expected == event.fields
    assert event.time == "2026-01-22T14:53:35+00:00"
    assert event.message == "GET /a?b=c HTTP/1.1 404"
    assert event.parsed


def test_a_format_without_status_parses():
    line = (
        '172.17.0.1 [22/Jan/2021:14:53:35 +0000] "GET / HTTP/1.1" "Mozilla/5.0 (Macintosh; '
        'Intel Mac OS X 10.15; rv:84.0) Firefox/84.0" "-"'
    )
    log_format = '$remote_addr [$time_local] "$request" "$http_user_agent" "$http_x_forwarded_for"'

    event = parse(log_format, line).event(0)

    assert event.parsed
    assert event.severity == Severity.INFO
    assert event.time == "2021-01-22T14:53:35+00:00"
    assert event.fields["request_method"] == "GET"
    assert str(event.fields["http_user_agent"]).endswith("Firefox/84.0")
    assert event.fields["http_x_forwarded_for"] is None


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (200, Severity.INFO),
        (101, Severity.INFO),
        (304, Severity.INFO),
        (400, Severity.WARNING),
        (403, Severity.WARNING),
        (404, Severity.NOTICE),
        (499, Severity.NOTICE),
        (500, Severity.ERROR),
        (502, Severity.ERROR),
        ("000", Severity.INFO),
    ],
)
def test_the_status_decides_the_severity(status, severity):
    batch = parse(COMBINED, combined(status=status))

    assert [severity] == batch.severity.tolist()


def test_severities_are_configurable_and_a_status_wins_over_its_class():
    severities = {"418": Severity.CRITICAL, "4xx": Severity.DEBUG, "200": Severity.NOTICE}
    batch = parse(
        COMBINED,
        *(combined(status=status) for status in (418, 404, 200, 500)),
        severities=severities,
    )

    found = [Severity(each) for each in batch.severity.tolist()]

    assert [Severity.CRITICAL, Severity.DEBUG, Severity.NOTICE, Severity.INFO] == found


def test_a_line_that_does_not_fit_is_info_and_its_own_message():
    event = parse(COMBINED, "something else, status 500").event(0)

    assert not event.parsed
    assert event.severity == Severity.INFO
    assert event.message == "something else, status 500"
    assert event.fields == {}
    assert event.time is None


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("GET / HTTP/1.1", ["GET", "/", "HTTP/1.1"]),
        ("GET / HTTP/2.0", ["GET", "/", "HTTP/2.0"]),
        ("GET http://a.example/b?c=d:// HTTP/1.1", ["GET", "/b?c=d://", "HTTP/1.1"]),
        ("GET http://a.example?c HTTP/1.1", ["GET", "?c", "HTTP/1.1"]),
        ("GET http://a.example HTTP/1.1", ["GET", "http://a.example", "HTTP/1.1"]),
        ("CONNECT a.example:443 HTTP/1.1", ["CONNECT", "a.example:443", "HTTP/1.1"]),
        ("OPTIONS * HTTP/1.1", ["OPTIONS", "*", "HTTP/1.1"]),
        ("GET /go?to=http://b/ HTTP/1.1", ["GET", "/go?to=http://b/", "HTTP/1.1"]),
        ("GET /", ["GET", "/", None]),
        ("GET /a b c HTTP/1.1", ["GET", "/a b c", "HTTP/1.1"]),
        ("PROPPATCH / HTTP/1.1", ["PROPPATCH", "/", "HTTP/1.1"]),
        ("M-SEARCH * HTTP/1.1", ["M-SEARCH", "*", "HTTP/1.1"]),
        ("get / HTTP/1.1", [None, None, None]),
        ("GET  HTTP/1.1", ["GET", "", "HTTP/1.1"]),
        ("GET HTTP/1.1", ["GET", "HTTP/1.1", None]),
        ("GET / HTTP/3", ["GET", "/", "HTTP/3"]),
        ("", [None, None, None]),
        ("-", [None, None, None]),
        (r"\x16\x03\x01", [None, None, None]),
        (r"GET /\"quoted\" HTTP/1.1", ["GET", r"/\"quoted\"", "HTTP/1.1"]),
    ],
)
@pytest.mark.parametrize("lines", [1, 100])
def test_the_request_is_cut_in_three(line, parts, lines):
    batch = parse(COMBINED, *[combined(line)] * lines)

    names = ("request_method", "request_uri", "server_protocol")

    assert [parts] * lines == [
        list(row) for row in zip(*(batch.column(name).values() for name in names), strict=True)
    ]


def test_the_path_is_the_uri_without_its_query():
    batch = parse(COMBINED, combined("GET /a?b?c HTTP/1.1"), combined("GET /d HTTP/1.1"), "x")

    assert ["/a", "/d", None] == batch.column("path").values()


def test_the_status_class_counts_by_hundreds():
    batch = parse(COMBINED, combined(status=204), combined(status=502), "x")

    labels = batch.column("status_class").labels()

    assert ["2xx", "5xx", None] == labels.values()


def test_upstream_times_are_numbers_of_the_last_attempt():
    log_format = f'{COMBINED} rt=$request_time urt="$upstream_response_time"'
    ends = ('rt=0.250 urt="0.240"', 'rt=1.000 urt="0.1, 0.9"', 'rt=0.000 urt="-"', 'rt=- urt=""')
    batch = parse(log_format, *(f"{combined()} {end}" for end in ends))

    numbers = batch.column("upstream_response_time").numbers()

    assert [0.24, [0.1, 0.9], None, None] == batch.column("upstream_response_time").values()
    assert [0.24, 0.9] == numbers.found[numbers.present].tolist()
    assert [True, True, False, False] == numbers.present.tolist()
    assert [0.25, 1.0, 0.0, None] == batch.column("request_time").values()


def test_a_number_that_is_none_keeps_its_text():
    event = parse("$status $body_bytes_sent", "200 many").event(0)

    assert event.fields == {"status": 200, "body_bytes_sent": "many"}


@pytest.mark.parametrize("lines", [1, 100])
def test_a_quoted_part_may_hold_several_variables(lines):
    log_format = '"$request [$time_local]" "$remote_addr $status"'
    batch = parse(log_format, *[f'"GET /a b HTTP/1.1 [{TIME}]" "192.0.2.7 200"'] * lines)

    assert batch.parsed.all()
    assert batch.column("request").values() == ["GET /a b HTTP/1.1"] * lines
    assert batch.column("status").values() == [200] * lines


def test_braces_around_a_variable_are_not_part_of_it():
    event = parse("${host}x$status", "example.orgx200").event(0)

    assert event.fields == {"host": "example.org", "status": 200}


@pytest.mark.parametrize(
    ("log_format", "line", "time"),
    [
        ("$time_iso8601 $status", "2026-01-22T14:53:35+01:00 200", "2026-01-22T14:53:35+01:00"),
        ("$msec $status", "1769093615.250 200", "2026-01-22T14:53:35.250000+00:00"),
        ("$msec $status", "soon 200", None),
        ("$remote_addr $status", "192.0.2.7 200", None),
        ("[$time_local] $status", "[31/Feb/2026:14:53:35 +0000] 200", None),
    ],
)
def test_the_time_comes_from_whichever_variable_has_it(log_format, line, time):
    assert time == parse(log_format, line).event(0).time


@pytest.mark.parametrize(
    ("log_format", "column"),
    [
        ("$remote_addr$request", 13),
        ("[$status$host] $request$uri", 24),
        ("no variable", 1),
    ],
)
def test_an_ambiguous_format_is_refused_with_its_column(log_format, column):
    with pytest.raises(LayoutError) as error:
        access_parser(log_format)

    assert column == error.value.column


def test_an_unknown_field_is_a_key_error():
    batch = parse("$status x", "200 x")

    for name in ("nothing", "request_method", "path"):
        with pytest.raises(KeyError):
            batch.column(name)


def test_crlf_and_a_missing_final_newline_are_no_part_of_the_values():
    raw = f"{combined()}\r\n{combined()}".encode()

    batch = access_parser().parse(Block(raw))

    assert ["curl/8.9.1"] * 2 == batch.column("http_user_agent").values()


def test_selected_rows_have_the_fields_of_their_rows():
    batch = parse(COMBINED, *(combined(f"GET /{number} HTTP/1.1") for number in range(100)))

    selected = batch.select(np.array([7, 3]))

    assert [batch.event(7), batch.event(3)] == list(selected.events())
