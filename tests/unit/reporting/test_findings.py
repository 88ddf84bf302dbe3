from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deepwright.measurements import Measurement, Measurements
from deepwright.reporting.findings import answer, findings, groups
from tests.unit.reporting.runs import run_files

NUMBER = re.compile(r"−?\d[\d,]*(?:\.\d+)?")


#: A run of each other task, and the names that it has to do with.
OTHERS: dict[str, Any] = {
    "labels": {"answers": "labels", "names": ("red", "round", "猫")},
    "number": {"answers": "number", "names": ("height",)},
}


def measurements_of(files: Mapping[str, bytes]) -> Measurements:
    record = json.loads(files["measurements.json"])
    return Measurements([Measurement.from_json(entry) for entry in record["measurements"]], record["model"])


@pytest.fixture(scope="module")
def whole() -> Measurements:
    return measurements_of(run_files())


def changed(measurements: Measurements, name: str, split: str | None = None, **values: Any) -> Measurements:
    """The same measurements, one of the model's with other values."""
    records = [
        replace(record, **values)
        if record.name == name and record.model == measurements.model and split in (None, record.split)
        else record
        for record in measurements.records
    ]
    return Measurements(records, measurements.model)


def said(measurements: Measurements, beginning: str) -> str:
    """The only finding that begins so."""
    (sentence,) = [sentence for sentence in findings(measurements) if sentence.startswith(beginning)]
    return sentence


def numbers_without_source(sentence: str, measurements: Measurements) -> list[str]:
    """The numbers of a sentence that are no measurement's value, bound, level, count or argument."""
    known = [0.0]
    for record in measurements.records:
        known += [v for v in (record.value, record.level, record.n, *(record.interval or ())) if v is not None]
        known += [v for v in record.arguments.values() if isinstance(v, int | float)]
    known += [100 * value for value in known] + [-value for value in known] + [-100 * value for value in known]
    for name in {record.model for record in measurements.records} | {"float32"}:
        sentence = sentence.replace(str(name), "")
    found = NUMBER.findall(sentence)
    return [text for text in found if not any(_rounded(value, text) for value in known)]


def _rounded(value: float, text: str) -> bool:
    decimals = len(text.partition(".")[2])
    given = float(text.replace("−", "-").replace(",", ""))
    return bool(abs(value - given) <= 0.5000001 / 10**decimals)


def test_the_answer_in_one_sentence(whole: Measurements) -> None:
    accuracy = whole["accuracy"]
    assert accuracy.interval is not None
    low, high = accuracy.interval
    assert answer(whole) == (
        f"mlp is right on {100 * float(accuracy):.1f}% of 90 test rows (95% interval: {100 * low:.1f}% to "
        f"{100 * high:.1f}%). Baselines: pixel_linear 86.7%, majority 50.0%."
    )


def test_every_number_is_a_measurement(whole: Measurements) -> None:
    for sentence in [answer(whole), *findings(whole)]:
        assert numbers_without_source(sentence, whole) == [], sentence


def test_the_search_for_numbers_finds_what_is_made_up(whole: Measurements) -> None:
    assert numbers_without_source("Right on 12.34% of 1,913 rows.", whole) == ["12.34", "1,913"]


def test_answer_without_baselines_or_test_split() -> None:
    record = Measurement("accuracy", 0.5, "share", "accuracy", {}, "mlp", "other", 1234, (0.4, 0.6), 0.95)
    assert answer(Measurements([record], "mlp", "other")) == (
        "mlp is right on 50.0% of 1,234 rows (95% interval: 40.0% to 60.0%)."
    )


def test_nothing_is_said_of_what_was_not_measured() -> None:
    nothing = Measurements([], "mlp")
    assert findings(nothing) == []
    assert answer(nothing) == "Nothing could be measured."


def test_answer_when_accuracy_is_undefined(whole: Measurements) -> None:
    undefined = changed(whole, "accuracy", "test", value=None, interval=None, status="not measured")
    assert "could not be measured" in answer(undefined)
    assert findings(undefined)


