"""Held-out words are told from noise as the formulas of skip-gram and CBOW say, and judgements are ranked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.specs import ContextSpec, TextSpec
from deepwright.validation.word_vectors import spearman
from tests.formulas.reference import word_vectors as reference
from tests.formulas.tolerances import NETWORK, ROUNDING

WORDS = TextSpec(("", "?", *"abcdefgh"), "word", 12, 6)
TEXTS = np.array([[3, 5, 2, 9, 4, 4, 7, 0, 0], [2, 1, 6, 1, 8, 0, 0, 0, 0], [5, 1, 1, 0, 0, 0, 0, 0, 0]])


def made(name: str, window: int) -> Any:
    model = registry.load("models", name)(WORDS, ContextSpec(12), embed_dim=3, window=window, num_negatives=4).double()
    generator = torch.Generator().manual_seed(61)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
        model.noise.copy_(torch.tensor([0.0, 0, 5, 1, 1, 2, 1, 3, 1, 1]))
    return model


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("name", ["skip_gram", "cbow"])
def test_words_are_told_from_noise(name: str, window: int) -> None:
    model = made(name, window)
    words, contexts = (table.weight.detach().numpy() for table in (model.embed, model.contexts))
    outputs = model(torch.tensor(TEXTS)).detach().numpy()
    for text, found in zip(TEXTS, outputs, strict=True):
        places = np.flatnonzero(text > 1)
        known = text[places]
        noise = model._noise(torch.tensor(known[None]))[0].numpy()
        expected = np.zeros((len(text), 2))
        if len(known) > 1:
            expected[places] = getattr(reference, name)(known, noise, words, contexts, window)
        NETWORK.check(found, expected, f"{name}, window {window}")


def test_noise_is_drawn_as_often_as_it_should_be_and_depends_on_the_text_alone() -> None:
    model = made("skip_gram", 2)
    tokens = torch.full((1, 5000), 3)
    noise = model._noise(tokens)
    shares = np.bincount(noise.flatten(), minlength=10) / noise.numel()
    np.testing.assert_allclose(shares, model.noise.numpy() / 15, atol=1e-3)
    assert torch.equal(model._noise(tokens[:, :7]), noise[:, :7])
    assert not torch.equal(model._noise(tokens + 1), noise)


def test_rank_correlation() -> None:
    one, other = np.random.default_rng(62).normal(size=(2, 40))
    ROUNDING.check(spearman(one, other), reference.spearman(one, other))
    assert spearman(one, 3 * one + 1) == pytest.approx(1.0)
    assert np.isnan(spearman(one, np.ones(40)))
    assert np.isnan(spearman(one[:2], other[:2]))
