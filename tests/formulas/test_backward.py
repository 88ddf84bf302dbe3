"""The chain rule by hand, layer by layer: against central differences, and against torch's automatic gradients.

For a layer y = f(x, …) and any numbers g of y's shape, the loss L = Σ g·y has ∂L/∂y = g. The hand-written backward
turns g into the gradient of every argument. Central differences know nothing of derivatives, and torch nothing of
NumPy; all three have to agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.layers.normalise import Normalise
from tests.formulas.reference import activations, convolution, dense, losses, normalisation, pooling
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import DIFFERENCES, ROUNDING

STEP = 1e-5
RNG = np.random.default_rng(7)
TARGETS = np.array([2, 0, 1, 2])
MEAN, DEVIATION = np.array([0.25, 0.5, -0.125]), np.array([0.25, 1.0, 2.0])  # exact in float32, which the layer keeps
KEPT = np.array([[1.0, 0.0, 1.0, 1.0, 0.0]] * 3)


@dataclass(frozen=True)
class Layer:
    """One formula in three guises.

    Attributes:
        arguments: the arrays that it is differentiated by.
        forward: in NumPy, arguments to y.
        backward: in NumPy, g and arguments to the gradient of each argument.
        automatic: in torch, arguments to y.
    """

    arguments: tuple[Floats, ...]
    forward: Callable[..., Floats]
    backward: Callable[..., tuple[Floats, ...]]
    automatic: Callable[..., torch.Tensor]


def numbers(*shape: int) -> Floats:
    """Numbers from -1 to 1 that are at least 2 / n apart and as far from 0: no kink or tie within a step."""
    n = int(np.prod(shape))
    levels = (2 * np.arange(n) + 1 - n + (n % 2) * 0.5) / n
    return RNG.permutation(levels).reshape(shape)


def cross_entropy(logits: torch.Tensor) -> torch.Tensor:
    """The losses as the task gives them."""
    task = registry.load("tasks", "classification")({"image": "image", "label": "label"})
    given: torch.Tensor = task.losses(logits, Batch((), torch.from_numpy(TARGETS), torch.arange(len(TARGETS))))
    return given


def conv(padding: int, stride: int, *shapes: tuple[int, ...]) -> Layer:
    """A convolution of two pictures with two channels."""
    return Layer(
        tuple(numbers(*shape) for shape in shapes),
        lambda x, w, b: convolution.convolution(x, w, b, padding, stride),
        lambda g, x, w, b: convolution.convolution_backward(g, x, w, padding, stride),
        lambda x, w, b: F.conv2d(x, w, b, padding=padding, stride=stride),
    )


LAYERS = {
    "dense": Layer(
        (numbers(4, 5), numbers(3, 5), numbers(3)),
        dense.dense,
        lambda g, x, w, b: dense.dense_backward(g, x, w),
        F.linear,
    ),
    "sigmoid": Layer(
        (4 * numbers(3, 5),),
        activations.sigmoid,
        lambda g, z: (activations.sigmoid_backward(g, activations.sigmoid(z)),),
        nn.Sigmoid(),
    ),
    "tanh": Layer(
        (3 * numbers(3, 5),),
        activations.tanh,
        lambda g, z: (activations.tanh_backward(g, activations.tanh(z)),),
        nn.Tanh(),
    ),
    "relu": Layer((numbers(3, 5),), activations.relu, lambda g, z: (activations.relu_backward(g, z),), nn.ReLU()),
    "leaky_relu": Layer(
        (numbers(3, 5),),
        lambda z: activations.leaky_relu(z, 0.1),
        lambda g, z: (activations.leaky_relu_backward(g, z, 0.1),),
        nn.LeakyReLU(0.1),
    ),
    "softmax": Layer(
        (3 * numbers(3, 5),),
        activations.softmax,
        lambda g, z: (activations.softmax_backward(g, activations.softmax(z)),),
        nn.Softmax(1),
    ),
    "convolution": conv(0, 1, (2, 2, 5, 6), (3, 2, 3, 3), (3,)),
    "convolution, padded": conv(1, 1, (2, 2, 4, 5), (3, 2, 3, 3), (3,)),
    "convolution, stride 2, oblong kernel": conv(1, 2, (2, 2, 6, 5), (2, 2, 3, 2), (2,)),
    "max_pool": Layer(
        (numbers(2, 2, 4, 6),),
        lambda x: pooling.max_pool(x, 2),
        lambda g, x: (pooling.max_pool_backward(g, x, 2),),
        nn.MaxPool2d(2),
    ),
    "max_pool, with a rest": Layer(
        (numbers(2, 2, 5, 7),),
        lambda x: pooling.max_pool(x, 3),
        lambda g, x: (pooling.max_pool_backward(g, x, 3),),
        nn.MaxPool2d(3),
    ),
    "mean_pool": Layer(
        (numbers(2, 2, 5, 4),),
        lambda x: pooling.mean_pool(x, 2),
        lambda g, x: (pooling.mean_pool_backward(g, x.shape, 2),),
        nn.AvgPool2d(2),
    ),
    "flatten": Layer(
        (numbers(2, 3, 4, 5),),
        dense.flatten,
        lambda g, x: (dense.flatten_backward(g, x.shape),),
        lambda x: x.flatten(1),
    ),
    "softmax cross-entropy": Layer(
        (3 * numbers(4, 3),),
        lambda z: losses.softmax_cross_entropy(z, TARGETS),
        lambda g, z: (losses.softmax_cross_entropy_backward(g, z, TARGETS),),
        cross_entropy,
    ),
    "dropout, evaluating": Layer(
        (numbers(3, 5),),
        lambda x: dense.dropout(x, None, 0.4),
        lambda g, x: (dense.dropout_backward(g, None, 0.4),),
        nn.Dropout(0.4).eval(),
    ),
    "dropout, these kept": Layer(
        (numbers(3, 5),),
        lambda x: dense.dropout(x, KEPT, 0.4),
        lambda g, x: (dense.dropout_backward(g, KEPT, 0.4),),
        lambda x: x * torch.from_numpy(KEPT) / 0.6,
    ),
    "normalise": Layer(
        (numbers(2, 3, 2, 2),),
        lambda x: normalisation.normalise(x, MEAN, DEVIATION),
        lambda g, x: (normalisation.normalise_backward(g, DEVIATION),),
        Normalise(MEAN.tolist(), DEVIATION.tolist()).double(),
    ),
}


def differences(layer: Layer, upstream: Floats, position: int) -> Floats:
    """(L(x + h) - L(x - h)) / 2h for each element of one argument, with L = Σ g·y."""
    argument = layer.arguments[position]
    result = np.zeros_like(argument)
    for index in np.ndindex(argument.shape):
        losses_around = []
        for step in (STEP, -STEP):
            moved = [array.copy() for array in layer.arguments]
            moved[position][index] += step
            losses_around.append(float((upstream * layer.forward(*moved)).sum()))
        result[index] = (losses_around[0] - losses_around[1]) / (2 * STEP)
    return result


def automatic(layer: Layer, upstream: Floats) -> tuple[Floats, list[Floats]]:
    """Outputs and gradients by torch."""
    tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in layer.arguments]
    outputs = layer.automatic(*tensors)
    gradients = torch.autograd.grad(outputs, tensors, torch.from_numpy(upstream))
    return outputs.detach().numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("name", LAYERS)
def test_three_ways_to_one_gradient(name: str) -> None:
    layer = LAYERS[name]
    outputs = layer.forward(*layer.arguments)
    upstream = np.random.default_rng(11).normal(size=outputs.shape)
    by_hand = layer.backward(upstream, *layer.arguments)
    torch_outputs, by_torch = automatic(layer, upstream)

    ROUNDING.check(torch_outputs, outputs, "forward")
    assert len(by_hand) == len(layer.arguments)
    for position, (ours, theirs) in enumerate(zip(by_hand, by_torch, strict=True)):
        measured = differences(layer, upstream, position)
        assert np.abs(measured).max() > 1e-3, "a gradient of 0 would show nothing"
        ROUNDING.check(theirs, ours, f"argument {position}: torch and the chain rule by hand")
        DIFFERENCES.check(ours, measured, f"argument {position}: the chain rule by hand and differences")
        DIFFERENCES.check(theirs, measured, f"argument {position}: torch and differences")


@pytest.mark.parametrize("name", ["relu", "max_pool"])
def test_at_a_kink_the_convention_is_that_of_torch(name: str) -> None:
    layer = LAYERS[name]
    flat = Layer((np.zeros_like(layer.arguments[0]),), layer.forward, layer.backward, layer.automatic)
    upstream = np.ones_like(flat.forward(*flat.arguments))
    ROUNDING.check(automatic(flat, upstream)[1][0], flat.backward(upstream, *flat.arguments)[0])


def test_dropout_keeps_a_share_and_the_expectation() -> None:
    torch.manual_seed(0)
    rate, module = 0.3, nn.Dropout(0.3)
    inputs = torch.linspace(1, 2, 4000, dtype=torch.float64).requires_grad_()
    outputs = module(inputs)
    kept = (outputs != 0).double().detach().numpy()
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs)

    ROUNDING.check(outputs.detach(), dense.dropout(inputs.detach().numpy(), kept, rate))
    ROUNDING.check(gradient, dense.dropout_backward(np.ones(4000), kept, rate))
    assert abs(kept.mean() - (1 - rate)) < 5 * (rate * (1 - rate) / 4000) ** 0.5, "five standard errors of a proportion"


def test_a_wrong_gradient_would_be_found() -> None:
    layer = LAYERS["convolution, padded"]
    upstream = np.random.default_rng(11).normal(size=layer.forward(*layer.arguments).shape)
    true_convolution: Any = np.flip(layer.arguments[1], (2, 3))
    wrong = convolution.convolution_backward(upstream, layer.arguments[0], true_convolution, 1)[0]
    with pytest.raises(AssertionError):
        DIFFERENCES.check(wrong, differences(layer, upstream, 0))
