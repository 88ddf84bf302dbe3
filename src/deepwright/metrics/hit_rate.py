"""Hit rate at k: users of whom at least one item that they took is among the first k."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import Answers, FloatArray, IntArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import At

__all__ = ["HitRate"]


class HitRate:
    """Users with a hit among the first k over all users; from 0 to 1.

    Args:
        k: items at the top that are looked at.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "items"

    def __init__(self, *, k: At = 10) -> None:
        self.k = k

    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""
        return _rankings.hits(items[:, : self.k], targets).any(1).astype(np.float64)

    def terms(self, predictions: Predictions) -> FloatArray:
        """The value of each user, and one."""
        return _rankings.of_mean(self.of_each(_rankings.recommended(predictions, self.k), predictions.targets))

    def value(self, sums: FloatArray) -> FloatArray:
        """Their mean over users."""
        return _rankings.mean(sums)
