"""Perplexity: exp of the mean of -log of the probability given to each token that follows.

F. Jelinek, R. L. Mercer, L. R. Bahl and J. K. Baker (1977).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["Perplexity"]

#: A greater loss has a perplexity that no float can hold.
_LARGEST = 709.0


class Perplexity(OfPassages):
    """Among so many equally probable tokens the model is as uncertain; the number of tokens where it knows nothing.

    It depends on what the tokens are: only models of the same tokens can be compared.
    """

    unit: ClassVar[str] = "tokens"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to perplexities [R]."""
        found: FloatArray = np.exp(np.minimum(sums[:, 0] / sums[:, 2], _LARGEST))
        return found
