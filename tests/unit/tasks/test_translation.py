from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.contracts import TRANSLATED
from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError
from deepwright.specs import TranslationSpec
from deepwright.tasks.translation import Translation, are_spaced, suitable

SOURCES = ["ein Mann schläft auf dem Sofa", "ein Hund läuft über das Gras", "zwei Kinder spielen im Garten"] * 4
TARGETS = ["a man sleeps on the sofa", "a dog runs over the grass", "two children play in the garden"] * 4
ROLES = {"text": "de", "label": "en"}


def table(sources: list[str] = SOURCES, targets: list[str] = TARGETS) -> Table:
    columns = {"de": sources, "en": targets}
    return Table({name: Column("text", np.array(texts, object)) for name, texts in columns.items()}, "pairs")


def task(tokenizer: str = "character", target: str = "character", shared: bool = False) -> Translation:
    made = Translation(
        ROLES, {"tokenizer": tokenizer, "target_tokenizer": target, "shared_vocabulary": shared, "vocab_size": 400}
    )
    made.fit(table())
    return made


def test_a_batch_has_the_source_the_tokens_before_and_the_tokens_with_their_end() -> None:
    made = task()
    batch = made.examples(table()).batch(torch.tensor([0, 2]))
    source, before = batch.inputs
    vocabulary = made.outputs.vocabulary
    assert made.inputs.vocabulary.text(source[0].tolist()) == SOURCES[0]
    assert batch.targets is not None
    assert before[:, 0].tolist() == [0, 0]
    length = len(TARGETS[0])
    assert vocabulary.text(batch.targets[0, :length].tolist()) == TARGETS[0]
    assert batch.targets[0, length:].tolist() == [0] + [-1] * (batch.targets.shape[1] - length - 1)
    assert torch.equal(before[0, 1 : length + 1], batch.targets[0, :length])


def test_a_text_that_was_cut_does_not_end() -> None:
    made = Translation(ROLES, {"tokenizer": "character", "max_seq_len": 4})
    made.fit(table())
    batch = made.examples(table()).batch(torch.tensor([0]))
    assert batch.targets is not None
    assert batch.targets[0, 4:].tolist() == [-1]


def test_one_vocabulary_of_both_is_kept_once() -> None:
    made = task("bpe", "bpe", shared=True)
    spec = made.outputs.spec
    assert isinstance(spec, TranslationSpec)
    assert spec.shared
    assert spec.vocabulary == made.inputs.spec.vocabulary
    assert "vocabulary" not in made.outputs.state()


@pytest.mark.parametrize(("tokenizer", "target", "shared"), [("bpe", "bpe", True), ("character", "bpe", False)])
def test_a_restored_task_encodes_alike(tokenizer: str, target: str, shared: bool) -> None:
    made, again = task(tokenizer, target, shared), Translation(ROLES)
    again.restore(made.inputs.state(), made.outputs.state())
    one, other = (each.examples(table()).batch(torch.arange(3)) for each in (made, again))
    assert all(torch.equal(*pair) for pair in zip(one.inputs, other.inputs, strict=True))
    assert again.outputs.spec == made.outputs.spec
    assert [claim.name for claim in again.claims(1.0)] == [claim.name for claim in made.claims(1.0)]


def test_what_is_judged_of_a_text_is_its_tokens_with_the_end() -> None:
    made = task()
    examples = made.examples(table())
    batch = examples.batch(torch.tensor([0, 1]))
    assert batch.targets is not None
    logits = torch.zeros(*batch.targets.shape, made.outputs.spec.vocab_size)
    judged = made.judged(logits, batch)
    count = len(TARGETS[0]) + 1
    assert judged[0, 2:].tolist() == [count, len(SOURCES[0])]
    assert float(judged[0, 0]) == pytest.approx(count * np.log(made.outputs.spec.vocab_size), rel=1e-6)
    assert float(made.losses(logits, batch)[0]) == pytest.approx(np.log(made.outputs.spec.vocab_size), rel=1e-6)
    predictions = made.predictions(judged, np.array(TARGETS[:2], object), np.array([0, 1]))
    assert predictions.names == TRANSLATED
    assert predictions.answers == "text"


def test_texts_of_few_words_are_of_characters_and_judged_as_a_whole() -> None:
    dates = table(["3 May 2020", "12 June 1999", "1 July 2001"] * 4, ["2020-05-03", "1999-06-12", "2001-07-01"] * 4)
    made = Translation(ROLES, {"tokenizer": "character"})
    made.fit(dates)
    assert next(iter(Translation.reading(dates, ROLES))) == "character"
    assert Translation.default_model(dates, ROLES) == "rnn_seq2seq"
    assert made.claims(1.0)[0].name == "exact_match"
    assert task().claims(1.0)[0].name == "bleu"
    assert Translation.default_model(table(), ROLES) == "transformer_seq2seq"


def test_chinese_that_is_written_is_judged_by_its_signs() -> None:
    assert not are_spaced(["一个男人在沙发上睡觉。", "一只狗跑过草地。"])
    assert are_spaced(["ein Mann", "一", "a man"])
    assert suitable(["一个男人在沙发上睡觉。"]) == "bpe"
    chinese = table(targets=["一个男人在沙发上睡觉。", "一只狗跑过草地。", "两个孩子在花园里玩。"] * 4)
    made = Translation(ROLES, {"tokenizer": "bpe", "vocab_size": 400})
    made.fit(chinese)
    assert made.claims(1.0)[0].arguments == {"tokenize": "zh"}


def test_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="image"):
        Translation.roles(table(), {"image": "de"}, asked=True)


def test_the_text_of_the_most_probable_tokens_ends_at_the_first_end() -> None:
    made = task()
    numbers = [int(token) for token in made.outputs.encode(["a man"])[torch.tensor([0])][0]]
    logits = torch.nn.functional.one_hot(torch.tensor([[*numbers, 0, numbers[0]]]), made.outputs.spec.vocab_size)
    assert made.decode(logits.float()) == [{"translation": "a man"}]
