"""Recall at k: of the items that were taken, those among the first k."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import Answers, FloatArray, IntArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import At

__all__ = ["RecallAt"]


class RecallAt:
    """Hits among the first k over the items that were taken, or over k where those are more; from 0 to 1.

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
        most = np.clip(_rankings.num_targets(targets), 1, self.k)
        return np.asarray(_rankings.hits(items[:, : self.k], targets).sum(1) / most)

    def terms(self, predictions: Predictions) -> FloatArray:
        """The value of each user, and one."""
        return _rankings.of_mean(self.of_each(_rankings.recommended(predictions, self.k), predictions.targets))

    def value(self, sums: FloatArray) -> FloatArray:
        """Their mean over users."""
        return _rankings.mean(sums)
