"""What every registered metric keeps to."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deepwright import registry
from deepwright.config.fields import fields_of
from deepwright.contracts import (
    PASSAGE,
    RANKED,
    TOP,
    TRANSLATED,
    WORDS,
    Metric,
    OfDecisions,
    Predictions,
    Proportion,
    weighted,
)
from deepwright.specs import (
    ClassSpec,
    ContextSpec,
    ItemsSpec,
    LabelsSpec,
    NumberSpec,
    TokensSpec,
    TranslationSpec,
)
from tests.contracts.documentation import settings_problems, title_problems
from tests.contracts.problems import problems

METRICS = list(registry.entries("metrics"))
NUM_ROWS = 240


#: Where a metric that no task claims is tried, by the answers that it is of; a name that no problem has.
WRITTEN = "texts to texts"


def claimed() -> list[tuple[str, str]]:
    """Every metric that a task claims, by the claim's name, and every other one whose settings all have defaults."""
    names = {claim.measure for problem in problems().values() for claim in problem.task.claims(1.3)}
    free = [
        name
        for name in METRICS
        if name not in names and not any(field.required for field in fields_of(registry.load("metrics", name)).values())
    ]
    claims = {
        (claim.measure, problem_name)
        for problem_name, problem in problems().items()
        for claim in problem.task.claims(1.3)
    }
    tried = {"class": next(iter(problems())), "text": WRITTEN}
    return sorted(claims) + [
        (name, tried[getattr(registry.load("metrics", name), "answers", "class")]) for name in free
    ]


def metrics_of(name: str, problem: str) -> list[Metric]:
    """The metric with the arguments of every claim that a task makes with it."""
    found = problems().get(problem)
    claims = [claim for claim in found.task.claims(1.3) if claim.measure == name] if found else []
    arguments: list[Mapping[str, Any]] = [claim.arguments for claim in claims] or [{}]
    return [registry.load("metrics", name)(**given) for given in arguments]


