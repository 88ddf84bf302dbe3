"""Pooling: one number for each window, channel by channel. Windows do not overlap; a rest at the end is left out."""

import numpy as np

from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.convolution import output_size


def max_pool(images: Floats, size: int) -> Floats:
    """y[b, c, i, j] = max_{u, v < size} x[b, c, size·i + u, size·j + v] (Y.-T. Zhou and R. Chellappa, 1988)."""
    outputs = np.zeros((*images.shape[:2], *(output_size(n, size, stride=size) for n in images.shape[2:])))
    for i in range(outputs.shape[2]):
        for j in range(outputs.shape[3]):
            window = images[:, :, size * i : size * (i + 1), size * j : size * (j + 1)]
            outputs[:, :, i, j] = window.max(axis=(2, 3))
    return outputs


def max_pool_backward(gradient: Floats, images: Floats, size: int) -> Floats:
    """The whole gradient of a window goes to its largest pixel: only that one moves the maximum.

    Where several are equally large there is no derivative; the first in reading order is taken.
    """
    to_images = np.zeros_like(images)
    batch, channels, height, width = gradient.shape
    for b in range(batch):
        for c in range(channels):
            for i in range(height):
                for j in range(width):
                    window = images[b, c, size * i : size * (i + 1), size * j : size * (j + 1)]
                    u, v = divmod(int(window.argmax()), size)
                    to_images[b, c, size * i + u, size * j + v] += gradient[b, c, i, j]
    return to_images


def mean_pool(images: Floats, size: int) -> Floats:
    """y[b, c, i, j] = Σ_{u, v < size} x[b, c, size·i + u, size·j + v] / size² (Y. LeCun et al., 1990)."""
    outputs = np.zeros((*images.shape[:2], *(output_size(n, size, stride=size) for n in images.shape[2:])))
    for i in range(outputs.shape[2]):
        for j in range(outputs.shape[3]):
            window = images[:, :, size * i : size * (i + 1), size * j : size * (j + 1)]
            outputs[:, :, i, j] = window.sum(axis=(2, 3)) / size**2
    return outputs


def mean_pool_backward(gradient: Floats, shape: tuple[int, ...], size: int) -> Floats:
    """Every pixel of a window receives the same share, 1 / size², of its gradient."""
    to_images = np.zeros(shape)
    for i in range(gradient.shape[2]):
        for j in range(gradient.shape[3]):
            share = gradient[:, :, i, j].reshape(*gradient.shape[:2], 1, 1) / size**2
            to_images[:, :, size * i : size * (i + 1), size * j : size * (j + 1)] += share
    return to_images
