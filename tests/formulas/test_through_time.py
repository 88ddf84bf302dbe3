"""Gradients through time are those that the chain rule gives, in closed form where the network is linear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright.contracts import Batch
from deepwright.explaining.through_time import ThroughTime, through_time
from deepwright.layers.sequence import build_layer
from tests.formulas.reference import sequences
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import NETWORK

T, D, H = 7, 3, 4
RNG = np.random.default_rng(51)
X = np.abs(RNG.normal(size=(1, T, D)))
LAST = RNG.normal(size=H)


def layer(name: str, **settings: Any) -> Any:
    """A recurrent layer in float64 whose weights are all positive and small."""
    module = build_layer(name, (T, D), {"units": H, **settings}).module.double()
    generator = torch.Generator().manual_seed(52)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.rand(parameter.shape, generator=generator, dtype=parameter.dtype) / 2)
    return module


def found(module: nn.Module, inputs: Floats = X) -> list[ThroughTime]:
    """Gradients of the loss LAST·h_T."""
    batch = Batch((torch.tensor(inputs),), None, torch.arange(len(inputs)))

    def losses(outputs: Tensor, _batch: Batch) -> Tensor:
        return outputs @ torch.tensor(LAST)

    return through_time(nn.Sequential(module), losses, [batch])


def test_a_linear_network_has_a_closed_form() -> None:
    module = layer("rnn", activation="relu")  # linear, since all its sums are above 0
    u = module.cells.weight_hh_l0.detach().numpy()
    (one,) = found(module)
    norms = np.array([sequences.through_linear(LAST, u, d) for d in range(T)])
    assert one.last == pytest.approx(norms[0], rel=NETWORK.relative)
    np.testing.assert_allclose(one.shares, norms / norms[0], rtol=NETWORK.relative)


def test_powers_of_a_multiple_of_a_rotation_are_powers_of_the_multiple() -> None:
    module = layer("rnn", activation="relu")
    with torch.no_grad():
        module.cells.weight_hh_l0.copy_(0.5 * torch.eye(H)[[1, 2, 3, 0]])
    np.testing.assert_allclose(found(module)[0].shares, 0.5 ** np.arange(T), rtol=NETWORK.relative)


def test_a_tanh_shrinks_them_further() -> None:
    module = layer("rnn")
    p = {name: value.detach().numpy() for name, value in module.cells.named_parameters()}
    states = sequences.rnn(X[0], p["weight_ih_l0"], p["weight_hh_l0"], p["bias_ih_l0"])
    norms = np.array([sequences.through_tanh(LAST, states, p["weight_hh_l0"], d) for d in range(T)])
    np.testing.assert_allclose(found(module)[0].shares, norms / norms[0], rtol=NETWORK.relative)


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_gates_have_the_gradients_of_a_sequence_that_goes_on_from_a_state(name: str) -> None:
    module, inputs = layer(name), torch.tensor(X)
    state, memory = found(module)[0], found(module)[1:]
    for distance in range(1, T):
        _states, left = module.step(inputs[:, : T - distance])
        parts = [part.detach().requires_grad_() for part in (left if isinstance(left, tuple) else (left,))]
        given = tuple(parts) if len(parts) == 2 else parts[0]
        outputs, _after = module.step(inputs[:, T - distance :], given)
        gradients = torch.autograd.grad((outputs[:, -1] @ torch.tensor(LAST)).sum(), parts)
        norm = float(gradients[0].norm()) / state.last
        np.testing.assert_allclose(state.shares[distance], norm, rtol=NETWORK.relative)
        if memory:  # the memory of a step reaches what follows directly, and through the state of its own step
            h, c = (part.detach() for part in parts)
            whole = gradients[1] + gradients[0] * (h / c.tanh()) * (1 - c.tanh() ** 2)
            norm = float(whole.norm()) / memory[0].last
            np.testing.assert_allclose(memory[0].shares[distance], norm, rtol=NETWORK.relative)
    assert len(memory) == (name == "lstm")
