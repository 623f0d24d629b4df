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


@pytest.mark.parametrize("name", SAMPLES)
def test_a_trace_is_not_handed_out_before_its_end(name):
    lines = SAMPLES[name].splitlines(keepends=True)

    for count in range(1, len(lines)):
        assert PlainParser().complete(b"before\n" + b"".join(lines[:count])) == len(b"before\n")
