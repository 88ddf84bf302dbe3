"""AdamW: Adam with decoupled weight decay.

θ ← θ - rate·decay·θ, then Adam's step (I. Loshchilov and F. Hutter, 2019, algorithm 2; as is usual, the decay is
multiplied by the learning rate rather than by the schedule's factor alone).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import torch
from msgspec import Meta

__all__ = ["adamw"]


def adamw(
    groups: Iterable[dict[str, Any]],
    *,
    beta1: Annotated[float, Meta(ge=0, lt=1)] = 0.9,
    beta2: Annotated[float, Meta(ge=0, lt=1)] = 0.999,
    eps: Annotated[float, Meta(gt=0)] = 1e-8,
) -> torch.optim.Optimizer:
    """An optimizer for parameter groups with their own ``lr`` and ``weight_decay``.

    Args:
        groups: parameter groups.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        eps: numerical stabiliser of the division.
    """
    return torch.optim.AdamW(groups, lr=0.0, betas=(beta1, beta2), eps=eps, fused=True)
