"""A run measured on other data: what of it is not measured is said."""

from __future__ import annotations

import csv
import logging
from pathlib import Path

import pytest

import deepwright as dw

TEXTS = ["good and warm", "bad and cold", "good and fast", "bad and slow"]


def table(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("text", "label"), *rows])
    return path


def test_rows_that_cannot_be_measured_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [(f"{text}, said {n} people", text.split()[0]) for n in range(5) for text in TEXTS]
    learnt = table(tmp_path / "learnt.csv", rows)
    run = dw.train(learnt, model="majority", output=tmp_path / "runs", progress=False)
    other = table(tmp_path / "other.csv", [*rows[:7], ("no label", ""), ("nor here", "")])
    with caplog.at_level(logging.WARNING, "deepwright"):
        found = run.evaluate(other)
    assert found["accuracy"].n == 7
    (said,) = [record.getMessage() for record in caplog.records if "measured" in record.getMessage()]
    assert said.startswith("2 rows or files cannot be used and are not measured, such as line 9.")
    assert "label" in said
