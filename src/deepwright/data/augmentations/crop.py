"""Crop: a random part of each picture, brought back to the whole size.

(C. Szegedy et al., 2015, section 6; with the aspect taken relative to that of the picture)
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import uniform
from deepwright.data.augmentations._sampling import sampled
from deepwright.specs import ImageSpec

__all__ = ["Crop"]


class Crop:
    """Shows of every picture a rectangle of random area, aspect and place.

    A rectangle that would be longer than the picture ends with it.

    Args:
        inputs: what the pictures are.
        area: the smallest share of the picture that is left.
        aspect: width and height of the rectangle differ at most by this factor more than those of the picture.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        area: Annotated[float, Meta(ge=0.01, le=1)] = 0.25,
        aspect: Annotated[float, Meta(ge=1, le=10)] = 4 / 3,
    ) -> None:
        self.area, self.aspect = area, math.log(aspect)

    def __call__(self, batch: Batch) -> Batch:
        """The batch with a part of each of its pictures."""
        (pictures,) = batch.inputs
        area = uniform(self.area, 1, pictures)
        aspect = uniform(-self.aspect, self.aspect, pictures).exp()
        sides = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 1).clamp(max=1)
        places = torch.stack([uniform(-1, 1, pictures), uniform(-1, 1, pictures)], 1)
        return replace(batch, inputs=(sampled(pictures, _maps(sides, places)),))


def _maps(sides: Tensor, places: Tensor) -> Tensor:
    """Rectangles as maps [B, 2, 3], from their sides [B, 2] and from where they lie in the room left, -1 to 1."""
    return torch.cat([torch.diag_embed(sides), (places * (1 - sides))[:, :, None]], 2)
