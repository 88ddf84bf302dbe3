"""Convolution and pooling: the sum, the maximum and the mean over a window, and how many windows there are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d
from torch import nn

from deepwright import registry
from deepwright.specs import ClassSpec, ImageSpec
from tests.formulas.reference.activations import relu
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.convolution import convolution, output_size
from tests.formulas.reference.pooling import max_pool, mean_pool
from tests.formulas.tolerances import ROUNDING

SEEDS = st.integers(0, 2**32 - 1)
SPARSE = st.tuples(SEEDS, st.integers(2, 6), st.integers(2, 6)).map(
    # Whole numbers from -2 to 2 bring ties and zeros, which the largest of a window has to survive.
    lambda drawn: np.random.default_rng(drawn[0]).integers(-2, 3, (2, 2, *drawn[1:])).astype(float)
)


def test_one_window_by_hand() -> None:
    image = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]])
    kernel = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    expected = [[[[1 - 5 + 10.0, 2 - 6 + 10.0], [4 - 8 + 10.0, 5 - 9 + 10.0]]]]
    ROUNDING.check(convolution(image, kernel, np.array([10.0])), expected)
    ROUNDING.check(max_pool(image, 2), [[[[5.0]]]])
    ROUNDING.check(mean_pool(image, 2), [[[[3.0]]]])


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_convolution_is_a_sum_over_the_window(padding: int, stride: int) -> None:
    rng = np.random.default_rng(3)
    layer = nn.Conv2d(3, 4, (3, 2), stride, padding, dtype=torch.float64)
    images = rng.normal(size=(2, 3, 7, 6))
    expected = convolution(images, layer.weight.detach().numpy(), layer.bias.detach().numpy(), padding, stride)  # type: ignore[union-attr]
    ROUNDING.check(layer(torch.from_numpy(images)).detach(), expected)


def test_it_is_the_cross_correlation_and_not_the_convolution_of_mathematics() -> None:
    rng = np.random.default_rng(4)
    image, kernel = rng.normal(size=(6, 7)), rng.normal(size=(3, 3))
    ours = convolution(image[None, None], kernel[None, None], np.zeros(1))[0, 0]
    turned = convolution(image[None, None], kernel[None, None, ::-1, ::-1], np.zeros(1))[0, 0]
    ROUNDING.check(ours, correlate2d(image, kernel, mode="valid"))
    ROUNDING.check(turned, convolve2d(image, kernel, mode="valid"))
    assert np.abs(ours - turned).max() > 0.1


@given(SEEDS, st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
def test_output_size(seed: int, height: int, width: int, window: int, padding: int, stride: int) -> None:
    padding = min(padding, window // 2)  # torch's pools refuse more
    assume(min(height, width) + 2 * padding >= window)
    images = torch.from_numpy(np.random.default_rng(seed).normal(size=(1, 1, height, width)))
    expected = tuple(output_size(size, window, padding, stride) for size in (height, width))
    layers = [nn.Conv2d(1, 1, window, stride, padding, dtype=torch.float64), nn.MaxPool2d(window, stride, padding)]
    assert [tuple(layer(images).shape[2:]) for layer in layers] == [expected, expected]


@given(SPARSE, st.integers(1, 3))
def test_pools_take_the_largest_and_the_mean(images: Floats, size: int) -> None:
    assume(min(images.shape[2:]) >= size)
    tensor = torch.from_numpy(images)
    ROUNDING.check(nn.MaxPool2d(size)(tensor), max_pool(images, size))
    ROUNDING.check(nn.AvgPool2d(size)(tensor), mean_pool(images, size))


@given(SPARSE)
def test_relu_and_max_pooling_commute(images: Floats) -> None:
    assert np.array_equal(relu(max_pool(images, 2)), max_pool(relu(images), 2))
    before, after = (torch.from_numpy(images).requires_grad_() for _ in range(2))
    pooled_first, pooled_last = nn.ReLU()(nn.MaxPool2d(2)(before)), nn.MaxPool2d(2)(nn.ReLU()(after))
    assert torch.equal(pooled_first, pooled_last)
    pooled_first.sum().backward()
    pooled_last.sum().backward()
    assert before.grad is not None
    assert after.grad is not None
    assert torch.equal(before.grad, after.grad)


def test_relu_and_mean_pooling_do_not() -> None:
    images = np.array([[[[-1.0, 1.0], [-1.0, 1.0]]]])
    assert relu(mean_pool(images, 2)) != mean_pool(relu(images), 2)


def after_three_convolutions(size: int, padding: int) -> int:
    """Pixels along one side of what the dense layer of the convnet sees."""
    for _ in range(2):
        size = output_size(output_size(size, 3, padding), 2, stride=2)
    return output_size(size, 3, padding)


@pytest.mark.parametrize("height", [4, 5, 7, 8, 17, 18, 19, 28, 33])
@pytest.mark.parametrize("width", [4, 6, 17, 18, 20, 28])
def test_the_convnet_knows_how_many_pixels_are_left(height: int, width: int) -> None:
    padding = 0 if min(height, width) >= 18 else 1
    build = registry.load("models", "convnet")
    model = build(ImageSpec(3, height, width), ClassSpec(("a", "b")), num_filters=1, dense_dim=2)
    left = after_three_convolutions(height, padding) * after_three_convolutions(width, padding)
    assert model.dense1.in_features == 2 * left > 0
    assert model(torch.zeros(1, 3, height, width)).shape == (1, 2)


def test_the_sizes_of_the_documentation() -> None:
    assert [after_three_convolutions(size, 0) for size in (18, 28)] == [1, 3]
    assert [after_three_convolutions(size, 1) for size in (4, 8)] == [1, 2]
