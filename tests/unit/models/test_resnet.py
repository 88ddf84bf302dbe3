"""ResNet at every size and for every kind of answer; what its settings change; how much work a picture is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deepwright.contracts import Batch
from deepwright.errors import ConfigError
from deepwright.layers.residual import ResidualBlock
from deepwright.models.vision.resnet import ResNet
from deepwright.specs import ClassSpec, ImageSpec, LabelsSpec, NumberSpec, OutputSpec
from deepwright.training.runtime import count_flop

TEN = ClassSpec(tuple("0123456789"))


def flop(size: int, channels: int = 3) -> int:
    pictures = torch.zeros(1, channels, size, size)
    return count_flop(ResNet(ImageSpec(channels, size, size), TEN), Batch((pictures,), None, torch.zeros(1)))


@pytest.mark.parametrize(
    ("height", "width"), [(4, 4), (5, 11), (8, 8), (28, 28), (32, 32), (64, 64), (65, 65), (30, 200), (224, 224)]
)
def test_every_size_learns_even_from_a_batch_of_one(height: int, width: int) -> None:
    """The last batch of a pass may hold one picture; batch norm needs more than one pixel of it."""
    network = ResNet(ImageSpec(3, height, width), TEN, width=2).train()
    outputs = network(torch.rand(1, 3, height, width))
    assert outputs.shape == (1, 10)
    outputs.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("size", [(3, 100), (2, 2), (1, 1)])
def test_pictures_below_4_pixels_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=f"resnet needs pictures of at least 4×4 pixels; these have {size[0]}×"):
        ResNet(ImageSpec(1, *size), TEN)


@pytest.mark.parametrize(
    ("outputs", "count"),
    [(ClassSpec(("a", "b")), 2), (LabelsSpec(("x", "y", "z")), 3), (NumberSpec("age", 40.0, 12.0), 1)],
)
def test_it_answers_every_kind_of_question(outputs: OutputSpec, count: int) -> None:
    assert ResNet(ImageSpec(1, 8, 8), outputs, width=2)(torch.rand(2, 1, 8, 8)).shape == (2, count)


@pytest.mark.parametrize("size", [8, 28, 32, 64, 224])
def test_between_3_and_8_pixels_reach_the_last_layer(size: int) -> None:
    network = ResNet(ImageSpec(1, size, size), TEN, width=2)
    seen = network.stages(network.stem(torch.rand(1, 1, size, size)))
    assert 3 <= seen.shape[2] == seen.shape[3] <= 8


def test_work_grows_with_the_area_up_to_64_pixels_and_hardly_above() -> None:
    assert flop(64) == pytest.approx(4 * flop(32), rel=0.01)
    assert flop(224) < flop(64)
    assert flop(256) < 1.3 * flop(64)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_depth_counts_the_blocks_of_a_stage(depth: int) -> None:
    network = ResNet(ImageSpec(1, 8, 8), TEN, depth=depth, width=2)
    assert sum(isinstance(module, ResidualBlock) for module in network.modules()) == 2 * depth


def test_width_doubles_every_layer() -> None:
    filters = [
        [m.out_channels for m in ResNet(ImageSpec(1, 8, 8), TEN, width=width).modules() if isinstance(m, nn.Conv2d)]
        for width in (8, 16)
    ]
    assert filters[1] == [2 * count for count in filters[0]]


def test_a_stack_of_blocks_keeps_the_size_of_gradients() -> None:
    torch.manual_seed(3)
    network = ResNet(ImageSpec(3, 16, 16), TEN, depth=8, width=4).train()
    nn.functional.cross_entropy(network(torch.randn(32, 3, 16, 16)), torch.arange(32) % 10).backward()
    blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    sizes = [
        float(block.second.conv.weight.grad.norm()) for block in blocks if block.second.conv.weight.grad is not None
    ]
    assert len(sizes) == 16
    assert max(sizes) < 30 * min(sizes)


def test_the_recipe_sees_fewer_pictures_where_each_is_more_work() -> None:
    def seen(num_examples: int, size: int) -> int:
        return num_examples * ResNet.recipe(num_examples, ImageSpec(3, size, size), TEN).epochs

    assert seen(1_000, 32) < seen(9_000, 32) == seen(9_000, 8) <= 225_000
    assert seen(9_000, 224) < seen(9_000, 32)
    assert seen(9_000, 64) < seen(9_000, 32)
    assert seen(60_000, 32) == 8 * 60_000


def test_the_recipe_augments_and_takes_large_pictures_in_smaller_batches() -> None:
    small, large = (ResNet.recipe(9_000, ImageSpec(3, size, size), TEN) for size in (32, 224))
    assert small.augmentation == large.augmentation == 1
    assert large.batch_size < small.batch_size
    assert large.learning_rate < small.learning_rate
