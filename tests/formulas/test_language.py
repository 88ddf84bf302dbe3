"""What judges models of texts, and the models that count, against their definitions in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.contracts import PASSAGE, Predictions, weighted
from deepwright.data.texts.stream import TokenStream, Windows
from deepwright.specs import TextSpec, TokensSpec
from tests.formulas.reference import language
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import ROUNDING, SINGLE


def passages(seed: int, n: int = 12) -> tuple[list[list[float]], list[int], Predictions]:
    """Probabilities that were given to the tokens of passages, their characters, and what is kept of them."""
    rng = np.random.default_rng(seed)
    probs = [rng.uniform(0.01, 1, rng.integers(1, 9)).tolist() for _passage in range(n)]
    characters = rng.integers(1, 30, n).tolist()
    nats = [-sum(map(math.log, passage)) for passage in probs]
    right = [sum(p > 1 / 2 for p in passage) for passage in probs]
    targets = np.array([[len(p), c] for p, c in zip(probs, characters, strict=True)], float)
    return probs, characters, Predictions(np.arange(n), targets, np.array([nats, right], float).T, PASSAGE)


def measured(name: str, made: Predictions, weights: Floats) -> Floats:
    value: Floats = weighted(registry.load("metrics", name)(), made, weights)
    return value


@pytest.mark.parametrize("seed", range(20))
def test_perplexity_and_bits_are_their_definitions(seed: int) -> None:
    probs, characters, made = passages(seed)
    once = np.ones((1, len(made)))
    perplexity, bits = language.perplexity(probs), language.bits_per_character(probs, characters)
    ROUNDING.check(measured("perplexity", made, once), [perplexity])
    ROUNDING.check(measured("bits_per_character", made, once), [bits])
    ROUNDING.check(measured("token_loss", made, once), [math.log(perplexity)])
    right = sum(p > 1 / 2 for passage in probs for p in passage)
    ROUNDING.check(measured("token_accuracy", made, once), [right / sum(map(len, probs))])


@pytest.mark.parametrize("name", ["perplexity", "bits_per_character", "token_loss", "token_accuracy"])
def test_whole_weights_are_repeated_passages(name: str) -> None:
    _probs, _characters, made = passages(3)
    times = np.array([[0, 1, 2, 3, 0, 1, 1, 5, 0, 0, 2, 1], [1] * 12])
    repeated = [np.repeat(np.arange(12), row) for row in times]
    again = [Predictions(rows, made.targets[rows], made.outputs[rows], PASSAGE) for rows in repeated]
    ROUNDING.check(
        measured(name, made, times.astype(float)), [measured(name, one, np.ones((1, len(one))))[0] for one in again]
    )


def test_equal_probabilities_have_the_perplexity_of_their_number() -> None:
    made = Predictions(np.arange(2), np.array([[3.0, 3], [5, 5]]), np.array([[3, 0], [5, 0]]) * math.log(7), PASSAGE)
    ROUNDING.check(measured("perplexity", made, np.ones((1, 2))), [7])
    ROUNDING.check(measured("bits_per_character", made, np.ones((1, 2))), [math.log2(7)])


VOCAB = 9


def windows_of(tokens: list[int], context: int) -> Windows:
    stream = TokenStream([np.array(tokens, np.int32)], [False], VOCAB)
    return Windows(stream, context, np.ones(VOCAB, np.int64))


def built(name: str, context: int, **settings: int) -> torch.nn.Module:
    names = tuple("abcdefghi")
    model: torch.nn.Module = registry.load("models", name)(
        TextSpec(names, "character", context, context), TokensSpec(names, context), **settings
    )
    return model


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("context", [4, 16, 300])
def test_the_ngram_model_is_kneser_ney(order: int, context: int) -> None:
    rng = np.random.default_rng(order)
    tokens = (rng.integers(0, 3, 250) + 2 * (np.arange(250) % 4 == 0) + 2).tolist()
    examples, model = windows_of(tokens, context), built("ngram", context, order=order)
    model.fit(examples)  # type: ignore[operator]
    whole = [0, *tokens]
    step = (context + 1) // 2  # windows overlap by half, and what was counted is not counted again
    starts = [0, *range(step, len(tokens) - context + step, step)] if len(tokens) > context else [0]
    windows = [(whole[start : start + context + 1], 1 + (context - step if start else 0)) for start in starts]
    assert sum(len(window) - first for window, first in windows) == len(tokens)
    length = min(order, context + 1)
    for text in ([2, 3], [6, 2, 3, 4], [8, 8, 8], tokens[40 : 40 + min(6, context)]):
        probs = model(torch.tensor([text])).exp().numpy()[0]
        expected = [language.kneser_ney(windows, VOCAB, length, text[: place + 1]) for place in range(len(text))]
        SINGLE.check(probs, np.array(expected))
        SINGLE.check(probs.sum(1), np.ones(len(text)), "they are probabilities")


def test_the_ngram_model_goes_on_where_it_was() -> None:
    tokens = [2, 3, 4, 2, 3, 5, 2, 3, 4, 4, 2, 3] * 5
    model = built("ngram", 10, order=4)
    model.fit(windows_of(tokens, 10))  # type: ignore[operator]
    whole = model(torch.tensor([tokens[:9]]))
    first, state = model.step(torch.tensor([tokens[:4]]))  # type: ignore[operator]
    second, _state = model.step(torch.tensor([tokens[4:9]]), state)  # type: ignore[operator]
    SINGLE.check(torch.cat([first, second], 1).numpy(), whole.numpy())


def test_the_unigram_model_gives_frequencies_by_the_rule_of_succession() -> None:
    tokens = [2, 3, 4, 2, 2, 8]
    model = built("unigram", 4)
    model.fit(windows_of(tokens, 4))  # type: ignore[operator]
    probs = model(torch.zeros(2, 3, dtype=torch.int64)).exp().numpy()
    SINGLE.check(probs, np.tile(language.frequencies(tokens, VOCAB), (2, 3, 1)))
