"""Normalisation within the network is normalisation before it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.data.table import Column
from deepwright.layers.normalise import Normalise
from deepwright.predictor import Network
from deepwright.specs import ClassSpec, ImageSpec
from tests.formulas.reference.arrays import Integers
from tests.formulas.reference.normalisation import moments, normalise, normalise_backward
from tests.formulas.tolerances import ROUNDING, SINGLE


@pytest.mark.parametrize("channels", [1, 3])
def test_the_layer_is_its_formula(channels: int) -> None:
    rng = np.random.default_rng(12)
    mean, deviation = rng.uniform(0, 1, channels), rng.uniform(0.1, 1, channels)
    images = rng.uniform(0, 1, (2, channels, 3, 4))
    layer = Normalise(mean.tolist(), deviation.tolist()).double()
    SINGLE.check(layer(torch.from_numpy(images)), normalise(images, mean, deviation))
    # With what the layer keeps, in float32, nothing but float64's rounding is left.
    kept = 1 / layer.scale.numpy().reshape(-1)
    ROUNDING.check(layer(torch.from_numpy(images)), normalise(images, layer.mean.numpy().reshape(-1), kept))


def pictures(channels: int) -> Integers:
    """Bytes [N, H, W] or [N, H, W, 3], each channel with levels of its own."""
    levels = np.random.default_rng(12).integers(0, 256, (20, 8, 8, channels)) // (1 + np.arange(channels))
    return levels[..., 0] if channels == 1 else levels


@pytest.mark.parametrize("channels", [1, 3])
def test_the_encoder_measures_every_channel(channels: int) -> None:
    values = pictures(channels)
    encoder = registry.load("encoders", "image")()
    encoder.fit(Column("image", values.astype(np.uint8)))
    expected = [moments(values.reshape(-1, channels)[:, c] / 255) for c in range(channels)]
    ROUNDING.check(encoder.mean, [mean for mean, _ in expected])
    ROUNDING.check(encoder.deviation, [deviation for _, deviation in expected])


@pytest.mark.parametrize("name", ["convnet", "mlp", "pixel_linear"])
def test_front_and_model_are_the_model_on_normalised_pictures(name: str) -> None:
    torch.manual_seed(13)
    values = pictures(3).astype(np.uint8)
    encoder = registry.load("encoders", "image")()
    encoder.fit(Column("image", values))
    model = registry.load("models", name)(ImageSpec(3, 8, 8), ClassSpec(tuple("abc")))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network = Network(encoder.front(), model).double().eval()
    raw = np.moveaxis(values[:4] / 255, 3, 1)
    mean, deviation = np.array(encoder.mean), np.array(encoder.deviation)

    inputs = torch.from_numpy(raw).requires_grad_()
    before = torch.from_numpy(normalise(raw, mean, deviation)).requires_grad_()
    outputs, expected = network(inputs), model(before)
    SINGLE.check(outputs.detach(), expected.detach(), "logits")
    assert np.abs(model(inputs.detach()).detach().numpy() - outputs.detach().numpy()).max() > 0.01

    # A perturbation of the picture is in the picture's unit, so its gradient is 1/deviation of the other.
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs)
    (of_normalised,) = torch.autograd.grad(expected.sum(), before)
    SINGLE.check(gradient, normalise_backward(of_normalised.numpy(), deviation), "gradient of the pictures")
