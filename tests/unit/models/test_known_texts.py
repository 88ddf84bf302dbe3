"""Copying and the nearest source write exactly their text, and are as sure of it as they were right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor

from deepwright import registry
from deepwright.data.examples import PairExamples
from deepwright.data.texts.stored import StoredTexts
from deepwright.decoding.beam import Beam, search
from deepwright.specs import TextSpec, TranslationSpec

VOCABULARY = ("", "?", *"abcdefgh")


def built(name: str, target: Sequence[str] = VOCABULARY, shared: bool = True) -> Any:
    source = TextSpec(VOCABULARY, "character", 20, 5)
    return registry.load("models", name)(source, TranslationSpec(tuple(target), "character", 20, 5, shared)).eval()


def of(pairs: Sequence[tuple[str, str]], target: Sequence[str] = VOCABULARY) -> PairExamples:
    sources = [[VOCABULARY.index(c) for c in source] for source, _target in pairs]
    targets = [[list(target).index(c) for c in text] for _source, text in pairs]
    texts = np.array([text for _source, text in pairs], object)
    return PairExamples(StoredTexts(sources), StoredTexts(targets), texts, 20)


def padded(sources: Sequence[str]) -> Tensor:
    return StoredTexts([[VOCABULARY.index(c) for c in source] for source in sources])[torch.arange(len(sources))].long()


def written(model: Any, sources: Sequence[str], width: int = 1, target: Sequence[str] = VOCABULARY) -> list[str]:
    source, beam = padded(sources), Beam(width=width)
    found = search(model, source, beam, beam.limits(source, 20))
    return ["".join(target[number] for number in best[0].tokens) for best in found]


def random_texts(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("abcdefgh"), rng.integers(1, 12))) for _text in range(n)]


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("pairs", [[("abc", "abc"), ("d", "d")], [("abc", "def"), ("h", "ggggg")]])
def test_copying_writes_the_source(width: int, pairs: list[tuple[str, str]]) -> None:
    model = built("copy_source")
    model.fit(of(pairs))
    sources = random_texts(20)
    assert written(model, sources, width) == sources


def test_copying_finds_tokens_that_are_spelt_alike_and_leaves_others_out() -> None:
    target = ("", "?", *"zhgfa")
    model = built("copy_source", target, shared=False)
    model.fit(of([("ab", "az"), ("h", "h")], target))
    assert written(model, ["abha", "b", "gbbf"], target=target) == ["aha", "", "gf"]


def test_copying_is_as_sure_as_it_was_right() -> None:
    model = built("copy_source")
    model.fit(of([("abc", "abd"), ("a", "a"), ("ab", "b")]))
    probs = model(padded(["abc"]), torch.zeros(1, 6, dtype=torch.int64)).softmax(2)[0]
    right = 3 + 2  # a, b and the end; a and the end; nothing of the last, where all is one place too late
    share = (right + 1) / (8 + 2)
    for place, token in enumerate("abc"):
        assert float(probs[place, VOCABULARY.index(token)]) == pytest.approx(share, rel=1e-6)
    assert probs[3:, 0].tolist() == pytest.approx([share] * 3, rel=1e-6)
    assert float(probs[0, 5]) == pytest.approx((1 - share) / 8.5, rel=1e-6)
    assert float(probs[0, 0]) == pytest.approx((1 - share) / 17, rel=1e-6), "an end that is too early is half as likely"
    assert float(probs[4, 5]) == pytest.approx((1 - share) / 9, rel=1e-6)


@pytest.mark.parametrize("width", [1, 5])
def test_the_nearest_source_is_that_of_scikit_learn(width: int) -> None:
    known, asked = random_texts(150), random_texts(40, 1)
    known[20] = known[30] = "abcdefgh"
    targets = random_texts(150, 2)
    model = built("nearest_source")
    model.fit(of(list(zip(known, targets, strict=True))))
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), lowercase=False, sublinear_tf=True)
    memory = tfidf.fit_transform(known)
    similar = (tfidf.transform([*asked, *known]) @ memory.T).toarray()
    texts = written(model, [*asked, *known], width)
    for row, text in enumerate(texts):
        best = {targets[place] for place in np.flatnonzero(similar[row] > similar[row].max() - 1e-9)}
        assert text in best
    assert texts[40 + 30] == texts[40 + 20] == targets[20], "of sources that are the same, the first"


def test_the_nearest_source_is_as_sure_as_it_was_right_without_itself() -> None:
    model = built("nearest_source")
    model.fit(of([("abab", "cd"), ("aba", "ce"), ("gh", "f")]))
    probs = model(padded(["abab"]), torch.zeros(1, 3, dtype=torch.int64)).softmax(2)[0]
    right = 2 + 2  # each of the first two has the c and the end of the other; of the last, the first: neither
    assert float(probs[0, VOCABULARY.index("c")]) == pytest.approx((right + 1) / (8 + 2), rel=1e-6)


def test_a_source_of_nothing_that_is_known_has_the_first_target() -> None:
    model = built("nearest_source")
    model.fit(of([("ab", "cd"), ("ba", "ce")]))
    assert written(model, ["gh", "g"]) == ["cd", "cd"]


@pytest.mark.parametrize("name", ["copy_source", "nearest_source"])
def test_loaded_from_its_state_it_writes_the_same(name: str) -> None:
    model, other = built(name), built(name)
    model.fit(of(list(zip(random_texts(30), random_texts(30, 1), strict=True))))
    other.load_state_dict(model.state_dict())
    asked = random_texts(20, 3)
    assert written(other, asked) == written(model, asked)
    before = torch.zeros(20, 4, dtype=torch.int64)
    assert torch.equal(other(padded(asked), before), model(padded(asked), before))
