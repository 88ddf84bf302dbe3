"""Words are told from noise as skip-gram's and CBOW's formulas say, counts become PPMI, and judgements are ranked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.models.language._in_context import Corpus
from deepwright.models.language.ppmi_svd import positive_information, together
from deepwright.specs import ContextSpec, TextSpec
from deepwright.validation.word_vectors import spearman
from tests.formulas.reference import word_vectors as reference
from tests.formulas.tolerances import NETWORK, ROUNDING

COUNTS, SUBSAMPLE = np.array([0.0, 0, 50, 1, 1, 2, 1, 30, 1, 1]), 0.2
KEPT = np.concatenate([[1, 1], reference.kept(COUNTS[2:], SUBSAMPLE)])
WORDS = TextSpec(("", "?", *"abcdefgh"), "word", 12, 6)
TEXTS = np.array([[3, 5, 2, 9, 4, 4, 7, 0, 0], [2, 1, 6, 1, 8, 0, 0, 0, 0], [5, 5, 6, 0, 0, 0, 0, 0, 0]])
each = pytest.mark.parametrize(
    ("name", "window"), [(name, window) for name in ("skip_gram", "cbow") for window in (1, 2, 5)]
)


def made(name: str, window: int, **settings: Any) -> Any:
    model = registry.load("models", name)(
        WORDS, ContextSpec(window, 4, SUBSAMPLE), embed_dim=3, num_negatives=4, **settings
    )
    generator = torch.Generator().manual_seed(61)
    with torch.no_grad():
        for parameter in model.double().parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
        model.counts.copy_(torch.from_numpy(COUNTS))
    return model


def tables(model: Any) -> tuple[Any, Any]:
    return model.embed.weight.detach().numpy(), model.contexts.weight.detach().numpy()


@each
def test_words_are_told_from_noise(name: str, window: int) -> None:
    model = made(name, window)
    outputs = model(torch.tensor(TEXTS)).detach().numpy()
    for text, found in zip(TEXTS, outputs, strict=True):
        known = text[text > 1]
        noise = model._noise(torch.tensor(known[None]))[0].numpy()
        NETWORK.check(
            found, reference.asked(name, known, noise, *tables(model), window, KEPT), f"{name}, window {window}"
        )


@each
def test_the_gradient_is_that_of_negative_sampling(name: str, window: int) -> None:
    model = made(name, window)
    for text in TEXTS:
        model.zero_grad()
        model(torch.tensor(text[None]))[0, 0].backward()
        known = text[text > 1]
        noise = model._noise(torch.tensor(known[None]))[0].numpy()
        expected = reference.gradients(name, known, noise, *tables(model), window, KEPT)
        for table, wanted in zip((model.embed, model.contexts), expected, strict=True):
            NETWORK.check(table.weight.grad.numpy(), wanted, f"{name}, window {window}")


@pytest.mark.parametrize("text", [[], [0, 0], [4], [1, 1, 1], [1, 4, 1]])
def test_a_word_without_a_context_costs_nothing(text: list[int]) -> None:
    padded = torch.tensor([[*text, *[0] * (5 - len(text))]])
    assert not made("skip_gram", 2)(padded).any()


def test_scores_know_beside_how_many_noise_words_they_were_learnt() -> None:
    model = made("skip_gram", 2)
    model.shift = float(np.log(3))
    words, around = torch.tensor([[[4]]]), torch.tensor([[[5]]])
    scores, there = model.scores(words, around, torch.ones(1, 1, 1, dtype=torch.float64))
    v, u = tables(model)
    ROUNDING.check(scores.item(), u[4] @ v[5] + np.log(3))
    assert there.all()
    learnt = registry.load("models", "cbow")(WORDS, ContextSpec(5, 5, SUBSAMPLE), num_negatives=15)
    assert learnt.shift == pytest.approx(np.log(3))


def test_noise_is_drawn_as_often_as_it_should_be_and_depends_on_the_text_alone() -> None:
    model = made("skip_gram", 2)
    tokens = torch.full((1, 5000), 3)
    noise = model._noise(tokens)
    shares = np.bincount(noise.flatten(), minlength=10) / noise.numel()
    np.testing.assert_allclose(shares, COUNTS**0.75 / (COUNTS**0.75).sum(), atol=1e-3)
    assert torch.equal(model._noise(tokens[:, :7]), noise[:, :7])
    assert not torch.equal(model._noise(tokens + 1), noise)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_words_that_stand_together_have_positive_information(window: int) -> None:
    texts = [text[text > 1] for text in TEXTS]
    corpus = Corpus(np.concatenate(texts), np.cumsum([0, *map(len, texts)]))
    counts = np.bincount(corpus.words, minlength=10)
    found = positive_information(together(corpus, KEPT, window), counts).toarray()
    expected = reference.positive_information(texts, counts, window, KEPT)
    ROUNDING.check(found, expected, f"window {window}")
    assert (expected > 0).any()


def test_frequent_words_weigh_less() -> None:
    np.testing.assert_allclose(made("cbow", 2).kept, KEPT, rtol=1e-12)
    assert (KEPT < 1).any()
    assert (KEPT == 1).any()


def test_rank_correlation() -> None:
    one, other = np.random.default_rng(62).normal(size=(2, 40))
    ROUNDING.check(spearman(one, other), reference.spearman(one, other))
    assert spearman(one, 3 * one + 1) == pytest.approx(1.0)
    assert np.isnan(spearman(one, np.ones(40)))
    assert np.isnan(spearman(one[:2], other[:2]))
