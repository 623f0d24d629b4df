"""How far behind a file is in time, at most, from what its looks have seen."""

from agent.lag import Lag


def test_what_a_look_finds_first_is_as_old_as_the_look_before() -> None:
    lag = Lag(0)
    lag.grew(10, place=0, before=0, end=100)
    lag.looked(11)
    lag.grew(12, place=100, before=100, end=150)

    assert lag.seconds(12.5, seen=True) == 1.5


def test_a_file_that_was_quiet_for_hours_is_not_hours_behind_when_it_grows() -> None:
    lag = Lag(0)
    lag.grew(0, place=0, before=0, end=100)
    for second in range(1, 7200):
        lag.looked(second)
    lag.grew(7200, place=100, before=100, end=200)

    assert lag.seconds(7200, seen=True) == 1


def test_a_last_record_that_always_waits_does_not_add_up() -> None:
    """As of a log of tracebacks, of which the last is never known to be whole."""
    lag = Lag(0)
    for second in range(1, 100):
        lag.grew(second, place=100 * (second - 1) - 10, before=100 * (second - 1), end=100 * second)

    assert lag.seconds(99, seen=True) <= 3


def test_a_backlog_that_is_not_read_gets_older() -> None:
    lag = Lag(0)
    lag.grew(1, place=0, before=0, end=1000)
    for second in range(2, 61):
        lag.grew(second, place=10 * second, before=1000 * (second - 1), end=1000 * second)

    assert lag.seconds(60, seen=True) == 59


def test_what_nobody_has_looked_at_is_younger_than_the_last_look() -> None:
    lag = Lag(0)
    lag.grew(1, place=0, before=0, end=100)
    lag.looked(5)

    assert lag.seconds(7, seen=False) == 2
