"""Every formula, worked out by hand, gives what the layer gave; and the chain rule gives what autograd gives."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from deepwright.explaining.chain import backward, passed_on
from deepwright.explaining.formulas import explain
from deepwright.explaining.layer import Explanation, Seen
from deepwright.explaining.recording import record
from deepwright.explaining.worked import Worked
from deepwright.layers.normalisation import BatchNorm
from deepwright.layers.normalise import Normalise
from deepwright.layers.pooling import GlobalAveragePool, GlobalMaxPool, LargestOfSteps, MeanOfSteps

PICTURE = (4, 7, 9)
SEQUENCE = (4, 9)
ACTIVATIONS: dict[str, nn.Module] = {
    "relu": nn.ReLU(),
    "relu6": nn.ReLU6(),
    "leaky relu": nn.LeakyReLU(0.2),
    "sigmoid": nn.Sigmoid(),
    "hard sigmoid": nn.Hardsigmoid(),
    "tanh": nn.Tanh(),
    "elu": nn.ELU(0.7),
    "selu": nn.SELU(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "hard swish": nn.Hardswish(),
    "softplus": nn.Softplus(2.0),
}
#: Layer, shape of the input, and the names of what is worked out.
LAYERS: dict[str, tuple[nn.Module, tuple[int, ...], list[str]]] = {
    "dense": (nn.Linear(12, 5), (12,), ["y", "dL/dw", "dL/dx"]),
    "dense without bias": (nn.Linear(12, 5, bias=False), (12,), ["y", "dL/dw", "dL/dx"]),
    "dense at each of several tokens": (nn.Linear(12, 5), (6, 12), ["y", "dL/dw", "dL/dx"]),
    "convolution": (nn.Conv2d(4, 6, 3), PICTURE, ["y", "dL/dw", "dL/dx"]),
    "convolution with padding and stride": (nn.Conv2d(4, 6, 3, 2, 1), PICTURE, ["y", "dL/dw", "dL/dx"]),
    "convolution, oblong": (nn.Conv2d(4, 6, (2, 3), (1, 2), (1, 0), bias=False), PICTURE, ["y", "dL/dw", "dL/dx"]),
    "convolution, dilated, in groups": (
        nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2),
        PICTURE,
        ["y", "dL/dw", "dL/dx"],
    ),
    "convolution of each channel alone": (nn.Conv2d(4, 8, 3, groups=4), PICTURE, ["y", "dL/dw", "dL/dx"]),
    "convolution that keeps the size": (nn.Conv2d(4, 6, (4, 3), padding="same"), PICTURE, ["y", "dL/dw", "dL/dx"]),
    "max pool": (nn.MaxPool2d(2), PICTURE, ["y", "dL/dx"]),
    "max pool, overlapping": (nn.MaxPool2d(3, 2, 1), PICTURE, ["y", "dL/dx"]),
    "max pool, dilated, to the edge": (nn.MaxPool2d(2, 3, dilation=2, ceil_mode=True), PICTURE, ["y", "dL/dx"]),
    "mean pool": (nn.AvgPool2d(2), PICTURE, ["y", "dL/dx"]),
    "mean pool, padding counts": (nn.AvgPool2d(3, 2, 1), PICTURE, ["y", "dL/dx"]),
    "mean pool, padding counts, to the edge": (nn.AvgPool2d(3, 2, 1, ceil_mode=True), PICTURE, ["y", "dL/dx"]),
    "mean pool, padding does not count": (nn.AvgPool2d(3, 1, 1, count_include_pad=False), PICTURE, ["y", "dL/dx"]),
    "mean pool to a size": (nn.AdaptiveAvgPool2d((3, 2)), PICTURE, ["y", "dL/dx"]),
    "mean of the picture": (GlobalAveragePool(), PICTURE, ["y", "dL/dx"]),
    "max of the picture": (GlobalMaxPool(), PICTURE, ["y", "dL/dx"]),
    "convolution over steps": (nn.Conv1d(4, 6, 3), SEQUENCE, ["y", "dL/dw", "dL/dx"]),
    "convolution over steps, padded, in strides": (
        nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, bias=False),
        SEQUENCE,
        ["y", "dL/dw", "dL/dx"],
    ),
    "mean of steps": (MeanOfSteps(), SEQUENCE, ["y", "dL/dx"]),
    "largest of steps": (LargestOfSteps(), SEQUENCE, ["y", "dL/dx"]),
    "front": (Normalise([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]), PICTURE, ["y", "dL/dx"]),
    "batch norm": (nn.BatchNorm2d(4), PICTURE, ["y", "dL/dγ", "dL/dx"]),
    "batch norm of numbers": (nn.BatchNorm1d(12), (12,), ["y", "dL/dγ", "dL/dx"]),
    "batch norm of ours": (BatchNorm(4), PICTURE, ["y", "dL/dγ", "dL/dx"]),
    "batch norm that learns nothing": (nn.BatchNorm2d(4, affine=False), PICTURE, ["y", "dL/dx"]),
    "layer norm": (nn.LayerNorm(12), (6, 12), ["y", "dL/dγ"]),
    "layer norm of two axes": (nn.LayerNorm((7, 9)), PICTURE, ["y", "dL/dγ"]),
    "group norm": (nn.GroupNorm(2, 4), PICTURE, ["y", "dL/dγ"]),
    "softmax": (nn.Softmax(-1), (12,), ["y", "dL/dx"]),
    "softmax of channels": (nn.Softmax(1), PICTURE, ["y", "dL/dx"]),
    **{name: (module, (12,), ["y", "dL/dx"]) for name, module in ACTIVATIONS.items()},
}


def explained(module: nn.Module, inputs: Tensor) -> tuple[Explanation | None, Seen, Tensor]:
    """What is said of a layer under a loss that weighs its outputs differently, dL/dx and dL/dw by autograd alone."""
    module.zero_grad()
    torch.manual_seed(1)
    made = record(module, (inputs,))
    weights = torch.randn(made.outputs.shape)
    loss = (weights * made.outputs.square()).sum()
    dz, ((dy, *_others),) = backward(loss, made)
    assert dy is not None
    assert dz is not None
    module.eval()
    passed = passed_on(made.calls[0], [dy])
    leaf = inputs.clone().requires_grad_()
    (weights * module(leaf).square()).sum().backward()
    assert leaf.grad is not None
    seen = Seen(
        module,
        inputs[0].double().numpy(),
        made.outputs[0].detach().double().numpy(),
        dy[0].double().numpy(),
        leaf.grad[0].double().numpy(),
        {name: p.grad.double().numpy() for name, p in module.named_parameters() if p.grad is not None},
    )
    assert passed.dx is not None
    torch.testing.assert_close(passed.dx, leaf.grad)
    assert passed.dw.keys() == seen.dw.keys()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(passed.dw[name], parameter.grad)
    return explain(seen), seen, leaf.grad


def made_of(worked: Worked) -> float:
    """The result, from the terms that are shown and the rest."""
    values = [term.value for term in worked.terms]
    for term in worked.terms:
        product = 1.0
        for factor in term.factors:
            product *= factor.value
        assert product == pytest.approx(term.value)
    if worked.how == "max":
        return max([*values, *([worked.rest] if worked.num_rest else [])])
    return sum(values) + worked.rest + (0 if worked.bias is None else worked.bias.value)


def moved(module: nn.Module) -> nn.Module:
    """With running means and scales that are not those of the beginning."""
    torch.manual_seed(2)
    for name, tensor in module.named_buffers():
        if name.startswith("running"):
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return module


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # an even kernel has no middle
@pytest.mark.parametrize("name", LAYERS)
def test_what_is_worked_out_is_what_the_layer_gave(name: str) -> None:
    module, shape, names = LAYERS[name]
    torch.manual_seed(0)
    found, seen, _dx = explained(moved(module), torch.randn(1, *shape))
    assert found is not None
    assert found.formula is not None
    assert found.unit is not None, "it agrees with the network"
    assert [worked.name.partition("[")[0] for worked in (found.unit, *found.derivatives)] == names
    assert found.unit.recorded == pytest.approx(seen.y.max())
    for worked in (found.unit, *found.derivatives):
        assert worked.result == pytest.approx(worked.recorded, rel=1e-4, abs=1e-5)
        if worked.how != "function":
            assert made_of(worked) == pytest.approx(worked.result)


@pytest.mark.parametrize("x", [-9.0, -3.5, -1.0, -0.2, 0.3, 1.7, 4.0, 12.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_slopes_of_activations_everywhere(name: str, x: float) -> None:
    found, seen, dx = explained(ACTIVATIONS[name], torch.tensor([[x]]))
    assert found is not None
    assert found.unit is not None
    (derivative,) = found.derivatives
    assert found.unit.result == pytest.approx(seen.y.item(), rel=1e-5, abs=1e-6)
    assert derivative.result == pytest.approx(dx.item(), rel=1e-4, abs=1e-6)


def test_a_unit_names_its_numbers() -> None:
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]))
        layer.bias.copy_(torch.tensor([0.5, 0.25]))
    found, _seen, _dx = explained(layer, torch.tensor([[1.0, -1.0, -2.0]]))
    assert found is not None
    assert found.unit is not None
    unit = found.unit
    assert (unit.name, unit.formula, unit.result) == ("y[1]", "y = w·x + b", 4 - 5 + 12 + 0.25)
    assert [[(f.name, f.value) for f in term.factors] for term in unit.terms] == [
        [("w[1, 2]", -6.0), ("x[2]", -2.0)],
        [("w[1, 1]", 5.0), ("x[1]", -1.0)],
        [("w[1, 0]", 4.0), ("x[0]", 1.0)],
    ]
    assert unit.bias is not None
    assert (unit.bias.name, unit.bias.value) == ("b[1]", 0.25)


class Doubled(nn.Linear):
    """A dense layer that does more than one."""

    def forward(self, inputs: Tensor) -> Tensor:
        return 2 * super().forward(inputs)


@pytest.mark.parametrize(
    "module", [Doubled(4, 4), nn.GELU(approximate="tanh"), nn.BatchNorm1d(4, track_running_stats=False), nn.Mish()]
)
def test_a_layer_whose_formula_is_not_known_has_none(module: nn.Module) -> None:
    inputs = torch.randn(1, 4)
    seen = Seen(module, inputs[0].double().numpy(), inputs[0].double().numpy())
    assert explain(seen) is None


@pytest.mark.parametrize("module", [nn.Linear(4, 4), nn.Conv2d(1, 1, 2), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2)])
def test_nothing_is_shown_that_the_network_did_not_give(module: nn.Module) -> None:
    """As where a parametrisation or a hook changes what a layer does."""
    inputs = torch.randn(1, 1, 4, 4)
    given: Any = module(inputs)[0].detach().double().numpy() + 0.125
    found = explain(Seen(module, inputs[0].double().numpy(), given))
    assert found is not None
    assert found.unit is None


def test_an_embedding_is_a_row_of_its_table_and_a_row_learns_from_all_its_places() -> None:
    table = nn.Embedding(7, 5)
    tokens = torch.tensor([[3, 1, 3, 6]])
    made = record(table, (tokens,))
    _dz, ((dy,),) = backward((torch.randn(1, 4, 5) * made.outputs).sum(), made)
    assert dy is not None
    dw = passed_on(made.calls[0], [dy]).dw["weight"].double().numpy()
    y = made.outputs[0].detach().double().numpy()
    found = explain(Seen(table, tokens[0].double().numpy(), y, dy[0].double().numpy(), None, {"weight": dw}))
    assert found is not None
    assert found.unit is not None
    assert found.unit.result == pytest.approx(y.max())
    (derivative,) = found.derivatives
    assert derivative.result == pytest.approx(derivative.recorded)


@pytest.mark.parametrize("layer", [MeanOfSteps(), LargestOfSteps()])
def test_steps_that_are_not_there_do_not_count(layer: nn.Module) -> None:
    x, there = torch.randn(1, 5, 3) + 1, torch.tensor([[True, True, False, True, False]])
    y = layer(x, there)[0].double().numpy()
    found = explain(Seen(layer, x[0].double().numpy(), y, others=(there[0].double().numpy(),)))
    assert found is not None
    assert found.unit is not None
    assert found.unit.result == pytest.approx(y.max())
