"""Gini coefficient at k: how unequally recommendations are spread over the items."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._rankings import OfItems

__all__ = ["Gini"]


class Gini(OfItems):
    """0 where every item is recommended as often as any other, 1 where a single one takes everything.

    Σ_i (2i - I - 1)·n_i / (I·Σ n_i) of how often the items are recommended, n_1 ≤ … ≤ n_I (C. Gini, 1912).

    Args:
        k: items at the top that are looked at.
        num_items: of which they could be.
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def value(self, sums: FloatArray) -> FloatArray:
        """Of the sums of each item."""
        ordered = np.sort(np.asarray(sums)[:, 1:], 1)
        count = ordered.shape[1]
        weights = 2 * np.arange(1, count + 1) - count - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(ordered @ weights / (count * ordered.sum(1)))
