"""Recommenders that are solved are at their solutions, and those that are learnt have the gradients of their papers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.specs import HistorySpec, ItemsSpec, NumberSpec, RatedSpec
from tests.formulas.reference import recommendation as reference
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import NETWORK, ROUNDING, Tolerance

CONVERGED = Tolerance(
    0.0,
    1e-6,
    "gradient of the side that was solved first, after a thousand turns that each shrink it by a few per cent",
)
SINGLE_COUNTS = Tolerance(1e-6, 1e-6, "similarities are reckoned in float32, 6e-8, and a dozen are added")
NUM_USERS, NUM_ITEMS = 23, 12


def took(seed: int = 71) -> Floats:
    """Who took what [U, I]: some users little and some nearly all, an item of nobody, and a user of nothing."""
    generator = np.random.default_rng(seed)
    likely = generator.beta(0.5, 1, (NUM_USERS, 1))
    taken = (generator.random((NUM_USERS, NUM_ITEMS)) < likely).astype(np.float64)
    taken[:, 7], taken[4] = 0, 0
    taken[5] = 1 - (np.arange(NUM_ITEMS) == 7)
    return taken


class Histories:
    """Every user's items in some order, one of them twice."""

    targets = None

    def __init__(self, taken: Floats) -> None:
        generator = np.random.default_rng(72)
        rows = [generator.permutation(np.flatnonzero(row) + 1) for row in taken]
        longest = 1 + max(map(len, rows))
        self.items = torch.zeros(len(rows), longest, dtype=torch.int64)
        for items, row in zip(self.items, rows, strict=True):
            items[: len(row)] = torch.from_numpy(row)
            items[len(row)] = items[0]

    def __len__(self) -> int:
        return len(self.items)

    def batch(self, positions: Tensor) -> Batch:
        return Batch((self.items[positions], positions + 1), None, positions)


def specs(**more: Any) -> tuple[HistorySpec, ItemsSpec]:
    items, users = (tuple(f"{kind}{i}" for i in range(n)) for kind, n in (("i", NUM_ITEMS), ("u", NUM_USERS)))
    return HistorySpec(items, users, 5, **more), ItemsSpec(NUM_ITEMS)


def solved(name: str, taken: Floats, **settings: Any) -> Any:
    torch.manual_seed(73)
    model = registry.load("models", name)(*specs(), **settings).double()
    with torch.no_grad():
        model.fit(Histories(taken))
    return model


def scores(model: Any, taken: Floats) -> Any:
    """Of all items but the one that stands for none, [U, I]."""
    batch = Histories(taken).batch(torch.arange(len(taken)))
    return model.eval()(*batch.inputs).detach().numpy()[:, 1:]


def test_popular_counts_users() -> None:
    taken = took()
    ROUNDING.check(scores(solved("popular", taken), taken), np.tile(taken.sum(0), (NUM_USERS, 1)))


@pytest.mark.parametrize("shrinkage", [0.0, 0.5, 10.0])
def test_item_knn_adds_shrunken_cosines(shrinkage: float) -> None:
    taken = took()
    similarities = reference.cosine_similarities(taken, shrinkage)
    model = solved("item_knn", taken, shrinkage=shrinkage)
    found = scores(model, taken)
    SINGLE_COUNTS.check(found, taken @ similarities, "all neighbours")


def test_item_knn_keeps_the_nearest() -> None:
    similarities = reference.cosine_similarities(took(), 2.0)
    model = solved("item_knn", took(), shrinkage=2.0, num_neighbours=3)
    kept, neighbours = model.similarities.numpy()[1:], model.neighbours.numpy()[1:]
    SINGLE_COUNTS.check(kept, -np.sort(-similarities)[:, :3], "the three largest")
    rows, places = np.nonzero(kept)
    SINGLE_COUNTS.check(kept[rows, places], similarities[rows, neighbours[rows, places] - 1], "whose they are")


@pytest.mark.parametrize("l2", [0.1, 3.0, 500.0])
def test_ease_is_a_ridge_regression_of_every_item_on_the_others(l2: float) -> None:
    taken = took()
    model = solved("ease", taken, l2=l2)
    weights = model.weights.numpy()
    NETWORK.check(weights[1:, 1:], reference.ease(taken, l2), "weights")
    assert not weights[0].any()
    assert not weights[:, 0].any()
    NETWORK.check(scores(model, taken), taken @ reference.ease(taken, l2), "scores")


@pytest.mark.parametrize("num_factors", [1, 3, 30])
@pytest.mark.parametrize("frequency", [0.0, 0.5, 1.0])
def test_als_users_are_at_the_optimum_and_so_are_items(num_factors: int, frequency: float) -> None:
    taken = took()
    model = solved(
        "als",
        taken,
        num_factors=num_factors,
        num_iterations=1000,
        unobserved_weight=0.1,
        l2=0.05,
        frequency=frequency,
    )
    items = model.vectors.numpy()
    assert not items[0].any()
    history, _users = Histories(taken).batch(torch.arange(NUM_USERS)).inputs
    users = model.users_of(history).numpy()
    by_users, by_items = reference.implicit_gradient(taken, users, items[1:], 0.1, 0.05, frequency)
    NETWORK.check(by_users, np.zeros_like(users), "gradient of the users, who are solved exactly")
    CONVERGED.check(by_items, np.zeros_like(items[1:]), "gradient of the items")
    assert np.abs(reference.implicit_gradient(taken, users * 1.1, items[1:], 0.1, 0.05, frequency)[0]).max() > 1e-3
    NETWORK.check(model(history, None).numpy()[:, 1:], users @ items[1:].T, "scores")