def test_answer_of_another_metric() -> None:
    record = Measurement("log_loss", 0.25, "nats", "log_loss", {}, "mlp", "test", 10)
    assert answer(Measurements([record], "mlp")) == "mlp: log loss is 0.250."


@pytest.mark.parametrize(
    ("interval", "beginning", "end"),
    [
        (
            (0.02, 0.08),
            "Better than majority",
            "5.0 percentage points higher (95% interval: 2.0 to 8.0, which excludes 0).",
        ),
        ((-0.03, 0.13), "Not shown to differ from majority", "95% interval: −3.0 to 13.0, which includes 0)."),
    ],
)
def test_gain(whole: Measurements, interval: tuple[float, float], beginning: str, end: str) -> None:
    sentence = said(changed(whole, "accuracy_over/majority", value=0.05, interval=interval), beginning)
    assert sentence.endswith(end)


def test_loss_against_a_baseline_is_said_without_minus_signs(whole: Measurements) -> None:
    sentence = said(changed(whole, "accuracy_over/majority", value=-0.05, interval=(-0.08, -0.02)), "Worse than")
    assert "5.0 percentage points lower (95% interval: 2.0 to 8.0, which excludes 0)" in sentence


def test_the_strongest_baseline_comes_first(whole: Measurements) -> None:
    assert [sentence.split(":")[0] for sentence in findings(whole)[:2]] == [
        "Better than pixel_linear",
        "Better than majority",
    ]


@pytest.mark.parametrize(
    ("value", "interval", "overfits"),
    [(0.05, (0.03, 0.07), True), (0.05, (-0.01, 0.11), False), (0.01, (0.005, 0.015), False)],
)
def test_overfitting(whole: Measurements, value: float, interval: tuple[float, float], overfits: bool) -> None:
    sentences = findings(changed(whole, "accuracy_gap", value=value, interval=interval))
    assert any(sentence.startswith("Overfitting") for sentence in sentences) == overfits
    assert any(sentence.startswith("Neither overfitting") for sentence in sentences) != overfits


def test_underfitting(whole: Measurements) -> None:
    poor = changed(whole, "accuracy", "train", value=0.7, interval=(0.65, 0.75))
    assert "only 70.0% are right, while pixel_linear is right on 86.7%" in said(poor, "Underfitting")


def test_a_perfect_model_does_not_underfit_beside_a_perfect_baseline(whole: Measurements) -> None:
    records = [replace(r, value=0.99, interval=(0.98, 1.0)) if r.name == "accuracy" else r for r in whole.records]
    assert said(Measurements(records, "mlp"), "Neither overfitting")


def test_log_loss_gap(whole: Measurements) -> None:
    assert "which excludes 0" in said(
        changed(whole, "log_loss_gap", interval=(-0.3, -0.1)), "Its probabilities fit the"
    )
    assert said(changed(whole, "log_loss_gap", interval=(-0.3, 0.1)), "Its probabilities fit new rows as well")


@pytest.mark.parametrize(
    ("temperature", "before", "word"),
    [
        (1.4, 0.05, "overconfident"),
        (0.6, 0.05, "underconfident"),
        (1.02, 0.05, "about right"),
        (20.0, 0.001, "about right"),
    ],
)
def test_calibration(whole: Measurements, temperature: float, before: float, word: str) -> None:
    warm = changed(whole, "calibration_error", arguments={"temperature": temperature})
    sentence = said(changed(warm, "calibration_error_uncalibrated", value=before), "Calibration")
    assert word in sentence
    assert f"temperature {temperature:.2f}" in sentence


@pytest.mark.parametrize(
    ("verdict", "ratio", "beginning", "shown"),
    [
        ("steady", 0.5, "Gradients flow steadily", "0.5 times"),
        ("vanishing", 3.21e-5, "Gradients vanish", "3.21×10⁻⁵ times"),
        ("exploding", 4321.0, "Gradients explode", "4,321 times"),
    ],
)
def test_gradients(whole: Measurements, verdict: str, ratio: float, beginning: str, shown: str) -> None:
    sentence = said(changed(whole, "gradient_ratio", value=ratio, arguments={"verdict": verdict}), beginning)
    assert shown in sentence
    assert ("may help" in sentence) == (verdict != "steady")


