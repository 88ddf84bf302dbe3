"""Answers as files, for every kind of answer: what is written is what was answered."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.errors import DataError, UsageError
from deepwright.workflows.predict import _files, check_output, say_what_is_not_read, write_answers

CLASSES = [
    {"input": "一.png", "label": "猫", "probability": 0.75, "probabilities": {"猫": 0.75, 'a "dog", wet': 0.25}},
    {"input": "b,c.png", "label": "猫", "probability": 2 / 3, "probabilities": {"猫": 2 / 3, 'a "dog", wet': 1 / 3}},
]
LABELS = [
    {"input": "一.png", "labels": ["red", "圆"], "probabilities": {"red": 0.9, "圆": 0.6}},
    {"input": "b,c.png", "labels": [], "probabilities": {"red": 0.1, "圆": 1 / 3}},
]
NUMBERS = [{"input": "一.png", "value": 1 / 3}, {"input": "b,c.png", "value": -1e-300}]
KINDS: dict[str, list[dict[str, Any]]] = {"classes": CLASSES, "labels": LABELS, "numbers": NUMBERS}
each = pytest.mark.parametrize("kind", KINDS)


def flat(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as one row: labels in one cell, a column for each probability."""
    row = {key: value for key, value in answer.items() if key not in ("labels", "probabilities")}
    if "labels" in answer:
        row["labels"] = "|".join(answer["labels"])
    return row | {f"probability/{name}": p for name, p in answer.get("probabilities", {}).items()}


@each
def test_csv(kind: str, tmp_path: Path) -> None:
    write_answers(KINDS[kind], tmp_path / "answers.csv")
    assert (tmp_path / "answers.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark of UTF-8"
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = [{key: str(value) for key, value in flat(answer).items()} for answer in KINDS[kind]]
    assert rows == expected
    for row, answer in zip(rows, KINDS[kind], strict=True):
        numbers = {key: value for key, value in flat(answer).items() if isinstance(value, float)}
        assert {key: float(row[key]) for key in numbers} == numbers


@each
def test_json_lines(kind: str, tmp_path: Path) -> None:
    write_answers(KINDS[kind], tmp_path / "answers.jsonl")
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == KINDS[kind]
    assert "一" in lines[0]


@each
def test_parquet(kind: str, tmp_path: Path) -> None:
    write_answers(KINDS[kind], tmp_path / "answers.parquet")
    assert pq.read_table(tmp_path / "answers.parquet").to_pylist() == [flat(answer) for answer in KINDS[kind]]


@pytest.mark.parametrize("name", ["answers.txt", "answers", "answers.CSV.gz"])
def test_another_ending_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"answers are written as \.csv, \.jsonl, \.parquet"):
        check_output(tmp_path / name)


def test_a_folder_stands_for_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.png", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "within").mkdir()
    (tmp_path / "of class" / ".cache").mkdir(parents=True)
    for name in ("of class/c.png", "of class/.cache/d.png"):
        (tmp_path / name).touch()
    assert _files(str(tmp_path)) == [str(tmp_path / name) for name in ("a.png", "b.png", "of class/c.png")]
    assert _files("no/such/file.png") == ["no/such/file.png"]
    with pytest.raises(DataError, match="holds no files"):
        _files(str(tmp_path / "within"))


def test_texts_of_which_nothing_is_known_or_not_all_is_read_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    encoder = SimpleNamespace(vocabulary=Vocabulary.learnt(["a plain film"] * 2, "word", 10, 4), max_seq_len=4)
    run: Any = SimpleNamespace(predictor=SimpleNamespace(task=SimpleNamespace(inputs=encoder)))
    say_what_is_not_read(run, ["a film 电影", "plain"])
    assert not caplog.records
    say_what_is_not_read(run, ["a film", "电影 🎬", "!", "a film and a film"])
    assert [record.getMessage() for record in caplog.records] == [
        "Nothing of 2 texts was in the training texts, so that their answers are guesses; the first: '电影 🎬'",
        "1 of 4 texts is longer than 4 tokens; what follows is not read.",
    ]
