"""Activations: what a unit does with its weighted sum, number by number; only softmax mixes them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Shape
from deepwright.messages import _


def sigmoid(shape: Shape) -> Layer:
    """The logistic function 1 / (1 + e⁻ˣ), from 0 to 1.

    Args:
        shape: any.
    """
    return Layer(nn.Sigmoid(), shape)


def hard_sigmoid(shape: Shape) -> Layer:
    """The sigmoid in straight lines: min(max(0, x / 6 + 1/2), 1).

    Args:
        shape: any.
    """
    return Layer(nn.Hardsigmoid(), shape)


def tanh(shape: Shape) -> Layer:
    """The hyperbolic tangent (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), from -1 to 1.

    Args:
        shape: any.
    """
    return Layer(nn.Tanh(), shape)


def relu(shape: Shape) -> Layer:
    """The positive part, max(0, x) (V. Nair and G. E. Hinton, 2010).

    Args:
        shape: any.
    """
    return Layer(nn.ReLU(), shape)


def leaky_relu(shape: Shape, *, slope: Annotated[float, Meta(ge=0, le=1)] = 0.01) -> Layer:
    """A ReLU that leaks: max(x, slope·x) (A. L. Maas, A. Y. Hannun and A. Y. Ng, 2013).

    Args:
        shape: any.
        slope: for x below 0.
    """
    return Layer(nn.LeakyReLU(slope), shape)


def elu(shape: Shape, *, alpha: Annotated[float, Meta(gt=0)] = 1.0) -> Layer:
    """Exponential below 0: x above, alpha·(eˣ - 1) below (D.-A. Clevert, T. Unterthiner and S. Hochreiter, 2016).

    Args:
        shape: any.
        alpha: what it tends to, times -1, for small x.
    """
    return Layer(nn.ELU(alpha), shape)


def selu(shape: Shape) -> Layer:
    """An elu that keeps mean 0 and deviation 1: 1.0507·x above 0, 1.7581·(eˣ - 1) below (G. Klambauer et al., 2017).

    Args:
        shape: any.
    """
    return Layer(nn.SELU(), shape)


def gelu(shape: Shape) -> Layer:
    """A ReLU weighted by the normal distribution: x·Φ(x) (D. Hendrycks and K. Gimpel, 2016).

    Args:
        shape: any.
    """
    return Layer(nn.GELU(), shape)


def silu(shape: Shape) -> Layer:
    """A ReLU weighted by the sigmoid: x / (1 + e⁻ˣ), also called swish (S. Elfwing, E. Uchibe and K. Doya, 2018).

    Args:
        shape: any.
    """
    return Layer(nn.SiLU(), shape)


def hard_swish(shape: Shape) -> Layer:
    """The silu in straight lines and a parabola: x·min(max(0, x + 3), 6) / 6 (A. Howard et al., 2019).

    Args:
        shape: any.
    """
    return Layer(nn.Hardswish(), shape)


def softplus(shape: Shape, *, beta: Annotated[float, Meta(gt=0)] = 1.0) -> Layer:
    """A smooth ReLU: ln(1 + e^(beta·x)) / beta (C. Dugas et al., 2001).

    Args:
        shape: any.
        beta: how sharp the bend at 0 is.
    """
    return Layer(nn.Softplus(beta), shape)


def softmax(shape: Shape) -> Layer:
    """Shares that sum to 1: exp(x_c) / Σ_k exp(x_k) (J. S. Bridle, 1990).

    The sum is over the channels of a picture, else over the last axis.

    Args:
        shape: any.

    Raises:
        ConfigError: there is a single number, whose share is always 1.
    """
    axis = 0 if len(shape) == 3 else -1
    if shape[axis] == 1:
        raise ConfigError(
            _(
                "softmax of a single number is always 1, whatever the number is, so that nothing can be learnt. "
                "Leave it out, or take sigmoid."
            )
        )
    return Layer(nn.Softmax(1 if len(shape) == 3 else -1), shape)
