"""What every registered augmentation keeps to."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.fields import check, fields_of
from deepwright.config.settings import Member
from deepwright.contracts import Augmentation, Batch
from deepwright.specs import ImageSpec
from tests.contracts.documentation import settings_problems, source_problems, title_problems
from tests.contracts.test_models import bounds

AUGMENTATIONS = list(registry.entries("augmentations"))
each = pytest.mark.parametrize("name", AUGMENTATIONS)
#: Channels, height and width.
SHAPES = [(1, 28, 28), (3, 32, 32), (3, 17, 23), (1, 9, 30), (3, 4, 4), (1, 2, 3), (3, 1, 1), (1, 1, 1), (3, 1, 9)]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
SEEDS = range(8)


def build(name: str, shape: tuple[int, int, int], **settings: Any) -> Augmentation:
    """An augmentation with its defaults, as a configuration would make it."""
    member = registry.configure("augmentations", Member(name, settings), Document(), ("augmentations",))
    augmentation: Augmentation = registry.load("augmentations", name)(ImageSpec(*shape), **member.settings)
    return augmentation


def batch_of(shape: tuple[int, int, int], num: int = 7, layout: torch.memory_format | None = None) -> Batch:
    """Noise that holds both ends of the range, with targets and rows that tell examples apart."""
    pictures = torch.rand(num, *shape, generator=torch.Generator().manual_seed(5))
    pictures[0], pictures[-1] = 0, 1
    pictures = pictures.contiguous(memory_format=layout or torch.contiguous_format)
    return Batch((pictures,), torch.arange(num) % 3, torch.arange(100, 100 + num))


def changed(augmentation: Augmentation, batch: Batch, seed: int) -> Batch:
    torch.manual_seed(seed)
    return augmentation(batch)


def pictures_of(batch: Batch) -> Tensor:
    (pictures,) = batch.inputs
    return pictures


def check_sound(after: Batch, before: Batch) -> None:
    """Whatever has become of a batch, it can still be trained on."""
    pictures, given = pictures_of(after), pictures_of(before)
    assert pictures.shape == given.shape
    assert pictures.dtype == given.dtype == torch.float32
    assert pictures.device == given.device
    assert pictures.isfinite().all()
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert after.targets is not None
    assert before.targets is not None
    assert torch.equal(after.targets, before.targets)
    assert torch.equal(after.rows, before.rows)
    assert (after.partners is None) == (after.shares is None)
    if after.partners is not None and after.shares is not None:
        assert (after.partners.shape, after.partners.dtype) == ((len(before),), torch.int64)
        assert (after.shares.shape, after.shares.dtype) == ((len(before),), torch.float32)
        assert set(after.partners.tolist()) <= set(range(len(before)))
        assert 0 <= after.shares.min() <= after.shares.max() <= 1


# --------------------------------------------------------------------------------------------- documentation


@each
def test_it_has_a_title_and_a_source(name: str) -> None:
    assert not title_problems("augmentations", name) + source_problems("augmentations", name)


@each
def test_every_setting_has_a_meaning_and_a_default_that_its_own_type_admits(name: str) -> None:
    member = registry.load("augmentations", name)
    fields = fields_of(member)
    assert not settings_problems(member)
    assert not [setting for setting, field in fields.items() if field.required]
    check(fields, {setting: field.default for setting, field in fields.items()}, Document())


# -------------------------------------------------------------------------------------------------- pictures


@each
@each_shape
def test_a_batch_stays_one_that_can_be_trained_on(name: str, shape: tuple[int, int, int]) -> None:
    augmentation, batch = build(name, shape), batch_of(shape)
    for seed in SEEDS:
        check_sound(changed(augmentation, batch, seed), batch)


@each
@each_shape
def test_one_picture_is_enough(name: str, shape: tuple[int, int, int]) -> None:
    augmentation, batch = build(name, shape), batch_of(shape, num=1)
    for seed in SEEDS:
        check_sound(changed(augmentation, batch, seed), batch)


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        (name, setting, value)
        for name in AUGMENTATIONS
        for setting, field in fields_of(registry.load("augmentations", name)).items()
        for value in sorted(bounds(field.type))
    ],
)
@pytest.mark.parametrize("shape", [(3, 17, 23), (1, 2, 3)], ids=str)
def test_every_bound_that_it_declares_can_be_used(
    name: str, setting: str, value: Any, shape: tuple[int, int, int]
) -> None:
    augmentation, batch = build(name, shape, **{setting: value}), batch_of(shape)
    for seed in SEEDS:
        check_sound(changed(augmentation, batch, seed), batch)


@each
@each_shape
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_pictures_keep_their_layout_in_memory(
    name: str, shape: tuple[int, int, int], layout: torch.memory_format
) -> None:
    augmentation, batch = build(name, shape), batch_of(shape, layout=layout)
    for seed in SEEDS:
        assert pictures_of(changed(augmentation, batch, seed)).is_contiguous(memory_format=layout)


@each
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 17, 23)], ids=str)
def test_the_layout_in_memory_does_not_decide_the_values(name: str, shape: tuple[int, int, int]) -> None:
    augmentation = build(name, shape)
    for seed in SEEDS:
        plain, other = (
            pictures_of(changed(augmentation, batch_of(shape, layout=layout), seed))
            for layout in (torch.contiguous_format, torch.channels_last)
        )
        torch.testing.assert_close(plain, other, rtol=0, atol=1e-5)


@each
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=str)
def test_it_changes_something(name: str, shape: tuple[int, int, int]) -> None:
    augmentation, batch = build(name, shape), batch_of(shape)
    before = pictures_of(batch)
    assert any(not torch.equal(pictures_of(changed(augmentation, batch, seed)), before) for seed in SEEDS)


@each
@each_shape
def test_the_batch_that_was_given_stays_as_it_was(name: str, shape: tuple[int, int, int]) -> None:
    augmentation, batch = build(name, shape), batch_of(shape)
    kept = pictures_of(batch).clone()
    for seed in SEEDS:
        changed(augmentation, batch, seed)
    assert torch.equal(pictures_of(batch), kept)
    assert batch.partners is None


@each
def test_pictures_may_be_a_view_of_others(name: str) -> None:
    shape = (3, 12, 10)
    every_second = batch_of((3, 12, 20)).inputs[0][..., ::2]
    batch = replace(batch_of(shape), inputs=(every_second,))
    after = changed(build(name, shape), batch, 1)
    check_sound(after, batch)
    copied = replace(batch, inputs=(every_second.clone(memory_format=torch.contiguous_format),))
    torch.testing.assert_close(pictures_of(after), pictures_of(changed(build(name, shape), copied, 1)))


# ---------------------------------------------------------------------------------------------- random numbers


@each
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 17, 23)], ids=str)
def test_the_same_seed_of_torch_gives_the_same_bits(name: str, shape: tuple[int, int, int]) -> None:
    batch = batch_of(shape)
    for seed in SEEDS:
        first = changed(build(name, shape), batch, seed)
        random.seed(seed + 1)
        np.random.seed(seed + 1)
        second = changed(build(name, shape), batch, seed)
        assert torch.equal(pictures_of(first), pictures_of(second))
        assert (first.shares is None) == (second.shares is None)
        if first.shares is not None and second.shares is not None:
            assert torch.equal(first.shares, second.shares)


@each
def test_what_came_before_does_not_matter(name: str) -> None:
    """A training that is resumed begins in the middle, with augmentations that are new."""
    shape, used = (3, 17, 23), build(name, (3, 17, 23))
    batch = batch_of(shape)
    for seed in SEEDS:
        again, fresh = changed(used, batch, seed), changed(build(name, shape), batch, seed)
        assert torch.equal(pictures_of(again), pictures_of(fresh))


# ------------------------------------------------------------------------------------------------------ chains


@each
def test_a_mixed_batch_keeps_its_partners_and_shares(name: str) -> None:
    shape = (3, 17, 23)
    partners, shares = torch.arange(7).flip(0), torch.linspace(0, 1, 7)
    batch = replace(batch_of(shape), partners=partners, shares=shares)
    for seed in SEEDS:
        after = changed(build(name, shape), batch, seed)
        check_sound(after, batch)
        assert after.partners is not None
        assert after.shares is not None
        assert torch.equal(after.partners, torch.arange(7).flip(0))
        assert torch.equal(after.shares, torch.linspace(0, 1, 7))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@each_shape
def test_they_follow_one_another(shape: tuple[int, int, int], layout: torch.memory_format) -> None:
    chain = [build(name, shape) for name in AUGMENTATIONS]
    before = batch_of(shape, layout=layout)
    for seed in SEEDS:
        after = before
        for place in torch.randperm(len(chain), generator=torch.Generator().manual_seed(seed)).tolist():
            after = chain[place](after)
        check_sound(after, before)
        assert pictures_of(after).is_contiguous(memory_format=layout)
