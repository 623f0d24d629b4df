"""Every event, whatever the log holds, is one that the published contract describes."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.contract import Event
from agent.events import EVERYTHING, events, json_lines
from parsers.block import Block
from parsers.formats import Options, parser_for
from rules.match import Matches
from tests.agent.command import RULES, batch_of, logtell

FORMATS = (
    *("auto", "combined", "main", "common", "vhost", "nginx_error", "python", "json", "plain"),
    '$remote_addr [$time_local] "$request" "$http_user_agent"',
    "$time_iso8601 $status $request_time $upstream_response_time $upstream_status",
    "$msec|$status|$content_length|$arg_x",
    "%(asctime)s %(levelname)-8s %(name)s:%(lineno)d %(message)s",
)
LINES = (
    b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET /a?b HTTP/1.1" 200 12 "-" "curl"',
    b'192.0.2.1 [22/Jan/2026:14:53:35 +0000] "-" "-"',
    b'192.0.2.1 [22/Jan/2026:14:53:35 +9999] "" ""',
    b"2026/01/02 03:04:05 [error] 1#1: *7 open() failed (13: Permission denied), client: 192.0.2.1",
    b"2026/99/02 03:04:05 [crit] x",
    b"0001/01/01 00:00:00 [emerg] 99999999999999999999#1: *99999999999999999999999 x",
    b"9999-12-31 23:59:59,999 ERROR    a:99999999999999999999 x",
    b"2026-01-22T14:53:35+00:00 200 0.1 0.1, - : 0.2 502, 200",
    b"2026-01-22T14:53:35+00:00 200 1 %b -" % (b"9" * 40),
    b"1769093615.123|200|%b|x" % (b"9" * 18),
    b"99999999999999|200|1|x",
    b"ERROR:urllib3.connectionpool:no",
    b"Traceback (most recent call last):",
    b'  File "a.py", line 1, in <module>',
    b"ValueError: x",
    b"--- Logging error ---",
    b'{"msg":"x","level":1e999,"time":-1e300,"a":{"b":[1,null]}}',
    b'{"msg":"x","level":-1e30,"time":99999999999999999999,"n":99999999999999999999999}',
    b'{"msg":{"a":1},"level":["x"],"time":"0001-01-01T00:00:00+23:59","logger":7}',
    b'{"time":"2026-01-02T24:00:00Z","severity":true,"message":"\\u0000\\ud83d\\ude00"}',
    b'{"message":"\\ud800"}',
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b"",
    b"\0\0\0",
    b"\xff\xfe\x80",
    b"\x1b[31m\x07\r",
    "\u202eabc\u2066".encode(),
    b"x" * 300,
)
noise = st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode())


@st.composite
def hostile_logs(draw) -> bytes:
    """Known lines, cut, joined and mixed with noise."""
    pieces = []
    for _ in range(draw(st.integers(1, 6))):
        piece = draw(st.sampled_from(LINES) | noise)
        if draw(st.booleans()):
            piece = piece[: draw(st.integers(0, len(piece)))] + draw(noise)
        pieces.append(piece + draw(st.sampled_from((b"\n", b"\r\n", b"\n\n", b" "))))
    return b"".join(pieces)


def events_of(raw: bytes, log_format: str) -> list[Any]:
    batch = batch_of(raw, log_format)
    matches: Matches = RULES.match(batch)
    batch.severity[:] = matches.severities()
    written = json_lines(batch, matches, EVERYTHING.rows(batch, matches), "web")
    return [orjson.loads(line) for line in written.splitlines()]


@cache
def schema() -> dict[str, Any]:
    return json.loads(logtell("schema", "event").out)


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TOLD = {"description", "title", "$defs"}  # not rules


def _is_one(value: Any, kinds: tuple[type, ...]) -> bool:
    # In Python true is an int, in JSON it is not.
    return type(value) in kinds or object in kinds


def fits(value: Any, rule: dict[str, Any]) -> bool:
    """Whether a value fits a JSON Schema; knows the keywords that ours has, and fails on others."""
    if "$ref" in rule:
        return fits(value, schema()["$defs"][rule["$ref"].rpartition("/")[2]])
    if "anyOf" in rule:
        return any(fits(value, each) for each in rule["anyOf"])
    kinds = TYPES.get(rule.get("type", ""), (object,))
    if not _is_one(value, kinds):
        return False
    tests: dict[str, Callable[[Any], bool]] = {
        "type": lambda _: True,
        "enum": lambda choices: value in choices,
        "minimum": lambda least: value >= least,
        "format": lambda _: DATE_TIME.fullmatch(value) is not None,
        "required": lambda keys: value.keys() >= set(keys),
        "items": lambda item: all(fits(each, item) for each in value),
        "properties": lambda keys: all(fits(value[k], keys[k]) for k in value if k in keys),
        "additionalProperties": lambda more: (
            more is not False or value.keys() <= rule["properties"].keys()
        ),
    }
    return all(tests[key](each) for key, each in rule.items() if key not in TOLD)


@pytest.mark.parametrize("log_format", FORMATS)
@settings(max_examples=40)
@given(raw=hostile_logs())
@example(raw=b"\n".join(LINES))
@example(raw=LINES[1])
@example(raw=LINES[7] + b"\n" + LINES[8])
@example(raw=LINES[9] + b"\n" + LINES[10])
def test_every_event_is_a_valid_one(log_format: str, raw: bytes) -> None:
    for event in events_of(raw, log_format):
        Event.model_validate(event)
        assert fits(event, schema()), event


@pytest.mark.parametrize("log_format", FORMATS)
@settings(max_examples=40)
@given(raw=hostile_logs())
def test_events_take_all_lines_of_the_block(log_format: str, raw: bytes) -> None:
    lines = raw.count(b"\n") + (not raw.endswith(b"\n"))

    assert sum(event["origin"]["lines"] for event in events_of(raw, log_format)) == lines


@given(raw=hostile_logs())
def test_a_record_that_does_not_fit_is_there_whole(raw: bytes) -> None:
    for event in events_of(raw, "combined"):
        if not event["parsed"]:
            start = event["origin"]["offset"]
            record = raw[start:].split(b"\n", 1)[0]
            record = record.removesuffix(b"\r") if b"\n" in raw[start:] else record
            assert event["message"] == record.decode(errors="backslashreplace")
            assert event["fields"] == {}


def test_a_time_before_its_zone_had_whole_minutes_is_a_valid_one() -> None:
    """Until 1883 New York was 4:56:02 behind; RFC 3339 has no seconds in an offset."""
    parser = parser_for("nginx_error", Options(ZoneInfo("America/New_York")))
    batch = parser.parse(Block(b"1800/01/01 00:00:00 [error] 1#1: x"))
    none = np.zeros(0, np.int64)

    event = next(events(batch, Matches(batch, (), none, none), np.arange(1), "web"))

    Event.model_validate(event)


def test_the_schema_refuses_what_is_no_event() -> None:
    good = events_of(LINES[3], "nginx_error")[0]

    assert fits(good, schema())
    assert not fits(good | {"more": 1}, schema())
    assert not fits(good | {"severity": "emerg"}, schema())
    assert not fits(good | {"time": "2026-01-02 03:04:05"}, schema())
    assert not fits({key: value for key, value in good.items() if key != "origin"}, schema())


def test_keys_of_an_event_stand_in_the_published_order() -> None:
    event = events_of(LINES[3], "nginx_error")[0]

    assert list(event) == list(Event.model_fields)
    assert list(event["origin"]) == ["path", "offset", "lines"]


def test_an_event_reads_as_the_design_says() -> None:
    raw = (
        b'2021/01/22 14:59:12 [error] open() "/usr/share/nginx/html/index.html" failed'
        b" (13: Permission denied), client: 172.17.0.1, server: localhost,"
        b' request: "GET / HTTP/1.1", host: "192.168.0.200"'
    )
    event = events_of(raw, "auto")[0]

    assert event["time"] == "2021-01-22T14:59:12+00:00"
    assert (event["severity"], event["level"], event["parsed"]) == ("error", "error", True)
    assert event["message"] == (
        'open() "/usr/share/nginx/html/index.html" failed (13: Permission denied)'
    )
    assert event["fields"]["client"] == "172.17.0.1"
    assert event["explanation"].keys() == {"rule", "title", "text", "cause", "check", "remedy"}
    assert event["origin"] == {"path": "a.log", "offset": 0, "lines": 1}


def test_a_path_that_is_not_utf8_is_written_as_visible_bytes() -> None:
    batch = batch_of(b"x\n", "plain", path="a\udcff.log")
    matches = RULES.match(batch)

    written = orjson.loads(json_lines(batch, matches, EVERYTHING.rows(batch, matches), "web"))

    assert written["origin"]["path"] == "a\\xff.log"
