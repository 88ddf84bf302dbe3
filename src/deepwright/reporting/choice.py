"""Which models were tried where the settings left the model open, and by how much the one that was taken was better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deepwright import registry
from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing
from deepwright.reporting import figures, labels
from deepwright.reporting.recommendation_findings import JUDGING

_SPLIT = "validation"


def metrics(measurements: Measurements) -> list[str]:
    """The names of what the models were compared by, the deciding one first; none where there was no choice."""
    found = measurements.where(split=_SPLIT)
    if len({record.model for record in found if record.model}) < 2:
        return []
    return [record.name for record in found if record.model == measurements.model and "_over/" not in record.name]


def tried(measurements: Measurements, metric: str) -> list[Measurement]:
    """A metric of every model that was tried, on the validation split, best first."""
    found = [record for record in measurements.where(name=metric, split=_SPLIT) if record.value is not None]
    higher = bool(found) and registry.load("metrics", found[0].measure).better == "higher"
    return sorted(found, key=lambda record: (-float(record) if higher else float(record), record.model or ""))


def of(measurements: Measurements, metric: str, model: str | None) -> Measurement | None:
    """A metric of one of the models on the validation split."""
    return next(iter(measurements.where(name=metric, model=model, split=_SPLIT)), None)


def gain(measurements: Measurements, metric: str, model: str | None) -> Measurement | None:
    """What the model that was taken gains over another one on the same validation rows."""
    return of(measurements, f"{metric}_over/{model}", measurements.model)


def chosen(measurements: Measurements) -> Iterator[str]:
    """Which models were tried and which was taken, and whether the next one may be as good."""
    metric = next(iter(metrics(measurements)), None)
    if metric is None:
        return
    records = tried(measurements, metric)
    taken = [record for record in records if record.model == measurements.model]
    others = [record for record in records if record.model != measurements.model]
    if not taken or not others:
        return
    values = {
        "n": f"{taken[0].n:,}",
        "metric": labels.metric(metric),
        "model": taken[0].model,
        "value": figures.figure(taken[0]),
        "others": listing(f"{record.model} {figures.figure(record, taken[0])}" for record in others),
    }
    if metric in JUDGING:
        said = _(
            "Chosen on {n} validation users by {metric}: {model} {value}, before {others}. The test split had no part "
            "in it.",
            **values,
        )
    else:
        said = _(
            "Chosen on the {n} validation rows by {metric}: {model} {value}, before {others}. The test split had no "
            "part in it.",
            **values,
        )
    yield said + _doubt(gain(measurements, metric, others[0].model), others[0])


def _doubt(difference: Measurement | None, other: Measurement) -> str:
    """That the next model may be as good, where the interval leaves that open."""
    if difference is None or difference.interval is None:
        return ""
    low, high = difference.interval
    if not low <= 0 <= high:
        return ""
    value, *bounds = figures.difference(difference)
    return " " + _(
        "{other} may be as good: the difference is {value} ({level} interval: {low} to {high}, which includes 0).",
        other=other.model,
        value=figures.amount(difference, value),
        level=figures.level(difference),
        low=bounds[0],
        high=bounds[1],
    )


def models(measurements: Measurements) -> Sequence[str]:
    """The models that were tried, best first."""
    metric = next(iter(metrics(measurements)), None)
    return [] if metric is None else [str(record.model) for record in tried(measurements, metric)]
