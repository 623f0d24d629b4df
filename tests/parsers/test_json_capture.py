"""SageMaker's data capture: the columns of the payloads are fields, in whatever encoding."""

import base64
import json

import orjson
import pytest

from agent.measures import Kind, Measure
from agent.tally import Tally
from parsers.batch import Batch
from parsers.block import Block
from parsers.capture import MOST_COLUMNS, MOST_RECORDS
from parsers.json_lines import JsonParser


def half(data: object, encoding: str = "CSV", content_type: str = "text/csv") -> dict[str, object]:
    kept = {"observedContentType": content_type, "mode": "INPUT", "encoding": encoding}
    return kept | {"data": data}


def batch_of(*inputs: object, output: object = None) -> Batch:
    lines = [
        {
            "captureData": {"endpointInput": each, "endpointOutput": output or half("0.25")},
            "eventMetadata": {"eventId": "7", "inferenceTime": "2026-01-22T14:59:12Z"},
            "eventVersion": "0",
        }
        for each in inputs
    ]
    return JsonParser().parse(Block(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))


def inputs(payload: object) -> dict[str, object]:
    fields = batch_of(payload).event(0).fields
    return {key[6:]: value for key, value in fields.items() if key.startswith("input.")}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


JSON = "application/json"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (half("42,0.5,red,\n"), {"0": 42, "1": 0.5, "2": "red", "3": None}),
        (half("age,city\n42,Rome"), {"age": 42, "city": "Rome"}),
        (half("1,2\n3,4"), {"0": [1, 3], "1": [2, 4]}),
        (half("age\n1\n2\n"), {"age": [1, 2]}),
        (half("red,blue\ngreen,white"), {"0": ["red", "green"], "1": ["blue", "white"]}),
        (half('"a,b",-1e3'), {"0": "a,b", "1": -1000.0}),
        (half('{"age": 42, "ok": true}', "JSON", JSON), {"age": 42, "ok": True}),
        (half("[1, 2.5]", "JSON", JSON), {"0": 1, "1": 2.5}),
        (half('{"instances": [[1, 2], [3, 4]]}', "JSON", JSON), {"0": [1, 3], "1": [2, 4]}),
        (half('{"instances": [{"features": [1, 2]}]}', "JSON", JSON), {"0": 1, "1": 2}),
        (half('{"features": [5, 6]}', "JSON", JSON), {"0": 5, "1": 6}),
        (half('{"a": 1}\n{"a": 2, "b": 3}\n', "JSON", JSON), {"a": [1, 2], "b": [None, 3]}),
        (half("1e999,nan,-inf"), {"0": "1e999", "1": "nan", "2": "-inf"}),
        (half(encoded("1,2"), "BASE64"), {"0": 1, "1": 2}),
        (half(encoded('{"a": 1}'), "BASE64", JSON), {"a": 1}),
        (half(encoded("\x00"), "BASE64", "image/png"), {}),
        (half("!", "BASE64"), {}),
        (half("{", "JSON", JSON), {}),
        (half(5), {}),
        (half("a", "ODD"), {}),
        (None, {}),
        ("text", {}),
        (half("[" * 300 + "]" * 300, "JSON", JSON), {}),
    ],
)
def test_the_columns_of_a_payload_are_fields(payload: object, expected: dict[str, object]) -> None:
    assert inputs(payload) == expected


def test_an_event_has_what_is_around_the_columns_and_the_time_of_inference() -> None:
    event = batch_of(half("42")).event(0)

    assert event.time == "2026-01-22T14:59:12+00:00"
    assert (event.fields["input.0"], event.fields["output.0"]) == (42, 0.25)
    assert event.fields["eventMetadata"] == {"eventId": "7"}
    assert "data" not in event.fields["captureData"]["endpointInput"]  # type: ignore[index, call-overload, operator]


def test_a_payload_that_is_not_read_stays_as_it_is() -> None:
    event = batch_of(half("{", "JSON", JSON)).event(0)

    assert event.fields["captureData"]["endpointInput"]["data"] == "{"  # type: ignore[index, call-overload]


def test_measures_see_every_record_of_a_payload() -> None:
    batch, tally = batch_of(half("1\n2"), half("3"), half("x")), Tally()

    Measure("n", Kind.COUNTER, "input.0").apply(batch, tally, "")
    Measure("last", Kind.VALUE, "output.0").apply(batch, tally, "")

    assert tally.counters["n"] == 6
    assert tally.values["last"] == 0.25


def test_a_hostile_payload_makes_a_bounded_number_of_columns() -> None:
    wide = inputs(half(",".join("1" * 1 for _ in range(50_000))))
    tall = inputs(half("1\n" * 100_000))
    rows = [{f"k{n}_{m}": 1 for m in range(9)} for n in range(5000)]
    both = batch_of(half(json.dumps(rows), "JSON", JSON))

    assert len(wide) == MOST_COLUMNS
    assert len(tall["0"]) == MOST_RECORDS  # type: ignore[arg-type]
    assert len(orjson.dumps(both.event(0).fields)) < 60_000_000


def test_other_records_may_have_inputs_too() -> None:
    batch = JsonParser().parse(Block(b'{"input": {"a": 1}}\n{"input.a": 2}\n'))

    assert batch.column("input.a").values() == [1, 2]
