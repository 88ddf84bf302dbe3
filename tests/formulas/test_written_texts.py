"""What judges texts that were written for others, against its definitions in float64."""

from __future__ import annotations

import numpy as np
import pytest

from deepwright import registry
from deepwright.contracts import TRANSLATED, Predictions, weighted
from tests.formulas.reference import language, written_texts
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import ROUNDING

METRICS = ["bleu", "chrf", "exact_match", "word_error_rate", "character_error_rate"]


def texts(values: list[str]) -> np.ndarray:
    made = np.empty(len(values), object)
    made[:] = values
    return made


def drawn(seed: int, n: int = 9) -> Predictions:
    """Texts of up to nine short words in two scripts, some of which are written as they are to be."""
    rng, words = np.random.default_rng(seed), ["a", "bb", "cab", "猫", "b", "ca"]
    targets = [" ".join(rng.choice(words, rng.integers(0, 10))) for _row in range(n)]
    written = [
        text if rng.random() < 0.3 else " ".join(w if rng.random() < 0.7 else rng.choice(words) for w in text.split())
        for text in targets
    ]
    outputs = np.stack([rng.uniform(1, 9, n), rng.integers(0, 3, n), 1.0 + rng.integers(2, 9, n), np.ones(n)], 1)
    return Predictions(np.arange(n), texts(targets), outputs, TRANSLATED, written=texts(written))


def measured(name: str, made: Predictions, weights: Floats | None = None, **arguments: object) -> Floats:
    weights = np.ones((1, len(made))) if weights is None else weights
    value: Floats = weighted(registry.load("metrics", name)(**arguments), made, weights)
    return value


def words_of(text: str) -> list[str]:
    return [word for run in text.replace("猫", " 猫 ").split(" ") if (word := run)]


@pytest.mark.parametrize("n", [1, 9])
@pytest.mark.parametrize("seed", range(20))
def test_they_are_their_definitions(seed: int, n: int) -> None:
    made = drawn(seed, n)
    assert made.written is not None
    written, targets = made.written.tolist(), made.targets.tolist()
    split = [text.split() for text in written], [text.split() for text in targets]
    ROUNDING.check(measured("bleu", made, tokenize="none"), [written_texts.bleu(*split)])
    ROUNDING.check(measured("chrf", made), [written_texts.chrf(written, targets)])
    ROUNDING.check(measured("exact_match", made), [np.mean([a == b for a, b in zip(written, targets, strict=True)])])
    for name, pieces in (("word_error_rate", words_of), ("character_error_rate", list)):
        pairs = [(pieces(a), pieces(b)) for a, b in zip(written, targets, strict=True)]
        length = sum(len(target) for _text, target in pairs)
        ROUNDING.check(
            measured(name, made), [sum(written_texts.edits(*pair) for pair in pairs) / length if length else np.nan]
        )


@pytest.mark.parametrize("name", METRICS)
def test_whole_weights_are_repeated_texts(name: str) -> None:
    made = drawn(3)
    times = np.array([[0, 1, 2, 3, 0, 1, 1, 5, 0], [1] * 9, [4, 0, 0, 0, 0, 0, 0, 0, 0]])
    repeated = [made.take(np.repeat(np.arange(9), row)) for row in times]
    ROUNDING.check(measured(name, made, times.astype(float)), [measured(name, one)[0] for one in repeated])


def test_edits_of_long_texts_are_those_of_the_recursion() -> None:
    """Longer than a machine's word, so that bits are carried from one to the next."""
    rng = np.random.default_rng(0)
    pairs = [("".join(rng.choice(list("abc"), 150)), "".join(rng.choice(list("abc"), 140))) for _pair in range(5)]
    for written, target in pairs:
        made = Predictions(np.arange(1), texts([target]), np.ones((1, 4)), TRANSLATED, written=texts([written]))
        ROUNDING.check(measured("character_error_rate", made), [written_texts.edits(written, target) / len(target)])


def test_tokens_of_texts_to_be_written_are_measured_as_those_of_passages() -> None:
    made = drawn(5)
    nats, right, tokens = made.outputs[:, :3].sum(0)
    characters = sum(map(len, made.targets))
    ROUNDING.check(measured("token_loss", made), [nats / tokens])
    ROUNDING.check(measured("perplexity", made), [language.perplexity([[np.exp(-nats / tokens)]])])
    ROUNDING.check(measured("token_accuracy", made), [right / tokens])
    ROUNDING.check(measured("bits_per_character", made), [nats / np.log(2) / characters])
