"""Token accuracy: the share of tokens that the model held for the most probable."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["TokenAccuracy"]


class TokenAccuracy(OfPassages):
    """Of all tokens that follow others."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to shares [R]."""
        found: FloatArray = sums[:, 1] / sums[:, 2]
        return found
