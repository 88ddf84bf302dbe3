"""Bits per character: what it takes to write a text with the model's probabilities (C. E. Shannon, 1951)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["BitsPerCharacter"]


class BitsPerCharacter(OfPassages):
    """The sum of -log2 of the probability of each token, over the characters of the text, whatever the tokens are."""

    unit: ClassVar[str] = "bits"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to bits [R]."""
        found: FloatArray = np.divide(
            sums[:, 0], np.log(2) * sums[:, 3], out=np.full(len(sums), np.nan), where=sums[:, 3] > 0
        )
        return found
