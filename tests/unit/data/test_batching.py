"""How many batches an epoch has, and how texts are divided between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.data.batching import num_batches, of_like_cost


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("examples", "size", "batches"), [(1, 1, 1), (1, 8, 1), (8, 8, 1), (9, 8, 1), (10, 8, 2), (17, 8, 2), (3, 1, 3)]
)
def test_a_single_example_left_over_is_no_batch(examples: int, size: int, batches: int) -> None:
    assert num_batches(examples, size) == batches


def test_the_longest_text_does_not_decide_what_all_batches_cost() -> None:
    """Lengths as sentences have them: a batch of long ones has few, one of short ones many, and both cost the same."""
    lengths = np.random.default_rng(0).gamma(4, 5, 4000).astype(np.int64) + 1
    batches = of_like_cost(torch.from_numpy(lengths), seeded(0), 32)
    sizes = np.array([len(batch) for batch in batches])
    longest = np.array([lengths[batch].max() for batch in batches])
    costs = sizes * longest
    assert sizes.mean() == 32
    assert sizes.min() < 16
    assert sizes.max() > 64
    assert costs.std() < 0.1 * costs.mean()
    assert costs.sum() < 1.05 * lengths.sum(), "little padding"


def test_batches_come_in_any_order_and_texts_that_meet_are_chance() -> None:
    lengths = torch.from_numpy(np.random.default_rng(1).integers(1, 200, 4000))
    first, second = (of_like_cost(lengths, seeded(seed), 20) for seed in (0, 1))
    longest = np.array([int(lengths[batch].max()) for batch in first])
    assert abs(np.corrcoef(longest[:-1], longest[1:])[0, 1]) < 0.3
    assert {tuple(batch.tolist()) for batch in first}.isdisjoint(tuple(batch.tolist()) for batch in second)


def test_very_short_texts_meet_in_no_larger_batches_than_are_allowed() -> None:
    lengths = torch.tensor([1] * 500 + [100] * 500)
    batches = of_like_cost(lengths, seeded(0), 50)
    assert len(batches) == 20
    assert sorted(map(len, batches))[-4:] == [30, 166, 167, 167], "without a limit, 500 would be one batch"
    dearest = max(len(batch) * int(lengths[batch].max()) for batch in batches)
    assert dearest == 30 * 100, "17 batches of long ones beside 3 of short ones"


def test_an_empty_text_costs_as_much_as_a_token() -> None:
    batches = of_like_cost(torch.tensor([0] * 40), seeded(0), 10)
    assert [len(batch) for batch in batches] == [10] * 4
