"""Convolution as it is computed in every framework: the sum over a window of products with a kernel.

Strictly this is the *cross-correlation*: a convolution in the sense of mathematics would turn the kernel by 180
degrees first. Since the kernel is learnt, the network learns the turned one and nothing else changes.
"""

import numpy as np

from tests.formulas.reference.arrays import Floats


def output_size(size: int, window: int, padding: int = 0, stride: int = 1) -> int:
    """⌊(n + 2p - k) / s⌋ + 1: places for a window of k along n pixels with p more at each end, taken s at a time.

    The first window begins at 0; the last one begins at most at n + 2p - k (V. Dumoulin and F. Visin, 2016,
    relationship 6).
    """
    return (size + 2 * padding - window) // stride + 1


def pad(images: Floats, padding: int) -> Floats:
    """Images [B, C, H, W] with a border of zeros."""
    batch, channels, height, width = images.shape
    padded = np.zeros((batch, channels, height + 2 * padding, width + 2 * padding))
    padded[:, :, padding : padding + height, padding : padding + width] = images
    return padded


def convolution(images: Floats, kernels: Floats, bias: Floats, padding: int = 0, stride: int = 1) -> Floats:
    """y[b, k, i, j] = bias[k] + Σ_c Σ_u Σ_v kernels[k, c, u, v] · x[b, c, s·i + u, s·j + v], x padded, s the stride.

    Images [B, C, H, W] and kernels [K, C, h, w] (Y. LeCun et al., 1989; in this form I. Goodfellow, Y. Bengio and
    A. Courville, 2016, equations 9.6 and 9.8).
    """
    padded = pad(images, padding)
    num_filters, _channels, high, wide = kernels.shape
    height = output_size(images.shape[2], high, padding, stride)
    width = output_size(images.shape[3], wide, padding, stride)
    outputs = np.zeros((len(images), num_filters, height, width))
    for i in range(height):
        for j in range(width):
            window = padded[:, :, stride * i : stride * i + high, stride * j : stride * j + wide]
            for k in range(num_filters):
                outputs[:, k, i, j] = (window * kernels[k]).sum(axis=(1, 2, 3)) + bias[k]
    return outputs


def convolution_backward(
    gradient: Floats, images: Floats, kernels: Floats, padding: int = 0, stride: int = 1
) -> tuple[Floats, Floats, Floats]:
    """∂L/∂images, ∂L/∂kernels and ∂L/∂bias from ∂L/∂y [B, K, H′, W′] (Goodfellow et al., 2016, equations 9.11-9.13).

    One output is a weighted sum over its window, so its gradient goes to the kernel times the window, and to the
    window times the kernel; a kernel and a pixel collect from all windows that they take part in. What reaches the
    border of zeros is dropped.
    """
    padded = pad(images, padding)
    to_padded, to_kernels = np.zeros_like(padded), np.zeros_like(kernels)
    _batch, num_filters, height, width = gradient.shape
    high, wide = kernels.shape[2:]
    for i in range(height):
        for j in range(width):
            rows, columns = slice(stride * i, stride * i + high), slice(stride * j, stride * j + wide)
            for k in range(num_filters):
                of_output = gradient[:, k, i, j].reshape(-1, 1, 1, 1)
                to_kernels[k] += (of_output * padded[:, :, rows, columns]).sum(axis=0)
                to_padded[:, :, rows, columns] += of_output * kernels[k]
    to_images = to_padded[:, :, padding : padding + images.shape[2], padding : padding + images.shape[3]]
    return to_images, to_kernels, gradient.sum(axis=(0, 2, 3))
