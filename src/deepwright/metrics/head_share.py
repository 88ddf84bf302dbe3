"""Share of the head at k: recommendations that go to the items that were taken most."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from deepwright.contracts import FIRST, Answers, FloatArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import At

__all__ = ["HeadShare"]


class HeadShare:
    """Items among the first k that were learnt from at least so often, over all; from 0 to 1.

    Args:
        k: items at the top that are looked at.
        least: how often an item of the head was learnt from.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "lower"
    answers: ClassVar[Answers] = "items"

    def __init__(self, *, k: At = FIRST, least: Annotated[int, Meta(ge=0)] = 1) -> None:
        self.k, self.least = k, least

    def terms(self, predictions: Predictions) -> FloatArray:
        """Items of the head, and all of them."""
        there = _rankings.recommended(predictions, self.k) > 0
        head = there & (_rankings.counts(predictions, self.k) >= self.least)
        return np.stack([head.sum(1), there.sum(1)], 1).astype(np.float64)

    def value(self, sums: FloatArray) -> FloatArray:
        """The one over the other."""
        return _rankings.mean(sums)
