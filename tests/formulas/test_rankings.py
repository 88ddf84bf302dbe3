"""Metrics of recommendations against their definitions, user by user."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.contracts import FIRST, RANKED, TOP, Predictions, weighted
from deepwright.tasks.recommendation import _likeness, ranked
from tests.formulas.reference import rankings
from tests.formulas.tolerances import ROUNDING

NUM_ITEMS, NUM_USERS, MOST = 31, 40, 12


class Drawn:
    """Rankings, what was taken next, and how often each item was learnt from."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.lists = [(1 + rng.permutation(NUM_ITEMS)[:TOP]).tolist() for _user in range(NUM_USERS)]
        sizes = rng.integers(1, MOST + 1, NUM_USERS)
        self.taken = [rng.permutation(NUM_ITEMS + 1)[:size].tolist() for size in sizes]  # 0: one that is not known
        self.counts = [0, *rng.integers(0, 50, NUM_ITEMS).tolist()]

    @property
    def predictions(self) -> Predictions:
        targets = np.full((NUM_USERS, MOST), -1)
        for user, items in enumerate(self.taken):
            targets[user, : len(items)] = items
        items = np.array(self.lists)
        rest = np.zeros((NUM_USERS, 2))
        outputs = np.concatenate([items, np.array(self.counts)[items], rest], 1).astype(float)
        return Predictions(np.arange(NUM_USERS), targets, outputs, RANKED)


def measured(name: str, made: Predictions, **arguments: Any) -> float:
    metric = registry.load("metrics", name)(**arguments)
    return float(weighted(metric, made, np.ones((1, len(made))))[0])


@pytest.mark.parametrize("name", rankings.OF_USERS)
@pytest.mark.parametrize("k", [1, 3, FIRST, TOP])
def test_a_metric_of_users_is_the_mean_of_its_definition(name: str, k: int) -> None:
    for seed in range(10):
        drawn = Drawn(seed)
        of_each = [rankings.OF_USERS[name](*pair, k) for pair in zip(drawn.lists, drawn.taken, strict=True)]
        ROUNDING.check([measured(name, drawn.predictions, k=k)], [np.mean(of_each)], f"{name}, {k}, {seed}")


@pytest.mark.parametrize("k", [1, 3, FIRST])
def test_metrics_of_all_users_are_their_definitions(k: int) -> None:
    for seed in range(10):
        drawn = Drawn(seed)
        made, lists, counts = drawn.predictions, drawn.lists, drawn.counts
        for name in ("coverage", "gini"):
            expected = getattr(rankings, name)(lists, NUM_ITEMS, k)
            ROUNDING.check([measured(name, made, k=k, num_items=NUM_ITEMS)], [expected], f"{name}, {k}, {seed}")
        ROUNDING.check([measured("novelty", made, k=k, num_learnt=sum(counts))], [rankings.novelty(lists, counts, k)])
        ROUNDING.check([measured("head_share", made, k=k, least=20)], [rankings.head_share(lists, counts, 20, k)])


def test_known_values() -> None:
    """One item that was taken, at place 3: worked out by hand."""
    outputs = np.zeros((1, len(RANKED)))
    outputs[0, :TOP] = np.arange(1, TOP + 1)
    made = Predictions(np.arange(1), np.array([[3]]), outputs, RANKED)
    ROUNDING.check([measured("ndcg", made), measured("mrr", made), measured("recall_at", made)], [0.5, 1 / 3, 1.0])
    assert measured("hit_rate", made, k=2) == 0


def test_two_items_of_which_one_takes_everything() -> None:
    outputs = np.zeros((4, len(RANKED)))
    outputs[:, 0] = 1
    made = Predictions(np.arange(4), np.ones((4, 1), int), outputs, RANKED)
    ROUNDING.check([measured("gini", made, k=1, num_items=2)], [0.5])
    ROUNDING.check([measured("coverage", made, k=1, num_items=2)], [0.5])


def test_diversity_is_its_definition() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        features = [rng.permutation(9)[: rng.integers(1, 6)].tolist() for _item in range(FIRST)]
        ROUNDING.check([1 - _likeness([set(of_item) for of_item in features])], [rankings.diversity(features)])


def test_a_ranking_has_every_item_that_was_not_taken_in_the_order_of_the_scores() -> None:
    rng = np.random.default_rng(4)
    scores = torch.from_numpy(rng.permutation(5 * 31).reshape(5, 31).astype(np.float32))
    histories = torch.from_numpy(np.stack([rng.permutation(31)[:6] for _user in range(5)]))
    found = ranked(scores, histories, TOP)
    for user in range(5):
        seen = {0, *histories[user].tolist()}
        expected = [item for item in scores[user].argsort(descending=True).tolist() if item not in seen]
        assert found[user].tolist() == expected[:TOP]


def test_where_there_are_too_few_items_nothing_stands() -> None:
    found = ranked(torch.tensor([[9.0, 1.0, 3.0, 2.0]]), torch.tensor([[2, 0]]), 5)
    assert found.tolist() == [[3, 1, 0, 0, 0]]
