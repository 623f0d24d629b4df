"""What the fields of an event say of the Python traceback in it."""

import pytest

from parsers.block import Block
from parsers.exceptions import FIELDS, exception_of
from parsers.formats import parser_for

PLAIN = b"""\
Traceback (most recent call last):
  File "/srv/app/web.py", line 3, in serve
    run()
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
    raise JSONDecodeError("Expecting value", s, err.value) from None
  File "/srv/.venv/lib/python3.11/site-packages/a/b.py", line 9, in c
json.decoder.JSONDecodeError: Expecting value: line 1"""
SAID = {
    "exception_type": "json.decoder.JSONDecodeError",
    "exception_message": "Expecting value: line 1",
    "exception_frame": "/srv/app/web.py:3 in serve",
}
CHAINED = b"""\
Traceback (most recent call last):
  File "/srv/app/a.py", line 1, in f
KeyError: 1

The above exception was the direct cause of the following exception:

"""
GROUP = b"""\
  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/a.py", line 1, in <module>
  |     raise ExceptionGroup("eg", [ValueError(1)])
  | ExceptionGroup: eg (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/b.py", line 2, in g
    | ValueError: 1
    +------------------------------------"""
SYNTAX = b"""\
Traceback (most recent call last):
  File "/srv/app/a.py", line 1, in <module>
    import b
  File "/srv/app/b.py", line 3
    def f(:
          ^
SyntaxError: invalid syntax"""


@pytest.mark.parametrize("before", [b"", b"2026 failed\n", CHAINED])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_last_exception_and_the_innermost_frame_of_own_code_are_said(before, end):
    record = (before + PLAIN).replace(b"\n", end)

    assert exception_of(record) == SAID


def test_of_a_group_the_group_is_said():
    assert exception_of(b"failed\n" + GROUP) == {
        "exception_type": "ExceptionGroup",
        "exception_message": "eg (1 sub-exception)",
        "exception_frame": "/srv/app/a.py:1 in <module>",
    }


def test_of_a_syntax_error_its_file_is_said():
    assert exception_of(SYNTAX)["exception_frame"] == "/srv/app/b.py:3"


def test_an_exception_without_message_or_frame_says_what_it_has():
    record = b"Traceback (most recent call last):\nKeyboardInterrupt"

    assert exception_of(record) == {"exception_type": "KeyboardInterrupt"}


@pytest.mark.parametrize(
    "record", [b"", b"ValueError: no", PLAIN[: PLAIN.rfind(b"\n")], b"in Traceback (most recent"]
)
def test_without_a_whole_traceback_nothing_is_said(record):
    assert exception_of(record) == {}


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("%(asctime)s %(levelname)s %(message)s", b"2026-01-02 03:04:05,123 ERROR failed"),
        ("plain", b"oops"),
        ("spark", b"26/01/02 03:04:05 ERROR Executor: failed"),
        ("auto", b"2026-01-02 03:04:05,123 ERROR failed"),
        ("syslog:plain", b"Jan  2 03:04:05 a app: failed"),
    ],
)
def test_events_of_every_format_of_several_lines_have_the_fields(name, head):
    frame = head[: -len("failed")] if name.startswith("syslog") else b""
    raw = head + b"\n" + b"".join(frame + line + b"\n" for line in PLAIN.split(b"\n"))
    parser = parser_for(name, head=raw)

    batch = parser.parse(Block(head + b"\n" + raw))

    events = list(batch.events())
    assert SAID.items() <= events[1].fields.items()
    assert not events[0].fields.keys() & set(FIELDS)
    assert [None, SAID["exception_type"]] == batch.column("exception_type").values()
