"""Mixup: each picture is blended with another, and answers for both.

(H. Zhang, M. Cisse, Y. Dauphin and D. Lopez-Paz, 2017, equation 1; with a share for each example, and losses mixed
in place of targets, which is the same for cross-entropy)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
from msgspec import Meta

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import beta, chance, partners
from deepwright.specs import ImageSpec

__all__ = ["Mixup"]


class Mixup:
    """x ← λ·x + (1 - λ)·partner with λ ~ Beta(alpha, alpha); a batch that is mixed already is left alone.

    Args:
        inputs: what the pictures are.
        alpha: of the beta distribution: near 0 one picture dominates, at 1 all shares are as likely, above it halves
            are likely.
        probability: that a batch is mixed at all.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        alpha: Annotated[float, Meta(ge=0.01, le=10)] = 0.2,
        probability: Annotated[float, Meta(ge=0, le=1)] = 0.5,
    ) -> None:
        self.alpha, self.probability = alpha, probability

    def __call__(self, batch: Batch) -> Batch:
        """The batch with its pictures blended, its partners and its shares."""
        if batch.shares is not None or not chance(self.probability):
            return batch
        (pictures,) = batch.inputs
        others, shares = partners(pictures), beta(self.alpha, pictures)
        mixed = torch.lerp(pictures[others], pictures, shares[:, None, None, None])
        return replace(batch, inputs=(mixed.clamp_(0, 1),), partners=others, shares=shares)
