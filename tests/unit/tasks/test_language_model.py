"""The language model's task: what it is taken for, how texts are read, and what is kept of its outputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from deepwright import experiments
from deepwright.config.settings import DataSettings, Member, Settings, SplitSettings
from deepwright.contracts import PASSAGE
from deepwright.data.splits import split_rows
from deepwright.data.table import Column, Table
from deepwright.data.texts.passages import held
from deepwright.errors import ConfigError, DataError
from deepwright.tasks.language_model import LanguageModel
from deepwright.validation.passages import judged, worst

TEXT = "".join(f"the cat number {i % 13} sat on the mat.\n" for i in range(300))
TABLE = Table({"text": Column("text", held([TEXT]))}, "book")


def fitted(context: int = 16, tokenizer: str = "character") -> LanguageModel:
    task = LanguageModel({"text": "text"}, {"tokenizer": tokenizer, "vocab_size": 400, "max_seq_len": context})
    task.fit(TABLE)
    return task


def test_it_is_taken_where_there_is_nothing_but_text() -> None:
    assert LanguageModel.roles(TABLE, {}) == {"text": "text"}
    label = Column("category", np.array(["a"] * len(TABLE)))
    labelled = Table({**TABLE.columns, "label": label}, "labelled")
    assert LanguageModel.roles(labelled, {}) is None
    assert LanguageModel.roles(labelled, {}, asked=True) == {"text": "text"}
    assert LanguageModel.roles(labelled, {"text": "text", "label": "label"}) is None
    with pytest.raises(ConfigError, match="'label'"):
        LanguageModel.roles(labelled, {"label": "label"}, asked=True)
    two = Table({"one": TABLE.columns["text"], "other": TABLE.columns["text"]}, "two")
    with pytest.raises(ConfigError, match="--input"):
        LanguageModel.roles(two, {}, asked=True)
    assert LanguageModel.roles(two, {"input": "other"}, asked=True) == {"text": "other"}


def test_a_long_text_is_read_in_byte_pairs_and_a_short_one_in_a_shorter_context() -> None:
    def reading(text: str) -> tuple[str, int]:
        table = Table({"text": Column("text", held([text]))}, "text")
        tokenizer, sizes = next(iter(LanguageModel.reading(table, {"text": "text"}).items()))
        return tokenizer, sizes["max_seq_len"]

    assert reading("a b\n" * 500)[0] == "character"
    assert reading("a b\n" * 500)[1] < reading("a b\n" * 50_000)[1]
    assert reading("a b\n" * 1_250_000)[0] == "bpe"


def test_what_is_judged_is_the_mean_loss_times_its_tokens() -> None:
    task = fitted()
    examples = task.examples(TABLE)
    batch = examples.batch(torch.tensor([0, 3, len(examples) - 1]))
    torch.manual_seed(0)
    outputs = torch.randn(3, 16, task.outputs.spec.vocab_size)
    kept, losses, scores = task.judged(outputs, batch), task.losses(outputs, batch), task.scores(outputs, batch)
    tokens = examples.targets[[0, 3, len(examples) - 1], 0]
    torch.testing.assert_close(kept[:, 0].double(), losses.double() * tokens, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept[:, 1].double(), scores.double() * tokens, rtol=1e-5, atol=1e-5)


def test_windows_of_one_passage_are_a_group_and_the_worst_come_first() -> None:
    task = fitted()
    examples = task.examples(TABLE)
    batch = examples.batch(torch.arange(len(examples)))
    nats = torch.rand(len(examples)) * 50 + 1
    made = task.predictions(torch.stack([nats, torch.zeros_like(nats)], 1), examples.targets, batch.rows.numpy())
    assert made.answers == "tokens"
    assert made.names == PASSAGE
    assert made.groups is not None
    assert set(made.groups.tolist()) <= set(range(len(TABLE)))
    found = worst(made)
    assert [one.perplexity for one in found] == sorted((one.perplexity for one in found), reverse=True)
    row = found[0].row
    chosen = made.rows == row
    assert found[0].perplexity == pytest.approx(math.exp(made.outputs[chosen, 0].sum() / made.targets[chosen, 0].sum()))
    assert sum(one.tokens for one in judged(made)) == len(TEXT)


def test_a_context_that_leaves_nothing_to_learn_is_refused() -> None:
    with pytest.raises(DataError, match=r"data\.max_seq_len to \d+ or less"):
        fitted(context=len(TEXT) + 1)


@pytest.mark.parametrize("tokenizer", ["byte", "character", "word", "bpe"])
def test_every_tokenizer_has_the_characters_of_the_text(tokenizer: str) -> None:
    assert fitted(tokenizer=tokenizer).examples(TABLE).targets[:, 1].sum() == len(TEXT)


@pytest.mark.parametrize("tokenizer", ["byte", "bpe"])
def test_texts_are_classified_by_bytes_and_byte_pairs_too(tokenizer: str) -> None:
    words = np.array([f"{'good' if i % 2 else 'bad'} food, {i}" for i in range(80)], object)
    table = Table({"text": Column("text", words), "label": Column("category", np.array(["no", "yes"] * 40))}, "reviews")
    roles = {"text": "text", "label": "label"}
    splits = split_rows(table, SplitSettings(), table.columns["label"].values, 0)
    settings = Settings(
        data=DataSettings(tokenizer=tokenizer, vocab_size=300, max_seq_len=64),  # type: ignore[arg-type]
        model=Member("bag_of_embeddings"),
    )
    task = experiments.fitted_task(table, splits, "classification", roles, settings)
    assert task.inputs.spec.tokenizer == tokenizer  # type: ignore[attr-defined]
    assert task.inputs.spec.vocab_size >= 258  # type: ignore[attr-defined]
