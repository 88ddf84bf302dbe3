"""The shape that a layer declares is the shape of what it yields, whatever arrives and however it is set."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepwright.config.documents import Document
from deepwright.config.fields import check
from deepwright.errors import ConfigError
from deepwright.layers.layer import Shape, Tokens, windows
from deepwright.layers.sequence import build_layer, builders, fields_of_layer, read_layers

SHAPES = st.one_of(
    st.tuples(st.integers(1, 40)),
    st.tuples(st.integers(1, 6), st.sampled_from([1, 2, 6, 8])),
    st.integers(1, 6).map(lambda steps: Tokens((steps,), 5)),
    st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(1, 12), st.integers(1, 12)),
)


def values(kind: Any, bounds: msgspec.Meta | None = None) -> st.SearchStrategy[Any]:
    """Values that a setting's type admits."""
    if get_origin(kind) is Annotated:
        inner, *extras = get_args(kind)
        return values(inner, next(extra for extra in extras if isinstance(extra, msgspec.Meta)))
    if get_origin(kind) is Literal:
        return st.sampled_from([value for value in get_args(kind) if value != "outputs"] or [1])
    if get_origin(kind) is list:
        assert bounds is not None
        return st.lists(values(get_args(kind)[0]), min_size=bounds.min_length or 0, max_size=bounds.max_length)
    if get_args(kind):
        return st.one_of([values(part) for part in get_args(kind)])
    if kind is int:
        least = bounds.ge if bounds is not None and bounds.ge is not None else 0
        return st.integers(int(least), 4)
    if kind is float:
        return st.floats(0.125, 0.875)
    return {bool: st.booleans(), type(None): st.none()}[kind]


@pytest.mark.parametrize("name", builders())
@given(shape=SHAPES, data=st.data())
def test_the_declared_shape_is_the_real_one(name: str, shape: Shape, data: st.DataObject) -> None:
    fields = fields_of_layer(name)
    chosen = {key: data.draw(values(field.type), key) for key, field in fields.items()}
    try:
        layer = build_layer(name, shape, check(fields, chosen, Document()))
    except ConfigError:  # what does not fit is refused; that what fits is built, is shown below and in tests/contracts
        return
    with torch.no_grad():
        inputs = torch.randint(5, (2, *shape)) if isinstance(shape, Tokens) else torch.randn(2, *shape)
        outputs = layer.module(inputs)
    assert outputs.shape == (2, *layer.shape)
    assert min(layer.shape) > 0


@settings(max_examples=25)
@given(data=st.data())
def test_reading_layers_again_changes_nothing(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(builders())), max_size=6))
    given_layers = [
        {name: {key: data.draw(values(field.type)) for key, field in fields_of_layer(name).items()} or None}
        for name in names
    ]
    once = read_layers(given_layers, Document(), ())
    assert read_layers(once, Document(), ()) == once
    assert msgspec.json.decode(msgspec.json.encode(once)) == once


@given(
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
)
def test_a_window_has_as_many_places_as_can_be_counted(
    sizes: tuple[int, int], kernel: int, stride: int, padding: int
) -> None:
    counted = tuple(len(range(0, size + 2 * padding - kernel + 1, stride)) for size in sizes)
    if not all(counted):
        with pytest.raises(ConfigError, match="larger than the picture"):
            windows(sizes, (kernel, kernel), (stride, stride), (padding, padding))
    else:
        assert windows(sizes, (kernel, kernel), (stride, stride), (padding, padding)) == counted
