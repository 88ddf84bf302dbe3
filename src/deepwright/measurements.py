"""Measurements: every claim that the program makes, with all that is needed to judge it and to obtain it again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Literal

__all__ = ["OF_DATA", "Claim", "Measurement", "Measurements", "plain"]


#: The name under which the hash of a table stands among the inputs of what was measured on it.
OF_DATA = "data"
#: Numbers with more decimals than this are written with a power of ten.
_DECIMALS = 12
#: Differences of this size, beside values of the order of 1, are those of rounding.
ROUNDING = 1e-9


def plain(value: float, *bounds: float, negligible: float = 0.0, decimals: int = 4) -> list[str]:
    """A value and the ends of its interval with the same decimals: four, or more where value or width ask for it.

    Args:
        value: may be NaN.
        bounds: the ends.
        negligible: nothing so small asks for decimals, nor does what is small enough beside the rest to be rounding.
        decimals: the least of them, where it is not four.
    """
    sizes = [abs(size) for size in (value, *(high - low for low, high in pairwise(bounds))) if math.isfinite(size)]
    negligible = max(negligible, ROUNDING * max(sizes, default=0.0))
    least = min((size for size in sizes if size > negligible), default=1.0)
    decimals = max(decimals, 2 - math.floor(math.log10(least)))
    return [f"{number:.{decimals}f}" if decimals <= _DECIMALS else f"{number:.3g}" for number in (value, *bounds)]


@dataclass(frozen=True)
class Claim:
    """A metric to be measured.

    Attributes:
        name: in the results.
        measure: the registered metric.
        arguments: its arguments.
        compared: whether it is also measured on the other splits and against the baselines.
    """

    name: str
    measure: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    compared: bool = False


@dataclass(frozen=True, repr=False)
class Measurement:
    """A claim of the program, with all that is needed to judge it and to obtain it again.

    Attributes:
        name: what was measured, unique with ``model`` and ``split``.
        value: the figure; None if it could not be measured.
        unit: its unit.
        measure: the registered metric or named procedure that gave it.
        arguments: its arguments.
        model: the model it is about.
        split: the split it is about, if any.
        n: how many examples (or repetitions) stand behind it.
        interval: lower and upper bound, or None.
        level: coverage of the interval.
        method: how the interval was obtained.
        seed: of the randomness within the measure.
        inputs: SHA-256 by name of what it was computed from.
        status: measured, estimated, stated (by the user), or not measured.
        recomputable: whether ``inputs`` alone suffice to compute it again.
    """

    name: str
    value: float | None
    unit: str
    measure: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    split: str | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None
    level: float | None = None
    method: str | None = None
    seed: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    status: Literal["measured", "estimated", "stated", "not measured"] = "measured"
    recomputable: bool = False

    def __float__(self) -> float:
        return float("nan") if self.value is None else float(self.value)

    def __repr__(self) -> str:
        return f"{self.name}: {self}"

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        count = f" (n={self.n})" if self.n is not None else ""
        return f"{self.shown()}{count}"

    def shown(self) -> str:
        """Value and interval in plain decimals: ``0.9722 [0.9583, 0.9861]``; a dash where there is no value."""
        if self.value is None:
            return "–"
        negligible = 0.0 if self.unit == "own unit" else ROUNDING
        decimals = 2 if self.unit == "points" else 4
        value, *bounds = plain(self.value, *(self.interval or ()), negligible=negligible, decimals=decimals)
        return f"{value} [{', '.join(bounds)}]" if bounds else value

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-compatible data."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Measurement:
        """The measurement that ``to_json`` wrote."""
        interval = record.get("interval")
        return cls(**{**record, "interval": tuple(interval) if interval else None})


class Measurements(Mapping[str, Measurement]):
    """Measurements in order; looked up by name, they are those of the trained model on the test split.

    Args:
        records: all of them.
        model: the model that a bare name means.
        split: the split that a bare name means.
    """

    def __init__(self, records: Sequence[Measurement], model: str | None = None, split: str | None = "test") -> None:
        self.records = tuple(records)
        self.model = model
        self.split = split
        self._named: dict[str, list[Measurement]] = {}
        for record in self.records:
            self._named.setdefault(record.name, []).append(record)

    def __getitem__(self, name: str) -> Measurement:
        for record in self._named.get(name, ()):
            if record.model in (self.model, None) and record.split in (self.split, None):
                return record
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (r.name for r in self.records if r.model in (self.model, None) and r.split in (self.split, None))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def where(self, **conditions: Any) -> list[Measurement]:
        """Every record whose attributes have the given values."""
        records: Sequence[Measurement] = self.records
        if "name" in conditions:
            records = self._named.get(conditions["name"], ())
        return [r for r in records if all(getattr(r, key) == value for key, value in conditions.items())]

    def __repr__(self) -> str:
        return "\n".join(repr(self[name]) for name in self)
