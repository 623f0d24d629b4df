"""The machine's own time zone: what TZ says, as the C library reads it."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from agent import zones
from agent.zones import local_zone, wall_clock, written

SUMMER = datetime(2026, 7, 1)  # noqa: DTZ001 - the zone under test is put in
BERLIN = next(
    (Path(folder, "Europe/Berlin") for folder in TZPATH if Path(folder, "Europe/Berlin").exists()),
    None,
)


def offset_hours() -> float:
    found = SUMMER.replace(tzinfo=local_zone()).utcoffset()
    assert found is not None
    return found / timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Europe/Berlin", 2),
        (":Europe/Berlin", 2),
        ("EST5EDT", -4),
        ("UTC", 0),
        ("", 0),
        ("Nowhere/Land", 0),
        ("../../etc/passwd", 0),
        ("/no/such/file", 0),
        ("/etc/passwd", 0),
    ],
)
def test_the_zone_is_that_of_tz_and_utc_if_it_means_none(
    monkeypatch: pytest.MonkeyPatch, name: str, hours: float
) -> None:
    monkeypatch.setenv("TZ", name)

    assert offset_hours() == hours


@pytest.mark.skipif(BERLIN is None, reason="no time zone files; fix: apt-get install tzdata")
@pytest.mark.parametrize("prefix", ["", ":"])
def test_tz_may_be_a_path(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setenv("TZ", f"{prefix}{BERLIN}")

    assert offset_hours() == 2


@pytest.mark.skipif(BERLIN is None, reason="no time zone files; fix: apt-get install tzdata")
def test_without_tz_the_zone_is_that_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert BERLIN
    (tmp_path / "localtime").symlink_to(BERLIN)
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(zones, "_LOCALTIME", tmp_path / "localtime")

    assert offset_hours() == 2


def test_a_machine_without_a_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(zones, "_LOCALTIME", Path("/no/such/file"))

    assert offset_hours() == 0


def test_a_log_was_written_when_its_file_was_changed(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.touch()
    os.utime(log, (0, 1767225600))

    assert written(str(log)).isoformat() == "2026-01-01T00:00:00+00:00"


def test_what_is_no_file_is_written_now() -> None:
    before = wall_clock()

    assert before <= written("-") <= wall_clock()
