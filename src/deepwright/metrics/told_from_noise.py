"""Told from noise: how often a word scores above every noise word beside the same context."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["ToldFromNoise"]


class ToldFromNoise(OfPassages):
    """Of all known words of texts; 1 / (1 + K) is what guessing among K noise words and the true one gives."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to shares [R]."""
        with np.errstate(invalid="ignore"):  # no text that was drawn has two known words
            found: FloatArray = sums[:, 1] / sums[:, 2]
        return found
