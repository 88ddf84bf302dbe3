"""Accuracy: the share of rows whose class, or whose every label, was decided rightly."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import Decided

__all__ = ["Accuracy"]


class Accuracy(Decided):
    """Weighted share of right decisions."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to accuracies [R]."""
        accuracy: FloatArray = weights @ self.right(predictions).astype(float) / weights.sum(1)
        return accuracy

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """Right decisions and all."""
        return int(self.right(predictions).sum()), len(predictions)
