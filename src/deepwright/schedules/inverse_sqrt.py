"""Inverse square root: a linear warm-up, then as the inverse square root of the step.

f(p) = min(p / w, √(w / p)) with the warm-up's share w of all steps (A. Vaswani et al., 2017, equation 3, divided by its
highest value, at the end of the warm-up). It depends on the whole only through w: a warm-up of 10% ends at 0.32.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

__all__ = ["inverse_sqrt"]


def inverse_sqrt(progress: float, *, warmup: Annotated[float, Meta(gt=0, lt=1)] = 0.1) -> float:
    """Share of the highest learning rate at a share of the training, both from 0 to 1.

    Args:
        progress: finished steps over all steps.
        warmup: share of the training over which the rate rises from 0.
    """
    return progress / warmup if progress < warmup else math.sqrt(warmup / progress)
