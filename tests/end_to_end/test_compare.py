"""Models trained for a comparison, runs that were there before, and wrong use of both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.command_line import Finished, call, listing_of

RUNS = ("runs/digits-mlp-1", "runs/digits-majority-1", "runs/digits-mlp-2", "runs/digits-majority-2")
SHORT = ("--set", "training.num_threads=1", "--set", "training.epochs=1", "--set", "validation.resamples=100")


@dataclass(frozen=True)
class Compared:
    folder: Path
    finished: Finished


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder = tmp_path_factory.mktemp("compared")
    arguments = ("digits", "--models", "mlp,majority", "--seeds", 2, *SHORT, "--output", "page.html", "--quiet")
    return Compared(folder, call("compare", *arguments, cwd=folder))


def test_each_model_leaves_a_run_for_each_seed(compared: Compared) -> None:
    assert all((compared.folder / run / "report.html").exists() for run in RUNS)
    for number in range(1, 5):
        assert f"Training {number} of 4: " in compared.finished.err
    assert "Mean accuracy over 2 seeds: mlp " in compared.finished.out
    assert "accuracy of majority differs from that of mlp by −" in " ".join(compared.finished.out.split())
    assert (compared.folder / "page.html").read_text().startswith("<!doctype html>")


def test_finished_runs_are_compared_without_being_changed(compared: Compared) -> None:
    before = {run: listing_of(compared.folder / run) for run in RUNS}
    done = call("compare", *RUNS[:2], cwd=compared.folder)
    assert "The best accuracy is that of digits-mlp-1: " in done.out
    assert "Worse: on the same 359 test rows, the accuracy of digits-majority-1" in done.out
    assert (compared.folder / "runs" / "comparison-digits-mlp-1-digits-majority-1.html").exists()
    assert {run: listing_of(compared.folder / run) for run in RUNS} == before


def test_other_seeds_of_a_shuffled_split_are_not_paired(compared: Compared) -> None:
    done = call("compare", RUNS[0], RUNS[2], cwd=compared.folder)
    assert "Not paired: digits-mlp-2 and digits-mlp-1 were tested on different rows (359 and 359)." in done.out


def test_programs_read_nothing_but_json(compared: Compared) -> None:
    found = json.loads(call("compare", *RUNS[:2], "--json", "--output", "other.html", cwd=compared.folder).out)
    assert [run["path"] for run in found["runs"].values()] == list(RUNS[:2])
    (accuracy, *_others) = found["differences"]
    assert accuracy["name"] == "accuracy_over/digits-mlp-1"
    assert accuracy["interval"][1] < 0
    assert found["page"] == "other.html"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([RUNS[0]], "needs two runs or more. To train models on data and compare them: deepwright compare"),
        ([RUNS[0], RUNS[0]], "is named twice; a run is not compared with itself"),
        ([RUNS[0], "runs/none"], "There is no run runs/none."),
        ([*RUNS[:2], "--output", "page.pdf"], "--output page.pdf: a file whose name ends in .html."),
        ([*RUNS[:2], "--seeds", "2"], "--seeds is for models that are trained: give --models as well."),
        ([*RUNS[:2], "--set", "seed=2"], "--set is for models that are trained: give --models as well."),
        (["digits", "--models", "mlp"], "two names or more are needed, such as convnet,mlp, or all."),
        (["digits", "--models", "mlp,"], "two names or more are needed, such as convnet,mlp, or all."),
        (["digits", "--models", "mlp,mlp"], "--models mlp,mlp: mlp is named twice."),
        (["digits", "--models", "mlp,convnett"], "There is no model named 'convnett'. Did you mean convnet"),
        (["digits", "--models", "mlp,mean"], "The model mean does not fit this data."),
        (["digits", "--models", "mlp,majority", "--seeds", "0"], "a whole number of at least 1 is needed."),
        (["digits", "mnist", "--models", "mlp,majority"], "there is no file digits. Other data is named alone."),
        (["digit", "--models", "mlp,majority"], "Did you mean digits?"),
    ],
)
def test_wrong_use_is_answered_before_any_work(compared: Compared, arguments: list[str], said: str) -> None:
    before = listing_of(compared.folder)
    assert said in call("compare", *arguments, cwd=compared.folder, code=2).err
    assert listing_of(compared.folder) == before
