"""Embeddings that are known before a training: which words have vectors, and how a network begins with them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepwright.config.settings import Member
from deepwright.data.table import Column, Table
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.predictor import Predictor
from deepwright.tasks.classification import Classification
from deepwright.tasks.language_model import LanguageModel
from deepwright.tokens import UNKNOWN
from deepwright.training.embeddings import begin_with, has_vectors, word_vectors

TEXTS = ["good bread", "bad cheese", "good cheese", "bad bread"] * 8
TABLE = Table(
    {"text": Column("text", np.array(TEXTS, object)), "label": Column("category", np.array(["a", "b", "a", "b"] * 8))},
    "texts",
)


def classifier(model: str = "bag_of_embeddings", **settings: object) -> Any:
    task: Any = Classification({"text": "text", "label": "label"})
    task.fit(TABLE)
    torch.manual_seed(0)
    return Predictor.build("classification", task, Member(model, settings))


def test_the_words_of_a_network_have_the_rows_of_its_table() -> None:
    predictor = classifier(embed_dim=4)
    vectors = word_vectors(predictor, "the run")
    assert set(vectors.words) == {"good", "bad", "bread", "cheese"}
    table = predictor.network.model.embed.weight.detach().numpy()
    for word, number in vectors.numbers.items():
        token = predictor.task.inputs.spec.vocabulary.index(word)
        np.testing.assert_array_equal(vectors.vectors[number], table[token])


def test_words_of_texts_that_are_continued_are_without_their_blanks() -> None:
    task: Any = LanguageModel({"text": "text"}, {"tokenizer": "word", "vocab_size": 400, "max_seq_len": 4})
    task.fit(Table({"text": Column("text", np.array([" The cat saw the  cat.\n"] * 8, object))}, "text"))
    found = word_vectors(Predictor.build("language_model", task, Member("lstm", {"embed_dim": 4})), "the run")
    assert {"The", "cat", "saw", "the", "."} <= set(found.words)
    assert all(word == word.strip() and word for word in found.words)
    assert found.find("CAT") == found.numbers["cat"]
    assert found.find("the") == found.numbers["the"]


def test_a_network_begins_with_them_as_large_as_the_random_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "vectors.txt"
    known = WordVectors(("Good", "bread", "zebra"), np.array([[1.0, 2, 3, 4], [40, -30, 20, 10], [9, 9, 9, 9]]))
    file.write_bytes(known.to_text())
    plain, predictor = classifier(embed_dim=4), classifier(embed_dim=4)
    with caplog.at_level(logging.INFO, "deepwright"):
        begin_with(predictor, str(file))
    assert "2 of the 4 words of the training texts begin with the vectors of" in caplog.text
    before, after = (each.network.model.embed.weight.detach().double() for each in (plain, predictor))
    vocabulary = predictor.task.inputs.spec.vocabulary
    tokens = [vocabulary.index("good"), vocabulary.index("bread")]
    scale = float(before[UNKNOWN + 1 :].std()) / known.vectors[:2].std()
    np.testing.assert_allclose(after[tokens], scale * known.vectors[:2], rtol=1e-6)
    others = [token for token in range(len(vocabulary)) if token not in tokens]
    assert torch.equal(after[others], before[others])


@pytest.mark.parametrize(
    ("model", "there"), [("bag_of_embeddings", True), ("tfidf_linear", False), ("majority", False)]
)
def test_some_networks_have_none(model: str, there: bool) -> None:
    assert has_vectors(classifier(model)) is there
