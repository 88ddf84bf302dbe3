from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pytest

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim, Measurement, Measurements
from deepwright.validation.between_runs import OVER_SEEDS, UNPAIRED, Candidate, claims_of, differences, over_seeds
from deepwright.validation.evaluation import PAIRED

SETTINGS = ValidationSettings(resamples=400)
ACCURACY = Claim("accuracy", "accuracy", compared=True)
N = 200


def made(name: str, wrong: int, rows: Hashable = "rows", claims: tuple[Claim, ...] = (ACCURACY,)) -> Candidate:
    """A run that is wrong on its first rows and right on all others."""
    targets = np.arange(N) % 2
    taken = np.where(np.arange(N) < wrong, 1 - targets, targets)
    outputs = np.eye(2)[taken]
    return Candidate(name, claims, Predictions(np.arange(N), targets, outputs, ("a", "b")), rows, {"file": name})


def difference(*runs: Candidate, seed: int = 0) -> Measurement:
    (record,) = differences(runs, [(runs[0].name, runs[1].name)], SETTINGS, seed)
    return record


def test_a_difference_is_the_run_less_the_other_one() -> None:
    record = difference(made("ours", 10), made("theirs", 30))
    assert record.value == pytest.approx(0.1)
    assert (record.name, record.model, record.measure) == ("accuracy_over/theirs", "ours", PAIRED)
    assert (record.n, record.split, record.unit) == (N, "test", "share")
    assert record.inputs == {"ours/file": "ours", "theirs/file": "theirs"}


def test_on_the_same_rows_the_interval_knows_which_rows_both_have_wrong() -> None:
    same = difference(made("ours", 60), made("theirs", 64))
    other = difference(made("ours", 60, "rows"), made("theirs", 64, "other rows"))
    assert same.interval is not None
    assert other.interval is not None
    assert same.interval[1] - same.interval[0] < 0.06 < 0.15 < other.interval[1] - other.interval[0]


def test_other_rows_are_said_to_be_others() -> None:
    record = difference(made("ours", 60, "rows"), made("theirs", 60, "other rows"))
    assert record.measure == UNPAIRED
    assert record.arguments["baseline_n"] == N
    assert record.interval is not None
    assert record.value == 0
    assert record.interval[0] < 0 < record.interval[1]


def test_the_same_answers_on_the_same_rows_differ_by_nothing() -> None:
    record = difference(made("ours", 60), made("theirs", 60))
    assert record.interval is not None
    assert -0.05 < record.interval[0] < 0 < record.interval[1] < 0.05


def test_only_metrics_that_both_have_are_compared() -> None:
    loss = Claim("log_loss", "log_loss", {"temperature": 2.0})
    runs = made("ours", 10, claims=(ACCURACY, loss)), made("theirs", 10)
    assert [record.name for record in differences(runs, [("ours", "theirs")], SETTINGS, 0)] == ["accuracy_over/theirs"]


def test_each_run_keeps_its_own_arguments() -> None:
    claims = [Claim("log_loss", "log_loss", {"temperature": t}) for t in (0.5, 2.0)]
    record = difference(made("ours", 0, claims=(claims[0],)), made("theirs", 0, claims=(claims[1],)))
    assert record.arguments["arguments"] == {"temperature": 0.5}
    assert record.arguments["baseline_arguments"] == {"temperature": 2.0}
    assert float(record) == pytest.approx(np.log1p(np.exp(-2.0)) - np.log1p(np.exp(-0.5)))


def test_draws_depend_on_the_seed_alone() -> None:
    runs = made("ours", 10), made("theirs", 30)
    assert difference(*runs, seed=1) == difference(*runs, seed=1)
    assert difference(*runs, seed=1).interval != difference(*runs, seed=2).interval


def test_claims_are_the_metrics_that_judge_the_task() -> None:
    def record(name: str, split: str, model: str = "mlp") -> Measurement:
        return Measurement(name, 0.5, "share", name, {"split": split}, model, split)

    records = [
        record("accuracy", "test"),
        record("accuracy", "test", "majority"),
        record("calibration_error", "test"),
        record("accuracy", "validation"),
    ]
    assert claims_of(Measurements(records, "mlp")) == [Claim("accuracy", "accuracy", {"split": "test"}, compared=True)]


def test_means_over_seeds_are_of_models() -> None:
    runs = {"a-1": ("a", 0), "b-1": ("b", 0), "a-2": ("a", 1), "b-2": ("b", 1)}
    figure = Measurement("accuracy", 0.5, "share", "accuracy", split="test")
    figures = [replace(figure, model=run, value=v) for run, v in zip(runs, (0.5, 0.6, 0.7, 0.9), strict=True)]
    gains = [
        replace(figure, name="accuracy_over/a-1", model="b-1", value=0.1, arguments={"metric": "accuracy"}),
        replace(figure, name="accuracy_over/a-2", model="b-2", value=0.2, arguments={"metric": "accuracy"}),
    ]
    means = {(record.name, record.model): record for record in over_seeds([*figures, *gains], runs)}
    assert {key: round(float(record), 9) for key, record in means.items()} == {
        ("accuracy", "a"): 0.6,
        ("accuracy", "b"): 0.75,
        ("accuracy_over/a", "b"): 0.15,
    }
    gain = means["accuracy_over/a", "b"]
    assert gain.arguments == {"metric": "accuracy", "seeds": [0, 1], "values": [0.1, 0.2]}
    assert (gain.measure, gain.n, gain.interval) == (OVER_SEEDS, 2, None)
