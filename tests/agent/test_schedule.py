"""Whose turn it is, without files."""

from math import inf

import pytest

from agent.schedule import MOST_AT_ONCE, SPREAD_S, Schedule


def taken(schedule: Schedule[str], now_s: float) -> list[str]:
    return list(schedule.take_all(now_s))


@pytest.fixture
def schedule() -> Schedule[str]:
    return Schedule()


def test_nobody_is_due_before_the_time(schedule: Schedule[str]) -> None:
    schedule.put("a", 2.0)
    schedule.put("b", 1.0)

    assert [taken(schedule, now_s) for now_s in (0.9, 1.0, 5.0)] == [[], ["b"], ["a"]]


def test_the_time_that_was_set_last_counts(schedule: Schedule[str]) -> None:
    for at_s in (1.0, 3.0, 2.0):
        schedule.put("a", at_s)

    assert [taken(schedule, now_s) for now_s in (1.0, 2.0, 3.0)] == [[], ["a"], []]


def test_never_is_never(schedule: Schedule[str]) -> None:
    schedule.put("a", 1.0)
    schedule.put("a", inf)

    assert (taken(schedule, 1e9), schedule.due_s()) == ([], inf)


def test_whoever_is_due_comes_before_the_line(schedule: Schedule[str]) -> None:
    """A backlog of hours has its next block after every file that is due, not before."""
    for name in ("backlog 1", "backlog 2"):
        schedule.put_last(name)
    schedule.put("quiet", 1.0)

    assert [schedule.take(1.0) for _ in range(4)] == ["quiet", "backlog 1", "backlog 2", None]


def test_one_in_the_line_has_one_turn(schedule: Schedule[str]) -> None:
    schedule.put_last("a")
    schedule.put_last("a")
    schedule.put("a", 0.0)

    assert taken(schedule, 1.0) == ["a"]


def test_somebody_in_the_line_is_due_at_once(schedule: Schedule[str]) -> None:
    schedule.put("a", 1.0)
    before = schedule.due_s()
    schedule.put_last("b")

    assert (before, schedule.due_s()) == (1.0, -inf)


def test_those_not_asked_for_keep_their_turn(schedule: Schedule[str]) -> None:
    for name in "abc":
        schedule.put(name, 1.0)
    turns = schedule.take_all(1.0)
    first = next(turns)
    turns.close()  # type: ignore[attr-defined]

    assert (first, taken(schedule, 1.0)) == ("a", ["b", "c"])


def test_those_who_may_wait_are_spread() -> None:
    """Ten thousand idle files looked at in one go would hold up everything else for 40 ms."""
    schedule: Schedule[int] = Schedule()
    for number in range(2 * MOST_AT_ONCE + 1):
        schedule.put(number, 1.0, may_wait=True)
    counts = [len(list(schedule.take_all(1.0 + step * SPREAD_S))) for step in range(3)]

    assert counts == [MOST_AT_ONCE, MOST_AT_ONCE, 1]


def test_those_who_may_not_wait_are_not_spread() -> None:
    schedule: Schedule[int] = Schedule()
    for number in range(2 * MOST_AT_ONCE):
        schedule.put(number, 1.0)

    assert len(list(schedule.take_all(1.0))) == 2 * MOST_AT_ONCE
