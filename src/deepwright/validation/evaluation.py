"""From predictions to measurements: every metric of a task, of the model and its baselines, with paired intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepwright import registry
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import FloatArray, Metric, Predictions, Proportion
from deepwright.measurements import Claim, Measurement
from deepwright.validation.intervals import Bootstrap, clopper_pearson, percentile

#: What measures a difference between two models on the same rows, and between two splits of one model.
PAIRED, BETWEEN_SPLITS = "paired_difference", "difference_between_splits"
_BOOTSTRAP, _EXACT = "bias-corrected bootstrap", "clopper-pearson"
#: The splits that a model is measured on, and what is added to the run's seed for the draws of each.
_SEEDS = {"test": 0, "validation": 2, "train": 1}


@dataclass(frozen=True)
class Drawn:
    """A metric on all rows, and on every draw of the bootstrap.

    Attributes:
        value: on the rows as they are.
        draws: [R].
    """

    value: float
    draws: FloatArray


def measure_all(
    model: str,
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[tuple[str, str], Predictions],
    settings: ValidationSettings,
    seed: int,
) -> list[Measurement]:
    """Every claim of a run, a function of its arguments alone.

    All models are measured on the test split; the model itself also on the other splits, against each baseline, and on
    the training split against the test split, by the claims that are ``compared``.

    Args:
        model: the one the run is about.
        claims: by model, baselines included.
        predictions: by model and split; every model's on the test split, the model's own on the others.
        settings: draws and level.
        seed: of the run.
    """
    compared = [claim for claim in claims[model] if claim.compared]
    of_split = {
        split: claims if split == "test" else {model: compared} for split in _SEEDS if (model, split) in predictions
    }
    made = {split: {name: predictions[name, split] for name in of_split[split]} for split in of_split}
    seeds = {split: seed + _SEEDS[split] for split in of_split}
    drawn = {split: draw(of_split[split], made[split], settings, seeds[split]) for split in of_split}
    records = []
    for split in of_split:
        records += measure(of_split[split], made[split], drawn[split], split, settings, seeds[split])
    test, n = drawn["test"], len(made["test"][model])
    for claim in compared:
        same = {other: c for other in claims if other != model for c in claims[other] if c.name == claim.name}
        records += compare(claim, model, same, test, n, settings, seed)
        if "train" in drawn:
            train, key = drawn["train"], (model, claim.name)
            records.append(gap(claim, model, train[key], test[key], n, settings, seed))
    return records


def draw(
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[str, Predictions],
    settings: ValidationSettings,
    seed: int,
) -> dict[tuple[str, str], Drawn]:
    """Every claim about every model on the same draws of the same rows.

    Args:
        claims: by model.
        predictions: by model, of the same rows in the same order.
        settings: how many draws.
        seed: of the draws.

    Returns:
        Values and draws by model and claim.
    """
    n = len(next(iter(predictions.values())))
    measured = [(model, claim, metric_of(claim)) for model, of_model in claims.items() for claim in of_model]
    values = {
        (model, claim.name): float(metric(predictions[model], np.ones((1, n)))[0]) for model, claim, metric in measured
    }
    draws: dict[tuple[str, str], list[FloatArray]] = {key: [] for key in values}
    for weights in Bootstrap(n, settings.resamples, seed).weights():
        for model, claim, metric in measured:
            draws[model, claim.name].append(metric(predictions[model], weights))
    return {key: Drawn(value, np.concatenate(draws[key])) for key, value in values.items()}


def measure(
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[str, Predictions],
    drawn: Mapping[tuple[str, str], Drawn],
    split: str,
    settings: ValidationSettings,
    seed: int,
) -> list[Measurement]:
    """A measurement for every claim about every model."""
    records = []
    for model, of_model in claims.items():
        for claim in of_model:
            metric, result = metric_of(claim), drawn[model, claim.name]
            interval, method = _interval(metric, predictions[model], result, settings.level)
            defined = not np.isnan(result.value)
            records.append(
                Measurement(
                    name=claim.name,
                    value=result.value if defined else None,
                    unit=metric.unit,
                    measure=claim.measure,
                    arguments=claim.arguments,
                    model=model,
                    split=split,
                    n=metric.counts(predictions[model])[1]
                    if isinstance(metric, Proportion)
                    else len(predictions[model]),
                    interval=interval,
                    level=settings.level if interval else None,
                    method=method,
                    seed=seed,
                    status="measured" if defined else "not measured",
                    recomputable=True,
                )
            )
    return records


def compare(
    claim: Claim,
    model: str,
    baselines: Mapping[str, Claim],
    drawn: Mapping[tuple[str, str], Drawn],
    n: int,
    settings: ValidationSettings,
    seed: int,
) -> list[Measurement]:
    """What the model gains over each baseline on the same rows, with paired intervals.

    The same claim may have other arguments for a baseline: each model has its own temperature.
    """
    records = []
    for baseline, same in baselines.items():
        ours, theirs = drawn[model, claim.name], drawn[baseline, claim.name]
        difference = Drawn(ours.value - theirs.value, ours.draws - theirs.draws)
        arguments = {
            "metric": claim.measure,
            "arguments": dict(claim.arguments),
            "baseline": baseline,
            "baseline_arguments": dict(same.arguments),
        }
        records.append(
            _difference(
                f"{claim.name}_over/{baseline}", PAIRED, arguments, difference, claim, model, n, settings, seed, "test"
            )
        )
    return records


def gap(
    claim: Claim, model: str, train: Drawn, test: Drawn, n: int, settings: ValidationSettings, seed: int
) -> Measurement:
    """How much better the model is on rows it learnt from than on the test split; the two draws are independent."""
    difference = Drawn(train.value - test.value, train.draws - test.draws)
    arguments = {"metric": claim.measure, "arguments": dict(claim.arguments), "splits": ["train", "test"]}
    return _difference(
        f"{claim.name}_gap", BETWEEN_SPLITS, arguments, difference, claim, model, n, settings, seed, None
    )


def metric_of(claim: Claim) -> Metric:
    """The registered metric with the claim's arguments."""
    metric: Metric = registry.load("metrics", claim.measure)(**claim.arguments)
    return metric


def _interval(
    metric: Metric, predictions: Predictions, result: Drawn, level: float
) -> tuple[tuple[float, float] | None, str | None]:
    degenerate = np.isnan(result.draws).any() or np.ptp(result.draws) == 0
    if degenerate and isinstance(metric, Proportion):
        successes, trials = metric.counts(predictions)
        return (clopper_pearson(successes, trials, level), _EXACT) if trials else (None, None)
    interval = percentile(result.draws, level, result.value)
    return interval, _BOOTSTRAP if interval else None


def _difference(
    name: str,
    measure_name: str,
    arguments: Mapping[str, object],
    difference: Drawn,
    claim: Claim,
    model: str,
    n: int,
    settings: ValidationSettings,
    seed: int,
    split: str | None,
) -> Measurement:
    interval = percentile(difference.draws, settings.level, difference.value)
    defined = not np.isnan(difference.value)
    return Measurement(
        name=name,
        value=difference.value if defined else None,
        unit=metric_of(claim).unit,
        measure=measure_name,
        arguments=arguments,
        model=model,
        split=split,
        n=n,
        interval=interval,
        level=settings.level if interval else None,
        method=_BOOTSTRAP if interval else None,
        seed=seed,
        status="measured" if defined else "not measured",
        recomputable=True,
    )
