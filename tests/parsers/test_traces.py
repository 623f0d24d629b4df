"""Every trace of the table is one record, whole or as far as it is there."""

import pytest

from parsers.block import Block
from parsers.plain import PlainParser
from parsers.traces import TRACES

SAMPLES = {trace.name: trace.sample.encode() for trace in TRACES}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_trace_is_one_record_between_others(name):
    sample = SAMPLES[name]

    batch = PlainParser().parse(Block(b"before\n" + sample + b"\nbehind it\n"))

    assert [1, sample.count(b"\n") + 1, 1] == batch.line_counts().tolist()


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        (b"Unhandled exception:\nNoSuchMethodError: no\nReceiver: a\nFound: f()\n#0 f", [1, 5, 1]),
        (b"goroutine 1 gp=0x1 m=0 [running]:\nmain.f()\n\tx.go:3\ngoroutine 2 gp=0x2 [x]:", [5, 1]),
        (b"thread 'main' panicked at 'no', src/main.rs:3:5\nnote: run it", [1, 2, 1]),
    ],
    ids=["of a missing method in dart", "of go's runtime itself", "of rust before 1.73"],
)
def test_a_trace_in_another_form_is_one_record_too(record, counts):
    batch = PlainParser().parse(Block(b"before\n" + record + b"\nbehind it\n"))

    assert counts == batch.line_counts().tolist()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_trace_is_not_handed_out_before_its_end(name):
    lines = SAMPLES[name].splitlines(keepends=True)

    for count in range(1, len(lines)):
        assert PlainParser().complete(b"before\n" + b"".join(lines[:count])) == len(b"before\n")
