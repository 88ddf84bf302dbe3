"""Whole networks, written out in NumPy from their own parameters: the same logits and the same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.specs import ClassSpec, ImageSpec
from tests.formulas.reference import networks
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.losses import softmax_cross_entropy, softmax_cross_entropy_backward
from tests.formulas.tolerances import DIFFERENCES, NETWORK

SIZES = {"convnet, not padded": (1, 28, 28), "convnet, padded": (2, 8, 8), "convnet, oblong": (1, 19, 24)}
CLASSES = ClassSpec(tuple("abcd"))


def build(name: str, shape: tuple[int, int, int], **settings: Any) -> nn.Module:
    """A registered model in float64, with parameters, biases too, that are all different from 0."""
    torch.manual_seed(5)
    model: nn.Module = registry.load("models", name)(ImageSpec(*shape), CLASSES, **settings).double()
    return model.train()


def images_for(shape: tuple[int, int, int]) -> Floats:
    return np.random.default_rng(6).normal(size=(3, *shape))


TARGETS = np.array([0, 3, 1])


def parameters_of(model: nn.Module) -> dict[str, Floats]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def by_torch(model: nn.Module, images: Floats) -> tuple[Floats, dict[str, Floats]]:
    """Logits and, of the mean of the task's losses, the gradients of the parameters and of the images."""
    inputs = torch.from_numpy(images.copy()).requires_grad_()
    task = registry.load("tasks", "classification")({"image": "image", "label": "label"})
    logits: Tensor = model(inputs)
    task.losses(logits, Batch((inputs,), torch.from_numpy(TARGETS), torch.arange(len(images)))).mean().backward()
    assert inputs.grad is not None
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert all(gradient is not None for gradient in gradients.values())
    return logits.detach().numpy(), {
        "images": inputs.grad.numpy(),
        **{name: gradient.numpy() for name, gradient in gradients.items() if gradient is not None},
    }


def check_gradients(actual: dict[str, Floats], expected: dict[str, Floats]) -> None:
    assert actual.keys() == expected.keys()
    for name, gradient in expected.items():
        assert np.abs(gradient).max() > 1e-5, f"{name}: a gradient of 0 would show nothing"
        NETWORK.check(actual[name], gradient, name)


@pytest.mark.parametrize("size", SIZES)
def test_the_convnet_is_its_formulas(size: str) -> None:
    model = build("convnet", SIZES[size], num_filters=2, dense_dim=6)
    images, parameters = images_for(SIZES[size]), parameters_of(model)
    padding = 1 if size == "convnet, padded" else 0
    logits, gradients = by_torch(model, images)

    NETWORK.check(logits, networks.convnet(images, parameters, padding), "logits")
    upstream = softmax_cross_entropy_backward(np.full(3, 1 / 3), logits, TARGETS)
    to_images, by_hand = networks.convnet_backward(upstream, images, parameters, padding)
    check_gradients(gradients, {"images": to_images, **by_hand})


@pytest.mark.parametrize("num_layers", [0, 1, 3])
def test_the_mlp_is_its_formulas(num_layers: int) -> None:
    model = build("mlp", (2, 4, 5), num_layers=num_layers, hidden_dim=7, dropout=0.0)
    images, parameters = images_for((2, 4, 5)), parameters_of(model)
    logits, gradients = by_torch(model, images)

    NETWORK.check(logits, networks.mlp(images, parameters, num_layers), "logits")
    upstream = softmax_cross_entropy_backward(np.full(3, 1 / 3), logits, TARGETS)
    to_images, by_hand = networks.mlp_backward(upstream, images, parameters, num_layers)
    check_gradients(gradients, {"images": to_images, **by_hand})


@pytest.mark.parametrize("name", ["convnet", "mlp"])
def test_dropout_is_off_when_a_network_is_used_and_on_while_it_learns(name: str) -> None:
    settings = {"num_filters": 2, "dense_dim": 6} if name == "convnet" else {"num_layers": 2, "hidden_dim": 7}
    model = build(name, (1, 8, 8), dropout=0.5, **settings)
    images = images_for((1, 8, 8))
    expected = (networks.convnet if name == "convnet" else networks.mlp)(
        images, parameters_of(model), 1 if name == "convnet" else 2
    )
    with torch.no_grad():
        NETWORK.check(model.eval()(torch.from_numpy(images)), expected)
        assert np.abs(model.train()(torch.from_numpy(images)).numpy() - expected).max() > 1e-3


def test_the_convnet_by_differences_too() -> None:
    """The chain of the layers, not only the layers: some parameters of each against central differences."""
    shape = SIZES["convnet, padded"]
    model = build("convnet", shape, num_filters=2, dense_dim=6)
    images, parameters = images_for(shape), parameters_of(model)
    _logits, gradients = by_torch(model, images)
    rng, step = np.random.default_rng(8), 1e-5
    for name, array in parameters.items():
        index = tuple(rng.integers(0, size) for size in array.shape)
        around = []
        for moved in (array[index] + step, array[index] - step):
            changed = {**parameters, name: array.copy()}
            changed[name][index] = moved
            around.append(softmax_cross_entropy(networks.convnet(images, changed, 1), TARGETS).mean())
        DIFFERENCES.check(gradients[name][index], (around[0] - around[1]) / (2 * step), name)


def test_93322_parameters_layer_by_layer() -> None:
    model = registry.load("models", "convnet")(ImageSpec(1, 28, 28), ClassSpec(tuple("0123456789")))
    counts = {
        name: sum(parameter.numel() for parameter in layer.parameters())
        for name, layer in model.named_children()
        if any(True for _ in layer.parameters())
    }
    # One kernel of 3×3 for each channel of the input and one bias for each filter; 28 → 26 → 13 → 11 → 5 → 3 pixels.
    assert counts == {
        "conv1": 32 * (3 * 3 * 1 + 1),
        "conv2": 64 * (3 * 3 * 32 + 1),
        "conv3": 64 * (3 * 3 * 64 + 1),
        "dense1": 64 * (64 * 3 * 3 + 1),
        "dense2": 10 * (64 + 1),
    }
    assert list(counts.values()) == [320, 18_496, 36_928, 36_928, 650]
    assert sum(counts.values()) == 93_322