def test_training(whole: Measurements) -> None:
    assert said(whole, "Training took 3 epochs") == (
        "Training took 3 epochs and 3.5 s: 1,234 examples a second, validation included (float32, threads: 2)."
    )
    assert said(changed(whole, "epochs", value=1), "Training took 1 epoch and")


def test_the_epoch_that_was_kept(whole: Measurements) -> None:
    assert "epoch 2" in said(changed(whole, "epochs", arguments={"best_epoch": 2}), "The weights")


def test_by_which_score_an_epoch_was_kept_or_of_how_many_the_mean_is(whole: Measurements) -> None:
    best = {"best_epoch": 2, "watched": "accuracy"}
    assert said(changed(whole, "epochs", arguments=best), "The weights") == (
        "The weights of epoch 2 are kept: on the validation split, accuracy was best there."
    )
    mean = {"best_epoch": None, "averaged_epochs": 5}
    assert "mean of those at the ends of the last 5 epochs" in said(
        changed(whole, "epochs", arguments=mean), "The weights"
    )


def test_a_model_that_is_solved_has_neither_gradients_nor_epochs() -> None:
    sentences = findings(measurements_of(run_files(model="pixel_linear", baselines=("majority",), trained=False)))
    assert sentences[-1] == "pixel_linear is solved, not trained by gradient; that took 4.2 s, calibration included."
    assert not any("Gradients" in sentence or "epoch" in sentence for sentence in sentences)


def test_classes_with_few_rows(whole: Measurements) -> None:
    assert not any("very few test rows" in sentence for sentence in findings(whole))
    few = changed(whole, "recall/dog", n=4)
    assert said(few, "Some classes").endswith(": dog (4).")


def test_many_classes_with_few_rows_are_not_all_listed() -> None:
    records = [
        Measurement(f"recall/c{i}", 1.0, "share", "recall", {"label": f"c{i}"}, "mlp", "test", 3) for i in range(50)
    ]
    assert said(Measurements(records, "mlp"), "Some classes").endswith("c9 (3), ….")


# ------------------------------------------------------------------------------------------------- other tasks


@pytest.fixture(scope="module")
def labels() -> Measurements:
    return measurements_of(run_files(**OTHERS["labels"]))


@pytest.fixture(scope="module")
def number() -> Measurements:
    return measurements_of(run_files(**OTHERS["number"]))


@pytest.mark.parametrize("task", OTHERS)
def test_every_number_is_a_measurement_whatever_the_task(task: str, request: pytest.FixtureRequest) -> None:
    measurements = request.getfixturevalue(task)
    for sentence in [answer(measurements), *findings(measurements)]:
        sentence = sentence.replace("macro F1", "").replace("R²", "")
        assert numbers_without_source(sentence, measurements) == [], sentence


def test_the_answer_names_the_principal_metric_of_the_task(labels: Measurements, number: Measurements) -> None:
    macro_f1, mae = 100 * float(labels["macro_f1"]), float(number["mae"])
    assert answer(labels).startswith(f"mlp: macro F1 is {macro_f1:.1f}% on 90 test rows (95% interval: ")
    assert answer(number).startswith(f"mlp: mean absolute error is {mae:.2f} on 90 test rows (95% interval: ")
    assert re.search(r"Baselines: pixel_linear 7\d\.\d%, majority \d\d\.\d%\.$", answer(labels))


def test_of_errors_the_smallest_is_the_strongest_baseline(number: Measurements) -> None:
    theirs = {model: float(number.where(name="mae", model=model)[0]) for model in ("pixel_linear", "mean")}
    assert theirs["pixel_linear"] < theirs["mean"]
    assert [sentence.split(":")[0] for sentence in findings(number)[:2]] == [
        "Better than pixel_linear",
        "Better than mean",
    ]
    assert "Baselines: pixel_linear 2." in answer(number)


