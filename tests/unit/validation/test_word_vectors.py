"""How good word vectors are by what people say: which questions can be asked, and what the answers come to."""

from __future__ import annotations

import numpy as np
import pytest

from deepwright.config.settings import ValidationSettings
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.measurements import Measurement
from deepwright.validation import word_vectors
from deepwright.validation.word_vectors import analogies, measurements, similarity

SETTINGS = ValidationSettings(resamples=200)


def judged() -> list[tuple[str, str, float]]:
    rows = [line.split("\t") for line in word_vectors._lines("wordsim353.tsv") if not line.startswith("#")]
    return [(one.lower(), other.lower(), float(score)) for one, other, score in rows]


def as_people_judge() -> WordVectors:
    """Pairs of new words at an angle that says what people say."""
    angles: dict[str, float] = {}
    for one, other, score in judged():
        if one not in angles and other not in angles:
            angles |= {one: 10.0 * len(angles), other: 10.0 * len(angles) + 0.3 * (10 - score)}
    values = np.array(list(angles.values()))
    return WordVectors(tuple(angles), np.stack([np.cos(values), np.sin(values)], 1))


def test_the_questions_are_those_that_are_published() -> None:
    assert len(judged()) == 353
    assert {record.arguments.get("questions") for record in measured(as_people_judge())} == {None, 19544}


def measured(vectors: WordVectors) -> list[Measurement]:
    return measurements(vectors, "skip_gram", SETTINGS, 0)


def test_vectors_that_agree_with_people_correlate_and_the_pairs_are_counted() -> None:
    vectors = as_people_judge()
    found = similarity(vectors)
    known = [pair for pair in judged() if pair[0] in vectors.numbers and pair[1] in vectors.numbers]
    assert found.total == 353
    assert len(found.cosines) == len(known)
    record, _analogies = measured(vectors)
    assert record.n == len(known)
    assert record.value == found.correlation
    assert record.interval is not None
    assert record.interval[0] <= record.value <= record.interval[1]
    turned = WordVectors(vectors.words, np.random.default_rng(0).normal(size=(len(vectors.words), 20)))
    assert abs(similarity(turned).correlation) < record.value


def test_an_analogy_is_right_where_the_fourth_word_is_nearest() -> None:
    words = ("athens", "greece", "baghdad", "iraq", "paris")
    right = WordVectors(words, np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, -1, 0]]))
    lines = [line.lower().split() for line in word_vectors._lines("questions-words.txt") if not line.startswith(":")]
    known = len([line for line in lines if set(line) <= set(words)])
    assert known > 1
    assert analogies(right) == (known, known, 19544)
    wrong = WordVectors(words, np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, 1], [0.5, 1, 0.9]]))
    assert analogies(wrong)[1] == known
    assert analogies(wrong)[0] < known


def test_what_cannot_be_asked_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = WordVectors(("猫", "狗"), np.eye(2))
    for record in measured(chinese):
        assert (record.status, record.value, record.interval, record.n) == ("not measured", None, None, 0)
        assert record.recomputable
    monkeypatch.setattr(word_vectors, "available", lambda: False)
    for record in measured(as_people_judge()):
        assert (record.status, record.value, record.recomputable) == ("not measured", None, False)
        assert 0 in record.arguments.values()
