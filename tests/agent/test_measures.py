"""What is counted, timed and kept, by default and by measures of one's own."""

import tracemalloc

import pytest

from agent.ledger import Ledger
from agent.measures import OTHER, Kind, Measure, condition, count_lines, defaults
from agent.names import metric_part
from agent.setup import measures_of
from agent.tally import Tally
from parsers.block import Block
from parsers.formats import parser_for
from tests.agent.command import batch_of, tally_of

TIMED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' rt=$request_time urt="$upstream_response_time"'
)


def line(
    request: str = "GET / HTTP/1.1",
    status: int | str = 200,
    size: int | str = 10,
    times: str = 'rt=0.250 urt="0.125"',
) -> bytes:
    when = "22/Jan/2026:14:53:35 +0000"
    return f'192.0.2.1 - - [{when}] "{request}" {status} {size} {times}\n'.encode()


def counted(raw: bytes, *measures: Measure, log_format: str = TIMED) -> dict[str, float]:
    tally = Tally()
    for measure in measures:
        measure.apply(batch_of(raw, log_format), tally, "")
    return dict(tally.counters)


def named(tally: Tally, beginning: str) -> dict[str, float]:
    return {name: n for name, n in tally.counters.items() if name.startswith(beginning) and n}


def test_requests_are_counted_by_status_class() -> None:
    raw = b"".join(line(status=status) for status in (200, 204, 301, 404, 499, 502, 101))

    assert named(tally_of(raw, TIMED), "web.requests.status") == {
        "web.requests.status.1xx": 1,
        "web.requests.status.2xx": 2,
        "web.requests.status.3xx": 1,
        "web.requests.status.4xx": 2,
        "web.requests.status.5xx": 1,
    }


def test_requests_are_counted_by_method() -> None:
    raw = line() + line("POST /a HTTP/1.1") + line("POST / HTTP/2.0") + line("PURGE / HTTP/1.1")

    assert named(tally_of(raw, TIMED), "web.requests.method") == {
        "web.requests.method.get": 1,
        "web.requests.method.post": 2,
        "web.requests.method.purge": 1,
    }


@pytest.mark.parametrize("request_line", ["-", "", "\\x16\\x03\\x01", "nonsense"])
def test_a_request_without_a_method_is_counted_by_its_status_only(request_line: str) -> None:
    tally = tally_of(line(request_line, status=400), TIMED)

    assert named(tally, "web.requests") == {"web.requests.status.4xx": 1}


def test_what_is_counted_by_severity_has_one_name_in_every_format() -> None:
    measure = Measure("n", by=("severity", "level"))
    json = b'{"severity": "WARN", "msg": "a"}\n{"severity": "FATAL", "msg": "b"}\n'

    assert {"n.warning.warn": 1, "n.critical.fatal": 1} == counted(json, measure, log_format="json")
    assert {"n.error": 1} == counted(line(status=500), Measure("n", by=("severity",)))


def test_a_field_is_not_cut_of_rows_that_lack_the_one_before_it(monkeypatch) -> None:
    raw = b"".join(b'{"a": %d, "b": "%d"}\n' % (n, n) for n in range(3)) + b'{"b": "x"}\n' * 97
    batch, cut = batch_of(raw, "json"), list[int]()
    of_few = type(batch).column

    def column(self, name):
        cut.append(len(self))
        return of_few(self, name)

    monkeypatch.setattr(type(batch), "column", column)
    tally = Tally()
    Measure("n", by=("a", "b")).apply(batch, tally, "")

    assert {f"n.{n}.{n}": 1 for n in range(3)} == dict(tally.counters)
    assert [100, 3] == cut


def test_bytes_are_summed_and_a_missing_number_counts_nothing() -> None:
    raw = line(size=10) + line(size="-") + line(size=1_000_000_000_000)

    assert tally_of(raw, TIMED).counters["web.bytes"] == 1_000_000_000_010


def test_request_time_is_a_timer_in_milliseconds() -> None:
    tally = tally_of(line(times='rt=0.250 urt="-"') + line(times='rt=1.5 urt="-"'), TIMED)

    assert tally.timers["web.request_time"].each() == [250.0, 1500.0]


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ("0.125", [125.0]),
        ("0.1, 0.2", [200.0]),
        ("0.1, 0.2 : 0.3", [300.0]),
        ("-, 0.4", [400.0]),
        ("-", None),
        ("0.4, -", None),
        ("", None),
        ("soon", None),
    ],
)
def test_upstream_time_is_that_of_the_last_attempt(
    upstream: str, expected: list[float] | None
) -> None:
    tally = tally_of(line(times=f'rt=1.000 urt="{upstream}"'), TIMED)
    timer = tally.timers.get("web.upstream_time")

    assert (timer.each() if timer else None) == expected


