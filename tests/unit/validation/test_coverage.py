"""Intervals of near-perfect models, and of rows that come in groups, hold the truth as often as they say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import NUM_GROUPS, compare, draw, gap, measure
from deepwright.validation.intervals import OneMore, between, clopper_pearson

NUM_SIMULATED = 100
SETTINGS = ValidationSettings(resamples=400)
ACCURACY, MACRO_F1, LOSS = Claim("accuracy", "accuracy"), Claim("macro_f1", "macro_f1"), Claim("log_loss", "log_loss")


def decided(right: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64] | None = None) -> Predictions:
    """Rows of five classes in turn, decided rightly or for the next class."""
    targets = np.arange(len(right)) % 5
    outputs = np.eye(5)[np.where(right, targets, (targets + 1) % 5)]
    return Predictions(np.arange(len(right)), targets, outputs, tuple("abcde"), groups)


def measured(claim: Claim, made: Predictions, seed: int = 0) -> Measurement:
    drawn = draw({"ours": [claim]}, {"ours": made}, SETTINGS, seed)
    (record,) = measure({"ours": [claim]}, {"ours": made}, drawn, "test", SETTINGS, seed)
    return record


def difference(claim: Claim, ours: Predictions, theirs: Predictions, seed: int = 0) -> Measurement:
    made = {"ours": ours, "theirs": theirs}
    drawn = draw({model: [claim] for model in made}, made, SETTINGS, seed)
    (record,) = compare(claim, "ours", {"theirs": claim}, drawn, len(ours), SETTINGS, seed)
    return record


def coverage(truth: float, once: Callable[[int, np.random.Generator], Measurement]) -> float:
    held = 0
    for seed in range(NUM_SIMULATED):
        record = once(seed, np.random.default_rng([seed, 5]))
        assert record.interval is not None
        held += record.interval[0] <= truth <= record.interval[1]
    return held / NUM_SIMULATED


@pytest.mark.parametrize(("n", "truth"), [(50, 0.98), (200, 0.98), (50, 0.999), (200, 0.999)])
def test_the_interval_of_a_macro_f1_near_1_covers_the_truth(n: int, truth: float) -> None:
    assert coverage(truth, lambda seed, rng: measured(MACRO_F1, decided(rng.random(n) < truth), seed)) >= 0.9


@pytest.mark.parametrize("claim", [ACCURACY, MACRO_F1], ids=lambda claim: claim.name)
@pytest.mark.parametrize("n", [50, 200])
def test_the_interval_of_a_small_difference_covers_the_truth(claim: Claim, n: int) -> None:
    """Theirs is wrong on every hundredth row, ours never."""

    def once(seed: int, rng: np.random.Generator) -> Measurement:
        return difference(claim, decided(np.ones(n, bool)), decided(rng.random(n) < 0.99), seed)

    assert coverage(0.01, once) >= 0.9


@pytest.mark.parametrize("num_groups", [10, 20])
def test_the_interval_of_rows_in_groups_covers_the_truth(num_groups: int) -> None:
    groups = np.repeat(np.arange(num_groups), 15)

    def once(seed: int, rng: np.random.Generator, drawn: bool = True) -> Measurement:
        right = rng.random(len(groups)) < rng.beta(4 * 0.9, 4 * 0.1, num_groups)[groups]
        return measured(ACCURACY, decided(right, groups if drawn else None), seed)

    assert coverage(0.9, once) >= 0.85
    assert coverage(0.9, lambda seed, rng: once(seed, rng, drawn=False)) < 0.8


# -------------------------------------------------------------------------------------------- one more row


@pytest.mark.parametrize(("wrong", "n"), [(0, 40), (1, 40), (3, 200)])
def test_one_more_row_gives_an_accuracy_its_exact_interval(wrong: int, n: int) -> None:
    settings = ValidationSettings(resamples=20_000)
    made = {"ours": decided(np.arange(n) >= wrong)}
    extremes = draw({"ours": [ACCURACY]}, made, settings, 0)["ours", "accuracy"].extremes
    assert extremes is not None
    found = between(extremes.worst, extremes.best, 0.95, 1 - wrong / n)
    assert found == pytest.approx(clopper_pearson(n - wrong, n, 0.95), abs=0.1 / n)


def test_without_a_row_on_which_two_models_differ_a_difference_is_not_known_to_be_0() -> None:
    for claim in (ACCURACY, MACRO_F1):
        record = difference(claim, decided(np.ones(100, bool)), decided(np.ones(100, bool)))
        assert (record.value, record.method) == (0, "bootstrap with one more row")
        assert record.interval == pytest.approx((-0.037, 0.037), abs=0.01)


def test_four_rows_on_one_side_do_not_exclude_0() -> None:
    """The sign test finds four of four as probable as 1 in 8."""
    record = difference(ACCURACY, decided(np.ones(200, bool)), decided(np.arange(200) >= 4))
    assert record.value == pytest.approx(0.02)
    assert record.interval is not None
    assert record.interval[0] < 0 < 0.02 < record.interval[1]


def test_two_splits_without_a_mistake_may_differ() -> None:
    claim = {"ours": [MACRO_F1]}
    train, test = (
        draw(claim, {"ours": decided(np.ones(n, bool))}, SETTINGS, n)["ours", "macro_f1"] for n in (1000, 50)
    )
    record = gap(MACRO_F1, "ours", train, test, 50, SETTINGS, 0)
    assert record.interval is not None
    assert record.interval[0] == pytest.approx(-0.004, abs=0.003)
    assert record.interval[1] == pytest.approx(0.07, abs=0.03)


def test_where_many_rows_are_wrong_the_bootstrap_speaks_alone() -> None:
    assert measured(MACRO_F1, decided(np.arange(200) >= 6)).method == "bias-corrected bootstrap"
    assert measured(MACRO_F1, decided(np.arange(200) >= 5)).method == "bootstrap with one more row"


def test_draws_of_one_more_are_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = OneMore(30, 100, 7, np.arange(30) // 4).weights()
    monkeypatch.setattr("deepwright.validation.intervals._CELLS", 65)
    np.testing.assert_array_equal(np.concatenate(list(OneMore(30, 100, 7, np.arange(30) // 4).weights())), whole)


# -------------------------------------------------------------------------------------------------- groups


def test_a_measurement_of_groups_counts_rows_and_names_the_groups() -> None:
    groups = np.repeat([3, 9, 40, 41, 57, 60, 61], 20)
    record = measured(ACCURACY, decided(np.arange(140) % 7 > 0, groups))
    assert (record.n, record.arguments[NUM_GROUPS], record.method) == (140, 7, "bias-corrected cluster bootstrap")


def test_groups_without_a_mistake_have_no_binomial_interval() -> None:
    right, groups = np.ones(160, bool), np.repeat(np.arange(8), 20)
    record = measured(ACCURACY, decided(right, groups))
    assert record.method == "cluster bootstrap with one more group"
    assert record.interval is not None
    assert record.interval[0] == pytest.approx(clopper_pearson(8, 8, 0.95)[0], abs=0.1)
    assert measured(ACCURACY, decided(right)).method == "clopper-pearson"


@pytest.mark.parametrize("claim", [ACCURACY, MACRO_F1, LOSS], ids=lambda claim: claim.name)
@pytest.mark.parametrize("wrong", [0, 10])
def test_of_one_group_there_is_no_interval(claim: Claim, wrong: int) -> None:
    made = decided(np.arange(40) >= wrong, np.zeros(40, np.int64))
    for record in (measured(claim, made), difference(claim, made, decided(np.ones(40, bool), made.groups))):
        assert (record.interval, record.level, record.method) == (None, None, None)
