from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from deepwright.explaining.chain import backward, passed_on
from deepwright.explaining.recording import Origin, record
from deepwright.layers.residual import ResidualBlock


class Own(nn.Module):
    """One layer used twice, arithmetic between layers, and an activation that works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.relu = nn.ReLU(inplace=True)
        self.last = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden: Tensor = self.relu(self.first(inputs))
        hidden = self.first(hidden).tanh() + hidden
        outputs: Tensor = self.last(hidden)
        return outputs * 2


@pytest.fixture
def inputs() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(1, 4)


def test_every_use_has_a_name_and_says_where_its_input_comes_from(inputs: Tensor) -> None:
    made = record(Own(), (inputs,))
    assert [(call.name, call.origin) for call in made.calls] == [
        ("first", Origin(("input",))),
        ("relu", Origin(("first",))),
        ("first#2", Origin(("relu",))),
        ("last", Origin(("relu", "first#2"), ("tanh", "add"))),
    ]
    assert made.origin == Origin(("last",), ("mul",))


def test_values_are_those_of_their_time(inputs: Tensor) -> None:
    """The activation overwrites what the layer before it gave."""
    network = Own()
    first, relu = record(network, (inputs,)).calls[:2]
    torch.testing.assert_close(first.outputs[0], network.first(inputs).detach())
    torch.testing.assert_close(relu.inputs[0], first.outputs[0])
    torch.testing.assert_close(relu.outputs[0], first.outputs[0].relu())
    assert bool((first.outputs[0] < 0).any())


def test_derivatives_of_both_uses_add_up_to_what_autograd_gives(inputs: Tensor) -> None:
    network = Own()
    made = record(network, (inputs,))
    _dz, each_dy = backward(made.outputs.square().sum(), made)
    passed = {call.name: passed_on(call, dy) for call, dy in zip(made.calls, each_dy, strict=True)}
    assert all(parameter.grad is None for parameter in network.parameters())
    leaf = inputs.clone().requires_grad_()
    network(leaf).square().sum().backward()
    for name, parameter in network.first.named_parameters():
        together = passed["first"].dw[name] + passed["first#2"].dw[name]
        torch.testing.assert_close(together, parameter.grad)
    assert passed["first"].dx is not None
    torch.testing.assert_close(passed["first"].dx, leaf.grad)


def test_a_layer_before_a_sum_receives_the_derivative_of_both_ways() -> None:
    block = nn.Sequential(nn.Conv2d(2, 3, 1), ResidualBlock(3))
    made = record(block, (torch.randn(1, 2, 5, 5),))
    assert made.calls[-1].origin == Origin(("0", "1.second.norm"), ("add",))
    _dz, each_dy = backward(made.outputs.sum(), made)
    dy = {call.name: each[0] for call, each in zip(made.calls, each_dy, strict=True)}
    first, last = (passed_on(made.calls[i], each_dy[i]).dx for i in (1, -1))
    assert first is not None
    assert last is not None
    torch.testing.assert_close(dy["0"], first + last)


def test_the_network_is_left_as_it_was(inputs: Tensor) -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    record(network, (inputs,))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    for module in network.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert all(parameter.grad is None for parameter in network.parameters())


def test_hooks_are_taken_away_after_a_failure_too() -> None:
    network = nn.Sequential(nn.Linear(4, 2))
    with pytest.raises(RuntimeError):
        record(network, (torch.zeros(1, 5),))
    assert not network[0]._forward_hooks


def test_layers_with_several_inputs_and_outputs() -> None:
    """Attention, whose parts are never called, gives a tuple; a recurrent layer gives nested ones."""
    attention, recurrent = nn.MultiheadAttention(8, 2, batch_first=True), nn.LSTM(8, 4, batch_first=True)

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention, self.recurrent = attention, recurrent

        def forward(self, tokens: Tensor) -> Tensor:
            mixed, _weights = self.attention(tokens, tokens, value=tokens)
            outputs, (_hidden, _cell) = self.recurrent(mixed)
            last: Tensor = outputs[:, -1]
            return last

    made = record(Both(), (torch.randn(1, 5, 8),))
    assert [call.name for call in made.calls] == ["attention", "recurrent"]
    assert [len(call.outputs) for call in made.calls] == [2, 3]
    _dz, each_dy = backward(made.outputs.sum(), made)
    passed = passed_on(made.calls[0], each_dy[0])
    assert passed.dw.keys() == dict(attention.named_parameters()).keys()


def test_without_derivatives_values_are_the_same(inputs: Tensor) -> None:
    """Also of a network that needs plain numbers."""

    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(4, 2).requires_grad_(False)

        def forward(self, numbers: Tensor) -> Tensor:
            outputs: Tensor = self.dense(torch.from_numpy(numbers.numpy() * 2))
            return outputs

    network = Plain()
    made = record(network, (inputs,), derivatives=False)
    torch.testing.assert_close(made.outputs, network(inputs))
    assert made.calls[0].edges == (None,)
    assert made.calls[0].origin == Origin()
