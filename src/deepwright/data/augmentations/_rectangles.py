"""Rectangles of whole pixels, one for each picture."""

from __future__ import annotations

import torch
from torch import Tensor


def rectangles(size: tuple[int, int], top: Tensor, left: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Which pixels lie within them, bool [B, 1, H, W]; what lies beyond the picture is not there.

    Args:
        size: height and width of the pictures.
        top: [B] first row, a whole number.
        left: [B] first column, a whole number.
        rows: [B] height.
        columns: [B] width.
    """
    down = torch.arange(size[0], device=top.device) - top[:, None]
    right = torch.arange(size[1], device=top.device) - left[:, None]
    vertical = (down >= 0) & (down < rows[:, None])
    horizontal = (right >= 0) & (right < columns[:, None])
    return (vertical[:, :, None] & horizontal[:, None, :])[:, None]