def test_requests_are_counted_by_route_but_not_what_nobody_serves() -> None:
    raw = line("GET /orders/1 HTTP/1.1") + line("GET /orders/22?a=1 HTTP/1.1", 502)
    raw += line("GET /.env HTTP/1.1", 404) + line("GET / HTTP/1.1", 304) + line("-", 400)

    assert named(tally_of(raw, TIMED), "web.requests.route") == {
        "web.requests.route.orders__-id": 2,
        "web.requests.route.-root": 1,
    }


def test_routes_have_at_most_a_hundred_series_of_their_own() -> None:
    raw = b"".join(line(f"GET /page/{'x' * n} HTTP/1.1") for n in range(1, 41)) + b"".join(
        line(f"GET /{'y' * (n % 10 + 1)}/{'z' * (n // 10 + 1)} HTTP/1.1") for n in range(100)
    )

    routes = named(tally_of(raw, TIMED), "web.requests.route")
    assert (len(routes), routes[f"web.requests.route.{OTHER}"]) == (101, 40)


def test_routes_can_be_timed_and_asked_for() -> None:
    raw = line("GET /orders/1 HTTP/1.1", times='rt=0.1 urt="-"')
    raw += line("GET /orders/2 HTTP/1.1", times='rt=0.3 urt="-"') + line("GET /about HTTP/1.1")
    measure = Measure(
        "t", Kind.TIMER, "request_time", by=("route",), where=(condition("route", "/orders/*"),)
    )
    tally = Tally()

    measure.apply(batch_of(raw, TIMED), tally, "")

    assert {name: samples.each() for name, samples in tally.timers.items()} == {
        "t.orders__-id": [0.1, 0.3]
    }


def test_requests_of_json_logs_are_counted_by_route() -> None:
    raw = b'{"status": 200, "url": "https://a.example/u/7"}\n{"status": 404, "path": "/x"}\n'
    raw += b'{"a": 1}\n'

    assert named(tally_of(raw, "json"), "web.requests.route") == {"web.requests.route.u__-id": 1}


@pytest.mark.parametrize("status", [200, 404])
def test_a_condition_that_many_or_few_rows_meet_counts_the_same(status: int) -> None:
    raw = b"".join(
        line(f"GET /{'abc'[n % 3]} HTTP/1.1", 404 if n % 10 == 0 else 200, n) for n in range(100)
    )
    where = (condition("status", str(status)),)
    wanted = [n for n in range(100) if (n % 10 == 0) == (status == 404)]

    found = counted(raw, Measure("n", of="body_bytes_sent", by=("path",), where=where))

    assert found == {f"n._{'abc'[k]}": sum(n for n in wanted if n % 3 == k) for k in range(3)}
    assert counted(raw, Measure("n", where=where)) == {"n": len(wanted)}


UPSTREAMS = '$status "$upstream_addr" "$upstream_status" "$upstream_response_time"'


def asked(*rows: str) -> Tally:
    return tally_of("".join(f"{row}\n" for row in rows).encode(), UPSTREAMS)


def test_attempts_and_retries_are_summed_over_the_lists_of_upstreams() -> None:
    tally = asked(
        '200 "a:1" "200" "0.1"',
        '200 "a:1, b:1" "502, 200" "0.001, 0.2"',
        '503 "a:1, b:1 : c:1" "502, 504 : 503" "0.001, 60.000 : 0.1"',
        '404 "-" "-" "-"',
    )

    assert tally.counters["web.upstream.attempts"] == 6
    assert tally.counters["web.upstream.retries"] == 3
    assert tally.timers["web.upstream_time"].each() == [100.0, 100.0, 200.0]


