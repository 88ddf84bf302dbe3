from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import Member, TrainingSettings
from deepwright.layers.sequence import build_layer
from deepwright.specs import ClassSpec, ImageSpec
from deepwright.workflows.summary import INPUT, LayerUse, optimizer_bytes, uses


def row(use: LayerUse) -> tuple[Any, ...]:
    return use.name, use.kind, use.shape, use.parameters, use.flop


def totals(found: list[LayerUse]) -> tuple[int, int]:
    return sum(use.parameters for use in found), sum(use.flop for use in found)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


class Shared(nn.Module):
    """One layer used twice, a ReLU that is no module, a parameter and a product of its own, and a tied weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4)
        self.tied.weight = self.first.weight
        self.scale = nn.Parameter(torch.ones(4))
        self.unused = nn.Linear(2, 2)

    def forward(self, inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        hidden = self.tied(self.first(self.first(inputs)).relu()) * self.scale
        return hidden @ torch.ones(4, 3), {"hidden": hidden}


def test_the_convnet_has_the_figures_that_everybody_can_count() -> None:
    network = registry.load("models", "convnet")(ImageSpec(1, 28, 28), ClassSpec(tuple("0123456789")))
    found = uses(network, (torch.zeros(1, 1, 28, 28),))
    assert [use.kind for use in found] == [
        *("Conv2d", "MaxPool2d", "ReLU", "Conv2d", "MaxPool2d", "ReLU", "Conv2d", "ReLU"),
        *("Dropout", "Linear", "ReLU", "Linear"),
    ]
    assert row(found[0]) == ("conv1", "Conv2d", [32, 26, 26], 320, 2 * 9 * 32 * 26 * 26)
    assert row(found[-1]) == ("dense2", "Linear", [10], 650, 2 * 64 * 10)
    assert totals(found)[0] == 93_322


def test_every_use_is_listed_and_everything_is_counted_once() -> None:
    found = uses(Shared(), (torch.zeros(1, 4),))
    assert [(use.name, use.parameters, use.flop, use.shared) for use in found] == [
        ("first", 20, 32, False),
        ("first", 0, 32, True),
        ("tied", 4, 32, True),
        ("", 4 + 6, 24, False),
    ]
    assert totals(found)[0] == count(Shared())
    assert found[-1].shape == [3]


def test_attention_is_counted_where_its_parts_are_not_called() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    found = uses(layer, (torch.zeros(1, 5, 8),))
    projections, products = 2 * 5 * 8 * (3 * 8 + 8), 2 * 2 * (2 * 5 * 5 * 4)
    attention = next(use for use in found if use.kind == "MultiheadAttention")
    assert (attention.parameters, attention.flop) == (count(layer.self_attn), projections + products)
    assert totals(found) == (count(layer), projections + products + 2 * (2 * 5 * 8 * 16))


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_recurrent_layers_are_one_layer_with_all_their_work(kind: str, gates: int) -> None:
    settings = {"units": 6, "return_sequences": False}
    layers = nn.Sequential(nn.Embedding(20, 8), build_layer(kind, (5, 8), settings).module, nn.Linear(6, 2))
    found = uses(layers, (torch.ones(1, 5, dtype=torch.int64),))
    weights = gates * 6 * (8 + 6)
    assert [use.kind for use in found] == ["Embedding", kind.upper(), "Linear"]
    assert row(found[1])[2:] == ([6], weights + gates * 6, 2 * 5 * weights)
    assert [use.sources for use in found] == [[INPUT], [0], [1]]


def test_a_transformer_block_is_counted_layer_by_layer() -> None:
    block = build_layer("transformer_block", (5, 8), {"num_heads": 2, "causal": True}).module
    found = uses(block, (torch.zeros(1, 5, 8),))
    products = 2 * 2 * (2 * 5 * 5 * 4)
    assert totals(found) == (count(block), 2 * 5 * (8 * 24 + 8 * 8 + 2 * 8 * 32) + products)
    assert {tuple(use.shape) for use in found} >= {(5, 8), (5, 24), (5, 32)}


class Forked(nn.Module):
    """Two ways from one layer, joined; the second way passes the first one by."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.left, self.right = nn.Linear(4, 4), nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.last = nn.Linear(8, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.first(inputs)
        outputs: Tensor = self.last(torch.cat([self.left(hidden) + inputs, self.right(hidden)], 1))
        return outputs


def test_each_use_says_whose_outputs_it_takes() -> None:
    found = uses(Forked(), (torch.zeros(1, 4),))
    assert [(use.name, use.sources) for use in found] == [
        ("first", [INPUT]),
        ("left", [0]),
        ("right.0", [0]),
        ("right.1", [2]),
        ("last", [INPUT, 1, 3]),
    ]


def test_the_connection_past_a_residual_block_is_found() -> None:
    network = registry.load("models", "resnet")(ImageSpec(3, 16, 16), ClassSpec(("a", "b")), depth=2, width=4)
    found = uses(network, (torch.zeros(1, 3, 16, 16),))
    joined = {use.name: [found[source].name for source in use.sources] for use in found if len(use.sources) > 1}
    assert joined == {
        f"stages.{stage}.{block}.gelu2": [
            f"stages.{stage}.1" if block == 2 else f"stages.{stage}.2.gelu2",
            f"stages.{stage}.{block}.second.norm",
        ]
        for stage in (1, 2)
        for block in (2, 3)
    }


def test_memory_that_two_layers_share_is_counted_once() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(), nn.Linear(4, 2))
    assert [use.values for use in uses(network, (torch.zeros(1, 4),))] == [4, 0, 0, 0, 2]


def test_the_network_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    uses(network, (torch.ones(1, 4),))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    for module in network.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert all(parameter.grad is None for parameter in network.parameters())


def test_hooks_are_taken_away_after_a_failure_too() -> None:
    network = nn.Sequential(nn.Linear(4, 2))
    with pytest.raises(RuntimeError):
        uses(network, (torch.zeros(1, 5),))
    assert not network[0]._forward_hooks


@pytest.mark.parametrize(
    ("optimizer", "settings", "copies", "single"),
    [("adamw", {}, 2, 3), ("adam", {}, 2, 3), ("sgd", {"momentum": 0.9}, 1, 0), ("sgd", {"momentum": 0.0}, 0, 0)],
)
def test_an_optimizer_keeps_as_much_as_its_formula_says(
    optimizer: str, settings: dict[str, Any], copies: int, single: int
) -> None:
    parameters = [nn.Parameter(torch.ones(3, 5)), nn.Parameter(torch.ones(7)), nn.Parameter(torch.ones(3, 5))]
    training = TrainingSettings(optimizer=Member(optimizer, settings))
    assert optimizer_bytes(parameters, training) == 4 * (copies * 37 + single)
