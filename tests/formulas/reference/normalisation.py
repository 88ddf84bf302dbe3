"""Normalisation: every channel to mean 0 and deviation 1 over the training pictures."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats


def moments(values: Floats) -> tuple[float, float]:
    """μ = Σ x / n and s = √(Σ (x - μ)² / n).

    Divided by n and not n - 1: the deviation of these values, not an estimate of that of others.
    """
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((float(x) - mean) ** 2 for x in values) / len(values))


def normalise(images: Floats, mean: Floats, deviation: Floats) -> Floats:
    """y[b, c, i, j] = (x[b, c, i, j] - μ_c) / s_c (Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, 1998, section 4.3)."""
    outputs = np.zeros_like(images)
    for c in range(images.shape[1]):
        outputs[:, c] = (images[:, c] - mean[c]) / deviation[c]
    return outputs


def normalise_backward(gradient: Floats, deviation: Floats) -> Floats:
    """∂L/∂x = ∂L/∂y / s_c: the gradient in the unit of the picture."""
    to_images = np.zeros_like(gradient)
    for c in range(gradient.shape[1]):
        to_images[:, c] = gradient[:, c] / deviation[c]
    return to_images
