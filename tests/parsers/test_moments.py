"""Times of every notation are aware, with the year, the zone and the hour that they leave out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.block import Block
from parsers.plain import PlainParser

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER = datetime(2026, 11, 26, 12, tzinfo=UTC)


def times(
    *lines: str, zone: ZoneInfo | None = None, reference: datetime | None = NOVEMBER
) -> list[object]:
    parser = PlainParser(zone, (lambda: reference) if reference else None)
    raw = "".join(f"{line}\n" for line in lines).encode()
    return list(parser.parse(Block(raw)).column("time").values())


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2026-01-02 03:04:05,678 x", "2026-01-02T03:04:05.678000+00:00"),
        ("2026/01/02 03:04:05 x", "2026-01-02T03:04:05+00:00"),
        ("2026.01.02 03:04:05.123456 x", "2026-01-02T03:04:05.123456+00:00"),
        ("2026-01-02T03:04:05.123456789Z x", "2026-01-02T03:04:05.123456+00:00"),
        ("2026-01-02T03:04:05+0530 x", "2026-01-02T03:04:05+05:30"),
        ("2026-01-02 03:04:05 -08:00 x", "2026-01-02T03:04:05-08:00"),
        ("2026-01-02 03:04:05.678+00 x", "2026-01-02T03:04:05.678000+00:00"),
        ("2026-01-02 03:04:05 CET x", "2026-01-02T03:04:05+01:00"),
        ("2026-01-02 03:04:05 INFO x", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02_03:04:05 x", "2026-01-02T03:04:05+00:00"),
        ("20260102 03:04:05 x", "2026-01-02T03:04:05+00:00"),
        ("20260102T030405Z x", "2026-01-02T03:04:05+00:00"),
        ("260102 030405 x", "2026-01-02T03:04:05+00:00"),
        ("260102  3:04:05 x", "2026-01-02T03:04:05+00:00"),
        ("990102  3:04:05 x", "1999-01-02T03:04:05+00:00"),
        ("[02/Jan/2026:03:04:05 +0100] x", "2026-01-02T03:04:05+01:00"),
        ("02-Jan-2026 03:04:05.678 x", "2026-01-02T03:04:05.678000+00:00"),
        ("[Fri Jan 02 03:04:05.123456 2026] x", "2026-01-02T03:04:05.123456+00:00"),
        ("Fri Jan  2 03:04:05 UTC 2026 x", "2026-01-02T03:04:05+00:00"),
        ("Jan 2, 2026 3:04:05 PM x", "2026-01-02T15:04:05+00:00"),
        ("Jan 02, 2026 12:04:05 AM x", "2026-01-02T00:04:05+00:00"),
        ("Jan 02, 2026 13:04:05 AM x", None),
        ("1/2/26 3:04:05:678 EST x", "2026-01-02T03:04:05.678000-05:00"),
        ("13/01/2026 03:04:05 x", "2026-01-13T03:04:05+00:00"),
        ("01/13/2026 03:04:05 x", "2026-01-13T03:04:05+00:00"),
        ("02.01.2026 03:04:05 x", "2026-01-02T03:04:05+00:00"),
        ("1767323045 x", "2026-01-02T03:04:05+00:00"),
        ("1767323045.678 x", "2026-01-02T03:04:05.678000+00:00"),
        ("1767323045678 x", "2026-01-02T03:04:05.678000+00:00"),
        ("1767323045678901 x", "2026-01-02T03:04:05.678901+00:00"),
        ("1767323045678901234 x", "2026-01-02T03:04:05.678901+00:00"),
        ("Jan  2 03:04:05 host x", "2026-01-02T03:04:05+00:00"),
        ("I0102 03:04:05.678901 7 a.go:1] x", "2026-01-02T03:04:05.678901+00:00"),
        ("I20260102 03:04:05.678901 7 a.go:1] x", "2026-01-02T03:04:05.678901+00:00"),
        ("W260102 03:04:05.678901 7 a.go:1] x", "2026-01-02T03:04:05.678901+00:00"),
        ("INFO [01-02|03:04:05.678] x", "2026-01-02T03:04:05.678000+00:00"),
        ("2026 Jan 02 03:04:05:678 GMT +0000 x", "2026-01-02T03:04:05.678000+00:00"),
        ("01-02 03:04:05.678 1 2 I Tag: x", "2026-01-02T03:04:05.678000+00:00"),
        ("7:M 02 Jan 03:04:05.678 * x", "2026-01-02T03:04:05.678000+00:00"),
        ("0000000001 x", None),
        ("03:04:05 x", None),
        ("2026-01-02 03:04:60 x", None),
        ("2026-01-02 25:04:05 x", None),
        ("2026-02-29 03:04:05 x", None),
        ("2024-02-29 03:04:05 x", "2024-02-29T03:04:05+00:00"),
        ("version 1.2.3 at 12:34:56:78:9a:bc", None),
    ],
)
def test_a_notation_is_read(line: str, time: str | None) -> None:
    assert times(line) == [time]


def test_a_time_without_a_zone_is_local_in_that_of_the_source() -> None:
    assert times("2026-01-02 03:04:05 x", "2026-07-02 03:04:05 x", zone=BERLIN) == [
        "2026-01-02T03:04:05+01:00",
        "2026-07-02T03:04:05+02:00",
    ]


def test_an_abbreviation_is_read_as_the_source_s_zone_means_it() -> None:
    line = "2026-01-02 03:04:05 CST x"

    assert times(line, zone=ZoneInfo("Asia/Shanghai")) == ["2026-01-02T03:04:05+08:00"]
    assert times(line) == ["2026-01-02T03:04:05-06:00"]


def test_a_year_is_the_last_in_which_the_time_had_been() -> None:
    new_year = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)

    assert times("Dec 31 23:59:59 h x", "Jan  1 00:00:01 h x", reference=new_year) == [
        "2025-12-31T23:59:59+00:00",
        "2026-01-01T00:00:01+00:00",
    ]


def test_without_a_reference_a_time_without_a_year_is_unknown() -> None:
    assert times("Jan  2 03:04:05 h x", reference=None) == [None]


def test_a_leap_day_without_a_year_is_of_a_year_that_had_one() -> None:
    assert times("Feb 29 03:04:05 h x") == ["2024-02-29T03:04:05+00:00"]


def test_of_the_repeated_hour_the_order_of_the_lines_tells_which() -> None:
    lines = [f"2026-10-25 {clock} x" for clock in ("02:30:00", "02:59:59", "02:00:01", "03:00:00")]

    assert times(*lines, zone=BERLIN) == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:59:59+02:00",
        "2026-10-25T02:00:01+01:00",
        "2026-10-25T03:00:00+01:00",
    ]


def test_of_the_repeated_hour_the_reference_tells_which_if_it_is_near() -> None:
    line, hour = "2026-10-25 02:30:00 x", datetime(2026, 10, 25, tzinfo=UTC)

    assert times(line, zone=BERLIN, reference=hour.replace(minute=31)) == [
        "2026-10-25T02:30:00+02:00"
    ]
    assert times(line, zone=BERLIN, reference=hour.replace(hour=1, minute=31)) == [
        "2026-10-25T02:30:00+01:00"
    ]


def test_days_and_months_are_told_apart_by_the_lines_of_a_block() -> None:
    assert times("02/01/2026 03:04:05 x", "13/01/2026 03:04:05 x") == [
        "2026-01-02T03:04:05+00:00",
        "2026-01-13T03:04:05+00:00",
    ]


def test_days_and_months_are_told_apart_by_a_reference_that_is_near() -> None:
    near = datetime(2026, 10, 11, 12, tzinfo=UTC)

    assert times("11/10/2026 03:04:05 x", reference=near) == ["2026-10-11T03:04:05+00:00"]


def test_the_program_s_own_time_counts_where_the_frame_has_no_year() -> None:
    assert times("Jan  2 03:04:05 h app[7]: 2026-01-02T02:04:05Z [INFO] x") == [
        "2026-01-02T02:04:05+00:00"
    ]


@given(st.lists(st.from_regex(r"[\[(]?[0-9A-Za-z/:T ,.+Z-]{8,40}", fullmatch=True), max_size=4))
def test_no_text_makes_a_time_that_is_not_aware(lines: list[str]) -> None:
    for zone in (None, BERLIN):
        for time in times(*lines, zone=zone):
            assert time is None or datetime.fromisoformat(str(time)).tzinfo is not None
