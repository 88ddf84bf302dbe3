"""Novelty at k: how rarely what is recommended was taken, in bits."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from deepwright.contracts import FIRST, Answers, FloatArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import At

__all__ = ["Novelty"]


class Novelty:
    """Mean of -log₂ p_i over the first k, p_i the share of item i in all that was learnt from; one more for each.

    (S. Vargas and P. Castells, 2011, without their weights of place.)

    Args:
        k: items at the top that are looked at.
        num_learnt: interactions that were learnt from.
    """

    unit: ClassVar[str] = "bits"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "items"

    def __init__(self, *, k: At = FIRST, num_learnt: Annotated[int, Meta(ge=1)] = 1) -> None:
        self.k, self.num_learnt = k, num_learnt

    def terms(self, predictions: Predictions) -> FloatArray:
        """Bits of each user's items, and how many these are."""
        there = _rankings.recommended(predictions, self.k) > 0
        bits = -np.log2((_rankings.counts(predictions, self.k) + 1) / (self.num_learnt + 1))
        return np.stack([(bits * there).sum(1), there.sum(1)], 1)

    def value(self, sums: FloatArray) -> FloatArray:
        """Their mean over all items."""
        return _rankings.mean(sums)
