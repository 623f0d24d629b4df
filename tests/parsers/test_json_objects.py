"""Reading the lines of a block by one call gives what each line says by itself."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from parsers import json_objects
from parsers.batch import line_spans
from parsers.depth import MAX_DEPTH
from parsers.dotted import Record
from parsers.json_objects import objects
from parsers.words import Octets, positions

DEEP = b'{"a":' * (MAX_DEPTH + 2) + b"1" + b"}" * (MAX_DEPTH + 2)
LINES = (
    *(b'{"a":1}', b"{}", b' {"a":1} ', b'{"a":1}\r', b'{"level":"error","log":{"level":"info"}}'),
    # Each opens or closes what another line does not.
    *(b'{"a":[[{}', b"{}]]}", b"{},{}", b"{}],[{}", b'{"a":[{}', b"{}]}", b"{}}", b"{{}"),
    *(b'{"log":"{\\"a\\":2}"}', b'{"\\u006cog":"{\\"a\\":2}"}', b'{"log":"{"}'),
    b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":17}]}]}]}',
    *(b"", b"text", b"[1]", b"1", b'"}', b"{\xff}", b'{"a":"\xff"}', b'{"a":NaN}', b"{\0}", DEEP),
)


def read(lines: list[bytes]) -> list[Record]:
    octets = Octets(b"".join(line + b"\n" for line in lines))
    return objects(octets, *line_spans(octets, positions(octets.raw, ord("\n"))))


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_lines_say_what_they_say_by_themselves(lines: list[bytes]) -> None:
    assert [json_objects._object(line.rstrip(b"\r")) for line in lines] == read(lines)


@given(st.lists(st.dictionaries(st.text(), st.none() | st.text() | st.integers(0, 9)), max_size=8))
def test_objects_are_read_as_they_were_written(records: list[Record]) -> None:
    assert records == read([orjson.dumps(record) for record in records])


def test_lines_that_only_together_are_json_are_no_objects() -> None:
    lines = [b'{"a":[[{}', b"{}]]}", b"{},{}"]

    assert read(lines) == [{}, {}, {}]
