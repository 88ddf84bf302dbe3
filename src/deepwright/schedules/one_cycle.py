"""One cycle: the learning rate rises to its peak and falls far below its start.

Both halves are cosines, from start to 1 and from 1 to end (L. N. Smith and N. Topin, 2019; cosine halves after
fastai). Momentum is left alone.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

__all__ = ["one_cycle"]


def one_cycle(
    progress: float,
    *,
    rise: Annotated[float, Meta(gt=0, lt=1)] = 0.25,
    start: Annotated[float, Meta(ge=0, le=1)] = 0.04,
    end: Annotated[float, Meta(ge=0, le=1)] = 1e-4,
) -> float:
    """Share of the highest learning rate at a share of the training, both from 0 to 1.

    Args:
        progress: finished steps over all steps.
        rise: share of the training over which the rate rises.
        start: share of the highest rate at the beginning.
        end: share of the highest rate at the end.
    """
    if progress < rise:
        return _cosine(start, 1.0, progress / rise)
    return _cosine(1.0, end, (progress - rise) / (1 - rise))


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
