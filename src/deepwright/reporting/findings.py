"""What the measurements say, in sentences; every number in them is a measurement's or one of its arguments.

``answer`` is the result in one sentence, ``findings`` is what else should be known to judge it. A sentence whose
measurements are missing is left out, so that the same functions serve a whole run and a part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from deepwright import registry
from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing, plural
from deepwright.reporting import choice, data_findings, figures, labels, text_findings

#: A gap between training and test accuracy, or a lead over a baseline, that is too small to speak of.
SMALL = 0.02
#: A class with fewer test rows than this is pointed out.
FEW = 5
#: With fewer groups than this behind them, intervals are said to be doubtful.
FEW_GROUPS = 20
#: Within this factor of 1 a temperature says that the outputs were neither over- nor underconfident …
_ABOUT_ONE = 1.05
#: … and below this error they need no such judgement.
_CALIBRATED = 0.01
_NAMED = 10


def answer(measurements: Measurements) -> str:
    """The result in one sentence: the principal metric, its interval, the rows behind it and the baselines."""
    record = principal(measurements)
    if record is None:
        return _("Nothing could be measured.")
    metric = labels.metric(record.name)
    if record.value is None:
        return _("The {metric} of {model} could not be measured.", metric=metric, model=record.model)
    if record.name == text_findings.PRINCIPAL:
        return text_findings.answer(record, measurements, baselines(measurements))
    if record.interval is None:
        return _("{model}: {metric} is {value}.", model=record.model, metric=metric, value=figures.figure(record))
    low, high = figures.bounds(record) or (figures.NONE, figures.NONE)
    others = [
        _("{baseline} {value}", baseline=other.model, value=figures.figure(other)) for other in baselines(measurements)
    ]
    values = {
        "model": record.model,
        "metric": metric,
        "value": figures.figure(record),
        "n": figures.NONE if record.n is None else f"{record.n:,}",
        "level": figures.level(record),
        "low": low,
        "high": high,
        "baselines": listing(others),
    }
    if record.name == "accuracy" and others:
        return _(
            "{model} is right on {value} of {n} test rows ({level} interval: {low} to {high}). Baselines: {baselines}.",
            **values,
        )
    if record.name == "accuracy":
        return _("{model} is right on {value} of {n} rows ({level} interval: {low} to {high}).", **values)
    if others:
        return _(
            "{model}: {metric} is {value} on {n} test rows ({level} interval: {low} to {high}). "
            "Baselines: {baselines}.",
            **values,
        )
    return _("{model}: {metric} is {value} on {n} rows ({level} interval: {low} to {high}).", **values)


def principal(measurements: Measurements) -> Measurement | None:
    """The model's figure that the task names first."""
    records = [measurements[name] for name in measurements if measurements[name].split is not None]
    return next(iter(records or [measurements[name] for name in measurements]), None)


def findings(measurements: Measurements) -> list[str]:
    """What else should be known, one sentence or two in each entry, the most important first."""
    return [
        *data_findings.grave(measurements),
        *gains(measurements),
        *choice.chosen(measurements),
        *fitting(measurements),
        *calibration(measurements),
        *gradients(measurements),
        *training(measurements),
        *few_rows(measurements),
        *groups(measurements),
        *data_findings.others(measurements),
        *exports(measurements.records),
    ]


def baselines(measurements: Measurements) -> list[Measurement]:
    """The principal metric of every other model on the same split, best first."""
    record = principal(measurements)
    if record is None or record.split is None:
        return []
    others = [
        other
        for other in measurements.where(name=record.name, split=measurements.split)
        if other.model != measurements.model and other.value is not None
    ]
    return sorted(others, key=float, reverse=_higher_is_better(record))


def gains(measurements: Measurements) -> Iterator[str]:
    """What the model gains over each baseline on the same rows, the strongest baseline first."""
    for baseline in baselines(measurements):
        record = measurements.get(f"{baseline.name}_over/{baseline.model}")
        if record is None or record.value is None or record.interval is None:
            continue
        if baseline.name != "accuracy":
            yield _gain(baseline, record)
            continue
        worse = record.interval[1] < 0
        value, low, high = figures.difference(record, turned=worse)
        values = {"baseline": baseline.model, "level": figures.level(record), "value": value, "low": low, "high": high}
        if worse:
            yield _(
                "Worse than {baseline}: on the same rows, accuracy is {value} percentage points lower "
                "({level} interval: {low} to {high}, which excludes 0).",
                **values,
            )
        elif record.interval[0] > 0:
            yield _(
                "Better than {baseline}: on the same rows, accuracy is {value} percentage points higher "
                "({level} interval: {low} to {high}, which excludes 0).",
                **values,
            )
        else:
            yield _(
                "Not shown to differ from {baseline}: on the same {n} rows, accuracy differs by {value} percentage "
                "points ({level} interval: {low} to {high}, which includes 0).",
                **values,
                n=f"{record.n:,}",
            )


