"""Diversity: how unlike the items of a recommendation are to each other, by what is known of them."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import Answers, FloatArray, Predictions
from deepwright.metrics import _rankings

__all__ = ["Diversity"]


class Diversity:
    """1 less the mean cosine of the features of the first ten with each other, from 0 to 1.

    (C.-N. Ziegler et al., 2005, section 3.)
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "items"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Of each user, and one."""
        return _rankings.of_mean(_rankings.column(predictions, "diversity"))

    def value(self, sums: FloatArray) -> FloatArray:
        """Their mean over users."""
        return _rankings.mean(sums)
