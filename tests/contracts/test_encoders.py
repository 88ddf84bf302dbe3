"""What every registered encoder keeps to."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from deepwright import registry
from deepwright.contracts import Encoder
from deepwright.data.table import Column
from deepwright.specs import HistorySpec, Spec, TextSpec
from tests.contracts.documentation import settings_problems, title_problems
from tests.contracts.problems import COLUMNS

ENCODERS = list(registry.entries("encoders"))
#: Items of a history at most.
LONGEST = 8
#: Every encoder with every column of its kind.
CASES = [
    (name, number) for name in ENCODERS for number in range(len(COLUMNS.get(registry.load("encoders", name).kind, ())))
]
each = pytest.mark.parametrize(("name", "number"), CASES)


def column_of(name: str, number: int) -> Column:
    return COLUMNS[registry.load("encoders", name).kind][number]


def fitted(name: str, number: int) -> Encoder:
    encoder: Encoder = registry.load("encoders", name)()
    encoder.fit(column_of(name, number))
    return encoder


def encoded(encoder: Encoder, values: Any) -> torch.Tensor:
    """All values as one tensor; those of differing lengths are filled up to one width, which says nothing."""
    stored = encoder.encode(values)
    whole = stored if isinstance(stored, torch.Tensor) else stored[torch.arange(len(stored))]
    if isinstance(encoder.spec, TextSpec):
        return torch.nn.functional.pad(whole, (0, encoder.spec.max_seq_len - whole.shape[1]))
    if isinstance(encoder.spec, HistorySpec):
        return torch.nn.functional.pad(whole, (0, 1 + LONGEST - whole.shape[1]))
    return whole


def as_inputs(encoder: Any, stored: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What a network takes, where the encoder is of inputs."""
    return tuple(encoder.batch(stored)) if hasattr(encoder, "batch") else (stored,)


@pytest.mark.parametrize("name", ENCODERS)
def test_it_has_a_title_and_its_settings_have_meanings(name: str) -> None:
    assert not title_problems("encoders", name) + settings_problems(registry.load("encoders", name))


@pytest.mark.parametrize("name", ENCODERS)
def test_it_is_tried_on_columns_of_its_kind(name: str) -> None:
    assert [number for of, number in CASES if of == name]


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_of_inputs_has_the_name_of_its_kind(name: str) -> None:
    """Tasks ask for it by the kind of a column."""
    encoder = registry.load("encoders", name)
    assert name == encoder.kind or not hasattr(encoder, "batch")


@each
def test_before_it_is_fitted_it_gives_nothing(name: str, number: int) -> None:
    encoder: Encoder = registry.load("encoders", name)()
    for ask in (lambda: encoder.spec, lambda: encoder.encode(column_of(name, number).values), encoder.state):
        with pytest.raises(RuntimeError, match="fitted"):
            ask()


@each
def test_every_value_is_encoded_in_its_place(name: str, number: int) -> None:
    encoder, values = fitted(name, number), column_of(name, number).values
    stored = encoded(encoder, values)
    assert len(stored) == len(values)
    order = np.random.default_rng(0).permutation(len(values))
    assert torch.equal(encoded(encoder, values[order]), stored[torch.from_numpy(order)])
    assert torch.equal(encoded(encoder, values[4:5]), stored[4:5])
    assert torch.equal(encoded(encoder, list(values)), stored)


@each
def test_what_it_learnt_survives_as_json(name: str, number: int) -> None:
    encoder, values = fitted(name, number), column_of(name, number).values
    state = encoder.state()
    again = type(encoder).from_state(json.loads(json.dumps(state, allow_nan=False)))
    assert again.spec == encoder.spec
    assert again.state() == state
    assert torch.equal(encoded(again, values), encoded(encoder, values))
    for one, other in zip(
        as_inputs(encoder, encoded(encoder, values)), as_inputs(again, encoded(again, values)), strict=True
    ):
        assert torch.equal(one, other)


@each
def test_its_spec_can_be_compared_and_says_what_it_yields(name: str, number: int) -> None:
    spec = fitted(name, number).spec
    assert isinstance(spec, Spec)
    assert type(spec) is not Spec
    assert hash(spec) == hash(fitted(name, number).spec)


@each
def test_fitting_again_learns_the_same(name: str, number: int) -> None:
    encoder = fitted(name, number)
    before = encoder.state()
    encoder.fit(column_of(name, number))
    assert encoder.state() == before


@each
def test_values_are_left_as_they_were(name: str, number: int) -> None:
    values = column_of(name, number).values
    before = deepcopy(values)
    encoder = fitted(name, number)
    as_inputs(encoder, encoded(encoder, values))
    if isinstance(values, np.ndarray):
        np.testing.assert_array_equal(values, before)
    else:
        assert list(values) == list(before)


@each
def test_inputs_are_made_row_by_row_from_what_is_stored(name: str, number: int) -> None:
    encoder: Any = fitted(name, number)
    if not hasattr(encoder, "batch"):
        return
    stored = encoded(encoder, column_of(name, number).values)
    kept = stored.clone()
    whole = as_inputs(encoder, stored)
    for part, all_rows in zip(as_inputs(encoder, stored[3:9]), whole, strict=True):
        assert torch.equal(part, all_rows[3:9])
        assert not part.is_floating_point() or part.isfinite().all()
    assert torch.equal(stored, kept), "what is stored serves every epoch"


@each
def test_the_first_layer_keeps_rows_and_is_finite(name: str, number: int) -> None:
    encoder: Any = fitted(name, number)
    if not hasattr(encoder, "front"):
        return
    front = encoder.front()
    assert isinstance(front, nn.Module)
    first = as_inputs(encoder, encoded(encoder, column_of(name, number).values))[0]
    outputs = front(first)
    assert len(outputs) == len(first)
    assert outputs.isfinite().all()
