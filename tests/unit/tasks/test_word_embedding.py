"""The task of word vectors: when it is taken, what is counted of a text, and what is kept of its outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.contracts import WORDS
from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError, DataError
from deepwright.tasks.language_model import LanguageModel
from deepwright.tasks.word_embedding import WordEmbedding

TEXTS = ["the cat sat", "the dog sat", "猫坐着", "猫坐着 the", "zebra", "the", "", "a zoo cat"]
TABLE = Table({"text": Column("text", np.array(TEXTS * 2, object))}, "texts")
NEW = Table({"text": Column("text", np.array(["the cat", "猫 unheard", "unheard words"], object))}, "new texts")


def fitted() -> WordEmbedding:
    task = WordEmbedding({"text": "text"}, {"tokenizer": "word", "vocab_size": 400, "max_seq_len": 16})
    task.fit(TABLE)
    return task


def test_it_is_taken_where_it_is_asked_for_alone() -> None:
    assert WordEmbedding.roles(TABLE, {}) is None
    assert LanguageModel.roles(TABLE, {}) == WordEmbedding.roles(TABLE, {}, asked=True) == {"text": "text"}
    label = Column("category", np.array(["a"] * len(TABLE)))
    labelled = Table({**TABLE.columns, "label": label}, "labelled")
    assert WordEmbedding.roles(labelled, {"text": "text", "label": "label"}) is None
    assert WordEmbedding.roles(labelled, {}, asked=True) == {"text": "text"}
    with pytest.raises(ConfigError, match="'label'"):
        WordEmbedding.roles(labelled, {"label": "label"}, asked=True)
    two = Table({"one": TABLE.columns["text"], "other": TABLE.columns["text"]}, "two")
    with pytest.raises(ConfigError, match="--input"):
        WordEmbedding.roles(two, {}, asked=True)
    assert WordEmbedding.roles(two, {"input": "other"}, asked=True) == {"text": "other"}


def test_known_words_and_characters_are_counted_and_one_word_alone_is_told_from_nothing() -> None:
    targets = fitted().examples(NEW).targets
    assert targets is not None
    assert targets.tolist() == [[2, 7], [0, 9], [0, 13]]


def test_a_split_without_two_known_words_in_a_text_is_refused() -> None:
    task = fitted()
    task.check(NEW, np.array([0, 1]))
    with pytest.raises(DataError, match="no two known words in one text"):
        task.check(NEW, np.array([1, 2]))


def test_outputs_are_means_of_a_text_and_what_is_judged_are_sums() -> None:
    task = fitted()
    examples = task.examples(TABLE)
    batch = examples.batch(torch.tensor([0, 3]))
    outputs = torch.tensor([[2.0, 2 / 3], [1.0, 0.25]])
    judged = task.judged(outputs, batch)
    torch.testing.assert_close(judged, torch.tensor([[6.0, 2.0], [4.0, 1.0]]))
    targets = examples.targets
    assert targets is not None
    made = task.predictions(judged, targets[[0, 3]], np.array([0, 3]))
    assert made.names == WORDS
    assert made.answers == "words"
    assert task.decode(outputs) == [
        {"loss": 2.0, "told": pytest.approx(2 / 3)},
        {"loss": 1.0, "told": 0.25},
    ]
    assert task.losses(outputs, batch).tolist() == [2, 1]


def test_what_is_asked_is_kept_with_the_run() -> None:
    task = fitted()
    task.outputs.window, task.outputs.num_noise = 3, 7
    again = WordEmbedding({"text": "text"})
    again.restore(task.inputs.state(), task.outputs.state())
    assert again.outputs.spec == task.outputs.spec
    assert again.inputs.spec == task.inputs.spec
