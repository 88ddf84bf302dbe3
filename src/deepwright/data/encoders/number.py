"""Numbers as deviations from the training split's mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepwright.contracts import Raw
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.messages import _, plural
from deepwright.specs import NumberSpec

__all__ = ["NumberEncoder"]


class NumberEncoder:
    """Stores numbers as float64 [N], less the mean and over the deviation of the training split.

    Args:
        name: of the column.
    """

    kind: ClassVar[str] = "number"

    def __init__(self, *, name: str = "number") -> None:
        self._spec: NumberSpec | None = None
        self.name = name

    def fit(self, column: Column) -> None:
        """Take mean and deviation from numbers [N].

        Raises:
            DataError: all are the same, or some are missing.
        """
        values = self._finite(column.values)
        if np.ptp(values) == 0:
            raise DataError(
                _(
                    "All training values of {name!r} are {value:g}; there is nothing to learn.",
                    name=self.name,
                    value=values[0],
                )
            )
        self._spec = NumberSpec(self.name, float(values.mean()), float(values.std()))

    @property
    def spec(self) -> NumberSpec:
        """Mean and deviation; an encoder that was not fitted has none."""
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        return self._spec

    def encode(self, values: Raw) -> Tensor:
        """Numbers [N] in deviations from the mean, float64 [N].

        Raises:
            DataError: a number is missing or infinite.
        """
        return torch.from_numpy((self._finite(values) - self.spec.mean) / self.spec.deviation)

    def decode(self, targets: Tensor) -> npt.NDArray[np.float64]:
        """Encoded targets [N] in their own unit."""
        own: npt.NDArray[np.float64] = targets.to(torch.float64).numpy() * self.spec.deviation + self.spec.mean
        return own

    def state(self) -> dict[str, Any]:
        """Name, mean and deviation."""
        spec = self.spec
        return {"name": spec.name, "mean": spec.mean, "deviation": spec.deviation}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> NumberEncoder:
        """The encoder that gave this state."""
        encoder = cls(name=state["name"])
        encoder._spec = NumberSpec(state["name"], state["mean"], state["deviation"])
        return encoder

    def _finite(self, values: Raw) -> npt.NDArray[np.float64]:
        numbers = np.asarray(values, np.float64)
        if missing := int(np.sum(~np.isfinite(numbers))):
            raise DataError(
                plural(
                    "{n} row has no number in the column {name!r}.",
                    "{n} rows have no number in the column {name!r}.",
                    missing,
                    name=self.name,
                )
            )
        return numbers
