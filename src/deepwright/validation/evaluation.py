"""From predictions to measurements: every metric of a task, of the model and its baselines, with paired intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from deepwright import registry
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import FloatArray, Metric, OfAllRows, OfDecisions, Predictions, Proportion
from deepwright.measurements import Claim, Measurement
from deepwright.validation.intervals import Bootstrap, OneMore, between, clopper_pearson, percentile

#: What measures a difference between two models on the same rows, and between two splits of one model.
PAIRED, BETWEEN_SPLITS = "paired_difference", "difference_between_splits"
#: The argument that says how many groups were drawn, where not the rows were.
NUM_GROUPS = "num_groups"
#: What an interval is called, where rows are drawn and where groups are.
_BOOTSTRAP = "bias-corrected bootstrap", "bias-corrected cluster bootstrap"
_ONE_MORE = "bootstrap with one more row", "cluster bootstrap with one more group"
_EXACT = "clopper-pearson"
#: Where no more rows or groups than this decide a figure, the draws of the bootstrap lie too close together.
_FEW = 5
#: The splits that a model is measured on, and what is added to the run's seed for the draws of each.
_SEEDS = {"test": 0, "validation": 2, "train": 1}
#: Numbers of terms that are in memory at a time.
_CELLS = 2**25
_Interval: TypeAlias = tuple[tuple[float, float] | None, str | None]
#: Model and claim.
_Key: TypeAlias = tuple[str, str]


class Extremes:
    """A metric of decisions where one more row, or group, was decided wrongly or rightly; made when first asked for.

    Args:
        metric: of decisions alone.
        predictions: of N rows.
        sample: the draws, the same for whatever is paired.
    """

    def __init__(self, metric: Metric, predictions: Predictions, sample: OneMore) -> None:
        self.metric, self.predictions, self.sample = metric, predictions, sample

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """The rows that were decided rightly, [N]."""
        assert isinstance(self.metric, OfDecisions)
        return self.metric.right(self.predictions)

    @cached_property
    def num_deciding(self) -> int:
        """Units without which all rows would be right, or all wrong."""
        return min(self.sample.num_with(~self.right), self.sample.num_with(self.right))

    @cached_property
    def worst(self) -> FloatArray:
        """The metric in every draw, with one more unit that is wrong, [R]."""
        return self._drawn(rightly=False)

    @cached_property
    def best(self) -> FloatArray:
        """The metric in every draw, with one more unit that is right, [R]."""
        return self._drawn(rightly=True)

    def _drawn(self, rightly: bool) -> FloatArray:
        assert isinstance(self.metric, OfDecisions)
        made, more = self.predictions, self.metric.decided(self.predictions, rightly)
        both = replace(
            made,
            rows=np.concatenate([made.rows, more.rows]),
            targets=np.concatenate([made.targets, more.targets]),
            outputs=np.concatenate([made.outputs, more.outputs]),
            groups=None,
            written=None if made.written is None else np.concatenate([made.written, more.written]),
        )
        terms = self.metric.terms(both)
        return np.concatenate([self.metric.value(weights @ terms) for weights in self.sample.weights()])


@dataclass(frozen=True)
class Drawn:
    """A metric on all rows, and on every draw of the bootstrap.

    Attributes:
        value: on the rows as they are.
        draws: [R]; [0] of a metric of all rows together.
        num_groups: that were drawn; None where rows were.
        extremes: of a metric of decisions.
    """

    value: float
    draws: FloatArray
    num_groups: int | None = None
    extremes: Extremes | None = None

    @property
    def agree(self) -> bool:
        """Whether the draws say nothing: all are the same, or some are undefined."""
        return bool(np.isnan(self.draws).any() or np.ptp(self.draws) == 0)

    @property
    def arguments(self) -> dict[str, int]:
        """What has to be said of the draws beside their number."""
        return {} if self.num_groups is None else {NUM_GROUPS: self.num_groups}


def measure_all(
    model: str,
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[tuple[str, str], Predictions],
    settings: ValidationSettings,
    seed: int,
) -> list[Measurement]:
    """Every claim of a run, a function of its arguments alone.

    Models are measured on the splits of which there are predictions; on others than the test split, by the claims that
    are ``compared``. By these the model is also measured against each other one on the same split, and on the training
    split against the test split.

    Args:
        model: the one the run is about.
        claims: by model.
        predictions: by model and split: the model's own on all of them, those of baselines on the test split, and on
            the validation split those of the models among which it chose.
        settings: draws and level.
        seed: of the run.
    """
    compared = [claim for claim in claims[model] if claim.compared]
    of_split = {
        split: {
            name: [claim for claim in claims[name] if claim.compared or split == "test"]
            for name, predicted in predictions
            if predicted == split
        }
        for split in _SEEDS
        if (model, split) in predictions
    }
    made = {split: {name: predictions[name, split] for name in of_split[split]} for split in of_split}
    seeds = {split: seed + _SEEDS[split] for split in of_split}
    drawn = {split: draw(of_split[split], made[split], settings, seeds[split]) for split in of_split}
    records = []
    for split in of_split:
        records += measure(of_split[split], made[split], drawn[split], split, settings, seeds[split])
    test, n = drawn["test"], len(made["test"][model])
    for claim in compared:
        for split, theirs in of_split.items():
            same = {other: c for other in theirs if other != model for c in theirs[other] if c.name == claim.name}
            rows = len(made[split][model])
            records += compare(claim, model, same, drawn[split], rows, settings, seeds[split], split)
        if "train" in drawn:
            train, key = drawn["train"], (model, claim.name)
            records.append(gap(claim, model, train[key], test[key], n, settings, seed))
    return records


def draw(
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[str, Predictions],
    settings: ValidationSettings,
    seed: int,
) -> dict[_Key, Drawn]:
    """Every claim about every model on the same draws of the same rows.

    Args:
        claims: by model.
        predictions: by model, of the same rows in the same order.
        settings: how many draws.
        seed: of the draws.

    Returns:
        Values and draws by model and claim.
    """
    made = next(iter(predictions.values()))
    drawing = len(made), settings.resamples, seed, made.groups
    sample, bootstrap = OneMore(*drawing), Bootstrap(*drawing)
    metrics = {(model, claim.name): metric_of(claim) for model, of_model in claims.items() for claim in of_model}
    of_all = {key: metric for key, metric in metrics.items() if isinstance(metric, OfAllRows)}
    drawn = {
        key: Drawn(_value(metric, metric.terms(predictions[key[0]])), np.empty(0)) for key, metric in of_all.items()
    }
    some = {key: metric for key, metric in metrics.items() if key not in of_all}
    for terms in _some_at_a_time(some, predictions):
        sums = _sums(list(terms.values()), bootstrap)
        for key, of_rows, of_draws in zip(terms, terms.values(), sums, strict=True):
            metric = metrics[key]
            value = _value(metric, of_rows)
            extremes = Extremes(metric, predictions[key[0]], sample) if isinstance(metric, OfDecisions) else None
            drawn[key] = Drawn(value, metric.value(of_draws), sample.num_groups, extremes)
    return drawn


def _value(metric: Metric, terms: FloatArray) -> float:
    """The metric on the rows as they are, from their terms [N, K]."""
    return float(metric.value(np.atleast_2d(terms.sum(0)))[0])


def _some_at_a_time(
    metrics: Mapping[_Key, Metric], predictions: Mapping[str, Predictions]
) -> Iterator[dict[_Key, FloatArray]]:
    """The terms [N, K] of some metrics, then of the next: as many as are of a bounded size together, at least one."""
    terms: dict[_Key, FloatArray] = {}
    for key, metric in metrics.items():
        of_rows = metric.terms(predictions[key[0]])
        if terms and sum(other.size for other in terms.values()) + of_rows.size > _CELLS:
            yield terms
            terms = {}
        terms[key] = of_rows
    if terms:
        yield terms


def _sums(terms: Sequence[FloatArray], bootstrap: Bootstrap) -> list[FloatArray]:
    """The sums of terms [N, K] over every draw, each [R, K]."""
    joined = np.concatenate(terms, 1)
    sums = np.concatenate([weights @ joined for weights in bootstrap.weights()])
    return np.split(sums, np.cumsum([one.shape[1] for one in terms])[:-1], axis=1)


def measure(
    claims: Mapping[str, Sequence[Claim]],
    predictions: Mapping[str, Predictions],
    drawn: Mapping[_Key, Drawn],
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
                    arguments={**claim.arguments, **result.arguments},
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
    drawn: Mapping[_Key, Drawn],
    n: int,
    settings: ValidationSettings,
    seed: int,
    split: str = "test",
) -> list[Measurement]:
    """What the model gains over each baseline on the same rows of a split, with paired intervals.

    The same claim may have other arguments for a baseline: each model has its own temperature.
    """
    records = []
    for baseline, same in baselines.items():
        ours, theirs = drawn[model, claim.name], drawn[baseline, claim.name]
        arguments = {
            "metric": claim.measure,
            "arguments": dict(claim.arguments),
            "baseline": baseline,
            "baseline_arguments": dict(same.arguments),
            **ours.arguments,
        }
        name = f"{claim.name}_over/{baseline}"
        records.append(_difference(name, PAIRED, arguments, (ours, theirs), claim, model, n, settings, seed, split))
    return records


def gap(
    claim: Claim, model: str, train: Drawn, test: Drawn, n: int, settings: ValidationSettings, seed: int
) -> Measurement:
    """How much better the model is on rows it learnt from than on the test split; the two draws are independent."""
    arguments: dict[str, Any] = {
        "metric": claim.measure,
        "arguments": dict(claim.arguments),
        "splits": ["train", "test"],
    }
    if test.num_groups is not None:
        arguments[NUM_GROUPS] = [train.num_groups, test.num_groups]
    return _difference(
        f"{claim.name}_gap", BETWEEN_SPLITS, arguments, (train, test), claim, model, n, settings, seed, None
    )


def metric_of(claim: Claim) -> Metric:
    """The registered metric with the claim's arguments."""
    metric: Metric = registry.load("metrics", claim.measure)(**claim.arguments)
    return metric


