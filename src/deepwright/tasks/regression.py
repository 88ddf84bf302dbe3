"""Regression: a number for each row.

The loss is the squared error, in squared deviations of the training split.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Batch, IntArray, Predictions
from deepwright.data.encoders.number import NumberEncoder
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.measurements import Claim
from deepwright.messages import _
from deepwright.tasks._labelled import Labelled

__all__ = ["Regression"]


class Regression(Labelled):
    """Encodes an input column and a column of numbers, and judges outputs [B, 1] in deviations from the mean.

    Args:
        roles: column of the input, by its kind (``image`` or ``text``), and column of the ``label``.
        encoding: settings of the input's encoder.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"image": "convnet", "text": "bag_of_embeddings"}
    #: The models that every other one is compared with, by the kind of the input.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "image": ("mean", "pixel_linear"),
        "text": ("mean", "tfidf_linear"),
    }
    score: ClassVar[str] = "absolute_error"
    better: ClassVar[Literal["higher", "lower"]] = "lower"
    calibrated: ClassVar[bool] = False
    outputs: NumberEncoder

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        super().__init__(roles, NumberEncoder(name=roles["label"]), encoding)

    @classmethod
    def learns(cls, column: Column) -> bool:
        """Whether the values are numbers."""
        return column.kind == "number"

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """From where to where the numbers go."""
        values = table.columns[roles["label"]].values
        return _(
            "{label} holds numbers from {low:g} to {high:g}",
            label=roles["label"],
            low=np.nanmin(values),
            high=np.nanmax(values),
        )

    @classmethod
    def strata(cls, _table: Table, _roles: Mapping[str, str]) -> None:
        """None: numbers have no shares."""

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Squared error of outputs [B, 1] against targets [B], [B], in squared deviations."""
        assert batch.targets is not None
        return (outputs[:, 0] - batch.targets.to(outputs.dtype)).square()

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Absolute error, [B], in the number's own unit."""
        assert batch.targets is not None
        return (outputs[:, 0] - batch.targets.to(outputs.dtype)).abs() * self.outputs.spec.deviation

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """Numbers beside the true ones, both in their own unit; predictions are rounded to float32."""
        spec = self.outputs.spec
        values = (judged.to(torch.float64) * spec.deviation + spec.mean).to(torch.float32).to(torch.float64).numpy()
        return Predictions(rows, self.outputs.decode(targets), values, (spec.name,))

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """For each example the ``value`` in its own unit."""
        spec = self.outputs.spec
        return [{"value": value} for value in (outputs[:, 0].to(torch.float64) * spec.deviation + spec.mean).tolist()]

    def claims(self, _temperature: float) -> list[Claim]:
        """Mean absolute error first, then root mean squared error and R²."""
        return [Claim(name, name, compared=True) for name in ("mae", "rmse", "r2")]