def answers(problem: str, n: int, shift: int, noise: float, seed: int = 0) -> Predictions:
    """Outputs that lean towards the answer so many places after the true one, of every kind that a task may have."""
    rng, rows = np.random.default_rng(seed), np.arange(n)
    spec = None if problem == WRITTEN else problems()[problem].task.outputs.spec
    if spec is None or isinstance(spec, TranslationSpec):
        return _written(rows, shift, noise, rng)
    if isinstance(spec, ItemsSpec):
        return _ranked(rows, spec.num_items, shift, noise, rng)
    if isinstance(spec, NumberSpec):
        targets = rows.astype(float)
        return Predictions(rows, targets, (targets + 1000 * shift + noise * rng.normal(size=n))[:, None], (spec.name,))
    if isinstance(spec, TokensSpec | ContextSpec):
        names = PASSAGE if isinstance(spec, TokensSpec) else WORDS
        counts = 5.0 + rows % 3
        lost = counts * (5 * shift + noise * rng.random(n))
        right = np.floor(counts * (1 - shift) * (1 - noise * rng.random(n)))
        return Predictions(rows, np.stack([counts, 4 * counts], 1), np.stack([lost, right], 1), names, rows // 2)
    assert isinstance(spec, ClassSpec | LabelsSpec)
    right = np.eye(len(spec.names))[(rows + shift) % len(spec.names)]
    outputs = 40 * (right * 2 - 1) * (noise == 0) + noise * rng.normal(size=right.shape)
    true = np.eye(len(spec.names), dtype=np.int64)[rows % len(spec.names)]
    return Predictions(rows, true if isinstance(spec, LabelsSpec) else true.argmax(1), outputs, spec.names)


def _written(rows: np.ndarray, shift: int, noise: float, rng: np.random.Generator) -> Predictions:
    """Texts of six words in two scripts, one of which is another where there is noise, or other words altogether."""
    words = np.array(["the", "cat", "sat.", "猫", "on", "mats,", "Hut", "ab"], object)
    of_targets = rng.choice(words, (len(rows), 6))
    of_written = of_targets + "x" * shift
    if noise:
        of_written[rows, rng.integers(0, 6, len(rows))] = rng.choice(words, len(rows))
    targets, written = (np.array([" ".join(row) for row in each], object) for each in (of_targets, of_written))
    tokens = 7.0 + rows % 3
    lost = tokens * (5 * shift + noise * rng.random(len(rows)))
    right = np.floor(tokens * (1 - shift) * (1 - noise * rng.random(len(rows))))
    return Predictions(rows, targets, np.stack([lost, right, tokens, tokens], 1), TRANSLATED, written=written)


def _ranked(rows: np.ndarray, num_items: int, shift: int, noise: float, rng: np.random.Generator) -> Predictions:
    """Items one after the other, all as often and never learnt from, or for everybody those that are learnt from most.

    What is to be found stands first, or nowhere; where there is noise, anywhere.
    """
    items = 1 + (rows[:, None] * (1 - shift) + np.arange(TOP)) % num_items
    targets = items[:, :1] if not shift else np.full((len(rows), 1), num_items)
    counts = np.full(items.shape, 48.0 * shift)
    diversity = np.full(len(rows), 1.0 - shift)
    if noise:
        items = np.stack([1 + rng.permutation(num_items)[:TOP] for _row in rows])
        counts, diversity = rng.integers(0, 4, items.shape), rng.random(len(rows))
    outputs = np.concatenate([items, counts, np.full((len(rows), 1), 3.0), diversity[:, None]], 1)
    names = np.array(["", *(f"item {number}" for number in range(num_items))], object)
    return Predictions(rows, targets.astype(np.int64), outputs.astype(float), RANKED, catalogue=names)


def guesses(problem: str, seed: int = 0, n: int = NUM_ROWS) -> Predictions:
    return answers(problem, n, 0, 1.0, seed)


def certain(problem: str, shift: int) -> Predictions:
    """Every row is surely taken for the answer so many places after its own."""
    return answers(problem, NUM_ROWS, shift, 0.0)


def one(metric: Metric, predictions: Predictions) -> float:
    return float(weighted(metric, predictions, np.ones((1, len(predictions))))[0])


each = pytest.mark.parametrize(("name", "problem"), claimed())


@pytest.mark.parametrize("name", METRICS)
def test_it_has_a_title_and_its_settings_have_meanings(name: str) -> None:
    assert not title_problems("metrics", name) + settings_problems(registry.load("metrics", name))


@pytest.mark.parametrize("name", METRICS)
def test_it_says_its_unit_and_which_way_is_better(name: str) -> None:
    metric = registry.load("metrics", name)
    assert isinstance(metric.unit, str)
    assert metric.unit
    assert metric.better in ("higher", "lower")


@pytest.mark.parametrize("name", METRICS)
def test_it_is_tried_here(name: str) -> None:
    assert name in {claim for claim, _problem in claimed()}, "a task must claim it, or all its settings need defaults"


@each
def test_a_share_is_between_0_and_1_and_everything_is_finite(name: str, problem: str) -> None:
    for metric in metrics_of(name, problem):
        for seed in range(10):
            value = one(metric, guesses(problem, seed))
            assert np.isfinite(value)
            assert value >= 0 or metric.better == "higher"
            highest = {"share": 1, "points": 100}.get(metric.unit)
            assert highest is None or 0 <= value <= highest


@each
def test_there_is_a_figure_for_every_sample(name: str, problem: str) -> None:
    weights = np.random.default_rng(0).integers(0, 4, (7, NUM_ROWS)).astype(float)
    made = guesses(problem)
    for metric in metrics_of(name, problem):
        values = weighted(metric, made, weights)
        assert values.shape == (7,)
        assert values.dtype == np.float64
        for row, value in zip(weights, values, strict=True):
            np.testing.assert_allclose(weighted(metric, made, row[None])[0], value, rtol=1e-12)


@each
def test_a_weight_of_k_is_a_row_k_times(name: str, problem: str) -> None:
    made = guesses(problem)
    weights = np.random.default_rng(0).integers(0, 4, (1, NUM_ROWS)).astype(float)
    rows = np.repeat(np.arange(NUM_ROWS), weights[0].astype(int))
    repeated = made.take(rows)
    for metric in metrics_of(name, problem):
        np.testing.assert_allclose(weighted(metric, made, weights)[0], one(metric, repeated), rtol=1e-10)


@each
def test_the_order_of_the_rows_does_not_matter(name: str, problem: str) -> None:
    made, order = guesses(problem), np.random.default_rng(1).permutation(NUM_ROWS)
    other = made.take(order)
    for metric in metrics_of(name, problem):
        np.testing.assert_allclose(one(metric, made), one(metric, other), rtol=1e-12)


@each
def test_certainty_that_is_right_is_better_than_guessing_and_guessing_than_certainty_that_is_wrong(
    name: str, problem: str
) -> None:
    for metric in metrics_of(name, problem):
        best, worst = one(metric, certain(problem, 0)), one(metric, certain(problem, 1))
        between = one(metric, guesses(problem))
        ordered = [worst, between, best] if metric.better == "higher" else [best, between, worst]
        assert ordered == sorted(ordered)
        assert best != worst
        if metric.unit in ("share", "rate", "points"):
            highest = 100 if metric.unit == "points" else 1
            assert best == pytest.approx(highest if metric.better == "higher" else 0, abs=1e-6)


@each
def test_a_proportion_is_its_successes_over_its_trials(name: str, problem: str) -> None:
    for metric in metrics_of(name, problem):
        if isinstance(metric, Proportion):
            assert metric.unit == "share"
            for made in (guesses(problem), certain(problem, 0), certain(problem, 1)):
                successes, trials = metric.counts(made)
                assert 0 <= successes <= trials
                np.testing.assert_allclose(one(metric, made), successes / trials)


@each
def test_rows_that_are_all_decided_rightly_are_all_right(name: str, problem: str) -> None:
    for metric in metrics_of(name, problem):
        if isinstance(metric, OfDecisions):
            for rightly in (True, False):
                made = metric.decided(guesses(problem), rightly)
                assert metric.right(made).all() if rightly else not metric.right(made).any()
            best, worst = (one(metric, metric.decided(guesses(problem), rightly)) for rightly in (True, False))
            assert worst < best
            assert worst <= one(metric, guesses(problem)) <= best


@each
def test_what_says_nothing_is_nan_without_a_warning(name: str, problem: str) -> None:
    """One row, of one class: of the other classes nothing is known."""
    for metric in metrics_of(name, problem):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value = one(metric, guesses(problem, n=1))
        assert np.isnan(value) or value >= 0


@each
def test_outputs_far_apart_overflow_nowhere(name: str, problem: str) -> None:
    made = guesses(problem)
    factors = np.full(made.outputs.shape[1], 1e4)
    if made.answers == "items":  # which are named by their numbers
        factors[:TOP] = 1
    far = replace(made, outputs=made.outputs * factors)
    for metric in metrics_of(name, problem):
        assert np.isfinite(one(metric, far))


@each
def test_predictions_are_left_as_they_were(name: str, problem: str) -> None:
    made = guesses(problem)
    before = made.outputs.copy(), made.targets.copy()
    for metric in metrics_of(name, problem):
        one(metric, made)
    np.testing.assert_array_equal(made.outputs, before[0])
    np.testing.assert_array_equal(made.targets, before[1])
