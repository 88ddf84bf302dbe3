from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from deepwright.explaining.feature_maps import CHANNELS, FILTERS, filters_of, has_maps, maps_of, picture


def levels(uri: str) -> np.ndarray:
    """The pixels of a data URI."""
    kind, _comma, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_channels_that_vary_most_are_shown_on_one_scale() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(20, 5, 6)) * np.arange(20)[:, None, None]
    found = maps_of("conv", y)
    assert [channel.number for channel in found.channels] == list(range(20 - CHANNELS, 20))
    assert (found.low, found.high, found.shape) == (y.min(), y.max(), (20, 5, 6))
    for channel in found.channels:
        expected = np.rint((y[channel.number] - y.min()) / np.ptp(y) * 255)
        assert np.array_equal(levels(channel.picture), expected)
        assert (channel.low, channel.high) == (y[channel.number].min(), y[channel.number].max())


def test_a_layer_that_gives_one_number_everywhere_is_black() -> None:
    found = maps_of("conv", np.full((3, 4, 4), 7.0))
    assert all(not levels(channel.picture).any() for channel in found.channels)


def test_filters_are_grey_around_zero_or_coloured() -> None:
    weights = np.zeros((40, 1, 3, 3))
    weights[0, 0, 0, 0], weights[1, 0, 2, 2] = -2.0, 1.0
    found = filters_of("conv1", weights)
    assert found is not None
    assert (len(found.channels), found.low, found.high) == (FILTERS, -2.0, 2.0)
    first, second = (levels(found.channels[i].picture) for i in (0, 1))
    assert (first[0, 0], first[1, 1], second[2, 2]) == (0, 128, 191)
    coloured = filters_of("conv1", np.random.default_rng(0).normal(size=(4, 3, 5, 5)))
    assert coloured is not None
    assert levels(coloured.channels[0].picture).shape == (5, 5, 3)


@pytest.mark.parametrize("shape", [(4, 8, 3, 3), (4, 3, 1, 1)])
def test_filters_that_nobody_can_look_at_are_left_out(shape: tuple[int, ...]) -> None:
    assert filters_of("conv", np.ones(shape)) is None


def test_large_pictures_are_made_small() -> None:
    assert levels(picture(np.zeros((400, 200)))).shape == (96, 48)


@pytest.mark.parametrize(
    ("kind", "shape", "expected"),
    [
        ("Conv2d", (4, 5, 5), True),
        ("MaxPool2d", (4, 2, 2), True),
        ("GlobalMaxPool", (4,), False),
        ("AdaptiveAvgPool2d", (4, 1, 1), False),
        ("ReLU", (4, 5, 5), False),
    ],
)
def test_convolutions_and_pools_have_maps(kind: str, shape: tuple[int, ...], expected: bool) -> None:
    assert has_maps(kind, np.zeros(shape)) is expected
