"""What happened when, and what was worst; bounded whatever the log holds."""

from datetime import UTC, datetime

import pytest

from agent.story import Story, bucket_time
from parsers.severity import Severity
from tests.agent.command import RULES, batch_of


def told(raw: bytes, log_format: str = "auto", story: Story | None = None) -> Story:
    story = story or Story()
    batch = batch_of(raw, log_format)
    matches = RULES.match(batch)
    batch.severity[:] = matches.severities()
    story.take(batch, matches, "web")
    return story


def error(time: str, message: str = "x", level: str = "error") -> bytes:
    return f"2026/01/02 {time} [{level}] 1#1: {message}\n".encode()


def test_events_are_put_into_minutes_by_severity() -> None:
    story = told(error("03:04:05") + error("03:04:59") + error("03:05:00", level="warn"))

    assert {
        bucket_time(bucket, story.bucket_s).strftime("%H:%M"): counts.tolist()
        for bucket, counts in story.buckets.items()
    } == {"03:04": [0, 0, 0, 0, 2, 0], "03:05": [0, 0, 0, 1, 0, 0]}


def test_the_worst_come_first_and_then_the_most_frequent() -> None:
    raw = error("03:04:05", "rare") + error("03:04:05", "often") * 3
    raw += error("03:04:05", "bad", "crit")

    assert [(kind.example, kind.count) for kind in told(raw).worst(9)] == [
        ("bad", 1),
        ("often", 3),
        ("rare", 1),
    ]


def test_errors_that_differ_in_numbers_and_quotes_are_one_kind() -> None:
    raw = b"".join(error("03:04:05", f'upstream "{n}" took {n}.5 at 0x{n:x}') for n in range(9))

    assert [kind.count for kind in told(raw).worst(9)] == [9]


def test_a_kind_spans_from_its_first_to_its_last_event_over_batches() -> None:
    story = told(error("03:04:05"))
    told(error("04:00:00"), story=story)
    kind = story.worst(1)[0]

    assert (kind.first, kind.last) == ("2026-01-02T03:04:05+00:00", "2026-01-02T04:00:00+00:00")


def test_explained_events_are_one_kind_a_rule_with_its_sentence() -> None:
    line = error(
        "03:04:05", "connect() failed (111: Connection refused) while connecting to upstream"
    )
    kind = told(line * 2).worst(1)[0]

    assert kind.count == 2
    assert kind.explanation is not None
    assert kind.explanation.rule == "nginx.upstream.refused"


def test_quiet_events_are_no_kind() -> None:
    assert told(b"INFO:a:b\nWARNING:a:c\n").worst(9) == []


def test_kinds_are_bounded() -> None:
    raw = b"".join(
        error("03:04:05", "x" * (n % 50) + chr(97 + n // 50 % 26) * (n // 1300 + 1))
        for n in range(5000)
    )

    story = told(raw)

    assert len(story.kinds) <= 2001
    assert sum(kind.count for kind in story.kinds.values()) == 5000


def test_buckets_are_bounded_however_wild_the_times() -> None:
    story = Story()
    for year in range(1000, 9000, 80):
        lines = b"".join(
            f"{year + n}/{month:02}/02 03:04:05 [error] 1#1: x\n".encode()
            for n in range(80)
            for month in range(1, 13)
        )
        told(lines, "nginx_error", story)

    assert len(story.buckets) <= 5_000 + 960
    assert sum(int(counts.sum()) for counts in story.buckets.values()) == 96_000


@pytest.mark.parametrize("time", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_the_ends_of_time_have_a_bucket(time: str) -> None:
    story = told(f"{time} ERROR x\n".encode(), "plain")
    (bucket,) = story.buckets

    assert bucket_time(bucket, story.bucket_s).year == int(time[:4])
    assert bucket_time(bucket + 1, story.bucket_s) <= datetime.max.replace(tzinfo=UTC)


def test_an_event_without_a_time_is_in_no_bucket_but_counts() -> None:
    story = told(b"ERROR:a:b\n")

    assert story.buckets == {}
    assert [(kind.count, kind.severity) for kind in story.worst(1)] == [(1, Severity.ERROR)]
