"""CutMix: a rectangle of each picture is replaced by that of another, and the picture answers for both.

(S. Yun et al., 2019, section 3.1; with a share for each example, and losses mixed in place of targets, which is the
same for cross-entropy)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
from msgspec import Meta

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import beta, chance, partners, uniform
from deepwright.data.augmentations._rectangles import rectangles
from deepwright.specs import ImageSpec

__all__ = ["Cutmix"]


class Cutmix:
    """Cuts out a rectangle of area 1 - λ, λ ~ Beta(alpha, alpha), about a random pixel, and puts the partner's there.

    The share is the area that is really kept: rectangles end with the picture. What moves pixels comes before it, or
    the share is no longer exact. A batch that is mixed already is left alone.

    Args:
        inputs: what the pictures are.
        alpha: of the beta distribution: near 0 almost all or almost nothing is cut, at 1 all areas are as likely,
            above it halves are likely.
        probability: that a batch is mixed at all.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        alpha: Annotated[float, Meta(ge=0.01, le=10)] = 1.0,
        probability: Annotated[float, Meta(ge=0, le=1)] = 0.5,
    ) -> None:
        self.size = (inputs.height, inputs.width)
        self.alpha, self.probability = alpha, probability

    def __call__(self, batch: Batch) -> Batch:
        """The batch with rectangles exchanged, its partners and its shares."""
        if batch.shares is not None or not chance(self.probability):
            return batch
        (pictures,) = batch.inputs
        height, width = self.size
        others = partners(pictures)
        side = (1 - beta(self.alpha, pictures)).sqrt()
        rows, columns = (side * height).round(), (side * width).round()
        top = (uniform(0, height, pictures) - rows / 2).round()
        left = (uniform(0, width, pictures) - columns / 2).round()
        cut = rectangles(self.size, top, left, rows, columns)
        shares = 1 - cut.sum((1, 2, 3)).to(pictures.dtype) / (height * width)
        mixed = torch.where(cut, pictures[others], pictures)
        return replace(batch, inputs=(mixed,), partners=others, shares=shares)
