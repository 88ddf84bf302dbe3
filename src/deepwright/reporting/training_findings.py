"""How the training went, in sentences: too long or too short, calibrated, with gradients, and what it took."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, plural
from deepwright.reporting import figures, labels, recommendation_findings, text_findings
from deepwright.reporting.principal import baselines, higher_is_better, principal

#: A gap between training and test accuracy, or a lead over a baseline, that is too small to speak of.
SMALL = 0.02
#: Within this factor of 1 a temperature says that the outputs were neither over- nor underconfident …
_ABOUT_ONE = 1.05
#: … and below this error they need no such judgement.
_CALIBRATED = 0.01


def fitting(measurements: Measurements) -> Iterator[str]:
    """Overfitting, underfitting or neither, from the principal metric and then from log loss."""
    record = principal(measurements)
    if record is not None and record.name == text_findings.PRINCIPAL:
        yield from text_findings.fitting(measurements)
        return
    if record is not None and record.name == recommendation_findings.PRINCIPAL:
        yield from recommendation_findings.fitting(measurements)
        return
    if record is not None and record.name != "accuracy":
        yield from _fitting(measurements, record.name)
        return
    gap, test, train = _across_splits(measurements, "accuracy")
    if gap is None or test is None or train is None or gap.interval is None:
        return
    value, low, high = figures.difference(gap)
    shown = {"train": figures.figure(train, gap), "test": figures.figure(test, gap), "gap": value}
    shown |= {"level": figures.level(gap), "low": low, "high": high}
    strongest = next(iter(baselines(measurements)), None)
    if gap.interval[0] > 0 and float(gap) > SMALL:
        yield _(
            "Overfitting: {train} of the training rows are right, but {test} of the test rows, {gap} percentage points "
            "fewer ({level} interval: {low} to {high}). More data or stronger regularisation may narrow the gap.",
            **shown,
        )
    elif strongest is not None and _underfits(train, strongest):
        yield _(
            "Underfitting: even of the training rows only {train} are right, while {baseline} is right on {theirs} of "
            "the test rows. A larger model or a longer training may help.",
            train=shown["train"],
            baseline=strongest.model,
            theirs=figures.figure(strongest, gap),
        )
    else:
        yield _(
            "Neither overfitting nor underfitting: {train} of the training rows and {test} of the test rows are right, "
            "a difference of {gap} percentage points ({level} interval: {low} to {high}).",
            **shown,
        )
    yield from _loss_gap(measurements)


def calibration(measurements: Measurements) -> Iterator[str]:
    """Whether confidence can be taken at its word, before and after the temperature."""
    before = measurements.get("calibration_error_uncalibrated")
    after = measurements.get("calibration_error")
    if before is None or after is None or before.value is None or after.value is None:
        return
    temperature = float(after.arguments["temperature"])
    values = {
        "temperature": f"{temperature:.2f}",
        "before": figures.figure(before),
        "after": figures.figure(after),
    }
    if max(temperature, 1 / temperature) < _ABOUT_ONE or before.value < _CALIBRATED:
        yield _(
            "Calibration: confidence was about right from the start. The calibration error on the test split is "
            "{before} before and {after} after dividing the outputs by the temperature {temperature}.",
            **values,
        )
    elif temperature > 1:
        yield _(
            "Calibration: the model was overconfident on the validation split, so its outputs are divided by the "
            "temperature {temperature}. The calibration error on the test split is {before} before and {after} after.",
            **values,
        )
    else:
        yield _(
            "Calibration: the model was underconfident on the validation split, so its outputs are divided by the "
            "temperature {temperature}. The calibration error on the test split is {before} before and {after} after.",
            **values,
        )


def gradients(measurements: Measurements) -> Iterator[str]:
    """Whether gradients reached the first layer, with advice where they did not."""
    record = measurements.get("gradient_ratio")
    if record is None or record.value is None:
        return
    ratio = figures.figure(record)
    match record.arguments.get("verdict"):
        case "vanishing":
            yield _(
                "Gradients vanish on their way back: in the first layer they are {ratio} times as large as in the "
                "last. Fewer layers, normalisation or residual connections may help.",
                ratio=ratio,
            )
        case "exploding":
            yield _(
                "Gradients explode on their way back: in the first layer they are {ratio} times as large as in the "
                "last. A lower learning rate, normalisation or a lower training.max_grad_norm may help.",
                ratio=ratio,
            )
        case _steady:
            yield _(
                "Gradients flow steadily: in the first layer they are {ratio} times as large as in the last.",
                ratio=ratio,
            )


def training(measurements: Measurements) -> Iterator[str]:
    """What the training took; of a model that is solved, what solving it took."""
    epochs, seconds = measurements.get("epochs"), measurements.get("training_seconds")
    fit = measurements.get("fit_seconds")
    if epochs is not None and seconds is not None and epochs.value is not None:
        rate = measurements.get("examples_per_second")
        yield plural(
            "Training took {n} epoch and {time}: {rate} examples a second, validation included ({precision}, threads: "
            "{num_threads}).",
            "Training took {n} epochs and {time}: {rate} examples a second, validation included ({precision}, threads: "
            "{num_threads}).",
            round(epochs.value),
            time=figures.figure(seconds),
            rate=figures.NONE if rate is None else figures.figure(rate),
            precision=seconds.arguments.get("precision", figures.NONE),
            num_threads=seconds.arguments.get("num_threads", figures.NONE),
        )
        yield from _kept(epochs.arguments)
    elif fit is not None and fit.value is not None and measurements.get("calibration_error") is None:
        yield _(
            "{model} is solved, not trained by gradient; that took {time}.", model=fit.model, time=figures.figure(fit)
        )
    elif fit is not None and fit.value is not None:
        yield _(
            "{model} is solved, not trained by gradient; that took {time}, calibration included.",
            model=fit.model,
            time=figures.figure(fit),
        )


def _kept(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Which weights are kept, where it is not those of the last step."""
    best, watched = arguments.get("best_epoch"), arguments.get("watched")
    if (averaged := arguments.get("averaged_epochs")) is not None:
        yield _("The weights that are kept are the mean of those at the ends of the last {n} epochs.", n=averaged)
    elif best is not None and watched is not None:
        yield _(
            "The weights of epoch {best} are kept: on the validation split, {metric} was best there.",
            best=best,
            metric=labels.metric(watched),
        )
    elif best is not None:
        yield _("The weights of epoch {best} are kept: the validation loss was lowest there.", best=best)


