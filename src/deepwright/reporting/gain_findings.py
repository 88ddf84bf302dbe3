"""What a model gains over its baselines, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _
from deepwright.reporting import figures, labels, recommendation_findings, text_findings
from deepwright.reporting.principal import baselines, higher_is_better


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


def _gain(baseline: Measurement, record: Measurement) -> str:
    """The gain in a metric other than accuracy."""
    assert record.interval is not None
    value, low, high = figures.difference(record)
    values = {
        "baseline": baseline.model,
        "metric": labels.metric(baseline.name),
        "where": _where(baseline.name),
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
    if (record.interval[0] > 0) == higher_is_better(baseline):
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


def _where(name: str) -> str:
    """On what two models were tested, by the principal metric."""
    if name == text_findings.PRINCIPAL:
        return _("on the same passages")
    return _("on the same users") if name == recommendation_findings.PRINCIPAL else _("on the same rows")
