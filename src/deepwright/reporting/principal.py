"""The figure that judges a run first, and the same figure of everything that it is set against."""

from __future__ import annotations

from deepwright import registry
from deepwright.measurements import Measurement, Measurements


def principal(measurements: Measurements) -> Measurement | None:
    """The model's figure that the task names first."""
    records = [measurements[name] for name in measurements if measurements[name].split is not None]
    return next(iter(records or [measurements[name] for name in measurements]), None)


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
    return sorted(others, key=float, reverse=higher_is_better(record))


def higher_is_better(record: Measurement) -> bool:
    """Whether a larger figure of this metric is the better one."""
    return (
        record.measure not in registry.entries("metrics") or registry.load("metrics", record.measure).better == "higher"
    )
