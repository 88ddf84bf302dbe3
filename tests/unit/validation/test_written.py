"""What is told of texts that were written, apart from whether they are right."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import TRANSLATED, Predictions
from deepwright.data.table import Column, Table
from deepwright.tasks.translation import Translation
from deepwright.validation.written import CUT, EMPTY, about_written

SETTINGS = ValidationSettings(resamples=50)
TARGETS = ["a b c d", "b c d e", "c d e f", "d e f g"] * 5


def predictor(max_seq_len: int = 512) -> Any:
    texts = Column("text", np.array(TARGETS, object))
    task = Translation(
        {"text": "source", "label": "target"},
        {"tokenizer": "character", "target_tokenizer": "character", "max_seq_len": max_seq_len},
    )
    task.fit(Table({"source": texts, "target": texts}, "pairs"))
    return SimpleNamespace(task=task, member=SimpleNamespace(name="rnn_seq2seq"), temperature=1.0)


def predictions(written: list[str], lengths: list[int]) -> Predictions:
    outputs = np.array([[1.0, 1.0, 8.0, length] for length in lengths])
    rows = np.arange(len(TARGETS))
    return Predictions(rows, np.array(TARGETS, object), outputs, TRANSLATED, written=np.array(written, object))


def test_empty_and_cut_texts_are_counted() -> None:
    # Sources of 7 tokens allow 2·7 + 20 tokens.
    written = ["", "a" * 33, "a" * 34, *TARGETS[3:]]
    found = {r.name: r for r in about_written(predictor(), predictions(written, [7] * 20), SETTINGS, 0)}
    assert (found[EMPTY].value, found[CUT].value, found[CUT].n) == (1, 1, 20)
    assert len(found) == 2, "sources of one length are one group, which is all texts"


def test_no_text_is_longer_than_the_vocabulary_has_it() -> None:
    found = {r.name: r for r in about_written(predictor(7), predictions(TARGETS, [7] * 20), SETTINGS, 0)}
    assert found[CUT].value == 20


def test_each_text_is_in_one_group_by_the_length_of_its_source() -> None:
    written = [*TARGETS[:10], *["z"] * 10]
    groups = [
        record
        for record in about_written(predictor(), predictions(written, list(range(1, 21))), SETTINGS, 0)
        if "/" in record.name
    ]
    spans = [record.arguments["source_tokens"] for record in groups]
    assert sum(record.n or 0 for record in groups) == 20
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert groups[0].value == 100.0
    assert groups[-1].value == 0.0
    assert {record.split for record in groups} == {"test"}
    assert len({record.name for record in groups}) == len(groups)


def test_a_model_that_writes_nothing_has_none_of_it() -> None:
    made = Predictions(np.arange(2), np.array([0, 1]), np.zeros((2, 2)), ("a", "b"))
    assert list(about_written(predictor(), made, SETTINGS, 0)) == []


@pytest.mark.parametrize("module", ["deepwright.validation.written", "deepwright.reporting.translation_findings"])
def test_reading_of_it_does_not_load_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
