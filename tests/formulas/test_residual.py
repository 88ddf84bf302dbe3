"""A residual block is its formulas, forward and backward, and begins near the identity."""

from __future__ import annotations

import numpy as np
import torch

from deepwright.layers.residual import ConvNorm, ResidualBlock
from tests.formulas.reference import residual
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.convolution import convolution
from tests.formulas.reference.normalisation import moments
from tests.formulas.reference.pooling import max_pool
from tests.formulas.tolerances import NETWORK, ROUNDING

SHAPE = (3, 4, 5, 6)


def values() -> Floats:
    return np.random.default_rng(31).normal(size=SHAPE)


def moved(module: torch.nn.Module) -> dict[str, Floats]:
    """The parameters, after each of them was given a value of its own."""
    generator = torch.Generator().manual_seed(32)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    return {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def test_the_block_and_its_gradients() -> None:
    block = ResidualBlock(SHAPE[1]).double().train()
    parameters, upstream = moved(block), np.random.default_rng(33).normal(size=SHAPE)
    inputs = torch.from_numpy(values()).requires_grad_()
    outputs = block(inputs)
    outputs.backward(torch.from_numpy(upstream))

    NETWORK.check(outputs.detach(), residual.block(values(), parameters), "outputs")
    to_inputs, gradients = residual.block_backward(upstream, values(), parameters)
    assert inputs.grad is not None
    NETWORK.check(inputs.grad, to_inputs, "gradient of the inputs")
    actual = {name: parameter.grad for name, parameter in block.named_parameters()}
    assert actual.keys() == gradients.keys()
    for name, expected in gradients.items():
        assert np.abs(expected).max() > 1e-3, f"{name}: a gradient of 0 would show nothing"
        found = actual[name]
        assert found is not None
        NETWORK.check(found, expected, name)


def test_a_pool_stands_between_convolution_and_norm() -> None:
    layer = ConvNorm(SHAPE[1], 2, pool=2).double().train()
    parameters = moved(layer)
    pooled = max_pool(convolution(values(), parameters["conv.weight"], np.zeros(2), padding=1), 2)
    expected = residual.batch_norm(pooled, parameters["norm.weight"], parameters["norm.bias"])
    NETWORK.check(layer(torch.from_numpy(values())).detach(), expected)


def test_a_used_block_takes_the_running_means() -> None:
    """After one batch they hold a tenth of it and nine tenths of mean 0 and variance 1 (over n - 1)."""
    layer = ConvNorm(SHAPE[1], 2).double().train()
    parameters = moved(layer)
    sums = convolution(values(), parameters["conv.weight"], np.zeros(2), padding=1)
    layer(torch.from_numpy(values()))
    used = layer.eval()(torch.from_numpy(values())).detach()
    for c in range(2):
        mean, deviation = moments(sums[:, c].reshape(-1))
        n = sums[:, c].size
        mean, variance = 0.1 * mean, 0.9 + 0.1 * deviation**2 * n / (n - 1)
        expected = (sums[:, c] - mean) / np.sqrt(variance + residual.EPS) * parameters["norm.weight"][c]
        ROUNDING.check(used[:, c], expected + parameters["norm.bias"][c], f"channel {c}")


def test_it_begins_near_the_identity() -> None:
    torch.manual_seed(34)
    block = ResidualBlock(8).train()
    inputs = torch.rand(64, 8, 6, 6)
    added = (block(inputs) - inputs).detach()
    assert 0.01 < float(added.std()) < 0.15
