"""The text of a `log_format` as nginx.conf has it: escape modes, JSON, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.batch import Batch
from parsers.block import Block
from parsers.columns import Value
from parsers.layout import LayoutError
from parsers.nginx_access import access_parser
from parsers.nginx_format import Escape, read_format, unescaped

TIME = "22/Jan/2026:14:53:35 +0000"


def parse(log_format: str, *lines: bytes) -> Batch:
    return access_parser(log_format).parse(Block(b"".join(line + b"\n" for line in lines)))


def fields(log_format: str, line: bytes) -> dict[str, Value]:
    event = parse(log_format, line).event(0)
    assert event.parsed
    return event.fields


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ("$status", Escape.DEFAULT),
        ("escape=default $status", Escape.DEFAULT),
        ("escape=json $status", Escape.JSON),
        ("escape=none $status", Escape.NONE),
    ],
)
def test_the_escape_mode_stands_before_the_text(text, escape):
    read = read_format(text)

    assert escape == read.escape
    assert read.layout.pattern.fullmatch(b"200")


def test_only_one_space_belongs_to_the_escape_mode():
    assert read_format("escape=json  $status").layout.pattern.fullmatch(b" 200")


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("$remote_addr$request", 13, "nothing separates $remote_addr from $request"),
        ("[$status$host] $request$uri", 24, "nothing separates $request from $uri"),
        ("escape=json $a$b", 15, "nothing separates $a from $b"),
        ("$http_host$request_uri $status", 11, "nothing separates $http_host from $request_uri"),
        ("$server_addr$request_uri $status", 13, "nothing separates $server_addr from"),
        ("$status $scheme$host", 16, "nothing separates $scheme from $host"),
        ("$status$a$b", 10, "nothing separates $a from $b"),
        ("$a$status$b", 10, "nothing separates $a from $b"),
        ("no variable", 1, "a log format needs at least one $variable"),
        ("escape=json {}", 1, "a log format needs at least one $variable"),
        ("$status $$", 9, "a $ without a variable's name, which nginx refuses"),
        ("$status ${", 9, "a $ without a variable's name, which nginx refuses"),
        ("$status ${host", 9, "a $ without a variable's name, which nginx refuses"),
        ("cost: 5$ $status", 8, "a $ without a variable's name, which nginx refuses"),
        ("escape=html $status", 8, 'nginx knows no "escape=html"'),
        ("$status\n$host", 8, "a line feed, with which nginx writes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, column, what):
    with pytest.raises(LayoutError) as error:
        access_parser(text)

    assert column == error.value.column
    assert error.value.what.startswith(what)


def test_variables_of_fixed_width_may_touch_others():
    assert {"status": 200, "request_method": "GET", "pipe": "p"} == fields(
        "$status$request_method$pipe", b"200GETp"
    )


@pytest.mark.parametrize("lines", [1, 100])
def test_a_host_ends_where_the_path_behind_it_begins(lines):
    log_format = '$scheme://$host$request_uri $status "$request"'
    batch = parse(log_format, *[b'https://[::1]/a/b?c=/d 200 "GET / HTTP/1.1"'] * lines)
    # Without a path in the request the query is the URI: which of the two has the `?`?
    queries = parse(log_format, *[b'https://example.org?a=/b 200 "GET / HTTP/1.1"'] * lines)

    assert ["[::1]"] * lines == batch.column("host").values()
    assert ["/a/b?c=/d"] * lines == batch.column("request_uri").values()
    assert not queries.parsed.any()


def test_literals_that_look_like_patterns_are_text():
    log_format = "^(.*)$status|[a-z]+ ${host}\\d{3}?"

    assert {"status": 200, "host": "a.b"} == fields(log_format, b"^(.*)200|[a-z]+ a.b\\d{3}?")


@pytest.mark.parametrize(
    ("raw", "escape", "expected"),
    [
        (rb"\x22a\x5Cb\x00\xC3\xA9", Escape.DEFAULT, b'"a\\b\0\xc3\xa9'),
        (rb"\u0022 \n \"", Escape.DEFAULT, rb"\u0022 \n \""),
        (rb"\x5Cx22", Escape.DEFAULT, rb"\x22"),
        (rb"\"a\\b\u0000\n\r\t\b\f" + b"\xff", Escape.JSON, b'"a\\b\0\n\r\t\b\f\xff'),
        (rb"\\u0022 \\n \x22", Escape.JSON, rb"\u0022 \n \x22"),
        (rb"\x22 \" \u0022", Escape.NONE, rb"\x22 \" \u0022"),
    ],
)
def test_values_are_what_nginx_had_before_it_escaped_them(raw, escape, expected):
    assert expected == unescaped(raw, escape)


@pytest.mark.parametrize("lines", [1, 100])
def test_escapes_are_gone_from_values_labels_and_parts_of_the_request(lines):
    line = rb'"GET /caf\xC3\xA9?q=\x22 HTTP/1.1" 200 "\xFF\x1B"'
    batch = parse('"$request" $status "$http_user_agent"', *[line] * lines)

    assert ['GET /café?q=" HTTP/1.1'] * lines == batch.column("request").values()
    assert ('GET /café?q=" HTTP/1.1',) == batch.column("request").labels().names
    assert ["/café"] * lines == batch.column("path").values()
    assert ["\\xff\x1b"] * lines == batch.column("http_user_agent").values()


def test_a_dash_is_null_by_default_and_nothing_is_with_the_other_modes():
    text = '"$http_referer" $status "$gzip_ratio" "$upstream_status"'
    dashes, nothing = b'"-" 200 "-" "-"', b'"" 200 "" ""'
    null = {"http_referer": None, "status": 200, "gzip_ratio": None, "upstream_status": None}

    assert null == fields(text, dashes)
    assert null == fields(f"escape=json {text}", nothing)
    assert null == fields(f"escape=none {text}", nothing)
    assert "-" == fields(f"escape=json {text}", dashes)["http_referer"]


def test_a_json_format_has_the_variables_and_their_keys():
    log_format = (
        'escape=json {"ts":"$time_iso8601","http":{"code":$status,"agent":"$http_user_agent"},'
        '"line":"$request_method $request_uri","ups":["$upstream_status"],"host":"$host"}'
    )
    line = (
        b'{"ts":"2026-01-22T14:53:35+01:00","http":{"code":502,"agent":"say \\"hi\\" \xff\\u0001"},'
        b'"line":"GET /a","ups":["502, 200"],"host":"example.org"}'
    )

    batch = parse(log_format, line)

    assert {
        "time_iso8601": "2026-01-22T14:53:35+01:00",
        "status": 502,
        "http_user_agent": 'say "hi" \\xff\x01',
        "request_method": "GET",
        "request_uri": "/a",
        "upstream_status": [502, 200],
        "host": "example.org",
    } == batch.event(0).fields
    assert [502] == batch.column("http.code").values()
    assert ['say "hi" \\xff\x01'] == batch.column("http.agent").values()
    assert ["example.org"] == batch.column("host").values()
    for unknown in ("line", "ups", "http", "code"):
        with pytest.raises(KeyError):
            batch.column(unknown)


def test_a_json_format_reads_lines_that_are_no_json():
    """nginx writes nothing for a number that it has not, and bytes as they are."""
    log_format = 'escape=json {"ratio":$gzip_ratio,"agent":"$http_user_agent"}'

    assert {"gzip_ratio": None, "http_user_agent": "\\xff"} == fields(
        log_format, b'{"ratio":,"agent":"\xff"}'
    )


@pytest.mark.parametrize("lines", [1, 100])
@pytest.mark.parametrize(
    ("log_format", "line"),
    [
        ("$remote_addr|$request|$http_user_agent", b"192.0.2.7|GET /|200| HTTP/1.1|curl"),
        ("$http_x_id $http_user_agent $status", b"- Mozilla/5.0 (X11) 200"),
        ('escape=none "$request" $status "$http_user_agent"', b'"GET /" 200 "x" 500 "y"'),
        ("$http_a - - $http_b", b"a - - - - b"),
        ("$upstream_status $http_user_agent", b"502 : 200 curl"),
        ("$http_a [$status] $http_b", b"x [200] y [500] z"),
    ],
)
def test_a_line_that_could_be_cut_in_two_ways_is_unparsed(log_format, line, lines):
    assert not parse(log_format, *[line] * lines).parsed.any()


@pytest.mark.parametrize("lines", [1, 100])
@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        (
            "$http_user_agent|$request_time|$status",
            b"a|9.999|500|0.001|200",
            ["a|9.999|500", 0.001, 200],
        ),
        (
            "$remote_addr $http_user_agent rt=$request_time",
            b"::1 x rt=9 rt=0.1",
            ["::1", "x rt=9", 0.1],
        ),
        (
            "$host:$server_port $remote_addr",
            b"[::1]:443 2001:db8::7",
            ["[::1]", 443, "2001:db8::7"],
        ),
        ("$http_a $server_port:$remote_addr", b"a b 80:::1", ["a b", 80, "::1"]),
        (
            "$upstream_addr $upstream_status $http_user_agent",
            b"192.0.2.1:80, unix:/x : [::1]:80 502, - : 200 a : b",
            [["192.0.2.1:80", "unix:/x", "[::1]:80"], [502, None, 200], "a : b"],
        ),
        (
            "$upstream_addr $upstream_response_time $request_time",
            b"192.0.2.1:80 :  0.100 :  0.200",
            ["192.0.2.1:80", 0.1, 0.2],
        ),
        ("$http_a [$status] $http_b", b"x y [200] y z", ["x y", 200, "y z"]),
        ("$status $http_referer $http_user_agent", b"200 http://a/ x y", [200, "http://a/", "x y"]),
        ("$http_a ref=$http_b", b"?a=b ref=c d", ["?a=b", "c d"]),
        ("$geoip_latitude,$geoip_longitude", b"-33.8600,151.2094", [-33.86, 151.2094]),
        ("$status $geoip_latitude", b"200 -", [200, None]),
        ("$status $geoip_latitude", b"200 north", [200, "north"]),
    ],
)
def test_a_hostile_value_shifts_no_other(log_format, line, expected, lines):
    batch = parse(log_format, *[line] * lines)

    assert batch.parsed.all()
    assert expected == list(batch.event(0).fields.values())


@pytest.mark.parametrize(
    ("text", "line", "time"),
    [
        ("$msec [$time_local]", f"1.250 [{TIME}]", "2026-01-22T14:53:35+00:00"),
        (
            "$msec $time_iso8601",
            "1.250 2026-01-22T14:53:35+01:00",
            "2026-01-22T14:53:35+01:00",
        ),
        (
            "[$time_local] $time_iso8601_ms",
            f"[{TIME}] 2026-01-22T14:53:35.123+00:00",
            "2026-01-22T14:53:35.123000+00:00",
        ),
    ],
)
def test_of_several_times_the_one_with_a_zone_counts(text, line, time):
    assert time == parse(text, line.encode()).event(0).time


def escaped(raw: bytes, escape: Escape) -> bytes:
    """As ngx_http_log_escape and ngx_escape_json write it."""
    if escape is Escape.NONE:
        return raw
    if escape is Escape.JSON:
        letters = {
            10: b"\\n",
            13: b"\\r",
            9: b"\\t",
            8: b"\\b",
            12: b"\\f",
            34: b'\\"',
            92: b"\\\\",
        }
        return b"".join(
            letters.get(octet) or (b"\\u%04X" % octet if octet < 0x20 else bytes([octet]))
            for octet in raw
        )
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return b"".join(bytes([octet]) if octet in plain else b"\\x%02X" % octet for octet in raw)


@given(st.binary(max_size=40), st.sampled_from(Escape), st.integers(1, 70))
def test_any_bytes_come_back_from_how_nginx_wrote_them(raw, escape, lines):
    if escape is Escape.NONE:
        raw = raw.replace(b'"', b"").replace(b"\n", b"")
    line = b'200 "' + escaped(raw, escape) + b'"'
    null = b"-" if escape is Escape.DEFAULT else b""

    batch = parse(f'escape={escape.value} $status "$http_x"', *[line] * lines)

    assert batch.parsed.all()
    value = None if raw == null else raw.decode("utf-8", "backslashreplace")
    assert [value] * lines == batch.column("http_x").values()
    assert (value,) == batch.column("http_x").labels().names
