"""Word vectors from gensim: what it is given, how it is stopped, and what is said where it is missing."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.contracts import Batch, GoingOn, unheard
from deepwright.errors import MissingExtraError
from deepwright.models.language._in_context import corpus_of
from deepwright.models.language._word2vec import _Sentences
from deepwright.specs import ContextSpec, TextSpec

WORDS = TextSpec(("", "?", *"abcdefgh"), "word", 40, 20)


class Texts:
    """Texts of 20 tokens, as examples."""

    targets = None

    def __init__(self, num_texts: int = 60, length: int = 20) -> None:
        self.tokens = torch.randint(1, 10, (num_texts, length), generator=torch.Generator().manual_seed(5))
        self.tokens[:, length - 2 :] = 0

    def __len__(self) -> int:
        return len(self.tokens)

    def batch(self, positions: torch.Tensor) -> Batch:
        return Batch((self.tokens[positions],), None, positions)


def learnt(seed: int = 0, texts: Texts | None = None, going_on: GoingOn = unheard, **settings: Any) -> Any:
    torch.manual_seed(seed)
    model = registry.load("models", "skip_gram")(WORDS, ContextSpec(5, 5, 1e-3), embed_dim=6, **settings)
    with torch.no_grad():
        model.fit_in_passes(texts or Texts(), going_on)
    return model


def test_words_that_are_not_known_are_left_away_and_texts_stay_apart() -> None:
    texts = Texts()
    corpus = corpus_of(texts)
    assert corpus.starts[-1] == len(corpus.words) == int((texts.tokens > 1).sum())
    for row, (start, end) in enumerate(zip(corpus.starts[:-1], corpus.starts[1:], strict=True)):
        known = texts.tokens[row][texts.tokens[row] > 1]
        np.testing.assert_array_equal(corpus.words[start:end], known.numpy())


def test_the_seed_decides() -> None:
    first, same, other = learnt(1), learnt(1), learnt(2)
    assert torch.equal(first.embed.weight, same.embed.weight)
    assert torch.equal(first.contexts.weight, same.contexts.weight)
    assert not torch.equal(first.embed.weight, other.embed.weight)
    assert not first.embed.weight[:2].any(), "padding and the unknown word have no vector"
    assert first.embed.weight[2:].any(1).all()


def test_every_pass_gives_every_known_word_once_however_long_a_text_is() -> None:
    corpus = corpus_of(Texts(2, 25_000))
    sentences = _Sentences(corpus, 2, unheard)
    for _pass in range(2):
        given = list(sentences)
        assert len(given) == len(sentences) == 6
        assert max(map(len, given)) <= 10_000
        np.testing.assert_array_equal([int(word) for part in given for word in part], corpus.words)


def test_it_tells_how_far_it_is_and_stops_when_it_is_told_to() -> None:
    heard: list[tuple[int, float]] = []

    def going_on(epoch: int, _num_epochs: int, share: float) -> bool:
        heard.append((epoch, share))
        return epoch < 3

    learnt(going_on=going_on, epochs=4)
    assert [epoch for epoch, _share in heard] == sorted(epoch for epoch, _share in heard)
    assert {epoch for epoch, _share in heard} == {1, 2, 3, 4}
    assert len([epoch for epoch, _share in heard if epoch >= 3]) == 2, "each pass ends where it is told to"
    assert all(0 <= share <= 1 for _epoch, share in heard)


@pytest.mark.parametrize(("length", "passes"), [(20, 50), (600, 28), (2_000, 20), (10_000, 17), (40_000, 5)])
def test_a_short_text_is_read_more_often(length: int, passes: int) -> None:
    told: list[int] = []

    def stopped(_epoch: int, num_epochs: int, _share: float) -> bool:
        told.append(num_epochs)
        return False

    texts = Texts(60, length + 2)
    texts.tokens[:, :length] = texts.tokens[:, :length].clamp(min=2)
    learnt(texts=texts, going_on=stopped)
    assert set(told) == {passes}
    told.clear()
    learnt(texts=texts, going_on=stopped, epochs=3)
    assert set(told) == {3}


def test_an_error_of_whoever_is_told_is_raised_and_leaves_nothing_waiting() -> None:
    def broken(_epoch: int, _num_epochs: int, _share: float) -> bool:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        learnt(going_on=broken)


def test_without_gensim_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtraError, match=r'pip install "deepwright\[embeddings\]"'):
        learnt()
