"""Loss per token: the mean of -log of the probability given to each token that follows."""

from __future__ import annotations

from typing import ClassVar, Literal

from deepwright.contracts import FloatArray
from deepwright.metrics._passages import OfPassages

__all__ = ["TokenLoss"]


class TokenLoss(OfPassages):
    """Cross-entropy in nats; log(V) is what guessing among V equally probable tokens costs."""

    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to losses [R]."""
        found: FloatArray = sums[:, 0] / sums[:, 2]
        return found
