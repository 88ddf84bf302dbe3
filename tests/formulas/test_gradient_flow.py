"""Gradient norms by layer against the chain rule by hand, and the verdict: vanishing, exploding or steady."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from deepwright import registry
from deepwright.predictor import Network
from deepwright.specs import ClassSpec, ImageSpec
from deepwright.training.gradients import EXPLODING, EXPLODING_NORM, VANISHING, flow, gradient_norms
from tests.formulas.reference.activations import sigmoid, sigmoid_backward, tanh, tanh_backward
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.dense import dense, dense_backward
from tests.formulas.reference.networks import multilayer, multilayer_backward
from tests.formulas.tolerances import CHAOTIC, NETWORK, SINGLE

WIDTH, BATCH = 16, 8
FUNCTIONS = {"sigmoid": (sigmoid, sigmoid_backward, nn.Sigmoid), "tanh": (tanh, tanh_backward, nn.Tanh)}


def network(function: str, depth: int, deviation: float) -> nn.Sequential:
    """Dense layers with one function between them and weights of this deviation times 1/√width."""
    torch.manual_seed(2)
    layers: list[nn.Module] = []
    for _ in range(depth):
        layer = nn.Linear(WIDTH, WIDTH, dtype=torch.float64)
        nn.init.normal_(layer.weight, std=deviation / math.sqrt(WIDTH))
        layers += [layer, FUNCTIONS[function][2]()]
    return nn.Sequential(*layers[:-1])


def norms_by_torch(net: nn.Sequential, inputs: Floats, upstream: Floats) -> dict[str, float]:
    net.zero_grad()
    net(torch.from_numpy(inputs)).backward(torch.from_numpy(upstream))
    return gradient_norms(net)


def norms_by_hand(net: nn.Sequential, function: str, inputs: Floats, upstream: Floats) -> list[float]:
    """√(Σ g² / n) over weights and biases of each layer, by the chain rule in NumPy."""
    forward, backward, _ = FUNCTIONS[function]
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    weights = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers]
    values = [inputs]
    for weight, bias in weights[:-1]:
        values.append(forward(dense(values[-1], weight, bias)))
    norms, gradient = [], upstream
    for (weight, _bias), value in zip(reversed(weights), reversed(values), strict=True):
        to_inputs, to_weight, to_bias = dense_backward(gradient, value, weight)
        norms.append(math.sqrt(((to_weight**2).sum() + (to_bias**2).sum()) / (to_weight.size + to_bias.size)))
        gradient = backward(to_inputs, value)
    return norms[::-1]


def data() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(BATCH, WIDTH)), rng.normal(size=(BATCH, WIDTH))


NETS = {
    "sigmoid, deep": ("sigmoid", 12, 1.0, "vanishing"),
    "sigmoid, shallow": ("sigmoid", 2, 1.0, "steady"),
    "tanh, exploding weights": ("tanh", 48, 4.0, "exploding"),
    "tanh, sane weights": ("tanh", 8, 1.2, "steady"),
}


@pytest.mark.parametrize("net", NETS)
def test_norms_and_verdict(net: str) -> None:
    function, depth, deviation, expected = NETS[net]
    built, (inputs, upstream) = network(function, depth, deviation), data()
    norms = norms_by_torch(built, inputs, upstream)
    by_hand = norms_by_hand(built, function, inputs, upstream)

    assert list(norms) == [str(2 * i) for i in range(depth)], "in the order of the forward pass"
    assert min(by_hand) > 0
    # Relative only: a gradient that vanishes is far below any absolute bound.
    CHAOTIC.check(np.array(list(norms.values())) / by_hand, np.ones(depth))
    verdict, ratio = flow([{"gradients": norms}])
    assert verdict == expected
    assert ratio is not None
    CHAOTIC.check(ratio / (by_hand[0] / by_hand[-1]), 1.0)


def test_in_a_deep_sigmoid_net_every_layer_gets_less_than_the_next() -> None:
    inputs, upstream = data()
    norms = norms_by_hand(network("sigmoid", 12, 1.0), "sigmoid", inputs, upstream)
    assert all(before < after for before, after in pairwise(norms))


@pytest.mark.parametrize("name", ["convnet", "mlp"])
def test_our_networks_are_steady_where_they_begin(name: str) -> None:
    torch.manual_seed(4)
    model = registry.load("models", name)(ImageSpec(1, 8, 8), ClassSpec(tuple("abc")))
    built = Network(nn.Identity(), model)
    losses = nn.functional.cross_entropy(built(torch.rand(8, 1, 8, 8)), torch.arange(8) % 3)
    losses.backward()
    norms = gradient_norms(built)
    expected = ["conv1", "conv2", "conv3", "dense1", "dense2"]
    assert list(norms) == (expected if name == "convnet" else ["hidden.dense1", "hidden.dense2", "output"])
    assert flow([{"gradients": norms}])[0] == "steady"


def test_in_a_relu_net_without_biases_weight_times_gradient_is_the_same_in_every_layer() -> None:
    """Σ W·∂L/∂W = Σ y·∂L/∂y for each layer, since y grows by 1 + ε with any of them (homogeneity of ReLU).

    So where all layers have weights of one size, their gradients are of one size too, however large: the ratio of
    two layers shows exploding gradients where functions saturate, and cannot show them in a plain ReLU net.
    """
    rng = np.random.default_rng(5)
    parameters = {f"{i}.weight": rng.normal(0, 1.5, (WIDTH, WIDTH)) for i in range(10)}
    parameters |= {f"{i}.bias": np.zeros(WIDTH) for i in range(10)}
    names = [str(i) for i in range(10)]
    inputs, upstream = data()
    outputs, values, sums = multilayer(inputs, parameters, names)
    _, gradients = multilayer_backward(upstream, parameters, names, values, sums)
    products = np.array([(parameters[f"{name}.weight"] * gradients[f"{name}.weight"]).sum() for name in names])
    assert abs(products[0]) > 1e4
    NETWORK.check(products / (outputs * upstream).sum(), np.ones(10))


@pytest.mark.parametrize("size", [1e-30, 1e-12, 1e12, 1e30])
def test_norms_of_any_size_are_representable(size: float) -> None:
    layer = nn.Linear(3, 2)
    layer.weight.grad, layer.bias.grad = torch.full((2, 3), size), torch.full((2,), -size)
    SINGLE.check(gradient_norms(nn.Sequential(layer))["0"] / size, 1.0)


def test_the_verdict_is_on_the_median_and_needs_two_layers() -> None:
    def record(first: float, last: float) -> dict[str, dict[str, float]]:
        return {"gradients": {"first": first, "middle": 7.0, "last": last}}

    steady, vanishing, exploding = record(1.0, 1.0), record(1e-6, 1.0), record(1e6, 1.0)
    assert flow([steady, vanishing, vanishing]) == ("vanishing", 1e-6)
    assert flow([exploding, steady, exploding]) == ("exploding", 1e6)
    assert flow([vanishing, steady, exploding]) == ("steady", 1.0)
    assert flow([record(2.0, 0.0), {"gradients": {"only": 1.0}}, {"gradients": {}}]) == ("steady", None)
    assert [flow([record(share * VANISHING, 1.0)])[0] for share in (0.9, 1.1)] == ["vanishing", "steady"]
    assert [flow([record(share * EXPLODING, 1.0)])[0] for share in (0.9, 1.1)] == ["steady", "exploding"]


def test_gradients_that_explode_in_all_layers_alike_are_seen_by_their_norm() -> None:
    """With ReLU all layers may grow together, and their ratio says nothing."""

    def record(norm: float) -> dict[str, Any]:
        return {"gradient_norm": norm, "gradients": {"first": norm / 2, "last": norm}}

    assert [flow([record(share * EXPLODING_NORM)]) for share in (0.9, 1.1)] == [("steady", 0.5), ("exploding", 0.5)]
    assert flow([record(1.0), record(1e9), record(2.0)])[0] == "steady"
    assert flow([record(math.inf)]) == ("exploding", None)