def _interval(metric: Metric, predictions: Predictions, result: Drawn, level: float) -> _Interval:
    if isinstance(metric, OfAllRows):
        return None, None
    if isinstance(metric, Proportion) and result.num_groups is None:
        if result.agree:
            successes, trials = metric.counts(predictions)
            return (clopper_pearson(successes, trials, level), _EXACT) if trials else (None, None)
    elif result.extremes is not None and (result.agree or result.extremes.num_deciding <= _FEW):
        return _with_one_more(result.extremes.worst, result.extremes.best, result, level)
    return _by_bootstrap(result, level)


def _interval_of_difference(ours: Drawn, theirs: Drawn, level: float) -> _Interval:
    """Of the first figure less the second, on the same rows or on others."""
    if not len(ours.draws) or not len(theirs.draws):
        return None, None
    num_groups = min((drawn.num_groups for drawn in (ours, theirs) if drawn.num_groups is not None), default=None)
    result = Drawn(ours.value - theirs.value, ours.draws - theirs.draws, num_groups)
    one, other = ours.extremes, theirs.extremes
    if one is not None and other is not None and (result.agree or _num_deciding(one, other) <= _FEW):
        return _with_one_more(one.worst - other.best, one.best - other.worst, result, level)
    return _by_bootstrap(result, level)


