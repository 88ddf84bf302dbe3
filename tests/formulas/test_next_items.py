"""Sequential recommenders are their formulas: states, scores, the loss at every step and its gradients."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.layers import many_classes
from deepwright.layers.many_classes import cross_entropy, sampled_cross_entropy
from deepwright.specs import HistorySpec, ItemsSpec
from tests.formulas.reference import next_items
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import NETWORK, ROUNDING

NUM, D = 9, 6
INPUTS, OUTPUTS = HistorySpec(tuple("abcdefghi"), ("you", "I"), 4), ItemsSpec(NUM)
HISTORIES = [[3, 1, 4, 1, 5, 9], [2, 6], [5, 3, 5], [8]]
ITEMS = torch.tensor([history + [0] * (6 - len(history)) for history in HISTORIES])
USERS = torch.zeros(len(HISTORIES), dtype=torch.int64)
NUM_ITEMS = sum(map(len, HISTORIES))


def made(name: str, **settings: Any) -> tuple[Any, dict[str, Floats]]:
    """A model in float64 with random parameters and nothing dropped, and these."""
    model = registry.load("models", name)(INPUTS, OUTPUTS, embed_dim=D, dropout=0.0, **settings).double()
    generator = torch.Generator().manual_seed(61)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype) / 2)
    return model, {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}


def states_of(name: str, history: list[int], parameters: dict[str, Floats]) -> Floats:
    if name == "gru4rec":
        return next_items.gru4rec(history, parameters)
    return next_items.sasrec(history, parameters, num_layers=2, num_heads=2)


CASES = [("sasrec", {"num_heads": 2}), ("gru4rec", {"hidden_dim": 5})]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_scores_are_those_of_the_last_state(name: str, settings: dict[str, Any]) -> None:
    model, parameters = made(name, **settings)
    expected = [parameters["items.weight"] @ states_of(name, history, parameters)[-1] for history in HISTORIES]
    NETWORK.check(model.eval()(ITEMS, USERS).detach(), np.array(expected))


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_losses_are_cross_entropies_at_every_step(name: str, settings: dict[str, Any]) -> None:
    model, parameters = made(name, **settings)
    at_steps = [
        next_items.cross_entropies(states_of(name, history, parameters)[:-1], parameters["items.weight"], history)
        for history in HISTORIES
    ]
    losses = model.train()(ITEMS, USERS)
    NETWORK.check(losses.detach(), np.array([steps.sum() for steps in at_steps]) * len(HISTORIES) / NUM_ITEMS)
    NETWORK.check(losses.mean().detach(), np.concatenate(at_steps).mean(), "their mean is that of all items")


@pytest.mark.parametrize("logits", [1, 5 * NUM, 10_000], ids=["row by row", "in parts", "at once"])
@pytest.mark.parametrize("alike", [True, False], ids=["alike", "each with its own weight"])
def test_the_output_loss_and_its_gradients(logits: int, alike: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_classes, "_LOGITS", logits)
    rng = np.random.default_rng(62)
    states, table, items = rng.normal(size=(12, D)), rng.normal(size=(1 + NUM, D)), rng.integers(1, NUM + 1, 12)
    upstream = np.full(12, 0.7) if alike else rng.normal(size=12)
    hidden, rows = (torch.from_numpy(part).requires_grad_() for part in (states, table))
    losses = cross_entropy(hidden, rows[1:], torch.from_numpy(items) - 1)
    losses.backward(torch.from_numpy(upstream))
    to_states, to_table = next_items.cross_entropies_backward(upstream, states, table, items.tolist())
    ROUNDING.check(losses.detach(), next_items.cross_entropies(states, table, items.tolist()))
    ROUNDING.check(hidden.grad, to_states)
    ROUNDING.check(rows.grad, to_table)


def test_the_gradients_of_the_sampled_loss_are_its_differences() -> None:
    rng = np.random.default_rng(67)
    hidden, table = (torch.from_numpy(rng.normal(size=(rows, D))).requires_grad_() for rows in (4, 1 + NUM))
    targets, drawn = torch.tensor([3, 9, 1, 3]), torch.tensor([3, 2, 1, 8])
    assert torch.autograd.gradcheck(lambda h, e: sampled_cross_entropy(h, e, targets, drawn, 4 / NUM), (hidden, table))
    assert torch.autograd.gradcheck(
        lambda h, e: sampled_cross_entropy(h, e, targets, drawn, 4 / NUM).sum(), (hidden, table)
    )


def test_the_output_loss_of_scores_that_no_exponential_holds() -> None:
    hidden = torch.tensor([[2000.0], [-2000.0]], dtype=torch.float64, requires_grad=True)
    losses = cross_entropy(hidden, torch.tensor([[1.0], [0.0]], dtype=torch.float64), torch.tensor([0, 0]))
    losses.sum().backward()
    ROUNDING.check(losses.detach(), [0, 2000])
    ROUNDING.check(hidden.grad, [[0], [-1]])


def test_a_loss_that_is_not_learnt_from_has_no_gradient() -> None:
    rng = np.random.default_rng(63)
    hidden = torch.from_numpy(rng.normal(size=(3, D)))
    table = torch.from_numpy(rng.normal(size=(1 + NUM, D))).requires_grad_()
    with torch.no_grad():
        losses = cross_entropy(hidden, table[1:], torch.tensor([0, 8, 4]))
    assert not losses.requires_grad
    ROUNDING.check(losses, next_items.cross_entropies(hidden.numpy(), table.detach().numpy(), [1, 9, 5]))


def test_the_sampled_loss() -> None:
    rng = np.random.default_rng(64)
    states, table = rng.normal(size=(5, D)), rng.normal(size=(1 + NUM, D))
    items, drawn, share = [3, 9, 1, 3, 7], [3, 2, 1, 8], 4 / NUM
    found = sampled_cross_entropy(
        torch.from_numpy(states), torch.from_numpy(table), torch.tensor(items), torch.tensor(drawn), share
    )
    expected = [
        next_items.sampled_cross_entropy(state, table, item, drawn, share)
        for state, item in zip(states, items, strict=True)
    ]
    ROUNDING.check(found, expected)


def test_the_sampled_sum_is_the_whole_one_on_average() -> None:
    rng = np.random.default_rng(65)
    state, table = torch.from_numpy(rng.normal(size=(1, D))), torch.from_numpy(rng.normal(size=(1 + NUM, D)))
    target, right = torch.tensor([4]), table[4] @ state[0]
    drawn = [torch.tensor(one) for one in combinations(range(1, 1 + NUM), 5)]
    sums = [(sampled_cross_entropy(state, table, target, one, 5 / NUM) + right).exp() for one in drawn]
    ROUNDING.check(torch.stack(sums).mean(), (table[1:] @ state[0]).exp().sum())
    whole = cross_entropy(state, table[1:], target - 1)
    ROUNDING.check(sampled_cross_entropy(state, table, target, torch.arange(1, 1 + NUM), 1), whole, "each drawn once")


def test_so_many_items_are_drawn_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model, parameters = made("sasrec", num_heads=2, num_negatives=4)
    drawn = [3, 2, 1, 8]
    monkeypatch.setattr(torch, "randperm", lambda n, device: torch.tensor([*drawn, *{*range(1, n + 1)} - {*drawn}]) - 1)
    losses = model.train()(ITEMS, USERS)
    table, expected = parameters["items.weight"], []
    for history in HISTORIES:
        states = states_of("sasrec", history, parameters)[:-1]
        parts = zip(states, history, strict=True)
        expected.append(sum(next_items.sampled_cross_entropy(h, table, y, drawn, 4 / NUM) for h, y in parts))
    NETWORK.check(losses.detach(), np.array(expected) * len(HISTORIES) / NUM_ITEMS)
