"""Which weights a run keeps: the best by a figure, or a mean; said in its files, and found again by verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.command_line import call

SMALL = ("train", "digits", "--model", "mlp", "--set", "training.num_threads=1", "--set", "training.epochs=3")


def trained(folder: Path, *settings: str) -> tuple[Path, list[dict[str, Any]], dict[str, Any], str]:
    """A run with its history, what it says of its epochs, and what the terminal shows."""
    said = call(*SMALL, *(word for setting in settings for word in ("--set", setting)), cwd=folder)
    run = folder / "runs" / "digits-mlp-1"
    history = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    records = json.loads((run / "measurements.json").read_bytes())["measurements"]
    return run, history, next(record for record in records if record["name"] == "epochs"), said.out


def test_a_mean_of_smoothed_epochs_is_kept_and_said(tmp_path: Path) -> None:
    run, history, epochs, said = trained(
        tmp_path, "training.averaged_epochs=2", "training.label_smoothing=0.1", "training.schedule=inverse_sqrt"
    )
    assert [record.get("averaged_epochs") for record in history if "validation" in record] == [None, None, 2]
    assert epochs["arguments"] == {"best_epoch": None, "averaged_epochs": 2}
    assert "The weights that are kept are the mean of those at the ends of the last 2 epochs." in " ".join(said.split())
    report = " ".join((run / "report.html").read_text(encoding="utf-8").split())
    assert report.count("the mean of those at the ends of the last 2 epochs") >= 3
    assert "a share of 0.1 is spread over all classes or tokens" in report
    assert "nothing differs" in call("verify", run, cwd=tmp_path).out


def test_the_epoch_with_the_best_score_is_kept_and_said(tmp_path: Path) -> None:
    run, history, epochs, said = trained(tmp_path, "training.patience=3", "training.watched=score")
    scores = [record["validation"]["accuracy"] for record in history if "validation" in record]
    best = 1 + scores.index(max(scores))
    assert epochs["arguments"] == {"best_epoch": best, "watched": "accuracy"}
    kept = f"The weights of epoch {best} are kept: on the validation split, accuracy was best there."
    assert kept in " ".join(said.split())
    assert "nothing differs" in call("verify", run, cwd=tmp_path).out


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("training.patience=2", "training.averaged_epochs=3"), "exclude each other"),
        (("training.watched=score",), "nothing is watched"),
        (("task=regression", "training.label_smoothing=0.1"), "regression learns neither"),
    ],
)
def test_what_excludes_itself_is_refused_in_a_sentence(
    settings: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    if "task=regression" in settings:
        lines = ["text,label", *(f"word{i % 7} word{i % 5} thing,{i / 3}" for i in range(60))]
        (tmp_path / "numbers.csv").write_text("\n".join(lines), encoding="utf-8")
        refused = call("train", "numbers.csv", "--input", "text", *words, cwd=tmp_path, code=2)
    else:
        refused = call(*SMALL, *words, cwd=tmp_path, code=2)
    assert sentence in refused.err
    assert "Traceback" not in refused.err
    assert not (tmp_path / "runs").exists()
