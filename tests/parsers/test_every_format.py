"""Every registered format takes any bytes, and puts each of them into one event."""

import pytest
from hypothesis import given, settings

from tests.parsers.everything import any_blocks, assert_each_byte_in_one_event, every_format

PARSERS = every_format()


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=15)
@given(raw=any_blocks)
def test_no_parser_raises_and_each_byte_is_in_one_event(name, raw):
    assert_each_byte_in_one_event(PARSERS[name], raw)
