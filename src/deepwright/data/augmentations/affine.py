"""Affine: pictures are rotated, scaled and sheared about their middle.

(P. Simard, D. Steinkraus and J. Platt, 2003, section 2)
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

__all__ = ["Affine"]


class Affine:
    """Maps every pixel p to A·p, counted from the middle, with A = scale·R(rotation)·[[1, tan(shear)], [0, 1]].

    Args:
        inputs: what the pictures are.
        rotation: degrees by which a picture turns at most, either way.
        scale: a picture grows at most by the factor 1 + scale and shrinks at most by the same factor.
        shear: degrees by which a picture slants at most, either way.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        rotation: Annotated[float, Meta(ge=0, le=180)] = 10.0,
        scale: Annotated[float, Meta(ge=0, le=1)] = 0.1,
        shear: Annotated[float, Meta(ge=0, le=45)] = 0.0,
    ) -> None:
        self.height, self.width = inputs.height, inputs.width
        self.rotation, self.shear = math.radians(rotation), math.radians(shear)
        self.scale = math.log1p(scale)

    def __call__(self, batch: Batch) -> Batch:
        """The batch with its pictures rotated, scaled and sheared; edges go on where nothing is left to show."""
        (pictures,) = batch.inputs
        rotation = uniform(-self.rotation, self.rotation, pictures)
        scale = uniform(-self.scale, self.scale, pictures).exp()
        shear = uniform(-self.shear, self.shear, pictures)
        return replace(batch, inputs=(sampled(pictures, self._maps(rotation, scale, shear)),))

    def _maps(self, rotation: Tensor, scale: Tensor, shear: Tensor) -> Tensor:
        """A⁻¹ of each picture, [B, 2, 3]: where each pixel of the result is to be found, in shares of the sides."""
        cosine, sine, slant = rotation.cos(), rotation.sin(), shear.tan()
        aspect = self.height / self.width
        across = [cosine + slant * sine, (sine - slant * cosine) * aspect]
        along = [-sine / aspect, cosine]
        nowhere = torch.zeros_like(scale)
        rows = [torch.stack([*row, nowhere], 1) for row in (across, along)]
        return torch.stack(rows, 1) / scale[:, None, None]
