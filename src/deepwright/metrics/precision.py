"""Precision: of the rows that were taken for a class, the share that belong to it."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import Decided, class_index, share, taken, true

__all__ = ["Precision"]


class Precision(Decided):
    """True positives over predicted positives of one class; NaN where the class was never predicted.

    Args:
        label: the class.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __init__(self, *, label: str) -> None:
        self.label = label

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to precisions [R]."""
        index = class_index(predictions, self.label)
        return share(weights, true(predictions)[:, index], taken(predictions)[:, index])

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """True positives and predicted positives."""
        index = class_index(predictions, self.label)
        chosen, positive = taken(predictions)[:, index], true(predictions)[:, index]
        return int((chosen & positive).sum()), int(chosen.sum())
