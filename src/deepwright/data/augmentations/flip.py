"""Flip: pictures are mirrored.

(A. Krizhevsky, I. Sutskever and G. Hinton, 2012, section 4.1)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
from msgspec import Meta

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import uniform
from deepwright.specs import ImageSpec

__all__ = ["Flip"]


class Flip:
    """Mirrors a share of the pictures.

    Args:
        inputs: what the pictures are.
        horizontal: share of the pictures whose left and right are exchanged.
        vertical: share of the pictures whose top and bottom are exchanged.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        horizontal: Annotated[float, Meta(ge=0, le=1)] = 0.5,
        vertical: Annotated[float, Meta(ge=0, le=1)] = 0.0,
    ) -> None:
        self.shares = {3: horizontal, 2: vertical}

    def __call__(self, batch: Batch) -> Batch:
        """The batch with some of its pictures mirrored."""
        (pictures,) = batch.inputs
        for side, share in self.shares.items():
            if share:
                chosen = uniform(0, 1, pictures) < share
                pictures = torch.where(chosen[:, None, None, None], pictures.flip(side), pictures)
        return replace(batch, inputs=(pictures,))
