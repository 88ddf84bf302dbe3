"""Sequential recommenders: nothing is known of what follows, padding changes nothing, what is old is not read."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepwright import registry
from deepwright.models.recommendation import _next_item
from deepwright.specs import HistorySpec, ItemsSpec
from deepwright.tensors import from_bytes, to_bytes

NUM, LIMIT = 11, 6
INPUTS, OUTPUTS = HistorySpec(tuple(map(str, range(1, NUM + 1))), ("you",), 4), ItemsSpec(NUM)
SMALL: dict[str, dict[str, Any]] = {
    "sasrec": {"embed_dim": 8, "num_heads": 2, "max_seq_len": LIMIT},
    "gru4rec": {"embed_dim": 8, "hidden_dim": 5, "num_layers": 2, "max_seq_len": LIMIT},
}
each_model = pytest.mark.parametrize("name", SMALL)
seeds = st.integers(0, 99)
few = settings(max_examples=8, deadline=None)


def made(name: str, seed: int, **given_settings: Any) -> Any:
    """A model in float64, with every parameter moved from where it began."""
    torch.manual_seed(seed)
    model = registry.load("models", name)(INPUTS, OUTPUTS, **{**SMALL[name], **given_settings}).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def histories(lengths: list[int], seed: int, width: int = 0) -> Tensor:
    """Histories of so many items, padded to the longest one, or further."""
    longest = max(width, *lengths)
    items = torch.randint(1, NUM + 1, (len(lengths), longest), generator=torch.Generator().manual_seed(seed))
    return items * (torch.arange(longest) < torch.tensor(lengths)[:, None])


def scores(model: Any, items: Tensor) -> Tensor:
    found: Tensor = model(items, items.new_zeros(len(items)))
    return found


@each_model
@few
@given(seed=seeds, length=st.integers(1, LIMIT))
def test_a_state_depends_on_its_own_step_and_those_before_it_alone(name: str, seed: int, length: int) -> None:
    model = made(name, seed)
    embedded = torch.randn(1, 1 + length, 8, dtype=torch.float64, requires_grad=True)
    for step, state in enumerate(model.states(embedded)[0]):
        (gradient,) = torch.autograd.grad((state * torch.randn_like(state)).sum(), embedded, retain_graph=True)
        seen = gradient[0].abs().sum(1) > 0
        assert seen.tolist() == [place <= step for place in range(1 + length)]


@each_model
@few
@given(seed=seeds, lengths=st.lists(st.integers(0, LIMIT + 3), min_size=1, max_size=5), more=st.integers(0, 9))
def test_neither_padding_nor_neighbours_change_a_score(name: str, seed: int, lengths: list[int], more: int) -> None:
    model = made(name, seed)
    items = histories(lengths, seed, max(lengths) + more + 1)
    whole = scores(model, items)
    assert whole.shape == (len(lengths), 1 + NUM)
    assert whole.isfinite().all()
    for row, length in enumerate(lengths):
        torch.testing.assert_close(scores(model, items[row : row + 1, :length])[0], whole[row])


@each_model
@few
@given(seed=seeds, lengths=st.lists(st.integers(1, LIMIT + 3), min_size=1, max_size=5), more=st.integers(0, 9))
def test_nor_do_they_change_what_is_learnt(name: str, seed: int, lengths: list[int], more: int) -> None:
    model = made(name, seed, dropout=0.0).train()
    items = histories(lengths, seed, max(lengths) + more)
    losses = scores(model, items)
    alone = torch.cat([scores(model, items[row : row + 1, :length]) for row, length in enumerate(lengths)])
    # By itself, the sum of a history is divided by its own items, of which as many as fit are learnt.
    learnt = torch.tensor(lengths).clamp(max=LIMIT + 1)
    torch.testing.assert_close(losses, alone * learnt * len(lengths) / learnt.sum())


@each_model
@few
@given(seed=seeds, length=st.integers(LIMIT, 3 * LIMIT))
def test_of_a_long_history_the_last_part_counts(name: str, seed: int, length: int) -> None:
    model = made(name, seed)
    items = histories([length, 2], seed)
    last = items[:1, length - LIMIT : length]
    torch.testing.assert_close(scores(model, items)[:1], scores(model, last))
    other = torch.cat([items[:1, : length - LIMIT] % NUM + 1, last], 1)
    torch.testing.assert_close(scores(model, other), scores(model, last))


@each_model
def test_an_item_more_than_is_read_is_learnt_from(name: str) -> None:
    model = made(name, 3, dropout=0.0).train()
    items = histories([LIMIT + 1], 3)
    torch.testing.assert_close(scores(model, torch.cat([items % NUM + 1, items], 1)), scores(model, items))
    (gradient,) = torch.autograd.grad(scores(model, items).sum(), [model.items.weight])
    assert gradient[items[0, 0]].any()
    assert model.train()(items, items[:, 0]).shape == (1,)


@each_model
def test_where_nothing_came_before_what_comes_first_is_learnt(name: str) -> None:
    model = made(name, 4, dropout=0.0).train()
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    items = torch.tensor([[7, 2], [7, 3], [7, 4]])
    for _step in range(60):
        scores(model, items).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert scores(model.eval(), torch.zeros(2, 3, dtype=torch.int64)).argmax(1).tolist() == [7, 7]


@each_model
def test_histories_without_any_item_cost_nothing(name: str) -> None:
    model = made(name, 5).train()
    losses = scores(model, torch.zeros(2, 3, dtype=torch.int64))
    losses.mean().backward()
    assert losses.tolist() == [0, 0]
    assert not model.items.weight.grad.any()


@each_model
def test_saved_and_loaded_it_scores_the_same(name: str) -> None:
    model, other, items = made(name, 6), made(name, 7), histories([3, 1, 0, 9], 6)
    other.load_state_dict(from_bytes(to_bytes(model.state_dict())))
    assert torch.equal(scores(other, items), scores(model, items))


@each_model
def test_of_very_many_items_some_are_drawn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(name, 8).num_negatives == NUM
    assert made(name, 8, num_negatives=3).num_negatives == 3
    assert made(name, 8, num_negatives=99).num_negatives == NUM
    monkeypatch.setattr(_next_item, "_MANY", NUM - 1)
    monkeypatch.setattr(_next_item, "_SAMPLED", 5)
    assert made(name, 8).num_negatives == 5
    assert scores(made(name, 8).train(), histories([3, 4], 8)).isfinite().all()