def fitting(measurements: Measurements) -> Iterator[str]:
    """Overfitting, underfitting or neither, from the principal metric and then from log loss."""
    record = principal(measurements)
    if record is not None and record.name == text_findings.PRINCIPAL:
        yield from text_findings.fitting(measurements)
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
        if (best := epochs.arguments.get("best_epoch")) is not None:
            yield _("The weights of epoch {best} are kept: the validation loss was lowest there.", best=best)
    elif fit is not None and fit.value is not None:
        yield _(
            "{model} is solved, not trained by gradient; that took {time}, calibration included.",
            model=fit.model,
            time=figures.figure(fit),
        )


def few_rows(measurements: Measurements) -> Iterator[str]:
    """The classes with too few test rows for their figures to say much."""
    few = [
        record
        for name in measurements
        if name.startswith("recall/") and (record := measurements[name]).n is not None and record.n < FEW
    ]
    if few:
        shown = [
            _("{label} ({n})", label=record.arguments.get("label", record.name), n=record.n) for record in few[:_NAMED]
        ]
        yield _(
            "Some classes have very few test rows, so that little can be said of them: {classes}.",
            classes=listing([*shown, "…"] if len(few) > _NAMED else shown),
        )


def groups(measurements: Measurements) -> Iterator[str]:
    """Of how many groups the test rows are, where they were divided by groups."""
    record = principal(measurements)
    if record is not None and record.name == text_findings.PRINCIPAL:
        yield from text_findings.passages(measurements)
        return
    if record is None or record.n is None or (num_groups := record.arguments.get("num_groups")) is None:
        return
    if num_groups == 1:
        yield _(
            "The {rows} test rows are all of one group, so that nothing can be said of other groups: there are no "
            "intervals.",
            rows=f"{record.n:,}",
        )
        return
    yield _(
        "The {rows} test rows are of {groups} groups, and rows of one group are alike: the intervals draw groups, not "
        "rows.",
        rows=f"{record.n:,}",
        groups=f"{num_groups:,}",
    )
    if num_groups < FEW_GROUPS:
        yield _(
            "Few groups: intervals from {groups} groups may still be too narrow; data of more groups would help more "
            "than more rows of these.",
            groups=num_groups,
        )


def exports(records: Iterable[Measurement]) -> Iterator[str]:
    """How well files for other programs agree with the run."""
    by_name = {record.name: record for record in records if record.name.startswith("export/")}
    for name, record in by_name.items():
        _stem, exporter, what = name.split("/")
        values = {"exporter": exporter, "n": f"{record.n:,}", "value": figures.figure(record)}
        values["rows"] = _("random inputs") if record.split is None else _("test rows")
        if what == "max_value_difference":
            yield _(
                "Exported as {exporter}: on {n} {rows} the file's values differ from the run's by at most {value} "
                "deviations.",
                **values,
            )
        elif what == "same_decisions":
            low, high = figures.bounds(record) or (figures.NONE, figures.NONE)
            yield _(
                "Exported as {exporter}: on {n} {rows} the file decides as the run does in {value} ({level} interval: "
                "{low} to {high}), and its probabilities differ by at most {difference}.",
                **values,
                level=figures.level(record),
                low=low,
                high=high,
                difference=figures.figure(by_name[f"export/{exporter}/max_probability_difference"]),
            )


def _gain(baseline: Measurement, record: Measurement) -> str:
    """The gain in a metric other than accuracy."""
    assert record.interval is not None
    value, low, high = figures.difference(record)
    values = {
        "baseline": baseline.model,
        "metric": labels.metric(baseline.name),
        "where": _("on the same passages") if baseline.name == text_findings.PRINCIPAL else _("on the same rows"),
        "level": figures.level(record),
        "value": figures.amount(record, value),
        "low": low,
        "high": high,
    }
    if record.interval[0] <= 0 <= record.interval[1]:
        return _(
            "Not shown to differ from {baseline}: {where}, {metric} differs by {value} "
            "({level} interval: {low} to {high}, which includes 0).",
            **values,
        )
    if (record.interval[0] > 0) == _higher_is_better(baseline):
        return _(
            "Better than {baseline}: {where}, {metric} differs by {value} "
            "({level} interval: {low} to {high}, which excludes 0).",
            **values,
        )
    return _(
        "Worse than {baseline}: {where}, {metric} differs by {value} "
        "({level} interval: {low} to {high}, which excludes 0).",
        **values,
    )


def _higher_is_better(record: Measurement) -> bool:
    return (
        record.measure not in registry.entries("metrics") or registry.load("metrics", record.measure).better == "higher"
    )


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
    if excludes and (gap.interval[0] > 0) == _higher_is_better(test):
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
