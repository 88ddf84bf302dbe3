"""What every layer of a list of layers keeps to."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

from deepwright.config.documents import Document
from deepwright.config.fields import Field, check
from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Shape
from deepwright.layers.sequence import builders, fields_of_layer, read_layers
from tests.conftest import CHECKOUT
from tests.contracts.documentation import settings_problems

LAYERS = list(builders())
SHAPES: list[Shape] = [(8, 12, 12), (12,)]
GUIDE = CHECKOUT / "docs" / "guides" / "own_network.md"
each = pytest.mark.parametrize("name", LAYERS)


def smallest(field: Field) -> Any:
    """A value for a setting that must be given: the smallest whole number, which every such setting admits."""
    return 1 if field.required else field.default


def made(name: str) -> list[Layer]:
    """The layer with its defaults, for every shape that it takes."""
    settings = {key: smallest(field) for key, field in fields_of_layer(name).items()}
    found = []
    for shape in SHAPES:
        try:
            found.append(builders()[name](shape, **settings))
        except ConfigError:
            continue
    return found


def test_all_that_were_asked_for_are_there() -> None:
    asked = """dense conv2d max_pool avg_pool batch_norm layer_norm group_norm dropout flatten global_avg_pool
        global_max_pool sigmoid tanh relu leaky_relu elu selu gelu silu softplus softmax hard_swish"""
    assert set(asked.split()) <= set(LAYERS)


@each
def test_it_is_documented(name: str) -> None:
    assert not settings_problems(builders()[name])
    assert (inspect.getdoc(builders()[name]) or "").partition("\n")[0].endswith(".")
    assert f"`{name}`" in GUIDE.read_text(encoding="utf-8")


@each
def test_its_defaults_are_admitted_by_its_own_types(name: str) -> None:
    fields = fields_of_layer(name)
    check(fields, {key: smallest(field) for key, field in fields.items()}, Document())


@each
def test_it_can_be_built_and_learns_or_lets_learn(name: str) -> None:
    layers = made(name)
    assert layers
    for layer in layers:
        layer.module.train()
    shape = next(shape for shape in SHAPES if _takes(name, shape))
    inputs = torch.randn(3, *shape, requires_grad=True)
    made(name)[0].module(inputs).sum().backward()
    assert inputs.grad is not None


@each
def test_its_name_alone_is_enough_unless_a_setting_must_be_given(name: str) -> None:
    required = [key for key, field in fields_of_layer(name).items() if field.required]
    assert required == list(fields_of_layer(name))[: len(required)]
    if not required:
        read_layers([name], Document(), ())
    elif len(required) == 1:
        read_layers([{name: 1}], Document(), ())


def _takes(name: str, shape: Shape) -> bool:
    settings = {key: smallest(field) for key, field in fields_of_layer(name).items()}
    try:
        builders()[name](shape, **settings)
    except ConfigError:
        return False
    return True
