"""y = f(w·x + b): a neuron, a layer of neurons, and the functions f, as torch computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.formulas.reference import activations
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.dense import dense, weighted_sum
from tests.formulas.tolerances import ROUNDING

FUNCTIONS: dict[str, tuple[Callable[[Floats], Floats], nn.Module]] = {
    "sigmoid": (activations.sigmoid, nn.Sigmoid()),
    "tanh": (activations.tanh, nn.Tanh()),
    "relu": (activations.relu, nn.ReLU()),
    "leaky_relu": (lambda z: activations.leaky_relu(z, 0.1), nn.LeakyReLU(0.1)),
    "softmax": (activations.softmax, nn.Softmax(1)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_neuron_is_a_function_of_its_weighted_sum(name: str) -> None:
    rng = np.random.default_rng(1)
    reference, module = FUNCTIONS[name]
    layer = nn.Linear(5, 3, dtype=torch.float64)
    inputs = rng.normal(size=(4, 5))
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()

    sums = np.array([[weighted_sum(weight[o], row, float(bias[o])) for o in range(3)] for row in inputs])
    ROUNDING.check(dense(inputs, weight, bias), sums, "the matrix form")
    ROUNDING.check(module(layer(torch.from_numpy(inputs))).detach(), reference(sums), "torch")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_far_from_zero(name: str) -> None:
    reference, module = FUNCTIONS[name]
    z = np.array([[-800.0, -30.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 30.0, 800.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        ROUNDING.check(reference(z), module(torch.from_numpy(z)))


def test_values_that_everybody_knows() -> None:
    z = np.array([[0.0, np.log(3.0)]])
    ROUNDING.check(activations.sigmoid(z), [[0.5, 0.75]])
    ROUNDING.check(activations.tanh(z), [[0.0, 0.8]])
    ROUNDING.check(activations.softmax(z), [[0.25, 0.75]])
    ROUNDING.check(activations.relu(np.array([-2.0, 0.0, 2.0])), [0.0, 0.0, 2.0])
    ROUNDING.check(activations.leaky_relu(np.array([-2.0, 0.0, 2.0]), 0.1), [-0.2, 0.0, 2.0])


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=6), st.floats(-100, 100))
def test_softmax_is_a_distribution_and_ignores_a_common_shift(row: list[float], shift: float) -> None:
    z = np.array([row])
    probs = activations.softmax(z)
    assert (probs >= 0).all()
    ROUNDING.check(probs.sum(), 1.0)
    ROUNDING.check(nn.Softmax(1)(torch.from_numpy(z + shift)), probs)
