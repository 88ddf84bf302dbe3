"""Which pixels each window of a convolution or a pool covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepwright.contracts import IntArray

Pair = tuple[int, int]


def windows(
    before: Sequence[int], after: Sequence[int], size: Pair, stride: Pair, padding: Pair, dilation: Pair = (1, 1)
) -> IntArray:
    """Positions [m·n, H′·W′] within a channel of H·W pixels that each place of each window covers; -1 outside of it.

    Args:
        before: height and width of the input.
        after: height and width of the output.
        size: m and n of the window.
        stride: pixels from one window to the next.
        padding: pixels above and to the left of the input.
        dilation: pixels from one place of a window to the next.
    """
    rows, columns = (
        np.arange(size[i])[:, None] * dilation[i] + np.arange(after[i]) * stride[i] - padding[i] for i in (0, 1)
    )
    inside = ((rows >= 0) & (rows < before[0]))[:, None, :, None] & ((columns >= 0) & (columns < before[1]))[:, None]
    positions = rows[:, None, :, None] * before[1] + columns[:, None]
    return np.where(inside, positions, -1).reshape(size[0] * size[1], -1)


def adaptive_windows(before: Sequence[int], after: Sequence[int]) -> IntArray:
    """The same of windows that divide the input among the outputs, however many, from ⌊i·H/H′⌋ to ⌈(i + 1)·H/H′⌉."""
    spans = [
        [range(i * before[axis] // after[axis], -(-(i + 1) * before[axis] // after[axis])) for i in range(after[axis])]
        for axis in (0, 1)
    ]
    covered = [
        [row * before[1] + column for row in rows for column in columns] for rows in spans[0] for columns in spans[1]
    ]
    most = max(map(len, covered))
    return np.array([places + [-1] * (most - len(places)) for places in covered], np.int64).T


def pair(size: Any) -> Pair:
    """Height and width, of which one number stands for both."""
    height, width = (size, size) if isinstance(size, int) else size
    return int(height), int(width)


def padding_of(convolution: Any) -> Pair:
    """Pixels above and to the left of a convolution's input."""
    if convolution.padding == "valid":
        return 0, 0
    if convolution.padding == "same":
        size, dilation = pair(convolution.kernel_size), pair(convolution.dilation)
        return dilation[0] * (size[0] - 1) // 2, dilation[1] * (size[1] - 1) // 2
    return pair(convolution.padding)
