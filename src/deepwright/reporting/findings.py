"""What the measurements say, in sentences; every number in them is a measurement's or one of its arguments.

``answer`` is the result in one sentence, ``findings`` is what else should be known to judge it. A sentence whose
measurements are missing is left out, so that the same functions serve a whole run and a part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing
from deepwright.reporting import (
    choice,
    data_findings,
    figures,
    gain_findings,
    labels,
    recommendation_findings,
    text_findings,
    training_findings,
    translation_findings,
    word_findings,
)
from deepwright.reporting.principal import baselines, principal

#: A class with fewer test rows than this is pointed out.
FEW = 5
#: With fewer groups than this behind them, intervals are said to be doubtful.
FEW_GROUPS = 20
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
    if record.name == recommendation_findings.PRINCIPAL and record.interval is not None:
        return recommendation_findings.answer(record, baselines(measurements))
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
    if record.name == "exact_match" and others:
        return _(
            "{model} writes {value} of {n} test texts exactly as they were to be ({level} interval: {low} to {high}). "
            "Baselines: {baselines}.",
            **values,
        )
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


def findings(measurements: Measurements) -> list[str]:
    """What else should be known, one sentence or two in each entry, the most important first."""
    return [
        *data_findings.grave(measurements),
        *gain_findings.gains(measurements),
        *choice.chosen(measurements),
        *word_findings.agreement(measurements),
        *translation_findings.written(measurements),
        *recommendation_findings.recommended(measurements),
        *training_findings.fitting(measurements),
        *training_findings.calibration(measurements),
        *training_findings.gradients(measurements),
        *training_findings.training(measurements),
        *few_rows(measurements),
        *groups(measurements),
        *data_findings.others(measurements),
        *exports(measurements.records),
    ]


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
