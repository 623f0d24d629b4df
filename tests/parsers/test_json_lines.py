"""JSON lines in the key conventions of many loggers."""

import json

import orjson
import pytest

from parsers.batch import Batch
from parsers.block import Block
from parsers.json_lines import JsonParser
from parsers.severity import Severity


def parse(*objects) -> Batch:
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in objects]
    return JsonParser().parse(Block(b"".join(line + b"\n" for line in lines)))


@pytest.mark.parametrize(
    ("line", "time", "severity", "message"),
    [
        (
            {"@timestamp": "2026-01-22T14:59:12.5Z", "log.level": "error", "message": "a"},
            *("2026-01-22T14:59:12.500000+00:00", Severity.ERROR, "a"),
        ),
        (
            {"@timestamp": "2026-01-22T14:59:12Z", "log": {"level": "warn"}, "message": "a"},
            *("2026-01-22T14:59:12+00:00", Severity.WARNING, "a"),
        ),
        (
            {"ts": 1769093952.25, "level": "info", "msg": "a", "caller": "x.go:3"},
            *("2026-01-22T14:59:12.250000+00:00", Severity.INFO, "a"),
        ),
        (
            {"level": 50, "time": 1769093952250, "pid": 7, "msg": "a"},
            *("2026-01-22T14:59:12.250000+00:00", Severity.ERROR, "a"),
        ),
        (
            {"timestamp": "2026-01-22T14:59:12+01:00", "severity": "CRITICAL", "event": "a"},
            *("2026-01-22T14:59:12+01:00", Severity.CRITICAL, "a"),
        ),
        (
            {"asctime": "2026-01-22 14:59:12,250", "levelname": "DEBUG", "message": "a"},
            *("2026-01-22T14:59:12.250000+00:00", Severity.DEBUG, "a"),
        ),
        (
            {"time": "22/Jan/2026:14:59:12 +0000", "msg": "a"},
            *("2026-01-22T14:59:12+00:00", Severity.INFO, "a"),
        ),
    ],
)
def test_the_conventions_of_loggers_are_understood(line, time, severity, message):
    event = parse(line).event(0)

    assert (time, severity, message) == (event.time, event.severity, event.message)


def test_all_other_keys_are_fields_as_they_are():
    line = {"time": "2026-01-22T14:59:12Z", "level": "info", "msg": "a", "n": 1.5, "on": True}
    line |= {"null": None, "list": [1, {"a": 2}], "user": {"id": 7}}

    event = parse(line).event(0)

    assert event.fields == {
        "n": 1.5,
        "on": True,
        "null": None,
        "list": [1, {"a": 2}],
        "user": {"id": 7},
    }


def test_dots_reach_into_objects_unless_the_key_has_them():
    batch = parse({"http": {"status": 502}}, {"http.status": 200}, {"http": 1}, {})

    assert [502, 200, None, None] == batch.column("http.status").values()
    assert [True, True, False, False] == batch.column("http.status").numbers().present.tolist()


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        *((10, Severity.DEBUG), (20, Severity.DEBUG), (30, Severity.INFO), (40, Severity.WARNING)),
        *((50, Severity.ERROR), (60, Severity.CRITICAL), (35, Severity.INFO)),
        *((0, Severity.CRITICAL), (3, Severity.ERROR), (4, Severity.WARNING), (7, Severity.DEBUG)),
        *(
            (5, Severity.NOTICE),
            (6, Severity.INFO),
            (1e308, Severity.CRITICAL),
            (-4, Severity.DEBUG),
        ),
        *(("WARN", Severity.WARNING), ("oddly", Severity.INFO), (True, Severity.INFO)),
        *((None, Severity.INFO), ({}, Severity.INFO), ([], Severity.INFO), ("", Severity.INFO)),
    ],
)
def test_levels_are_words_or_the_numbers_of_pino_and_syslog(level, severity):
    batch = parse({"level": level, "msg": "a"})

    assert [severity] == batch.severity.tolist()


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1769093952, "2026-01-22T14:59:12+00:00"),
        (1769093952.5, "2026-01-22T14:59:12.500000+00:00"),
        (1769093952500, "2026-01-22T14:59:12.500000+00:00"),
        (1769093952500000, "2026-01-22T14:59:12.500000+00:00"),
        (1769093952500000000, "2026-01-22T14:59:12.500000+00:00"),
        ("1769093952.5", "2026-01-22T14:59:12.500000+00:00"),
        (0.25, None),
        (-1, None),
        (1e308, None),
        (0, None),
        (True, None),
        ("soon", None),
        ("2026-02-31T00:00:00Z", None),
        ("9" * 400, None),
        ("", None),
        ([], None),
    ],
)
def test_times_are_iso_or_seconds_milli_micro_or_nanoseconds(value, time):
    event = parse({"time": value, "msg": "a"}).event(0)

    assert time == event.time


