"""The layers of `sequential`, compared with the formulas of their docstrings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from deepwright.config.documents import Document
from deepwright.layers.layer import Shape
from deepwright.layers.sequence import build_layers, read_layers
from tests.formulas.reference import activations, arrays
from tests.formulas.reference.convolution import convolution, pad
from tests.formulas.reference.dense import dense
from tests.formulas.reference.pooling import max_pool, mean_pool
from tests.formulas.tolerances import ROUNDING, Tolerance

Floats = arrays.Floats
NUMBERS = np.linspace(-7, 7, 57).reshape(3, 19)
PICTURES = np.random.default_rng(3).normal(size=(2, 4, 6, 7))

FORMULAS: dict[str, tuple[Any, Callable[[Floats], Floats]]] = {
    "sigmoid": ("sigmoid", activations.sigmoid),
    "hard_sigmoid": ("hard_sigmoid", lambda x: np.clip(x / 6 + 1 / 2, 0, 1)),
    "tanh": ("tanh", activations.tanh),
    "relu": ("relu", activations.relu),
    "leaky_relu": ({"leaky_relu": 0.2}, lambda x: activations.leaky_relu(x, 0.2)),
    "elu": ({"elu": 0.7}, lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    "gelu": ("gelu", lambda x: x * ndtr(x)),
    "silu": ("silu", lambda x: x / (1 + np.exp(-x))),
    "hard_swish": ("hard_swish", lambda x: x * np.clip(x + 3, 0, 6) / 6),
    "softplus": ({"softplus": 2.0}, lambda x: np.log1p(np.exp(2 * x)) / 2),
    "softmax": ("softmax", activations.softmax),
    "layer_norm": ("layer_norm", lambda x: (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)),
    "batch_norm": ("batch_norm", lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)),
}


def by_layer(layer: Any, inputs: Floats) -> Floats:
    """What a layer yields in training, in float64."""
    shape: Shape = inputs.shape[1:]
    module = next(iter(build_layers(read_layers([layer, "flatten"], Document(), ()), shape, (1,)).values()))
    outputs: Floats = module.double().train()(torch.from_numpy(inputs.copy())).detach().numpy()
    return outputs


@pytest.mark.parametrize("name", FORMULAS)
def test_a_layer_is_its_formula(name: str) -> None:
    layer, formula = FORMULAS[name]
    ROUNDING.check(by_layer(layer, NUMBERS), formula(NUMBERS), name)


def test_selu_is_its_formula_to_the_digits_given() -> None:
    expected = np.where(NUMBERS > 0, 1.0507 * NUMBERS, 1.7581 * np.expm1(NUMBERS))
    Tolerance(1e-4, 1e-4, "the docstring gives five digits").check(by_layer("selu", NUMBERS), expected, "selu")


def test_softmax_of_pictures_is_over_their_channels() -> None:
    ROUNDING.check(by_layer("softmax", PICTURES).sum(1), np.ones((2, 6, 7)), "sums")


def test_pools_and_global_pools() -> None:
    whole = PICTURES[:, :, :, :6]
    ROUNDING.check(by_layer({"max_pool": 2}, whole), max_pool(whole, 2), "max_pool")
    ROUNDING.check(by_layer({"avg_pool": 3}, whole), mean_pool(whole, 3), "avg_pool")
    ROUNDING.check(by_layer("global_avg_pool", PICTURES), PICTURES.mean((2, 3)), "global_avg_pool")
    ROUNDING.check(by_layer("global_max_pool", PICTURES), PICTURES.max((2, 3)), "global_max_pool")


def test_padding_does_not_count_in_a_mean_and_is_never_the_largest() -> None:
    padded = {"size": 2, "stride": 2, "padding": 1}
    ROUNDING.check(by_layer({"avg_pool": padded}, PICTURES)[:, :, 0, 0], PICTURES[:, :, 0, 0], "a corner's mean")
    negative = -np.abs(PICTURES)
    ROUNDING.check(by_layer({"max_pool": padded}, negative)[:, :, 0, 0], negative[:, :, 0, 0], "a corner's maximum")


@pytest.mark.parametrize("padding", ["valid", "same", 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_conv2d(padding: Any, stride: int) -> None:
    settings = {"filters": 3, "kernel": 3, "stride": stride, "padding": padding}
    layers = read_layers([{"conv2d": settings}, "flatten"], Document(), ())
    module: Any = build_layers(layers, PICTURES.shape[1:], (1,))["conv2d_1"].double()
    width = {"valid": 0, "same": 1}.get(padding, padding)
    kernels, bias = (parameter.detach().numpy() for parameter in (module.weight, module.bias))
    expected = convolution(pad(PICTURES, width), kernels, bias, 0, stride)
    ROUNDING.check(module(torch.from_numpy(PICTURES)).detach().numpy(), expected, "conv2d")


def test_dense() -> None:
    module: Any = build_layers(read_layers([{"dense": 4}], Document(), ()), (19,), (4,))["dense_1"].double()
    weight, bias = module.weight.detach().numpy(), module.bias.detach().numpy()
    ROUNDING.check(module(torch.from_numpy(NUMBERS)).detach().numpy(), dense(NUMBERS, weight, bias), "dense")


@pytest.mark.parametrize(("layer", "groups"), [("layer_norm", 1), ({"group_norm": 2}, 2)])
def test_pictures_are_normalised_in_groups_of_channels(layer: Any, groups: int) -> None:
    parts = PICTURES.reshape(2, groups, -1)
    expected = (parts - parts.mean(2, keepdims=True)) / np.sqrt(parts.var(2, keepdims=True) + 1e-5)
    ROUNDING.check(by_layer(layer, PICTURES), expected.reshape(PICTURES.shape), str(layer))


@pytest.mark.parametrize("shape", [(1, 5), (1, 5, 1, 1)])
def test_a_batch_of_a_single_value_is_normalised_by_the_running_means(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(4).normal(size=shape)
    ROUNDING.check(by_layer("batch_norm", values), values / np.sqrt(1 + 1e-5), "mean 0 and variance 1 to begin with")


def test_batch_norm_of_pictures_is_over_examples_and_places() -> None:
    mean, variance = PICTURES.mean((0, 2, 3), keepdims=True), PICTURES.var((0, 2, 3), keepdims=True)
    ROUNDING.check(by_layer("batch_norm", PICTURES), (PICTURES - mean) / np.sqrt(variance + 1e-5), "batch_norm")


def test_dropout_leaves_the_expectation() -> None:
    torch.manual_seed(0)
    dropped = by_layer({"dropout": 0.25}, np.ones((1, 40_000)))
    assert set(np.unique(dropped)) == {0.0, 1 / 0.75}
    assert math.isclose(dropped.mean(), 1, abs_tol=0.02)
