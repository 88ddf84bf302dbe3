"""In which order examples are seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.contracts import Ordered, batches, least_padded
from deepwright.data.examples import TensorExamples
from deepwright.data.texts.stored import StoredTexts


def of_texts(lengths: list[int]) -> TensorExamples:
    return TensorExamples(StoredTexts([[2] * n for n in lengths]), None, np.arange(len(lengths)), lambda t: (t,))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("number", "size"), [(1000, 16), (1001, 16), (7, 16), (1, 1), (32, 16)])
def test_every_example_is_seen_once_in_batches_that_the_seed_decides(number: int, size: int) -> None:
    examples = of_texts(np.random.default_rng(0).integers(0, 90, number).tolist())
    assert isinstance(examples, Ordered)
    seen = [batch.tolist() for batch in examples.batches(seeded(3), size)]
    assert sorted(position for batch in seen for position in batch) == list(range(number))
    assert seen == [batch.tolist() for batch in examples.batches(seeded(3), size)]
    assert number < 9 or seen != [batch.tolist() for batch in examples.batches(seeded(4), size)]


def test_what_has_no_length_is_shuffled_as_it_always_was() -> None:
    examples = TensorExamples(torch.zeros(100, 3), None, np.arange(100), lambda stored: (stored,))
    assert examples.lengths is None
    assert torch.equal(torch.cat(examples.batches(seeded(5), 8)), torch.randperm(100, generator=seeded(5)))


def test_no_batch_is_padded_beyond_its_longest_text() -> None:
    lengths = torch.from_numpy(np.random.default_rng(2).integers(1, 200, 500))
    examples = of_texts(lengths.tolist())
    for positions in examples.batches(seeded(0), 32):
        tokens = examples.batch(positions).inputs[0]
        assert tokens.shape == (len(positions), int(lengths[positions].max()))
        assert torch.equal((tokens != 0).sum(1), lengths[positions])


def test_examples_may_say_lengths_of_their_own() -> None:
    """As pairs of texts do, of which both are read."""

    class Pairs(TensorExamples):
        @property
        def lengths(self) -> torch.Tensor:
            return torch.tensor([40, 1] * 50)

    pairs = Pairs(torch.zeros(100, 3), None, np.arange(100), lambda stored: (stored,))
    assert all(len(set((batch % 2).tolist())) == 1 for batch in pairs.batches(seeded(0), 25)), "one length a batch"
    assert least_padded(pairs).tolist() == [*range(0, 100, 2), *range(1, 100, 2)]


def test_where_nothing_is_learnt_the_longest_come_first_and_answers_stay_where_they_belong() -> None:
    lengths = torch.tensor([3, 9, 1, 9, 4])
    examples = of_texts(lengths.tolist())
    order = least_padded(examples)
    assert order.tolist() == [1, 3, 4, 0, 2]
    seen = [(batch.rows.tolist(), batch.inputs[0].shape[1]) for batch in batches(examples, most=2, order=order)]
    assert seen == [([1, 3], 9), ([4, 0], 4), ([2], 1)]
    pictures = TensorExamples(torch.zeros(4, 3), None, np.arange(4), lambda stored: (stored,))
    assert least_padded(pictures).tolist() == [0, 1, 2, 3]