def test_what_is_no_time_or_message_stays_a_field():
    event = parse({"time": 0.25, "message": {"a": 1}, "level": {"b": 2}, "msg": "text"}).event(0)

    assert event.fields == {"time": 0.25, "message": {"a": 1}, "level": {"b": 2}}
    assert (event.time, event.message, event.level) == (None, "text", None)


def test_a_null_key_gives_way_to_the_next():
    event = parse({"time": None, "ts": 1769093952, "message": None, "msg": "a"}).event(0)

    assert (event.time, event.message) == ("2026-01-22T14:59:12+00:00", "a")
    assert event.fields == {"time": None, "message": None}


def test_an_object_without_message_is_its_own_message():
    event = parse({"a": 1}).event(0)

    assert event.parsed
    assert event.message == '{"a": 1}'


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"text", b"[1]", b"1", b'"a"', b"null", b"{", b'{"a": 1} x', b"{}", b'{"a": NaN}'),
        *(b'{"a": 1e999}', b'{"a": 1' + b"0" * 400 + b"}", b'{"a": "\\ud800"}', b'{"a": "\xff"}'),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500),
    ],
)
def test_what_is_not_an_object_is_unparsed_and_kept(line):
    event = parse(line).event(0)

    assert not event.parsed
    assert event.message == line.decode("utf-8", "backslashreplace")
    assert event.fields == {}


def test_what_is_parsed_can_be_written_again():
    deep = b'{"a":' * 150 + b"1" + b"}" * 150
    wide = b'{"a": [' + b"{}," * 1000 + b"{}]}"

    events = list(parse(deep, wide).events())

    assert [True, True] == [event.parsed for event in events]
    assert [deep, wide.replace(b" ", b"")] == [orjson.dumps(event.fields) for event in events]


def test_the_logger_is_known_by_several_keys():
    batch = parse({"logger": "a"}, {"name": "b"}, {"log": {"logger": "c"}}, {"x": 1})

    assert ["a", "b", "c", None] == batch.column("logger").values()


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_record_within_the_text_of_a_collectors_record_counts(end):
    log = json.dumps({"time": "2026-01-22T14:59:12Z", "level": "error", "msg": "a", "n": 1}) + end
    line = {"@timestamp": "2026-01-22T15:00:00Z", "log": log, "kubernetes": {"pod_name": "b"}}

    event = parse(line).event(0)

    assert (event.time, event.severity, event.message) == (
        *("2026-01-22T14:59:12+00:00", Severity.ERROR, "a"),
    )
    assert event.fields == {
        "@timestamp": "2026-01-22T15:00:00Z",
        "kubernetes": {"pod_name": "b"},
        "n": 1,
    }


@pytest.mark.parametrize("log", ["{", "{}", '{"a": 1e999}', '{"a"', "{" * 100_000])
def test_a_text_that_is_no_record_within_a_record_stays(log):
    event = parse({"log": log, "level": "error"}).event(0)

    assert (event.parsed, event.message, event.severity) == (True, log, Severity.ERROR)


def test_a_record_nested_too_deep_within_a_text_is_unparsed():
    line = json.dumps({"log": '{"a":' * 300 + "1" + "}" * 300}).replace("{", "\\u007b")

    assert not parse(b"{" + line[len("\\u007b") :].encode()).event(0).parsed
