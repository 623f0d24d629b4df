"""Times of logs come out as ISO 8601 with an offset, or not at all."""

from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.timestamps import clf_time, epoch_time, iso_time


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"22/Jan/2026:14:53:35 +0000", "2026-01-22T14:53:35+00:00"),
        (b"22/Dec/2026:14:53:35 -0330", "2026-12-22T14:53:35-03:30"),
        (b"31/Feb/2026:14:53:35 +0000", None),
        (b"22/Foo/2026:14:53:35 +0000", None),
        (b"22/Jan/0000:14:53:35 +0000", None),
        (b"22/Jan/2026:24:53:35 +0000", None),
        (b"22/Jan/2026:14:53:60 +0000", None),
        (b"22/Jan/2026:14:53:35 +9999", None),
        (b"22/Jan/2026:14:53:35", None),
        (b"", None),
        (b"-", None),
    ],
)
def test_a_common_log_time_is_read(raw, expected):
    assert expected == clf_time(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"2026/01/22 14:59:12", "2026-01-22T14:59:12+02:00"),
        (b"2026-01-22T14:59:12Z", "2026-01-22T14:59:12+00:00"),
        (b"2026-01-22 14:59:12,5", "2026-01-22T14:59:12.500000+02:00"),
        (b"2026-01-22 14:59:12.123456789 +0100", "2026-01-22T14:59:12.123456+01:00"),
        (b"0001-01-01 00:00:00", "0001-01-01T00:00:00+02:00"),
        (b"2026-13-01 00:00:00", None),
        (b"2026-01-22", None),
        (b"", None),
    ],
)
def test_an_iso_time_without_offset_is_local_in_the_zone(raw, expected):
    assert expected == iso_time(timezone(timedelta(hours=2)))(raw)


def test_of_the_hour_that_repeats_the_first_is_taken():
    read = iso_time(ZoneInfo("Europe/Berlin"))

    assert read(b"2026-10-25 02:30:00") == "2026-10-25T02:30:00+02:00"


@pytest.mark.parametrize("seconds", [1e308, -1e308, float("nan"), float("inf"), 1e15])
def test_an_absurd_number_of_seconds_is_no_time(seconds):
    assert epoch_time(seconds) is None


@given(st.binary(max_size=40) | st.from_regex(rb"[0-9/:T ,.+Z-]{10,40}", fullmatch=True))
def test_no_bytes_make_a_reader_raise(raw):
    for read in (clf_time, iso_time(None), iso_time(ZoneInfo("America/New_York"))):
        assert read(raw) is None or "T" in str(read(raw))
