"""Random erasing: a rectangle of a picture is covered.

(Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang, 2017, algorithm 1; filled with the mean of the picture, not with noise)
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import torch
from msgspec import Meta

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import uniform
from deepwright.data.augmentations._rectangles import rectangles
from deepwright.specs import ImageSpec

__all__ = ["Erasing"]


class Erasing:
    """Fills a rectangle of random area, aspect and place with the mean of its picture, channel by channel.

    Args:
        inputs: what the pictures are.
        share: of the pictures that lose a rectangle.
        smallest: the least share of the area that is covered.
        largest: the greatest share of the area that is covered.
        aspect: width and height of the rectangle differ at most by this factor.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        share: Annotated[float, Meta(ge=0, le=1)] = 0.5,
        smallest: Annotated[float, Meta(ge=0, le=1)] = 0.02,
        largest: Annotated[float, Meta(ge=0, le=1)] = 0.3,
        aspect: Annotated[float, Meta(ge=1, le=10)] = 10 / 3,
    ) -> None:
        self.size = (inputs.height, inputs.width)
        self.share, self.smallest, self.largest, self.aspect = share, smallest, largest, math.log(aspect)

    def __call__(self, batch: Batch) -> Batch:
        """The batch with some of its pictures partly covered."""
        (pictures,) = batch.inputs
        height, width = self.size
        area = uniform(self.smallest, self.largest, pictures) * (height * width)
        aspect = uniform(-self.aspect, self.aspect, pictures).exp()
        rows = (area / aspect).sqrt().round().clamp(1, height)
        columns = (area * aspect).sqrt().round().clamp(1, width)
        rows *= uniform(0, 1, pictures) < self.share
        top = (uniform(0, 1, pictures) * (height - rows + 1)).floor().clamp(max=height - rows)
        left = (uniform(0, 1, pictures) * (width - columns + 1)).floor().clamp(max=width - columns)
        covered = rectangles(self.size, top, left, rows, columns)
        return replace(batch, inputs=(torch.where(covered, pictures.mean((2, 3), keepdim=True), pictures),))
