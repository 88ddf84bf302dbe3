"""Recommenders: lists of any length, new items and users, what is refused, and how a solving is stopped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from deepwright import registry
from deepwright.contracts import Batch, GoingOn, unheard
from deepwright.errors import ConfigError
from deepwright.models.recommendation import _lists, als, ease, item_knn
from deepwright.models.recommendation._features import SumsOfFeatures
from deepwright.models.recommendation._histories import interactions, once
from deepwright.models.recommendation._lists import groups
from deepwright.specs import HistorySpec, ItemsSpec


class Histories:
    """Histories [N, T], as examples."""

    targets = None

    def __init__(self, items: Tensor) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def batch(self, positions: Tensor) -> Batch:
        return Batch((self.items[positions], positions + 1), None, positions)


def drawn(num_users: int = 50, num_items: int = 30, length: int = 12) -> Histories:
    """Histories of 0 to ``length`` different items."""
    generator = torch.Generator().manual_seed(91)
    items = torch.stack([torch.randperm(num_items, generator=generator)[:length] + 1 for _user in range(num_users)])
    counts = torch.randint(0, length + 1, (num_users, 1), generator=generator)
    return Histories(items * (torch.arange(length) < counts))


def specs(num_users: int = 50, num_items: int = 30, **more: Any) -> tuple[HistorySpec, ItemsSpec]:
    items, users = (tuple(map(str, range(number))) for number in (num_items, num_users))
    return HistorySpec(items, users, 6, **more), ItemsSpec(num_items)


def solved(name: str, going_on: GoingOn = unheard, seed: int = 0, **settings: Any) -> Any:
    torch.manual_seed(seed)
    model = registry.load("models", name)(*specs(), **settings)
    with torch.no_grad():
        if going_on is unheard:
            model.fit(drawn())
        else:
            model.fit_in_passes(drawn(), going_on)
    return model


# ------------------------------------------------------------------------------------------------- histories


def test_an_item_that_is_taken_again_counts_once() -> None:
    items = torch.tensor([[5, 2, 5, 5, 0], [0, 0, 0, 0, 0], [1, 3, 2, 0, 0]])
    assert once(items).tolist() == [[0, 2, 5, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 2, 3]]
    taken = interactions(Histories(items), 6).toarray()
    assert taken.shape == (4, 7)
    assert [np.flatnonzero(row).tolist() for row in taken] == [[], [2, 5], [], [1, 2, 3]]
    assert set(np.unique(taken)) == {0, 1}


@pytest.mark.parametrize("most", [1, 7, 40, 10_000])
def test_every_list_is_in_one_group_whatever_its_length(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(_lists, "_NUMBERS", most)
    generator = np.random.default_rng(92)
    dense = np.where(generator.random((60, 30)) < generator.random((60, 1)), generator.normal(size=(60, 30)), 0)
    dense[:, 0] = 0
    dense[[3, 8]] = 0
    found, rows = np.zeros_like(dense), []
    for group in groups(csr_matrix(dense)):
        rows += group.rows.tolist()
        assert group.items.numel() <= most or len(group.rows) == 1
        assert torch.equal((group.items > 0).sum(1), group.counts)
        for row, items, values in zip(group.rows, group.items, group.values, strict=True):
            found[row, items] = values
    np.testing.assert_array_equal(found, dense)
    assert sorted(rows) == np.flatnonzero(dense.any(1)).tolist()


def test_sums_of_features() -> None:
    sums = SumsOfFeatures(((2, 0), (), (1,), (2, 1, 0)), 3, 4)
    weight = sums.embed.weight
    wanted = [weight[[0, 1, 2]].sum(0), weight[[1]].sum(0), weight[[0, 2]].sum(0), 0 * weight[0], 0 * weight[0]]
    torch.testing.assert_close(sums(torch.tensor([4, 3, 1, 2, 0])), torch.stack(wanted))
    assert sums.known().tolist() == [False, True, False, True, True]
    assert not sums(torch.tensor([0, 2])).any()


# ---------------------------------------------------------------------------------------------- matrices in parts


@pytest.mark.parametrize("name", ["ease", "item_knn"])
def test_a_matrix_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    whole = solved(name).state_dict()
    monkeypatch.setattr({"ease": ease, "item_knn": item_knn}[name], "_NUMBERS", 31 * 4)
    for key, tensor in solved(name).state_dict().items():
        torch.testing.assert_close(tensor, whole[key])


def test_neighbours_of_a_long_history_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, items = solved("item_knn"), drawn().items
    whole = model(items, None)
    monkeypatch.setattr(item_knn, "_ITEMS", 5)
    torch.testing.assert_close(model(items, None), whole)


def test_als_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    items = drawn().items
    whole = solved("als", num_factors=4)(items, None)
    monkeypatch.setattr(als, "_VECTORS", 100)
    monkeypatch.setattr(als, "_ITEMS", 40)
    torch.testing.assert_close(solved("als", num_factors=4)(items, None), whole, rtol=1e-4, atol=1e-5)


def test_als_with_as_many_steps_as_numbers_solves_a_turn_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(als, "_STEPS", 4)
    torch.manual_seed(0)
    model = registry.load("models", "als")(*specs(), num_factors=4).double()
    taken = interactions(drawn(), 30)
    given, solved = model._turn(torch.randn(31, 4).double(), torch.randn(51, 4).double(), list(als._lists(taken)))
    model.vectors, model.spectrum = given, given.square().sum(0)
    model.vectors[0] = 0  # of which nobody took anything
    torch.testing.assert_close(solved[1:], model.users_of(drawn().items))


# -------------------------------------------------------------------------------------------------- solving


def test_als_tells_its_passes_and_stops() -> None:
    heard: list[tuple[int, int, float]] = []

    def going_on(epoch: int, num_epochs: int, share: float) -> bool:
        heard.append((epoch, num_epochs, share))
        return epoch < 4

    stopped = solved("als", going_on, num_iterations=8)
    assert heard == [(epoch, 8, (epoch - 1) / 8) for epoch in (1, 2, 3, 4)]
    torch.testing.assert_close(stopped.vectors, solved("als", num_iterations=3).vectors)


def test_als_finds_a_lower_objective_with_every_turn() -> None:
    taken = torch.from_numpy(interactions(drawn(), 30).toarray())

    def objective(num_iterations: int) -> float:
        model = solved("als", num_iterations=num_iterations, num_factors=8, frequency=0.0)
        users = model.users_of(drawn().items)
        scores = users @ model.vectors.T
        squares = users.square().sum() + model.vectors.square().sum()
        return float(
            (taken[1:] * (scores - 1) ** 2).sum() + model.unobserved_weight * scores.square().sum() + model.l2 * squares
        )

    found = [objective(n) for n in (1, 2, 4, 16)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.9 * found[0]


# ------------------------------------------------------------------------------------------ new items and users

COLOURS: dict[str, Any] = {
    "item_features": tuple((item % 2,) for item in range(30)),
    "item_feature_names": ("even", "odd"),
}


@pytest.mark.parametrize("name", ["content", "hybrid"])
def test_models_of_features_are_refused_where_nothing_is_known(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name}.*--items FILE"):
        registry.load("models", name)(*specs())


def test_users_are_enough_for_a_hybrid_and_not_for_content() -> None:
    inputs, outputs = specs(user_features=((0,),) * 50, user_feature_names=("any",))
    registry.load("models", "hybrid")(inputs, outputs)
    with pytest.raises(ConfigError):
        registry.load("models", "content")(inputs, outputs)


def coloured(num_taken: int) -> Histories:
    """Even users took even items and odd users odd ones, none of those above a number."""
    generator = torch.Generator().manual_seed(93)
    own = torch.arange(num_taken // 2) * 2 + 1
    rows = [own[torch.randperm(len(own), generator=generator)[:7]] + user % 2 for user in range(50)]
    return Histories(torch.stack(rows))


def trained(inputs: HistorySpec, outputs: ItemsSpec, examples: Histories, num_steps: int = 200) -> Any:
    torch.manual_seed(94)
    model = registry.load("models", "hybrid")(inputs, outputs)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    batch = examples.batch(torch.arange(len(examples)))
    for _step in range(num_steps):
        model(*batch.inputs).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def test_items_that_nobody_took_are_recommended_by_their_features() -> None:
    examples = coloured(24)
    inputs, outputs = specs(**COLOURS)
    content = registry.load("models", "content")(inputs, outputs)
    content.fit(examples)
    hybrid = trained(inputs, outputs, examples)
    assert hybrid.taken.tolist() == [False, *[True] * 24, *[False] * 6]
    for model in (content, hybrid):
        scores = model(examples.items, torch.zeros(50, dtype=torch.int64))[:, 25:]
        for user, row in enumerate(scores):
            alike = torch.arange(25, 31) % 2 != user % 2
            assert row[alike].min() > row[~alike].max()


def test_users_known_by_their_features_alone_are_served() -> None:
    examples = coloured(30)
    inputs, outputs = specs(user_features=tuple((user % 2,) for user in range(50)), user_feature_names=("a", "b"))
    model = trained(inputs, outputs, examples)
    scores = model(torch.zeros(2, 3, dtype=torch.int64), torch.tensor([1, 2]))[:, 1:]
    even = torch.arange(30) % 2 == 0
    assert scores[0, even].min() > scores[0, ~even].max()
    assert scores[1, ~even].min() > scores[1, even].max()


def test_own_embeddings_are_left_away_in_learning_where_there_are_features() -> None:
    inputs, outputs = specs(**{**COLOURS, "item_features": ((),) * 15 + ((0,),) * 15})
    torch.manual_seed(95)
    model = registry.load("models", "hybrid")(inputs, outputs, identity_dropout=0.9)
    model.taken[1:] = True
    alone = model.item_features(torch.arange(31))
    assert torch.equal(model._table()[1:16], model.identities.weight[1:16]), "those without features keep theirs"
    left_away = sum(bool(torch.equal(row, known)) for row, known in zip(model._table()[16:], alone[16:], strict=True))
    assert 8 <= left_away <= 15
    model.eval()
    torch.testing.assert_close(model._table()[1:], (model.identities.weight + alone)[1:])
