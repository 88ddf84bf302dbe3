"""Recall: of the rows that belong to a class, the share that were taken for it."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import Decided, class_index, share, taken, true

__all__ = ["Recall"]


class Recall(Decided):
    """True positives over positives of one class; NaN where no row belongs to the class.

    Args:
        label: the class.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __init__(self, *, label: str) -> None:
        self.label = label

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to recalls [R]."""
        index = class_index(predictions, self.label)
        return share(weights, taken(predictions)[:, index], true(predictions)[:, index])

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """True positives and positives."""
        index = class_index(predictions, self.label)
        chosen, positive = taken(predictions)[:, index], true(predictions)[:, index]
        return int((chosen & positive).sum()), int(positive.sum())
