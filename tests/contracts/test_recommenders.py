"""What every model that recommends keeps to, on a checkerboard: even users like even items, odd users odd ones."""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

import pytest
import torch
from torch import Tensor

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.specs import HistorySpec, ItemsSpec

MODELS = [
    name
    for name in registry.entries("models")
    if get_type_hints(registry.load("models", name).__init__).get("inputs") is HistorySpec
]
#: Models that recommend every user something else; one that does not says so.
PERSONAL = [name for name in MODELS if getattr(registry.load("models", name), "personal", True)]
NUM_USERS, NUM_ITEMS, STEPS = 300, 24, 200
#: The last two items are known, but nobody took them.
NEW = 2


class Checkerboard:
    """Two thirds of the items of each user's colour, in an order of the user's own."""

    targets = None

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(81)
        self.users = torch.arange(1, NUM_USERS + 1)
        self.items = torch.zeros(NUM_USERS, NUM_ITEMS // 3, dtype=torch.int64)
        for row, user in zip(self.items, self.users, strict=True):
            own = torch.arange(1, NUM_ITEMS + 1)[torch.arange(1, NUM_ITEMS + 1) % 2 == user % 2]
            some = own[torch.randperm(len(own), generator=generator)][: len(row) - int(user) % 3]
            row[: len(some)] = some

    def __len__(self) -> int:
        return len(self.users)

    def batch(self, positions: Tensor) -> Batch:
        return Batch((self.items[positions], self.users[positions]), None, positions)


def specs() -> tuple[HistorySpec, ItemsSpec]:
    """Of items and users whose colours are known."""
    numbers = range(1, NUM_ITEMS + NEW + 1)
    inputs = HistorySpec(
        items=tuple(f"item {number}" for number in numbers),
        users=tuple(f"用户 {number}" for number in range(1, NUM_USERS + 1)),
        mean_history=7,
        item_features=tuple((number % 2,) for number in numbers),
        user_features=tuple((number % 2,) for number in range(1, NUM_USERS + 1)),
        item_feature_names=("colour: even", "colour: odd"),
        user_feature_names=("likes: even", "likes: odd"),
    )
    return inputs, ItemsSpec(NUM_ITEMS + NEW)


def build(name: str, seed: int) -> Any:
    torch.manual_seed(seed)
    return registry.load("models", name)(*specs())


def learn(name: str, seed: int) -> Any:
    """A model that has learnt the checkerboard: solved, or trained by a plain loop."""
    model: Any = build(name, seed)
    examples = Checkerboard()
    if hasattr(model, "fit"):
        with torch.no_grad():
            model.fit(examples)
        return model.eval()
    assert model.own_objective
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _step in range(STEPS):
        losses = model(examples.items, examples.users)
        assert losses.shape == (NUM_USERS,)
        assert losses.isfinite().all()
        losses.mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


@cache
def learnt(name: str) -> Any:
    return learn(name, 82)


def scored(model: Any, items: Tensor, users: Tensor) -> Tensor:
    with torch.inference_mode():
        scores: Tensor = model(items, users)
    assert scores.shape == (len(items), 1 + NUM_ITEMS + NEW)
    assert scores.dtype == torch.float32
    assert scores.isfinite().all()
    return scores


def assert_own_colour_first(scores: Tensor, items: Tensor, colours: Tensor) -> None:
    """Of the items that somebody took, unseen ones of the own colour stand above those of the other (99 %)."""
    numbers, rightly = torch.arange(1, NUM_ITEMS + 1), []
    for row, history, colour in zip(scores[:, 1 : 1 + NUM_ITEMS], items, colours, strict=True):
        own = numbers % 2 == colour
        unseen = own & ~torch.isin(numbers, history)
        assert unseen.any()
        rightly.append((row[unseen][:, None] > row[~own]).flatten())
    assert torch.cat(rightly).float().mean() >= 0.99


def test_there_are_models_to_try() -> None:
    assert len(MODELS) > len(PERSONAL) > 0


@pytest.mark.parametrize("name", MODELS)
def test_before_it_has_learnt_anything_scores_are_finite(name: str) -> None:
    examples = Checkerboard()
    scored(build(name, 1).eval(), examples.items, examples.users)


@pytest.mark.parametrize("name", PERSONAL)
def test_unseen_items_of_the_own_colour_come_first(name: str) -> None:
    examples = Checkerboard()
    scores = scored(learnt(name), examples.items, examples.users)
    assert_own_colour_first(scores, examples.items, examples.users % 2)


@pytest.mark.parametrize("name", PERSONAL)
def test_so_they_do_for_strangers_with_such_a_history(name: str) -> None:
    examples = Checkerboard()
    strangers = torch.zeros_like(examples.users)
    scores = scored(learnt(name), examples.items, strangers)
    assert_own_colour_first(scores, examples.items, examples.users % 2)


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize("length", [2, 11])
def test_a_history_may_be_shorter_or_longer_than_those_that_were_learnt(name: str, length: int) -> None:
    items = torch.stack([torch.arange(1, NUM_ITEMS + 1)[first::2][:length] for first in (0, 1)])
    scores = scored(learnt(name), items, torch.zeros(2, dtype=torch.int64))
    assert_own_colour_first(scores, items, torch.tensor([1, 0]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("length", [1, 5])
def test_an_empty_history_and_an_unknown_user_have_finite_scores(name: str, length: int) -> None:
    nothing = torch.zeros(3, length, dtype=torch.int64)
    scored(learnt(name), nothing, torch.tensor([0, 1, NUM_USERS]))


@pytest.mark.parametrize("name", MODELS)
def test_more_padding_and_other_rows_change_nothing(name: str) -> None:
    examples = Checkerboard()
    whole = scored(learnt(name), examples.items, examples.users)
    padded = scored(learnt(name), torch.nn.functional.pad(examples.items, (0, 200)), examples.users)
    torch.testing.assert_close(padded, whole, rtol=1e-4, atol=1e-5)
    alone = scored(learnt(name), examples.items[5:6], examples.users[5:6])
    torch.testing.assert_close(alone, whole[5:6], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_what_was_given_is_left_as_it_was(name: str) -> None:
    examples, untouched = Checkerboard(), Checkerboard()
    first = scored(learnt(name), examples.items, examples.users)
    assert torch.equal(examples.items, untouched.items)
    assert torch.equal(examples.users, untouched.users)
    assert torch.equal(scored(learnt(name), examples.items, examples.users), first)


@pytest.mark.parametrize("name", MODELS)
def test_saved_and_loaded_it_scores_the_same(name: str) -> None:
    examples, state = Checkerboard(), learnt(name).state_dict()
    loaded = build(name, 99)
    loaded.load_state_dict(state)
    scores = scored(loaded.eval(), examples.items, examples.users)
    assert torch.equal(scores, scored(learnt(name), examples.items, examples.users))


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_scores(name: str) -> None:
    examples = Checkerboard()
    again = scored(learn(name, 82), examples.items, examples.users)
    assert torch.equal(again, scored(learnt(name), examples.items, examples.users))
