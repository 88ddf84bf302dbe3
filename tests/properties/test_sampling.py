"""Whatever the logits, a choice keeps to its bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from deepwright.decoding.sampling import Sampling, draw, only_top_k, only_top_p, penalised

numbers = st.one_of(st.floats(-30, 30), st.sampled_from([0.0, 1.0, -math.inf]))


@st.composite
def rows(take: Any) -> Tensor:
    """Logits [B, V] of which one in each row, at least, is a number."""
    size = take(st.integers(1, 9))
    found = take(st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=1, max_size=3))
    for row in found:
        row[take(st.integers(0, size - 1))] = take(st.floats(-5, 5))
    return torch.tensor(found, dtype=torch.float64)


uniforms = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, float(np.nextafter(1, 0))]))


@given(rows(), st.data())
def test_a_token_without_probability_is_never_drawn(logits: Tensor, data: Any) -> None:
    for u in data.draw(st.lists(uniforms, min_size=1, max_size=4)):
        tokens = draw(logits, [u] * len(logits))
        assert bool((logits.softmax(1).gather(1, tokens[:, None]) > 0).all())


@given(rows(), uniforms, st.floats(0.05, 5))
def test_the_greedy_choice_is_that_of_top_1(logits: Tensor, u: float, temperature: float) -> None:
    seen, us = torch.zeros_like(logits, dtype=torch.bool), [u] * len(logits)
    greedy = Sampling(greedy=True).choose(logits, seen, us)
    assert Sampling(top_k=1, temperature=temperature).choose(logits, seen, us).tolist() == greedy.tolist()


@given(rows(), st.integers(1, 12))
def test_top_k_keeps_k_of_the_largest(logits: Tensor, k: int) -> None:
    kept = only_top_k(logits, k)
    assert bool(((kept == logits) | (kept == -torch.inf)).all())
    for before, after in zip(logits, kept, strict=True):
        finite = int(after.isfinite().sum())
        assert finite == min(k, int(before.isfinite().sum()))
        left_out = before[after.isinf() & before.isfinite()]
        assert not len(left_out) or left_out.max() <= after[after.isfinite()].min()


@given(rows(), st.floats(1e-6, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits: Tensor, p: float) -> None:
    for before, after in zip(logits.softmax(1), only_top_p(logits, p), strict=True):
        kept = before[after.isfinite()]
        assert len(kept) >= 1
        assert float(kept.sum()) >= p * (1 - 1e-9)
        assert float(kept.sum() - kept.min()) < p * (1 + 1e-9) or p == 1
        left_out = before[~after.isfinite()]
        assert not len(left_out) or left_out.max() <= kept.min()


@given(rows(), st.floats(1, 10), st.data())
def test_a_penalty_makes_no_token_that_was_there_more_probable(logits: Tensor, penalty: float, data: Any) -> None:
    seen = torch.zeros_like(logits, dtype=torch.bool)
    seen[:, data.draw(st.integers(0, logits.shape[1] - 1))] = True
    after = penalised(logits, seen, penalty)
    assert bool((after[seen] <= logits[seen]).all())
    assert torch.equal(after[~seen], logits[~seen])


@given(st.integers(0, 5))
def test_draws_follow_the_probabilities(seed: int) -> None:
    probs = torch.tensor([[0.1, 0.0, 0.6, 0.3]], dtype=torch.float64)
    us = (np.arange(1000) + 0.5) / 1000
    tokens = draw(probs.log().expand(1000, -1), np.random.default_rng(seed).permutation(us).tolist())
    assert np.bincount(tokens.numpy(), minlength=4).tolist() == pytest.approx([100, 0, 600, 300], abs=1)
