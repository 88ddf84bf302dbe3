from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright.explaining.trace import trace
from deepwright.layers.sequence import build_layer
from tests.unit.explaining.traced import by_name, predictor_of


def gradients_by_autograd(predictor: Any, batch: Any) -> dict[str, float]:
    """Norms of dL/dw by parameter, by one backward pass through everything."""
    network = predictor.network.eval()
    network.zero_grad()
    predictor.task.losses(network(*batch.inputs), batch)[0].backward()
    found = {name.removeprefix("model."): float(p.grad.norm()) for name, p in network.named_parameters()}
    network.zero_grad()
    return found


@pytest.mark.parametrize("task", ["classification", "multi_label", "regression"])
@pytest.mark.parametrize("model", ["convnet", "resnet", "mlp"])
def test_gradients_are_those_of_one_backward_pass(model: str, task: str) -> None:
    predictor, batch = predictor_of(model, task)
    expected = gradients_by_autograd(predictor, batch)
    found = trace(predictor, batch)
    norms = {f"{layer.name}.{name}": dw.norm for layer in found.layers for name, dw in layer.dw.items()}
    assert norms == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("task", ["classification", "multi_label", "regression"])
@pytest.mark.parametrize("model", ["convnet", "resnet", "mlp", "pixel_linear"])
def test_every_layer_of_ours_is_worked_out(model: str, task: str) -> None:
    predictor, batch = predictor_of(model, task)
    predictor.network.requires_grad_(model != "pixel_linear")
    found = trace(predictor, batch)
    for layer in found.layers:
        assert layer.formula, layer.name
        if layer.kind not in ("Dropout", "Identity"):
            assert layer.unit is not None, layer.name
            assert layer.unit.recorded == pytest.approx(float(layer.y.max()))
            assert len(layer.derivatives) == 1 + (layer.kind in ("Conv2d", "Linear", "BatchNorm2d")), layer.name
    last = found.layers[-1]
    torch.testing.assert_close(torch.tensor(found.outputs), torch.from_numpy(last.y).float())
    assert found.loss == pytest.approx(float(predictor.task.losses(torch.tensor([found.outputs]), batch)))


@pytest.mark.parametrize("task", ["classification", "multi_label", "regression"])
def test_where_the_gradient_begins_is_worked_out(task: str) -> None:
    predictor, batch = predictor_of("mlp", task)
    found = trace(predictor, batch)
    z = torch.tensor([found.outputs], requires_grad=True)
    predictor.task.losses(z, batch)[0].backward()
    worked = found.loss_derivative
    assert worked is not None
    assert z.grad is not None
    assert worked.result == pytest.approx(float(z.grad[0, int(z.argmax())]), rel=1e-5)
    assert worked.name == f"dL/dz[{int(z.argmax())}]"
    assert found.loss_formula


def test_the_convnet_has_the_figures_that_everybody_can_count() -> None:
    found = by_name(trace(*predictor_of()))
    assert list(found) == [
        *("front", "conv1", "pool", "relu", "conv2", "pool#2", "relu#2", "conv3", "relu#3", "dropout", "dense1"),
        *("relu#4", "dense2"),
    ]
    conv, relu = found["conv1"], found["relu"]
    assert (conv.input_shape, conv.output_shape, conv.parameters) == ((1, 8, 8), (32, 8, 8), 320)
    assert conv.dw["weight"].shape == (32, 1, 3, 3)
    assert (conv.dy.shape, conv.dx.shape) == ((32, 8, 8), (1, 8, 8))
    assert conv.filters.shape == (32, 1, 3, 3)
    assert relu.statistics.least == 0
    assert relu.statistics.zeros == pytest.approx(float((relu.y == 0).mean()))
    assert found["dropout"].arithmetic == ("view",)
    assert sum(layer.parameters for layer in found.values()) == 72_842


def test_a_branch_adds_up() -> None:
    found = by_name(trace(*predictor_of("resnet")))
    joined = found["stages.1.2.gelu2"]
    assert joined.layers == ("stages.1.1", "stages.1.2.second.norm")
    assert joined.arithmetic == ("add",)
    assert joined.dx.norm == pytest.approx(found["stages.1.2.second.norm"].dy.norm)


class Strange(nn.Module):
    """A layer without a formula, used twice, and a result that is not made by a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.wave = Wave()
        self.dense = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.dense(self.wave(self.wave(images)).flatten(1)).clamp(-1, 1) * 1.5
        return outputs


class Wave(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, inputs: Tensor) -> Tensor:
        return (self.scale * inputs).sin()


def test_a_layer_of_ones_own_has_shapes_values_and_gradients_without_a_formula() -> None:
    predictor, batch = predictor_of(Strange())
    found = trace(predictor, batch)
    first, second = (by_name(found)[name] for name in ("wave", "wave#2"))
    assert (first.formula, first.unit, first.derivatives) == (None, None, ())
    assert (first.kind, first.parameters, second.parameters) == ("Wave", 1, 0)
    np.testing.assert_allclose(second.y, np.sin(2 * first.y), atol=1e-6)
    assert second.dx.norm == pytest.approx(first.dy.norm)
    assert first.dw["scale"].norm > 0
    assert found.origin.arithmetic == ("clamp", "mul")


def test_a_layer_whose_weights_are_made_of_others_is_worked_out_forward() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(64, 10))
    found = trace(*predictor_of(nn.Sequential(nn.Flatten(), layer)))
    last = found.layers[-1]
    assert [layer.name for layer in found.layers] == ["front", "0", "1"]
    assert last.formula == "y = w·x + b"
    assert last.unit is not None
    assert last.derivatives == ()
    assert {"bias", "parametrizations.weight.original0", "parametrizations.weight.original1"} == set(last.dw)


def test_a_network_that_does_not_look_has_no_gradients() -> None:
    found = trace(*predictor_of("majority"))
    assert [(layer.dy, layer.dx, dict(layer.dw)) for layer in found.layers] == [(None, None, {})] * 2
    assert found.loss_derivative is None


def test_all_of_it_is_json(tmp_path: Any) -> None:
    found = trace(*predictor_of())
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [layer["name"] for layer in data["layers"]] == [layer.name for layer in found.layers]
    assert not {"y", "filters"} & data["layers"][1].keys()
    assert data["layers"][1]["unit"]["terms"][0]["factors"][0]["name"].startswith("w[")
    assert data["answer"]["label"] in "0123456789"


@pytest.mark.parametrize("layer", ["rnn", "lstm", "gru", "attention", "transformer_block", "sinusoidal_positions"])
def test_layers_of_sequences_are_passed_through(layer: str) -> None:
    """Their formulas are not worked out yet; their values and their gradients are there all the same."""
    settings = {"units": 8, "return_sequences": True} if layer in ("rnn", "lstm", "gru") else {}
    module = build_layer(layer, (8, 8), settings).module
    predictor, batch = predictor_of(nn.Sequential(nn.Flatten(1, 2), module, nn.Flatten(), nn.Linear(64, 10)))
    expected = gradients_by_autograd(predictor, batch)
    found = trace(predictor, batch)
    norms = {f"{one.name}.{name}": dw.norm for one in found.layers for name, dw in one.dw.items()}
    assert norms == pytest.approx(expected, rel=1e-4, abs=1e-7)
    if settings:
        recurrent = by_name(found)["1"]
        assert (recurrent.kind, recurrent.formula, recurrent.output_shape) == (layer.upper(), None, (8, 8))
