"""Pictures seen through affine maps: all of a batch in one bilinear sampling."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def sampled(pictures: Tensor, maps: Tensor) -> Tensor:
    """y(p) = x(M·[p, 1]), where p = (horizontal, vertical) runs from -1 to 1 between the outer edges of a picture.

    Beyond the edge its last pixels go on.

    Args:
        pictures: [B, C, H, W] from 0 to 1.
        maps: [B, 2, 3].

    Returns:
        [B, C, H, W] from 0 to 1, laid out in memory as ``pictures`` are.
    """
    grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
    found = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
    found.clamp_(0, 1)  # weights that sum to 1 only up to rounding
    return found if found.stride() == pictures.stride() else torch.empty_like(pictures).copy_(found)
