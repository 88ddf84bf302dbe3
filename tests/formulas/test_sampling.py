"""How a token is chosen is what the papers say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.decoding.sampling import Sampling, draw, only_top_k, only_top_p, penalised
from tests.formulas.reference import sampling
from tests.formulas.tolerances import ROUNDING

LOGITS = np.random.default_rng(51).normal(scale=3, size=(5, 12))
SEEN = np.random.default_rng(52).random(LOGITS.shape) < 0.4
ROWS = torch.from_numpy(LOGITS)


@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.3])
def test_repetition_penalty(penalty: float) -> None:
    expected = [sampling.repetition_penalty(x, s, penalty) for x, s in zip(LOGITS, SEEN, strict=True)]
    ROUNDING.check(penalised(ROWS, torch.from_numpy(SEEN), penalty), np.array(expected))


@pytest.mark.parametrize("k", [1, 2, 7, 12, 99])
def test_top_k(k: int) -> None:
    expected = [sampling.top_k(sampling.softmax(x), k) for x in LOGITS]
    ROUNDING.check(only_top_k(ROWS, k).softmax(1), np.array(expected))


@pytest.mark.parametrize("p", [1e-9, 0.3, 0.9, 0.999, 1.0])
def test_top_p(p: float) -> None:
    expected = [sampling.top_p(sampling.softmax(x), p) for x in LOGITS]
    ROUNDING.check(only_top_p(ROWS, p).softmax(1), np.array(expected))


@pytest.mark.parametrize("u", [0.0, 0.25, 0.5, 0.9999])
def test_a_draw_is_the_inverse_of_the_distribution_function(u: float) -> None:
    expected = [sampling.draw(sampling.softmax(x), u) for x in LOGITS]
    assert draw(ROWS, [u] * len(LOGITS)).tolist() == expected


def test_all_of_it_in_the_order_that_is_documented() -> None:
    chosen = Sampling(temperature=0.7, top_k=6, top_p=0.8, repetition_penalty=1.5)
    uniforms = [0.05, 0.3, 0.5, 0.7, 0.95]
    expected = []
    for x, seen, u in zip(LOGITS, SEEN, uniforms, strict=True):
        probs = sampling.temperature(sampling.repetition_penalty(x, seen, 1.5), 0.7)
        expected.append(sampling.draw(sampling.top_p(sampling.top_k(probs, 6), 0.8), u))
    assert chosen.choose(ROWS, torch.from_numpy(SEEN), uniforms).tolist() == expected