def test_failed_attempts_are_counted_by_upstream_also_if_another_one_answered() -> None:
    tally = asked(
        '200 "192.0.2.1:80, unix:/run/x" "502, 200" "0.001, 0.2"',
        '504 "192.0.2.1:80 : [2001:db8::1]:80" "503 : -" "0.1 : 60.0"',
        '500 "192.0.2.1:80" "500" "0.1"',
        '404 "192.0.2.1:80" "404" "0.1"',
        '502 "192.0.2.1:80" "-" "0.1"',
        '404 "-" "-" "-"',
    )

    assert named(tally, "web.upstream.failed") == {
        "web.upstream.failed.192_0_2_1_80": 4,
        "web.upstream.failed._2001_db8_1_80": 1,
    }


def test_an_upstream_whose_answer_the_client_did_not_wait_for_has_not_failed() -> None:
    tally = asked('499 "a:1" "-" "1.5"', '499 "a:1, b:1" "502, -" "0.001, 1.5"')

    assert named(tally, "web.upstream.failed") == {"web.upstream.failed.a_1": 1}


def test_lists_of_different_lengths_fail_nobody() -> None:
    tally = asked('502 "a:1, b:1" "502" "0.1"', '502 "a:1" "502, 502, 502" "0.1"')

    assert named(tally, "web.upstream.failed") == {}


def test_upstreams_with_a_counter_of_their_own_are_at_most_a_hundred() -> None:
    tally = asked(*(f'502 "192.0.2.1:{port}" "502" "0.1"' for port in range(150)))

    failed = named(tally, "web.upstream.failed")
    assert (len(failed), failed[f"web.upstream.failed.{OTHER}"]) == (101, 50)


def test_failed_upstreams_are_found_in_a_log_of_several_formats() -> None:
    combined = '192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'
    upstreams = "10 0.200 [shop] [] 192.0.2.9:80, 192.0.2.8:80 0, 1 0.001, 0.2 502, 200 f00d"
    raw = f"{combined} {upstreams}\n".encode() + REFUSED

    tally = tally_of(raw * 3)

    assert named(tally, "web.upstream.failed") == {"web.upstream.failed.192_0_2_9_80": 3}
    assert tally.counters["web.upstream.retries"] == 3


def test_a_format_without_upstreams_has_no_counters_of_them() -> None:
    assert [
        name for name in tally_of(line("GET / HTTP/1.1"), '"$status"').counters if "up" in name
    ] == []


def test_a_format_without_times_has_no_timers() -> None:
    tally = tally_of(b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n')

    assert dict(tally.timers) == {}


def test_all_six_severities_are_there_even_if_nothing_happened() -> None:
    tally = tally_of(line(status=502) + line(status=404), TIMED)

    assert {
        name.removeprefix("web.events.severity."): n
        for name, n in tally.counters.items()
        if ".severity." in name
    } == {"debug": 0, "info": 0, "notice": 1, "warning": 0, "error": 1, "critical": 0}


def test_events_are_counted_by_logger_and_its_dots_become_underscores() -> None:
    raw = b"INFO:root:a\nDEBUG:urllib3.connectionpool:b\nDEBUG:urllib3.connectionpool:c\n"

    assert named(tally_of(raw), "web.events.logger") == {
        "web.events.logger.root": 1,
        "web.events.logger.urllib3_connectionpool": 2,
    }


REFUSED = (
    b"2026/01/02 03:04:05 [error] 12#12: *7 connect() failed (111: Connection refused) while"
    b' connecting to upstream, client: 192.0.2.1, server: _, request: "GET / HTTP/1.1",'
    b' upstream: "http://127.0.0.1:8000/", host: "example.org"\n'
)


def test_explained_events_are_counted_by_rule_and_under_the_counter_of_the_rule() -> None:
    tally = tally_of(REFUSED * 3)

    assert {
        **named(tally, "web.explained"),
        **named(tally, "web.upstream"),
    } == {"web.explained.nginx_upstream_refused": 3, "web.upstream.refused": 3}


def test_error_log_lines_are_no_requests() -> None:
    assert named(tally_of(REFUSED), "web.requests") == {}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"INFO:a:b\nINFO:a:c", 2),
        (b"INFO:a:b\nTraceback (most recent call last):\n  x\nE: y\nINFO:a:c\n", 5),
        (b"", 0),
    ],
)
def test_lines_are_physical_lines(raw: bytes, expected: int) -> None:
    ledger = Ledger()

    count_lines(batch_of(raw, "python"), ledger.count)

    assert ledger.lines() == {
        "read": 0,  # counted where they are read
        "parsed": expected,
        "unparsed": 0,
        "truncated": 0,
        "dropped": 0,
    }


