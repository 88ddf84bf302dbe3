"""Neurons that see all inputs; and what passes values on to them unchanged: flatten and dropout."""

import numpy as np

from tests.formulas.reference.arrays import Floats


def weighted_sum(weights: Floats, inputs: Floats, bias: float) -> float:
    """z = w·x + b = Σ_i w_i·x_i + b of one neuron; its output is y = f(z) (F. Rosenblatt, 1958)."""
    z = bias
    for weight, value in zip(weights, inputs, strict=True):
        z += float(weight) * float(value)
    return z


def dense(inputs: Floats, weight: Floats, bias: Floats) -> Floats:
    """Z = X·Wᵀ + b: inputs [B, I], one row of W [O, I] and one bias for each of O neurons, outputs [B, O]."""
    return inputs @ weight.T + bias


def dense_backward(gradient: Floats, inputs: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """∂L/∂X = ∂L/∂Z·W, ∂L/∂W = (∂L/∂Z)ᵀ·X, ∂L/∂b = Σ_batch ∂L/∂Z (Rumelhart et al., 1986, equations 6 and 7).

    Each weight w_oi enters z_o alone, with ∂z_o/∂w_oi = x_i; each input enters every z_o, with ∂z_o/∂x_i = w_oi.
    """
    return gradient @ weight, gradient.T @ inputs, gradient.sum(axis=0)


def flatten(images: Floats) -> Floats:
    """Images [B, C, H, W] as rows [B, C·H·W]: element (c, i, j) goes to position (c·H + i)·W + j."""
    batch, channels, height, width = images.shape
    rows = np.zeros((batch, channels * height * width))
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                rows[:, (c * height + i) * width + j] = images[:, c, i, j]
    return rows


def flatten_backward(gradient: Floats, shape: tuple[int, ...]) -> Floats:
    """Every element goes back to where it came from."""
    _batch, channels, height, width = shape
    images = np.zeros(shape)
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                images[:, c, i, j] = gradient[:, (c * height + i) * width + j]
    return images


def dropout(inputs: Floats, kept: Floats | None, rate: float) -> Floats:
    """y = x·kept / (1 - rate) while training, and y = x when the network is used, where ``kept`` is None.

    ``kept`` is 1 with probability 1 - rate and 0 otherwise (N. Srivastava et al., 2014). The paper multiplies the
    weights by 1 - rate after training; dividing while training gives the same expectation and is what all frameworks
    do ("inverted dropout").
    """
    return inputs if kept is None else inputs * kept / (1 - rate)


def dropout_backward(gradient: Floats, kept: Floats | None, rate: float) -> Floats:
    """The same factor as on the way forward."""
    return gradient if kept is None else gradient * kept / (1 - rate)
