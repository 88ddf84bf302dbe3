"""Shift: pictures are moved by whole pixels.

(A. Krizhevsky, I. Sutskever and G. Hinton, 2012, section 4.1; with padding, C.-Y. Lee et al., 2015)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional as F

from deepwright.contracts import Batch
from deepwright.data.augmentations._draws import whole
from deepwright.specs import ImageSpec

__all__ = ["Shift"]


class Shift:
    """Moves every picture by its own number of pixels, in each direction as likely as in any other.

    Args:
        inputs: what the pictures are.
        share: of the height and of the width by which a picture moves at most, rounded to whole pixels.
        fill: what comes in: the pixels of the edge again, or zero, which is black.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        *,
        share: Annotated[float, Meta(ge=0, le=0.5)] = 0.125,
        fill: Literal["edge", "zero"] = "edge",
    ) -> None:
        self.rows, self.columns = round(share * inputs.height), round(share * inputs.width)
        self.mode = {"edge": "replicate", "zero": "constant"}[fill]

    def __call__(self, batch: Batch) -> Batch:
        """The batch with its pictures moved."""
        (pictures,) = batch.inputs
        down, right = whole(2 * self.rows, pictures), whole(2 * self.columns, pictures)
        return replace(batch, inputs=(self._moved(pictures, down, right),))

    def _moved(self, pictures: Tensor, down: Tensor, right: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        padded = F.pad(pictures, (self.columns, self.columns, self.rows, self.rows), mode=self.mode)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: every place from which one can look
        return windows[torch.arange(len(pictures), device=pictures.device), :, down, right]