VALUES = ("200", "204", "404", "499", "502", "POST", "PUT", "/shop", "/shop/7", "/a/shop", "-", "")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("POST", ["POST"]),
        ("post", []),
        ("2xx", ["200", "204"]),
        ("4xx", ["404", "499"]),
        ("0xx", []),
        (">= 404", ["404", "499", "502"]),
        (">404", ["499", "502"]),
        ("<= 204", ["200", "204"]),
        ("< 200.5", ["200"]),
        ("> -1", ["200", "204", "404", "499", "502"]),
        ("/shop*", ["/shop", "/shop/7"]),
        (
            "*",
            ["200", "204", "404", "499", "502", "POST", "PUT", "/shop", "/shop/7", "/a/shop", ""],
        ),
        ("~shop", ["/shop", "/shop/7", "/a/shop"]),
        ("~^/shop$", ["/shop"]),
        ("~(?i)^p", ["POST", "PUT"]),
        (["PUT", "5xx"], ["502", "PUT"]),
        ([], []),
        ("", [""]),
    ],
)
def test_a_condition_takes_these_values(wanted: str | list[str], expected: list[str]) -> None:
    raw = b"".join(b'a="%b"\n' % value.encode() for value in VALUES)
    measure = Measure("n", by=("a",), where=(condition("a", wanted),))

    counters = counted(raw, measure, log_format='a="$a"')

    assert sorted(counters) == sorted(f"n.{metric_part(value)}" for value in expected)


def test_all_conditions_must_hold() -> None:
    raw = line("POST /subscribe HTTP/1.1", 204) + line("POST /subscribe?a=1 HTTP/1.1", 201)
    raw += line("GET /subscribe HTTP/1.1") + line("POST /subscribe HTTP/1.1", 500)
    where = {"request_method": "POST", "path": "/subscribe", "status": "2xx"}

    subscribed = Measure("subscribed", where=tuple(condition(*each) for each in where.items()))

    assert counted(raw, subscribed) == {"subscribed": 2}


def test_a_condition_that_no_row_meets_adds_no_name() -> None:
    assert counted(line(), Measure("n", where=(condition("status", "5xx"),))) == {}


def test_by_several_fields_makes_a_series_for_each_combination() -> None:
    raw = line() * 2 + line("POST / HTTP/1.1") + line(status=404) + line("-", status=400)

    assert counted(raw, Measure("n", by=("request_method", "status"))) == {
        "n.get.200": 2,
        "n.post.200": 1,
        "n.get.404": 1,
    }


def test_a_counter_by_a_field_sums_each_series_by_itself() -> None:
    raw = line(size=1) + line("POST / HTTP/1.1", size=20) + line(size=300)

    assert counted(raw, Measure("bytes", of="body_bytes_sent", by=("request_method",))) == {
        "bytes.get": 301,
        "bytes.post": 20,
    }


def test_a_value_keeps_the_last_one_scaled() -> None:
    tally = Tally()
    measure = Measure("size", Kind.VALUE, "body_bytes_sent", scale=0.5)

    measure.apply(batch_of(line(size=10) + line(size=30) + line(size="-"), TIMED), tally, "web.")

    assert tally.values == {"web.size": 15.0}


def test_the_value_under_other_is_the_last_in_file_order() -> None:
    tally = Tally()
    measure = Measure("size", Kind.VALUE, "body_bytes_sent", by=("path",), most_series=1)
    paths = ("/a", "/b", "/c", "/b")
    raw = b"".join(line(f"GET {path} HTTP/1.1", size=n) for n, path in enumerate(paths))

    measure.apply(batch_of(raw, TIMED), tally, "")

    assert tally.values == {"size._a": 0.0, f"size.{OTHER}": 3.0}


@pytest.mark.parametrize(
    "measure",
    [
        Measure("n", of="nonsense"),
        Measure("n", by=("nonsense",)),
        Measure("n", by=("status", "nonsense")),
        Measure("n", where=(condition("nonsense", "1"),)),
        Measure("n", Kind.TIMER, "nonsense"),
    ],
)
@pytest.mark.parametrize("log_format", [TIMED, "nginx_error", "python", "plain"])
def test_an_unknown_field_leaves_the_format_alone(measure: Measure, log_format: str) -> None:
    assert counted(line(), measure, log_format=log_format) == {}


