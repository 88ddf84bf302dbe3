from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim
from deepwright.validation import intervals
from deepwright.validation.evaluation import compare, draw, measure
from deepwright.validation.intervals import Bootstrap, clopper_pearson, percentile

NUM_SIMULATED = 200
ACCURACY = Claim("accuracy", "accuracy")
SETTINGS = ValidationSettings(resamples=400)


def test_every_draw_has_as_many_rows_as_there_are() -> None:
    (weights,) = Bootstrap(30, 100, 0).weights()
    assert weights.shape == (100, 30)
    assert (weights.sum(1) == 30).all()
    assert (weights == np.rint(weights)).all()
    assert weights.min() == 0


def test_every_row_is_drawn_alike() -> None:
    (weights,) = Bootstrap(20, 5000, 0).weights()
    assert np.abs(weights.mean(0) - 1).max() < 0.1
    assert np.abs(weights.var(0) - (1 - 1 / 20)).max() < 0.15


def test_draws_are_the_same_whenever_they_are_asked_for() -> None:
    bootstrap = Bootstrap(30, 100, 7)
    first, again = (next(bootstrap.weights()) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, next(Bootstrap(30, 100, 8).weights()))


@pytest.mark.parametrize("cells", [1, 29, 30, 31, 65, 100 * 30, 10**9])
def test_draws_come_in_chunks_of_a_bounded_size(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "_CELLS", cells)
    chunks = list(Bootstrap(30, 100, 7).weights())
    assert sum(map(len, chunks)) == 100
    assert all(chunk.size <= max(cells, 30) for chunk in chunks)
    assert (np.concatenate(chunks).sum(1) == 30).all()


def test_chunks_change_no_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = Bootstrap(30, 100, 7).weights()
    monkeypatch.setattr(intervals, "_CELLS", 65)
    np.testing.assert_array_equal(np.concatenate(list(Bootstrap(30, 100, 7).weights())), whole)


def test_a_percentile_interval_is_the_central_share() -> None:
    assert percentile(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))
    assert percentile(np.array([1.0, np.nan]), 0.9) is None
    assert percentile(np.full(10, 3.0), 0.9) == (3.0, 3.0)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 20), (20, 20), (3, 20), (17, 20), (500, 1000)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_exact_interval_ends_where_the_binomial_tails_begin(successes: int, trials: int, level: float) -> None:
    low, high = clopper_pearson(successes, trials, level)
    tail = (1 - level) / 2
    assert low <= successes / trials <= high
    if successes == 0:
        assert low == 0.0
    else:
        assert binom.sf(successes - 1, trials, low) == pytest.approx(tail, rel=1e-6)
    if successes == trials:
        assert high == 1.0
    else:
        assert binom.cdf(successes, trials, high) == pytest.approx(tail, rel=1e-6)


# ------------------------------------------------------------------------------------------------ coverage


def decided(right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Predictions:
    """Rows of two classes that are decided rightly or wrongly."""
    targets = np.arange(len(right)) % 2
    return Predictions(np.arange(len(right)), targets, np.eye(2)[np.where(right, targets, 1 - targets)], ("a", "b"))


@pytest.mark.parametrize(("accuracy", "n"), [(0.6, 80), (0.8, 120), (0.9, 200), (0.97, 400)])
def test_the_interval_of_accuracy_covers_the_truth_as_often_as_it_says(accuracy: float, n: int) -> None:
    rng = np.random.default_rng([n, 1])
    covered = 0
    for seed in range(NUM_SIMULATED):
        models = {"mlp": decided(rng.random(n) < accuracy)}
        drawn = draw({"mlp": [ACCURACY]}, models, SETTINGS, seed)
        (record,) = measure({"mlp": [ACCURACY]}, models, drawn, "test", SETTINGS, seed)
        assert record.interval is not None
        covered += record.interval[0] <= accuracy <= record.interval[1]
    assert 0.90 <= covered / NUM_SIMULATED <= 0.99


@pytest.mark.parametrize("accuracy", [0.0, 1.0, 0.995])
def test_the_interval_of_extreme_accuracy_covers_the_truth(accuracy: float) -> None:
    """Where no row, or hardly any, is decided wrongly, the bootstrap alone would claim certainty."""
    rng = np.random.default_rng(2)
    covered = 0
    for seed in range(NUM_SIMULATED):
        models = {"mlp": decided(rng.random(60) < accuracy)}
        drawn = draw({"mlp": [ACCURACY]}, models, SETTINGS, seed)
        (record,) = measure({"mlp": [ACCURACY]}, models, drawn, "test", SETTINGS, seed)
        assert record.interval is not None
        covered += record.interval[0] <= accuracy <= record.interval[1]
    assert covered / NUM_SIMULATED >= 0.90


@pytest.mark.parametrize("difference", [0.0, 0.1])
def test_the_interval_of_a_difference_covers_the_truth_as_often_as_it_says(difference: float) -> None:
    """Both models err on the same rows half of the time."""
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(NUM_SIMULATED):
        shared, own = rng.random(150), rng.random((2, 150))
        luck = np.where(rng.random(150) < 0.5, shared, own)
        models = {"ours": decided(luck[0] < 0.7 + difference), "theirs": decided(luck[1] < 0.7)}
        drawn = draw({model: [ACCURACY] for model in models}, models, SETTINGS, seed)
        (record,) = compare(ACCURACY, "ours", {"theirs": ACCURACY}, drawn, 150, SETTINGS, seed)
        assert record.interval is not None
        covered += record.interval[0] <= difference <= record.interval[1]
    assert 0.90 <= covered / NUM_SIMULATED <= 0.99


def test_bias_is_corrected_around_the_value() -> None:
    draws = np.arange(1001.0)
    assert percentile(draws, 0.9, 500.0) == pytest.approx((50.0, 950.0))
    low, high = percentile(draws, 0.9, 100.0) or (0.0, 0.0)
    assert low < 100 < high < 600
    assert percentile(draws, 0.9, -1.0) == (-1.0, (percentile(draws, 0.9) or (0, 0))[1])


def test_the_interval_of_a_biased_statistic_holds_its_value() -> None:
    """Draws of |x| around a small value lie above it, as those of a calibration error do."""
    rng = np.random.default_rng(0)
    draws = np.abs(0.01 + rng.normal(0, 0.05, 4000))
    plain, corrected = percentile(draws, 0.5), percentile(draws, 0.5, 0.01)
    assert plain is not None
    assert corrected is not None
    assert plain[0] > 0.01
    assert corrected[0] <= 0.01 <= corrected[1]
