"""Intervals: draws that are draws, quantiles that are quantiles, and the exact interval of a proportion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from deepwright.validation import intervals
from deepwright.validation.intervals import Bootstrap, clopper_pearson, percentile
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.intervals import at_least, at_most, binomial, quantile
from tests.formulas.tolerances import MONTE_CARLO, ROUNDING, TAIL


def all_weights(n: int, resamples: int, seed: int) -> Floats:
    return np.concatenate(list(Bootstrap(n, resamples, seed).weights()))


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_draw_has_n_rows(n: int, resamples: int, seed: int) -> None:
    weights = all_weights(n, resamples, seed)
    assert weights.shape == (resamples, n)
    assert (weights.sum(axis=1) == n).all()
    assert (weights >= 0).all()
    assert (weights == np.round(weights)).all()


def test_draws_are_the_same_whenever_they_are_asked_for() -> None:
    bootstrap = Bootstrap(25, 60, 3)
    assert np.array_equal(np.concatenate(list(bootstrap.weights())), np.concatenate(list(bootstrap.weights())))
    assert np.array_equal(all_weights(25, 60, 3), all_weights(25, 60, 3))
    assert not np.array_equal(all_weights(25, 60, 3), all_weights(25, 60, 4))
    assert len(np.unique(all_weights(25, 60, 3), axis=0)) == 60


@pytest.mark.parametrize("cells", [1, 50, 130, 1000])
def test_the_size_of_the_chunks_changes_no_draw(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = all_weights(25, 17, 3)
    monkeypatch.setattr(intervals, "_CELLS", cells)
    chunks = list(Bootstrap(25, 17, 3).weights())
    assert all(chunk.size <= max(cells, 25) for chunk in chunks)
    assert np.array_equal(np.concatenate(chunks), expected)


def test_rows_are_drawn_with_replacement_and_all_alike() -> None:
    """A row's weight is binomial with n trials of chance 1/n: mean 1, variance 1 - 1/n, absent with (1 - 1/n)ⁿ."""
    n, resamples = 20, 4000
    weights = all_weights(n, resamples, 0)
    five_errors = 5 * np.sqrt((1 - 1 / n) / resamples)
    assert np.abs(weights.mean(axis=0) - 1).max() < five_errors
    MONTE_CARLO.check(weights.std(axis=0), np.full(n, np.sqrt(1 - 1 / n)))
    MONTE_CARLO.check((weights == 0).mean(), (1 - 1 / n) ** n)


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=50)
    draws = all_weights(50, 4000, 2) @ values / 50
    MONTE_CARLO.check(draws.std(), values.std() / np.sqrt(50))


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_percentile_is_the_central_share(values: list[float], level: float) -> None:
    found = percentile(np.array(values), level)
    assert found is not None
    expected = [quantile(np.array(values), share) for share in ((1 - level) / 2, (1 + level) / 2)]
    ROUNDING.check(found, expected)


def test_percentiles_of_a_hundred_and_one_draws_can_be_counted() -> None:
    draws = np.random.default_rng(0).permutation(101).astype(float)
    found = percentile(draws, 0.9)
    assert found is not None
    ROUNDING.check(found, (5, 95))
    assert percentile(np.array([1.0, np.nan, 2.0]), 0.9) is None


COUNTS = st.integers(1, 60).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_clopper_pearson_solves_its_equations(counts: tuple[int, int], level: float) -> None:
    successes, trials = counts
    low, high = clopper_pearson(successes, trials, level)
    tail = (1 - level) / 2
    if successes:
        TAIL.check(at_least(successes, trials, low), tail, "chance of so many or more at the lower bound")
    else:
        assert low == 0
    if successes < trials:
        TAIL.check(at_most(successes, trials, high), tail, "chance of so many or fewer at the upper bound")
    else:
        assert high == 1
    exact = binomtest(successes, trials).proportion_ci(level, method="exact")
    TAIL.check((low, high), (exact.low, exact.high), "scipy.stats.binomtest")


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_clopper_pearson_covers_every_proportion(level: float) -> None:
    """Whatever the true proportion, the interval of the count that comes holds it with at least this chance."""
    trials = 12
    bounds = [clopper_pearson(k, trials, level) for k in range(trials + 1)]
    for p in np.linspace(0.01, 0.99, 99):
        covered = sum(binomial(k, trials, p) for k, (low, high) in enumerate(bounds) if low <= p <= high)
        assert covered >= level
