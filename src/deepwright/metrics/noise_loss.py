"""Loss beside noise: what negative sampling makes small, -log σ(s) - Σ_k log σ(-s_k), for each word."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["NoiseLoss"]


class NoiseLoss(OfPassages):
    """In nats, the mean of all known words; (1 + K)·log 2 is what scores of 0 give beside K noise words."""

    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to losses [R]."""
        with np.errstate(invalid="ignore"):  # no text that was drawn has two known words
            found: FloatArray = sums[:, 0] / sums[:, 2]
        return found
