"""Colour jitter: brightness, contrast and saturation of each picture vary; its hues stay.

(A. Howard, 2013, section 2; with a fixed order, brightness, contrast, saturation, and one clipping at the end)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from msgspec import Meta
from torch import Tensor

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import uniform
from deepwright.specs import ImageSpec

__all__ = ["ColourJitter"]

_LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


class ColourJitter:
    """Multiplies brightness, contrast and saturation of every picture by random factors near 1.

    Args:
        inputs: what the pictures are; grey ones have no saturation.
        brightness: the factor of all values is at most this far from 1.
        contrast: the factor of the distance from the picture's mean brightness is at most this far from 1.
        saturation: the factor of the distance from the pixel's own grey is at most this far from 1.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        brightness: Annotated[float, Meta(ge=0, le=1)] = 0.2,
        contrast: Annotated[float, Meta(ge=0, le=1)] = 0.2,
        saturation: Annotated[float, Meta(ge=0, le=1)] = 0.2,
    ) -> None:
        self.brightness, self.contrast, self.saturation = brightness, contrast, saturation

    def __call__(self, batch: Batch) -> Batch:
        """The batch with its pictures in another light."""
        (pictures,) = batch.inputs
        factors = [_factors(spread, pictures) for spread in (self.brightness, self.contrast, self.saturation)]
        return replace(batch, inputs=(_lit(pictures, *factors),))


def _factors(spread: float, pictures: Tensor) -> Tensor:
    return uniform(1 - spread, 1 + spread, pictures)[:, None, None, None]


def _lit(pictures: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
    """s·x + (1 - s)·grey(x) for x = b·(c·picture + (1 - c)·mean), clipped to 0 … 1; factors are [B, 1, 1, 1].

    All before the clipping is linear, so that one product and one sum for each value do it.
    """
    grey = _grey(pictures)
    mean = grey.mean((2, 3), keepdim=True)
    if pictures.shape[1] == 1:
        return (pictures * (brightness * contrast) + mean * (brightness * (1 - contrast))).clamp_(0, 1)
    shared = grey * (brightness * contrast * (1 - saturation)) + mean * (brightness * (1 - contrast))
    return (pictures * (brightness * contrast * saturation)).add_(shared).clamp_(0, 1)


def _grey(pictures: Tensor) -> Tensor:
    """Brightness as it is seen, [B, 1, H, W]."""
    if pictures.shape[1] == 1:
        return pictures
    red, green, blue = pictures.unbind(1)
    grey: Tensor = red * _LUMA[0] + green * _LUMA[1] + blue * _LUMA[2]
    return grey[:, None]
