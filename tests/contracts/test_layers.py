"""What every layer of a list of layers keeps to."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

from deepwright.config.documents import Document
from deepwright.config.fields import Field, check
from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Masked, Shape, Tokens
from deepwright.layers.sequence import build_layer, builders, fields_of_layer, read_layers, takes_tokens
from tests.conftest import CHECKOUT
from tests.contracts.documentation import settings_problems

LAYERS = list(builders())
SHAPES: list[Shape] = [(8, 12, 12), (12,), (6, 12), Tokens((6,), 20)]
GUIDE = CHECKOUT / "docs" / "guides" / "own_network.md"
each = pytest.mark.parametrize("name", LAYERS)


def smallest(field: Field) -> Any:
    """A value for a setting that must be given: the smallest whole number, which every such setting admits."""
    return 1 if field.required else field.default


def made(name: str) -> list[tuple[Shape, Layer]]:
    """The layer with its defaults, beside every shape that it takes."""
    settings = {key: smallest(field) for key, field in fields_of_layer(name).items()}
    found = []
    for shape in SHAPES:
        try:
            found.append((shape, build_layer(name, shape, settings)))
        except ConfigError:
            continue
    return found


def example(shape: Shape) -> torch.Tensor:
    """Three inputs of a shape: numbers, or tokens, which have no derivative."""
    if isinstance(shape, Tokens):
        return torch.randint(shape.vocab_size, (3, *shape))
    return torch.randn(3, *shape, requires_grad=True)


def test_all_that_were_asked_for_are_there() -> None:
    asked = """dense conv2d max_pool avg_pool batch_norm layer_norm group_norm dropout flatten global_avg_pool
        global_max_pool embedding rnn lstm gru attention transformer_block
        sinusoidal_positions learned_positions sigmoid
        tanh relu leaky_relu elu selu gelu silu softplus softmax hard_swish"""
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
def test_it_yields_what_it_declares_and_learns_or_lets_learn_whatever_it_takes(name: str) -> None:
    assert made(name)
    for shape, layer in made(name):
        inputs = example(shape)
        outputs = layer.module.train()(inputs)
        assert outputs.shape == (3, *layer.shape)
        outputs.sum().backward()
        learnt = [parameter.grad for parameter in layer.module.parameters()]
        assert all(grad is not None and bool(grad.isfinite().all()) for grad in learnt)
        assert inputs.grad is not None if inputs.is_floating_point() else learnt


@each
def test_it_takes_tokens_or_numbers_as_it_declares(name: str) -> None:
    assert {isinstance(shape, Tokens) for shape, _layer in made(name)} == {takes_tokens(name)}


@each
def test_steps_that_are_not_there_are_left_out_where_it_can_be_told(name: str) -> None:
    """Those at the end change nothing, however large; where all are away, the outputs are numbers all the same."""
    for shape, layer in made(name):
        if isinstance(layer.module, Masked):
            inputs, module = example(shape).detach(), layer.module.eval()
            there = torch.arange(shape[0]) < torch.tensor([[shape[0]], [2], [0]])
            expected = module(inputs, there)
            changed = module(inputs.masked_fill(~there[..., None], 9.0), there)
            torch.testing.assert_close(changed[0], expected[0])
            count = 2 if expected.ndim == 3 else None
            torch.testing.assert_close(changed[1, :count], expected[1, :count])
            assert bool(expected.isfinite().all())


@each
def test_its_name_alone_is_enough_unless_a_setting_must_be_given(name: str) -> None:
    required = [key for key, field in fields_of_layer(name).items() if field.required]
    assert required == list(fields_of_layer(name))[: len(required)]
    if not required:
        read_layers([name], Document(), ())
    elif len(required) == 1:
        read_layers([{name: 1}], Document(), ())