def test_als_holds_the_objective_with_confidences() -> None:
    taken, alpha, penalty = took(), 8.0, 0.7
    model = solved("als", taken, num_factors=4, unobserved_weight=1 / alpha, frequency=0.0, l2=penalty / (1 + alpha))
    scale = 1 + 1 / alpha  # of all scores; of users and items its root
    items = model.vectors.numpy()[1:] * scale**0.5
    theirs = reference.confidence_solution(taken, items, alpha, penalty) @ items.T
    NETWORK.check(scores(model, taken) * scale, theirs)


def test_bpr_has_the_loss_and_the_gradient_of_its_paper() -> None:
    taken, l2 = took(), 0.03
    torch.manual_seed(74)
    model = registry.load("models", "bpr")(*specs(), num_factors=3, l2=l2).double().train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64))
        model.items.weight[0] = 0
        model.biases.weight[0] = 0
    items, users = Histories(taken).batch(torch.arange(NUM_USERS)).inputs
    torch.manual_seed(75)
    losses = model(items, users)
    torch.manual_seed(75)
    drawn = torch.randint(1, 1 + NUM_ITEMS, items.shape)
    tables = model.items.weight.detach().numpy(), model.biases.weight.detach().numpy()[:, 0]
    for u in range(NUM_USERS):
        own = set(items[u].tolist())
        pairs = [(int(i), int(j)) for i, j in zip(items[u], drawn[u], strict=True) if i > 0 and int(j) not in own]
        user = model.users.weight.detach().numpy()[u + 1]
        loss, by_user, by_items, by_biases = reference.pairwise(user, *tables, pairs, l2)
        NETWORK.check(losses[u].item(), loss, "loss")
        model.zero_grad()
        losses[u].backward(retain_graph=True)
        NETWORK.check(model.users.weight.grad[u + 1].numpy(), by_user, "user")
        NETWORK.check(model.items.weight.grad.numpy(), by_items, "items")
        NETWORK.check(model.biases.weight.grad.numpy()[:, 0], by_biases, "biases")


def test_bpr_takes_the_mean_of_the_items_where_a_user_is_not_known() -> None:
    model = registry.load("models", "bpr")(*specs(), num_factors=3).double().eval()
    torch.nn.init.normal_(model.biases.weight)
    items = torch.tensor([[3, 5, 0], [0, 0, 0]])
    table, biases = model.items.weight.detach().numpy(), model.biases.weight.detach().numpy()[:, 0]
    found = model(items, torch.zeros(2, dtype=torch.int64)).detach().numpy()
    ROUNDING.check(found, [table @ (table[3] + table[5]) / 2 + biases, biases])


def test_content_is_the_cosine_of_weighed_features() -> None:
    generator = np.random.default_rng(76)
    having = generator.random((NUM_ITEMS, 6)) < [0.1, 0.3, 0.5, 0.9, 1.0, 0.2]
    having[3] = False
    features = tuple(tuple(int(f) for f in np.flatnonzero(row)) for row in having)
    inputs, outputs = specs(item_features=features, item_feature_names=tuple("abcdef"))
    model = registry.load("models", "content")(inputs, outputs).double()
    taken = took()
    model.fit(Histories(taken))
    for row, found in zip(taken, scores(model, taken), strict=True):
        ROUNDING.check(found, reference.content_cosines(having, np.flatnonzero(row)))


class Ratings:
    """Users and items that were rated, one of them twice, and one user and one item never."""

    def __init__(self) -> None:
        generator = np.random.default_rng(77)
        pairs = [(u, i) for u in range(1, 9) for i in range(1, 7) if generator.random() < 0.6 and u != 5 and i != 2]
        pairs.append(pairs[0])
        self.users, self.items = torch.tensor(pairs).T
        self.targets = torch.from_numpy(generator.normal(0.3, 1, len(pairs)))
        self.targets[3] = self.targets.mean()

    def __len__(self) -> int:
        return len(self.users)

    def batch(self, positions: Tensor) -> Batch:
        return Batch((self.users[positions], self.items[positions]), self.targets[positions], positions)


@pytest.mark.parametrize("num_factors", [0, 2])
def test_matrix_factorization_is_at_an_optimum(num_factors: int) -> None:
    inputs = RatedSpec(tuple("abcdefg"), tuple("stuvwxyz"))
    torch.manual_seed(78)
    model = registry.load("models", "matrix_factorization")(
        inputs, NumberSpec("rating", 3.5, 1.0), num_factors=num_factors, l2=0.02, bias_l2=0.5, num_iterations=2000
    ).double()
    ratings = Ratings()
    model.fit(ratings)
    users, items, mean = (tensor.numpy() for tensor in (model.users, model.items, model.mean))
    ROUNDING.check(mean, [ratings.targets.mean()], "mean")
    triples = list(zip(ratings.users.tolist(), ratings.items.tolist(), ratings.targets.tolist(), strict=True))
    sides = [(table[:, :-1], table[:, -1]) for table in (users, items)]
    gradients = reference.rating_gradient(triples, sides[0], sides[1], float(mean[0]), 0.02, 0.5)
    for gradient in gradients[2:]:
        NETWORK.check(gradient, np.zeros_like(gradient), "gradient of the items, which are solved last")
    for gradient in gradients[:2]:
        CONVERGED.check(gradient, np.zeros_like(gradient), "gradient of the users")
    (p, b), (q, c) = sides
    found = model(ratings.users, ratings.items).numpy()[:, 0]
    ROUNDING.check(found, [mean[0] + b[u] + c[i] + p[u] @ q[i] for u, i, _rating in triples])
    assert not users[[0, 5]].any(), "who rated nothing adds nothing"
    assert not items[[0, 2, 7]].any()
    assert num_factors == 0 or np.abs(p).max() > 0.1
    ROUNDING.check(model(torch.tensor([0]), torch.tensor([3])).numpy(), [[mean[0] + c[3]]])
