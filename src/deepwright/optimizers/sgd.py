"""SGD: stochastic gradient descent with momentum.

v ← momentum·v + g; θ ← θ - rate·v, or θ - rate·(g + momentum·v) with Nesterov's look-ahead (B. T. Polyak, 1964;
I. Sutskever et al., 2013). Weight decay is added to the gradient: g ← g + decay·θ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import torch
from msgspec import Meta

__all__ = ["sgd"]


def sgd(
    groups: Iterable[dict[str, Any]],
    *,
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.9,
    nesterov: bool = True,
) -> torch.optim.Optimizer:
    """An optimizer for parameter groups with their own ``lr`` and ``weight_decay``.

    Args:
        groups: parameter groups.
        momentum: share of the velocity that is kept; 0 is plain gradient descent.
        nesterov: look ahead along the velocity.
    """
    return torch.optim.SGD(groups, lr=0.0, momentum=momentum, nesterov=nesterov and momentum > 0, fused=True)