def _fitting(measurements: Measurements, name: str) -> Iterator[str]:
    """Overfitting or not, from a metric other than accuracy."""
    gap, test, train = _across_splits(measurements, name)
    if gap is None or test is None or train is None or gap.interval is None:
        return
    value, low, high = figures.difference(gap)
    values = {
        "metric": labels.metric(name),
        "train": figures.figure(train, gap),
        "test": figures.figure(test, gap),
        "gap": figures.amount(gap, value),
        "level": figures.level(gap),
        "low": low,
        "high": high,
    }
    excludes = not gap.interval[0] <= 0 <= gap.interval[1]
    if excludes and (gap.interval[0] > 0) == higher_is_better(test):
        yield _(
            "Overfitting: {metric} is {train} on the training rows, but {test} on the test rows, a difference of {gap} "
            "({level} interval: {low} to {high}). More data or stronger regularisation may narrow the gap.",
            **values,
        )
    else:
        yield _(
            "No overfitting is seen: {metric} is {train} on the training rows and {test} on the test rows, a "
            "difference of {gap} ({level} interval: {low} to {high}).",
            **values,
        )


def _across_splits(
    measurements: Measurements, name: str
) -> tuple[Measurement | None, Measurement | None, Measurement | None]:
    """The gap of a metric and its values on test and training split."""
    train = next(iter(measurements.where(name=name, split="train", model=measurements.model)), None)
    return measurements.get(f"{name}_gap"), measurements.get(name), train


def _underfits(train: Measurement, strongest: Measurement) -> bool:
    highest = train.interval[1] if train.interval else float(train)
    return highest < 1 - SMALL and float(train) < float(strongest) + SMALL


def _loss_gap(measurements: Measurements) -> Iterator[str]:
    gap, test, train = _across_splits(measurements, "log_loss")
    if gap is None or test is None or train is None or gap.interval is None or math.isnan(float(gap)):
        return
    _value, low, high = figures.difference(gap)
    values = {"train": figures.figure(train), "test": figures.figure(test), "level": figures.level(gap)}
    if gap.interval[1] < 0:
        yield _(
            "Its probabilities fit the training rows better than new ones: log loss is {train} nats there and {test} "
            "on the test split (difference, {level} interval: {low} to {high}, which excludes 0).",
            **values,
            low=low,
            high=high,
        )
    else:
        yield _(
            "Its probabilities fit new rows as well as the training rows: log loss is {train} nats there and {test} "
            "on the test split (difference, {level} interval: {low} to {high}).",
            **values,
            low=low,
            high=high,
        )
