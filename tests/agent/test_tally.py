"""Timers tell the same as a plain definition, however their samples came in."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import tally as module
from agent.tally import Samples, Tally

samples = st.lists(st.integers(0, 100_000).map(lambda us: us / 1000), min_size=1, max_size=300)
pieces = st.lists(st.integers(0, 300), max_size=5)


def filled(values: list[float], cuts: list[int] = []) -> Samples:  # noqa: B006 - never written to
    timer = Samples()
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    for start, end in pairwise(edges):
        timer.add(np.array(values[start:end], np.float64))
    return timer


def nearest_rank(values: list[float], percent: int) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    return sorted(values)[max(1, -(-percent * len(values) // 100)) - 1]


@given(samples, pieces)
def test_the_summary_is_that_of_all_samples(values: list[float], cuts: list[int]) -> None:
    found = filled(values, cuts).summary()

    assert found == {
        "count": len(values),
        "sum": pytest.approx(math.fsum(values), abs=1e-5),
        "min": min(values),
        "max": max(values),
        "p50": nearest_rank(values, 50),
        "p90": nearest_rank(values, 90),
        "p99": nearest_rank(values, 99),
    }


@given(samples, pieces)
def test_every_sample_comes_out_again(values: list[float], cuts: list[int]) -> None:
    assert filled(values, cuts).each() == sorted(values)


@given(samples, pieces)
def test_folding_loses_no_sample(values: list[float], cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FOLD_AT", 10)
        folded = filled(values, cuts)

    assert (len(folded), folded.each()) == (len(values), sorted(values))


@given(samples)
def test_rounding_keeps_count_sum_and_bounds_exact(values: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FOLD_AT", 10)
        patch.setattr(module, "_MOST_DISTINCT", 5)
        found = filled(values).summary()

    assert found["count"] == len(values)
    assert found["sum"] == pytest.approx(math.fsum(values), abs=1e-5)
    assert (found["min"], found["max"]) == (min(values), max(values))
    assert found["p50"] == pytest.approx(nearest_rank(values, 50), rel=1e-3)


def test_two_million_distinct_samples_are_kept_in_bounded_memory() -> None:
    timer = Samples()
    generator = np.random.default_rng(7)
    for _ in range(20):
        timer.add(generator.random(100_000) * 1000)
    found = timer.summary()

    assert len(timer._values) <= 200_000
    assert len(timer) == found["count"] == 2_000_000
    assert found["p50"] == pytest.approx(500, rel=0.01)


def test_empty_samples_make_no_timer() -> None:
    tally = Tally()
    tally.time("t", np.zeros(0))

    assert dict(tally.timers) == {}


def test_taking_hands_over_everything_and_begins_anew() -> None:
    tally = Tally()
    tally.count("a", 2)
    tally.value("v", 1.5)
    tally.time("t", np.array([1.0]))
    taken = tally.take()
    tally.count("a")

    assert (dict(taken.counters), taken.values, list(taken.timers)) == ({"a": 2}, {"v": 1.5}, ["t"])
    assert (dict(tally.counters), tally.values, dict(tally.timers)) == ({"a": 1}, {}, {})


def test_counting_nothing_makes_the_name_known() -> None:
    tally = Tally()
    tally.count("quiet", 0)

    assert dict(tally.counters) == {"quiet": 0}
