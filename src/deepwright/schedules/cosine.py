"""Cosine: a linear warm-up, then half a cosine down to a floor.

f(p) = floor + (1 - floor)·(1 + cos(π·p))/2 after the warm-up (I. Loshchilov and F. Hutter, 2017, equation 5, without
restarts).
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

__all__ = ["cosine"]


def cosine(
    progress: float,
    *,
    warmup: Annotated[float, Meta(ge=0, lt=1)] = 0.05,
    floor: Annotated[float, Meta(ge=0, le=1)] = 0.0,
) -> float:
    """Share of the highest learning rate at a share of the training, both from 0 to 1.

    Args:
        progress: finished steps over all steps.
        warmup: share of the training over which the rate rises from 0.
        floor: share of the highest rate that is left at the end.
    """
    if progress < warmup:
        return progress / warmup
    fall = (progress - warmup) / (1 - warmup)
    return floor + (1 - floor) * (1 + math.cos(math.pi * fall)) / 2
