"""Each convention of structured logs by a line of its own: time, severity, message, logger."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.block import Block
from parsers.event import Event
from parsers.json_lines import JsonParser
from parsers.plans import plan_of

AT = "2026-01-22T14:59:12.250000+00:00"
MS, US, NS = 1769093952250, 1769093952250000, 1769093952250000000
ISO = "2026-01-22T14:59:12.250Z"
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "ecs": ({"@timestamp": ISO, "log.level": "warn", "message": "m", "log.logger": "a"}, "warning"),
    "ecs nested": (
        {"@timestamp": ISO, "log": {"level": "ERROR", "logger": "a"}, "message": "m"},
        "error",
    ),
    "bunyan": (
        {"name": "a", "hostname": "h", "pid": 1, "level": 40, "msg": "m", "time": ISO, "v": 0},
        "warning",
    ),
    "pino": (
        {"level": 60, "time": MS, "pid": 1, "hostname": "h", "name": "a", "msg": "m"},
        "critical",
    ),
    "zap": ({"level": "dpanic", "ts": 1769093952.25, "logger": "a", "msg": "m"}, "critical"),
    "zap development": ({"L": "WARN", "T": ISO, "N": "a", "M": "m"}, "warning"),
    "logrus": ({"level": "fatal", "time": ISO, "msg": "m", "logger": "a"}, "critical"),
    "zerolog": ({"level": "trace", "time": MS, "message": "m", "logger": "a"}, "debug"),
    "slog": ({"time": ISO, "level": "ERROR+4", "msg": "m", "logger": "a"}, "error"),
    "clef": ({"@t": ISO, "@l": "Fatal", "@mt": "m", "SourceContext": "a"}, "critical"),
    "clef without level": (
        {"@t": ISO, "@m": "m", "@mt": "{x}", "level": "error", "SourceContext": "a"},
        "info",
    ),
    "gelf": (
        {
            "version": "1.1",
            "host": "h",
            "short_message": "m",
            "timestamp": 1769093952.25,
            "level": 3,
        }
        | {"_logger": "a"},
        "error",
    ),
    "tracing": (
        {"timestamp": ISO, "level": "WARN", "fields": {"message": "m", "n": 3}, "target": "a"},
        "warning",
    ),
    "nextcloud": (
        {"reqId": "x", "level": 1, "time": ISO, "remoteAddr": "::1", "app": "a", "message": "m"},
        "info",
    ),
    "otlp": (
        {
            "resourceLogs": [
                {
                    "scopeLogs": [
                        {
                            "scope": {"name": "a"},
                            "logRecords": [
                                {
                                    "timeUnixNano": str(NS),
                                    "severityNumber": 17,
                                    "body": {"stringValue": "m"},
                                }
                            ],
                        }
                    ]
                }
            ]
        },
        "error",
    ),
    "cloud logging": (
        {"textPayload": "m", "severity": "WARNING", "timestamp": ISO, "logName": "a"},
        "warning",
    ),
    "cloud logging by number": (
        {"severity": 500, "message": "m", "logger": "a", "time": ISO},
        "error",
    ),
    "cloud logging of an agent": (
        {"severity": "ALERT", "message": "m", "logger": "a"}
        | {"timestamp": {"seconds": 1769093952, "nanos": 250000000}},
        "critical",
    ),
    "logstash": (
        {"@timestamp": ISO, "@version": "1", "message": "m", "logger_name": "a"}
        | {"level": "WARN", "level_value": 30000},
        "warning",
    ),
    "logstash by number": (
        {"@timestamp": ISO, "@version": "1", "message": "m", "logger_name": "a"}
        | {"level_value": 40000},
        "error",
    ),
    "python-json-logger": (
        {"asctime": "2026-01-22 14:59:12,250", "levelname": "ERROR", "name": "a", "message": "m"},
        "error",
    ),
    "python by number": (
        {"created": MS / 1000, "levelno": 30, "name": "a", "message": "m"},
        "warning",
    ),
    "log4js": (
        {"startTime": ISO, "categoryName": "a", "data": ["m"], "context": {}}
        | {"level": {"level": 40000, "levelStr": "ERROR"}},
        "error",
    ),
    "log4js's mark": (
        {"startTime": ISO, "categoryName": "a", "data": ["m"]}
        | {"level": {"level": 9007199254740992, "levelStr": "MARK"}},
        "info",
    ),
    "log4js by a layout of one's own": (
        {"startTime": ISO, "categoryName": "a", "level": {"level": 40000, "levelStr": "ERROR"}}
        | {"message": "m"},
        "error",
    ),
    "gelf of spring": (
        {"version": "1.1", "short_message": "m", "timestamp": 1769093952.25, "level": 4}
        | {"_level_name": "WARN", "_log_logger": "a"},
        "warning",
    ),
    "serilog": (
        {"Timestamp": ISO, "Level": "Warning", "MessageTemplate": "m"}
        | {"Properties": {"SourceContext": "a"}},
        "warning",
    ),
    "opentelemetry by the number's name": (
        {"timeUnixNano": str(NS), "severityNumber": "SEVERITY_NUMBER_WARN2"}
        | {"body": "m", "scope": {"name": "a"}},
        "warning",
    ),
    "structlog": ({"event": "m", "level": "critical", "timestamp": ISO, "logger": "a"}, "critical"),
    "loguru": (
        {
            "text": "2026 | m\n",
            "record": {
                "level": {"icon": "x", "name": "SUCCESS", "no": 25},
                "message": "m",
                "name": "a",
                "time": {"repr": "2026-01-22 14:59:12.25+00:00", "timestamp": MS / 1000},
            },
        },
        "notice",
    ),
    "opentelemetry": (
        {"timeUnixNano": str(NS), "severityNumber": 17, "body": {"stringValue": "m"}}
        | {"instrumentationScope": {"name": "a"}},
        "error",
    ),
    "opentelemetry with a text of its own": (
        {"timeUnixNano": NS, "severityNumber": 13, "severityText": "uh-oh", "body": "m"}
        | {"scope": {"name": "a"}},
        "warning",
    ),
    "log4j2": (
        {"instant": {"epochSecond": 1769093952, "nanoOfSecond": 250000000}, "level": "FATAL"}
        | {"loggerName": "a", "message": "m"},
        "critical",
    ),
    ".net": (
        {"Timestamp": ISO, "EventId": 7, "LogLevel": "Warning", "Category": "a", "Message": "m"},
        "warning",
    ),
    ".net by number": (
        {"Timestamp": ISO, "LogLevel": 5, "Category": "a", "Message": "m"},
        "critical",
    ),
    "datadog": (
        {"date": MS, "status": "error", "service": "s", "message": "m", "logger": "a"},
        "error",
    ),
    "lambda": (
        {"timestamp": ISO, "level": "WARN", "requestId": "r", "message": "m", "logger": "a"},
        "warning",
    ),
    "journald": (
        {"__REALTIME_TIMESTAMP": str(US), "PRIORITY": "3", "MESSAGE": "m", "_PID": "7"}
        | {"SYSLOG_IDENTIFIER": "a", "_SYSTEMD_UNIT": "b.service"},
        "error",
    ),
    "journald with bytes": (
        {"__REALTIME_TIMESTAMP": str(US), "PRIORITY": "7", "MESSAGE": [109], "_SYSTEMD_UNIT": "a"},
        "debug",
    ),
    "mongod": (
        {"t": {"$date": "2026-01-22T14:59:12.250+00:00"}, "s": "W", "c": "a", "id": 1, "ctx": "x"}
        | {"msg": "m", "attr": {"level": "error"}},
        "warning",
    ),
    "mongod debug": ({"t": {"$date": ISO}, "s": "D2", "c": "a", "id": 1, "msg": "m"}, "debug"),
    "klog": ({"ts": MS, "caller": "x.go:3", "msg": "m", "v": 0, "logger": "a"}, "info"),
    "klog error": ({"ts": MS, "caller": "x.go:3", "msg": "m", "err": "no", "logger": "a"}, "error"),
    "mysql": (
        {"prio": 1, "err_code": 10910, "subsystem": "a", "msg": "m", "time": ISO, "label": "Error"},
        "error",
    ),
    "postgresql": (
        {"timestamp": "2026-01-22 14:59:12.250 UTC", "error_severity": "FATAL", "message": "m"}
        | {"backend_type": "a"},
        "critical",
    ),
    "monolog": (
        {"message": "m", "context": {}, "level": 250, "level_name": "NOTICE", "channel": "a"}
        | {"datetime": "2026-01-22T14:59:12.250000+00:00"},
        "notice",
    ),
    "caddy": (
        {"level": "info", "ts": 1769093952.25, "logger": "a", "msg": "m", "status": 500},
        "info",
    ),
    "traefik": (
        {"DownstreamStatus": 502, "RequestPath": "/", "time": ISO, "msg": "m", "logger": "a"},
        "error",
    ),
    "nginx": (
        {"time": ISO, "request_uri": "/", "status": "404", "msg": "m", "logger": "a"},
        "notice",
    ),
    "envoy": (
        {"start_time": ISO, "method": "GET", "response_code": 404, "msg": "m", "logger": "a"},
        "notice",
    ),
}


def event_of(record: object) -> Event:
    return JsonParser().parse(Block(json.dumps(record).encode() + b"\n")).event(0)


@pytest.mark.parametrize("name", CASES)
def test_each_convention_says_when_how_bad_what_and_who(name: str) -> None:
    record, severity = CASES[name]

    event = event_of(record)

    said = (event.severity.label, event.message, event.fields["logger"])
    assert (severity, "m", "a") == said
    assert event.time == AT


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        *(("error", "error"), ("WARN", "warning"), ("success", "info"), ("failure", "info")),
        *(("e", "info"), (3, "info"), (200, "info"), ("", "info"), (None, "info"), ({}, "info")),
    ],
)
def test_a_status_is_a_level_only_if_it_is_a_word_for_nothing_else(
    status: object, severity: str
) -> None:
    assert event_of({"msg": "m", "status": status}).severity.label == severity


def test_a_request_without_a_level_is_as_bad_as_its_status() -> None:
    records = [{"path": "/", "status": each} for each in (200, 404, "403", 502, "x", 999, None)]

    assert [event_of(each).severity.label for each in records] == [
        *("info", "notice", "warning", "error", "info", "info", "info"),
    ]
    assert event_of({"path": "/", "status": 502, "level": "info"}).severity.label == "info"


@pytest.mark.parametrize("message", ["ERROR: it failed", "no errors found", "level=fatal"])
def test_a_level_word_in_the_message_is_no_level(message: str) -> None:
    assert event_of({"level": "info", "msg": message}).severity.label == "info"


EXCEPTIONS = {
    "ecs": {"message": "m", "error": {"type": "T", "message": "why", "stack_trace": "s"}},
    "pino": {"msg": "m", "err": {"type": "T", "message": "why", "stack": "s"}},
    "bunyan": {"msg": "m", "err": {"name": "T", "message": "why", "stack": "s"}},
    "datadog": {"message": "m", "error": {"kind": "T", "message": "why", "stack": "s"}},
    "lambda": {"message": "m", "errorType": "T", "errorMessage": "why", "stackTrace": ["s"]},
    "gelf of spring": {
        "short_message": "m",
        "_error_type": "T",
        "_error_message": "why",
        "_error_stack_trace": "s",
    },
    "log4j2": {
        "message": "m",
        "instant": {"epochSecond": 1769093952},
        "thrown": {"name": "T", "message": "why", "extendedStackTrace": "s"},
    },
    "opentelemetry": {
        "timeUnixNano": NS,
        "body": "m",
        "attributes": {
            "exception.type": "T",
            "exception.message": "why",
            "exception.stacktrace": "s",
        },
    },
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_have_the_same_names_in_all_conventions(name: str) -> None:
    fields = event_of(EXCEPTIONS[name]).fields

    assert fields == {"exception_type": "T", "exception_message": "why", "exception_stack": "s"}


@pytest.mark.parametrize("key", ["exc_info", "exception", "stack_trace", "stacktrace", "stack"])
def test_a_stack_is_known_by_the_keys_that_loggers_use(key: str) -> None:
    assert event_of({"msg": "m", key: "Traceback"}).fields == {"exception_stack": "Traceback"}


def test_what_stands_beside_a_nested_level_stays() -> None:
    event = event_of({"message": "m", "log": {"level": "warn", "origin": {"line": 3}}})

    assert event.fields == {"log": {"origin": {"line": 3}}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
known_keys = st.sampled_from(sorted({key for record, _ in CASES.values() for key in record}))


@settings(max_examples=300)
@given(st.dictionaries(known_keys | st.text(max_size=6), json_values, max_size=8))
def test_any_value_under_any_known_key_has_a_defined_outcome(record: dict[str, object]) -> None:
    event = event_of(record)

    assert event.parsed == bool(record)
    assert orjson.loads(orjson.dumps(event.fields)) is not None


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    event = JsonParser().parse(Block(b'{"level":"error","msg":"a","level":"info","msg":"b"}\n'))

    assert (event.event(0).severity.label, event.event(0).message) == ("info", "b")


@pytest.mark.parametrize("value", [True, 1.5, "x", "9" * 5000, 10**18, -(10**18), [], {}, None])
def test_what_is_no_number_of_seconds_is_no_time(value: object) -> None:
    event = event_of({"msg": "m", "time": {"seconds": value, "nanos": 5}})

    assert event.time is None
    assert event.fields == {"time": {"seconds": value, "nanos": 5}}


def test_a_megabyte_under_any_role_is_kept_whole() -> None:
    long = "x" * 1_000_000

    event = event_of({"level": long, "msg": long, "time": long, "logger": long, "stack": long})

    assert (event.severity.label, event.level, event.message) == ("info", long, long)
    assert event.fields == {"logger": long, "exception_stack": long, "time": long}


def test_endless_levels_hold_a_bounded_memory() -> None:
    lines = b"".join(b'{"level": "%d", "m": 1}\n' % number for number in range(3000))

    JsonParser().parse(Block(lines))

    assert len(plan_of(("level", "m")).known) <= 64


def test_endless_shapes_hold_a_bounded_memory() -> None:
    lines = b"".join(b'{"k%d": 1}\n' % number for number in range(3000))

    JsonParser().parse(Block(lines))

    assert plan_of.cache_info().currsize <= 512


def test_of_many_records_in_a_line_of_opentelemetry_the_worst_stands_for_all():
    said = [
        {"severityNumber": number, "body": {"stringValue": text}, "timeUnixNano": str(NS)}
        | {"attributes": [{"key": "http.route", "value": {"stringValue": f"/{text}"}}]}
        for number, text in ((9, "fine"), (17, "bad"), (13, "so so"), (17, "as bad"))
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "pay"}}]}
    line = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": said}]}]}

    (event,) = JsonParser().parse(Block(orjson.dumps(line))).events()

    assert ("bad", "error", AT) == (event.message, event.severity.label, event.time)
    assert {"service.name": "pay"} == event.fields["resource"]
    assert {"http.route": "/bad"} == event.fields["attributes"]
    assert 4 == event.fields["records"]


@pytest.mark.parametrize(
    "line",
    [
        {"resourceLogs": []},
        {"resourceLogs": 3},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [None, 3]}]}]},
        {"resourceLogs": [{"scopeLogs": {"logRecords": 1}}, None]},
    ],
)
def test_a_line_of_opentelemetry_without_a_record_is_what_it_is(line):
    (event,) = JsonParser().parse(Block(orjson.dumps(line))).events()

    assert (True, line) == (event.parsed, event.fields)