def test_a_measure_of_another_format_is_left_alone() -> None:
    assert counted(line(), Measure("n", formats=("json",))) == {}


def test_series_are_capped_and_the_rest_is_counted_under_other() -> None:
    raw = b"".join(line(f"GET /{n % 7} HTTP/1.1") for n in range(70))

    counters = counted(raw, Measure("n", by=("path",), most_series=3))

    assert counters == {"n._0": 10, "n._1": 10, "n._2": 10, f"n.{OTHER}": 40}


def test_series_known_before_the_cap_go_on_being_counted() -> None:
    measure = Measure("n", by=("path",), most_series=1)
    raw = line("GET /a HTTP/1.1") + line("GET /b HTTP/1.1")

    assert counted(raw, measure, measure) == {"n._a": 2, f"n.{OTHER}": 2}


def urls(first: int, count: int) -> bytes:
    numbers = range(first, first + count)
    return b"".join(b'"GET /%d HTTP/1.1" 200 0.001\n' % number for number in numbers)


@pytest.mark.timeout(60)
def test_a_million_distinct_urls_make_five_hundred_series_in_bounded_memory() -> None:
    parser = parser_for('"$request" $status $request_time')
    tally = Tally()
    measures = [
        Measure("n", by=("path",)),
        Measure("t", Kind.TIMER, "request_time", by=("path",)),
        *defaults(),
    ]
    kept: list[int] = []
    for first in range(0, 1_000_000, 50_000):
        # Tracing makes everything slower, so only at two points: what is held then may not grow.
        if first in (100_000, 950_000):
            tracemalloc.start()
        batch = parser.parse(Block(urls(first, 50_000)))
        for measure in measures:
            measure.apply(batch, tally, "")
        del batch
        if tracemalloc.is_tracing():
            kept.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()

    assert len([name for name in tally.counters if name.startswith("n.")]) == 501
    assert tally.counters[f"n.{OTHER}"] == 1_000_000 - 500
    assert len(tally.timers[f"t.{OTHER}"]) == 1_000_000 - 500
    assert max(kept) < 3_000_000


@pytest.mark.parametrize(
    "hostile",
    ["a:1|c", "a|b@0.1", "a\nb:1|c", "../../etc", "é", "\x1b[31m", "x" * 5000, "a.b.c", "", "#tag"],
)
def test_names_from_a_log_are_clean_and_short(hostile: str) -> None:
    part = metric_part(hostile)

    assert part.strip("abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
    assert 1 <= len(part) <= 80


@pytest.mark.parametrize("number", [b"1e308", b"1e400", b"-1e308", b"9" * 40, b"NaN", b'"inf"'])
def test_a_number_without_measure_cannot_make_a_sum_infinite(number: bytes) -> None:
    raw = b'{"msg":"x","body_bytes_sent":%b}\n' % number * 50

    tally = tally_of(raw, "json", [Measure("bytes", of="body_bytes_sent", scale=1e12)])

    assert abs(tally.counters["web.bytes"]) <= 50 * 2**53


def test_eighteen_digits_do_not_overflow_a_sum() -> None:
    raw = line(size="9" * 18) * 20

    assert counted(raw, Measure("n", of="body_bytes_sent"))["n"] == 20 * 2**53


def test_a_measure_is_only_for_its_sources() -> None:
    measures = [Measure("a", sources=("web",)), Measure("b", sources=("other",))]

    counters = tally_of(line(), TIMED, measures).counters

    assert [name for name in ("web.a", "web.b") if name in counters] == ["web.a"]


def test_measures_of_the_configuration_are_compiled() -> None:
    from agent.config import Config

    config = Config.model_validate(
        {
            "measures": [
                {"counter": "subscribed", "where": {"status": ["2xx", "302"]}, "by": "status"},
                {"timer": "checkout", "of": "request_time", "scale": "1000"},
                {"value": "last_size", "of": "body_bytes_sent"},
            ]
        }
    )

    tally = tally_of(line() + line(status=302), TIMED, measures_of(config))

    assert named(tally, "web.subscribed") == {"web.subscribed.200": 1, "web.subscribed.302": 1}
    assert tally.timers["web.checkout"].each() == [250.0, 250.0]
    assert tally.values == {"web.last_size": 10.0}
