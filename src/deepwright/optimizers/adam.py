"""Adam: adaptive moments.

m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; θ ← θ - rate·m̂/(√v̂ + eps), with m̂ = m/(1-β₁ᵗ) and v̂ = v/(1-β₂ᵗ)
(D. P. Kingma and J. Ba, 2015, algorithm 1). Weight decay is added to the gradient: g ← g + decay·θ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import torch
from msgspec import Meta

__all__ = ["adam"]


def adam(
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
    return torch.optim.Adam(groups, lr=0.0, betas=(beta1, beta2), eps=eps, fused=True)
