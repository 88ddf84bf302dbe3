from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright.contracts import Batch
from deepwright.explaining.through_time import Part, through_time
from deepwright.layers.sequence import build_layer

T, D, H = 6, 3, 4
THERE = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]], dtype=torch.bool)


class Net(nn.Module):
    """One layer, and what it was last seen to yield."""

    def __init__(self, layer: nn.Module, *more: Any) -> None:
        super().__init__()
        self.layer, self.more = layer, more
        self.seen: list[Tensor] = []

    def forward(self, inputs: Tensor) -> Tensor:
        made = self.layer(inputs, *self.more)
        outputs: Tensor = made[0] if isinstance(made, tuple) else made
        self.seen.append(outputs.detach())
        return outputs.flatten(1)


def batch(rows: int = 2) -> Batch:
    torch.manual_seed(1)
    return Batch((torch.randn(rows, T, D, dtype=torch.float64),), None, torch.arange(rows))


def squares(outputs: Tensor, _batch: Batch) -> Tensor:
    return outputs.square().sum(1)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True, "dropout": 0.5}])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("there", [None, THERE])
def test_a_network_yields_the_same_step_by_step(
    name: str, settings: dict[str, Any], sequences: bool, there: Tensor | None
) -> None:
    torch.manual_seed(0)
    built = build_layer(name, (T, D), {"units": H, "return_sequences": sequences, **settings})
    net = Net(built.module.double().eval(), there)
    net(*batch().inputs)
    found = through_time(net.train(), squares, [batch()])
    np.testing.assert_allclose(net.seen[0], net.seen[1], rtol=1e-12)
    assert net.training, "it is left as it was"
    assert "forward" not in net.layer.cells.__dict__
    expected = {
        Part("layer", number + 1, bool(way), bool(memory))
        for number in range(settings.get("num_layers", 1))
        for way in range(1 + settings.get("bidirectional", False))
        for memory in range(1 + (name == "lstm"))
    }
    assert {one.part for one in found} == expected
    rows = [2] * T if there is None else [2, 2, 2, 1, 1, 1]
    assert all(list(one.rows) == rows[: len(one.rows)] for one in found)


def test_layers_of_pytorch_itself_are_looked_at_as_well() -> None:
    torch.manual_seed(0)
    net = Net(nn.LSTM(D, H, bias=False), None).double()
    (state, memory) = through_time(net, lambda outputs, _batch: outputs[-1].sum().expand(T), [batch()])
    assert (state.part, memory.part) == (Part("layer", 1, False, False), Part("layer", 1, False, True))
    np.testing.assert_allclose(net.seen[0], net.layer(*batch().inputs)[0].detach(), rtol=1e-12)


def test_what_has_no_recurrent_layer_or_uses_one_twice_has_nothing_to_tell() -> None:
    assert through_time(nn.Sequential(nn.Flatten(), nn.Linear(T * D, 2).double()), squares, [batch()]) == []

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = nn.GRU(D, D, batch_first=True).double()

        def forward(self, inputs: Tensor) -> Tensor:
            outputs: Tensor = self.cells(self.cells(inputs)[0])[0]
            return outputs.flatten(1)

    assert through_time(Twice(), squares, [batch()]) == []


def test_distances_that_few_rows_reach_are_not_told_and_nothing_is_divided_by_0() -> None:
    torch.manual_seed(0)
    there = torch.arange(T) < torch.tensor([6, *[3] * 19])[:, None]
    net = Net(build_layer("rnn", (T, D), {"units": H}).module.double(), there)
    (one,) = through_time(net, squares, [batch(20)])
    assert one.rows == (20, 20, 20)
    assert one.shares[0] == 1.0
    (one,) = through_time(net, lambda outputs, _batch: 0 * outputs.sum(1), [batch(20)])
    assert (one.last, one.shares, one.rows) == (0.0, (), ())