def _num_deciding(one: Extremes, other: Extremes) -> int:
    """Units in which only one of two was right; on different rows, those that decide either."""
    if one.sample is other.sample:
        return one.sample.num_with(one.right != other.right)
    return one.num_deciding + other.num_deciding


def _with_one_more(worst: FloatArray, best: FloatArray, result: Drawn, level: float) -> _Interval:
    if np.isnan(result.value) or result.num_groups == 1:
        return None, None
    return between(worst, best, level, result.value), _ONE_MORE[result.num_groups is not None]


def _by_bootstrap(result: Drawn, level: float) -> _Interval:
    interval = percentile(result.draws, level, result.value, result.num_groups)
    return interval, _BOOTSTRAP[result.num_groups is not None] if interval else None


def _difference(
    name: str,
    measure_name: str,
    arguments: Mapping[str, object],
    pair: tuple[Drawn, Drawn],
    claim: Claim,
    model: str,
    n: int,
    settings: ValidationSettings,
    seed: int,
    split: str | None,
) -> Measurement:
    value = pair[0].value - pair[1].value
    interval, method = _interval_of_difference(*pair, settings.level)
    defined = not np.isnan(value)
    return Measurement(
        name=name,
        value=value if defined else None,
        unit=metric_of(claim).unit,
        measure=measure_name,
        arguments=arguments,
        model=model,
        split=split,
        n=n,
        interval=interval,
        level=settings.level if interval else None,
        method=method,
        seed=seed,
        status="measured" if defined else "not measured",
        recomputable=True,
    )
