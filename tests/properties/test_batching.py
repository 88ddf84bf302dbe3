"""Batches of like cost: every example once, as many batches as ever, none too large, dear or small."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepwright.data.batching import MOST, num_batches, of_like_cost, shuffled

LENGTHS = st.one_of(
    st.lists(st.integers(0, 60), min_size=1, max_size=300),
    st.lists(st.sampled_from([0, 1, 2, 250]), min_size=1, max_size=300),
    st.integers(1, 200).map(lambda n: [7] * n),
    st.integers(1, 100).map(lambda n: [5000] + [10] * n),
)
SIZES = st.one_of(st.integers(1, 5), st.integers(6, 400))
SEEDS = st.integers(0, 2**32)


def made(lengths: list[int], batch_size: int, seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    return [batch.tolist() for batch in of_like_cost(torch.tensor(lengths), generator, batch_size)]


def cost(lengths: list[int]) -> int:
    """Tokens of a batch with its padding."""
    return len(lengths) * max(1, *lengths)


@given(LENGTHS, SIZES, SEEDS)
def test_every_example_comes_once_in_as_many_batches_as_of_equally_many(
    lengths: list[int], batch_size: int, seed: int
) -> None:
    batches = made(lengths, batch_size, seed)
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    assert len(batches) == num_batches(len(lengths), batch_size)
    assert batches == made(lengths, batch_size, seed)


@given(LENGTHS, SIZES)
def test_no_batch_is_empty_or_single_or_has_very_many(lengths: list[int], batch_size: int) -> None:
    sizes = [len(batch) for batch in made(lengths, batch_size)]
    assert min(sizes) >= min(2, batch_size, len(lengths))
    assert max(sizes) <= MOST * batch_size


@given(LENGTHS, SIZES)
def test_none_costs_more_than_the_dearest_of_equally_many(lengths: list[int], batch_size: int) -> None:
    """Of one pool, beside the same texts cut into batches of the same number of examples."""
    count = num_batches(len(lengths), batch_size)
    if count <= 50:
        equal = np.array_split(np.sort(lengths)[::-1], count)
        batches = made(lengths, batch_size)
        assert max(cost([lengths[i] for i in batch]) for batch in batches) <= max(cost(b.tolist()) for b in equal)


@given(st.integers(0, 2**32 - 1), st.integers(16, 64), st.floats(3, 20), st.integers(10, 50))
def test_of_lengths_as_sentences_have_them_all_batches_cost_about_the_same(
    seed: int, batch_size: int, mean: float, count: int
) -> None:
    lengths = (np.random.default_rng(seed).gamma(4, mean / 4, batch_size * count).astype(int) + 5).tolist()
    costs = np.array([cost([lengths[i] for i in batch]) for batch in made(lengths, batch_size)])
    assert len(costs) == count
    assert costs.max() < 1.15 * costs.mean()
    assert costs.min() > 0.7 * costs.mean()


@given(st.integers(1, 500), SIZES, SEEDS)
def test_what_has_no_length_comes_in_batches_of_one_size(number: int, batch_size: int, seed: int) -> None:
    batches = shuffled(number, torch.Generator().manual_seed(seed), batch_size)
    order = torch.randperm(number, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(torch.cat(batches), order)
    assert len(batches) == num_batches(number, batch_size)
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert min(2, batch_size, number) <= len(batches[-1]) <= batch_size + 1
