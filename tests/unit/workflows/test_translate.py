from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from deepwright.config.settings import Member
from deepwright.data.table import Column, Table
from deepwright.decoding.beam import Beam
from deepwright.errors import RunError, UsageError
from deepwright.predictor import Predictor
from deepwright.tasks.classification import Classification
from deepwright.tasks.translation import Translation
from deepwright.workflows.translate import lines_to_translate, translate, write_lines

TEXTS = ["one two three", "two three", "three", "one one two two", "two"]


def run(model: str = "rnn_seq2seq") -> Any:
    """A run whose network was never trained."""
    words = Column("text", np.array(TEXTS * 4, object))
    task: Any = Translation({"text": "source", "label": "target"}, {"tokenizer": "character", "max_seq_len": 12})
    task.fit(Table({"source": words, "target": words}, "pairs"))
    torch.manual_seed(3)
    return SimpleNamespace(path=Path("runs/x"), predictor=Predictor.build("translation", task, Member(model)))


@pytest.fixture(scope="module", params=["rnn_seq2seq", "transformer_seq2seq"])
def untrained(request: pytest.FixtureRequest) -> Any:
    return run(request.param)


def texts(run: Any, given: list[str], together: bool = True, **settings: Any) -> list[str]:
    return [best[0].text for best in translate(run, given, Beam(max_more=3, **settings), together)]


def test_each_text_has_the_same_translation_alone_and_beside_others(untrained: Any) -> None:
    together = texts(untrained, TEXTS)
    assert together == [texts(untrained, [text])[0] for text in TEXTS]
    assert together == texts(untrained, TEXTS, together=False)


def test_there_are_as_many_as_the_beam_is_wide_the_best_first(untrained: Any) -> None:
    for best in translate(untrained, TEXTS, Beam(width=3, max_more=3)):
        assert len(best) == 3
        assert best[0].score >= best[1].score >= best[2].score


def test_of_a_blank_text_nothing_is_written(untrained: Any) -> None:
    assert texts(untrained, ["one", " ", "two"])[1] == ""


def test_nothing_to_translate_is_refused(untrained: Any) -> None:
    with pytest.raises(UsageError, match="no text"):
        translate(untrained, [" "], Beam())


def test_a_run_that_learnt_something_else_is_refused() -> None:
    task: Any = Classification({"text": "text", "label": "label"})
    words = Column("text", np.array(TEXTS * 4, object))
    task.fit(Table({"text": words, "label": Column("category", np.array([*"abcde"] * 4))}, "texts"))
    other: Any = SimpleNamespace(
        path=Path("runs/y"), predictor=Predictor.build("classification", task, Member("bag_of_embeddings"))
    )
    with pytest.raises(RunError, match=r"runs/y learnt classification"):
        translate(other, ["one"], Beam())


def test_signs_that_were_never_learnt_from_are_named(untrained: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        texts(untrained, ["one Ж"])
    assert "'Ж'" in caplog.text


def test_what_is_longer_than_is_read_is_said(untrained: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        texts(untrained, ["one two three one two three"])
    assert "1 of 1 texts is longer than 12 tokens" in caplog.text


def test_lines_are_written_one_for_each_text(tmp_path: Path) -> None:
    (tmp_path / "in.de").write_text("eins\n\nzwei\n", encoding="utf-8")
    assert lines_to_translate(str(tmp_path / "in.de")) == ["eins", "", "zwei"]
    write_lines(["one\ntwo", "", "三"], tmp_path / "out.en")
    assert (tmp_path / "out.en").read_text(encoding="utf-8") == "one two\n\n三\n"