@pytest.mark.parametrize(
    ("interval", "beginning", "end"),
    [
        ((-0.8, -0.2), "Better than mean", "differs by −0.50 (95% interval: −0.80 to −0.20, which excludes 0)."),
        ((-1.1, 0.1), "Not shown to differ from mean", "(95% interval: −1.1 to 0.1, which includes 0)."),
        ((0.2, 0.8), "Worse than mean", "(95% interval: 0.20 to 0.80, which excludes 0)."),
    ],
)
def test_an_error_that_is_lower_is_better(
    number: Measurements, interval: tuple[float, float], beginning: str, end: str
) -> None:
    value = sum(interval) / 2
    sentence = said(changed(number, "mae_over/mean", value=value, interval=interval), beginning)
    assert sentence.endswith(end)
    assert "mean absolute error" in sentence


@pytest.mark.parametrize(("interval", "beginning"), [((0.1, 0.2), "Better"), ((-0.2, -0.1), "Worse")])
def test_a_share_that_is_higher_is_better(labels: Measurements, interval: tuple[float, float], beginning: str) -> None:
    value = sum(interval) / 2
    said(changed(labels, "macro_f1_over/majority", value=value, interval=interval), f"{beginning} than majority")


@pytest.mark.parametrize(
    ("task", "name", "interval", "beginning"),
    [
        ("number", "mae_gap", (-0.9, -0.3), "Overfitting: mean absolute error is "),
        ("number", "mae_gap", (-0.9, 0.3), "No overfitting is seen: mean absolute error is "),
        ("number", "mae_gap", (0.3, 0.9), "No overfitting is seen"),
        ("labels", "macro_f1_gap", (0.1, 0.3), "Overfitting: macro F1 is "),
        ("labels", "macro_f1_gap", (-0.1, 0.3), "No overfitting is seen"),
        ("labels", "macro_f1_gap", (-0.3, -0.1), "No overfitting is seen"),
    ],
)
def test_overfitting_is_being_better_on_the_training_rows_whichever_way_that_is(
    task: str, name: str, interval: tuple[float, float], beginning: str, request: pytest.FixtureRequest
) -> None:
    measurements = request.getfixturevalue(task)
    said(changed(measurements, name, value=sum(interval) / 2, interval=interval), beginning)


def test_labels_with_few_rows(labels: Measurements) -> None:
    sentence = said(changed(labels, "recall/猫", n=2), "Some classes have very few")
    assert "猫 (2)" in sentence


@pytest.mark.parametrize("task", OTHERS)
def test_nothing_is_said_of_confidence_where_nothing_is_calibrated(task: str, request: pytest.FixtureRequest) -> None:
    assert not [sentence for sentence in findings(request.getfixturevalue(task)) if sentence.startswith("Calibration")]


def test_a_difference_of_macro_f1_has_its_unit(labels: Measurements) -> None:
    better = said(changed(labels, "macro_f1_over/majority", value=0.15, interval=(0.1, 0.2)), "Better than majority")
    assert "macro F1 differs by 15.0 percentage points (95% interval: 10.0 to 20.0, which excludes 0)" in better
    fitting = next(sentence for sentence in findings(labels) if sentence.startswith(("Overfitting", "No overfitting")))
    assert re.search(r"a difference of −?\d+\.\d+ percentage points \(95% interval", fitting)


@pytest.mark.parametrize(
    ("num_groups", "said_of_groups"),
    [
        (None, []),
        (1, ["The 90 test rows are all of one group"]),
        (12, ["The 90 test rows are of 12 groups", "Few groups: intervals from 12 groups"]),
        (40, ["The 90 test rows are of 40 groups"]),
    ],
)
def test_groups_of_rows_are_said(whole: Measurements, num_groups: int | None, said_of_groups: list[str]) -> None:
    arguments = {} if num_groups is None else {"num_groups": num_groups}
    found = list(groups(changed(whole, "accuracy", split="test", arguments=arguments)))
    assert len(found) == len(said_of_groups)
    assert all(sentence.startswith(start) for sentence, start in zip(found, said_of_groups, strict=True))


def test_an_answer_without_an_interval_speaks_of_none(whole: Measurements) -> None:
    alone = changed(whole, "accuracy", split="test", interval=None, level=None, method=None)
    assert re.fullmatch(r"mlp: accuracy is \d+\.\d%\.", answer(alone))
