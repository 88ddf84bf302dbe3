"""What is said of a choice among several models."""

from __future__ import annotations

from dataclasses import replace

from deepwright.measurements import Measurement, Measurements
from deepwright.reporting import choice


def figure(
    model: str, value: float, name: str = "accuracy", interval: tuple[float, float] | None = None
) -> Measurement:
    return Measurement(
        name,
        value,
        "share",
        "accuracy",
        model=model,
        split="validation",
        n=200,
        interval=interval or (value - 0.05, value + 0.05),
        level=0.95,
    )


TAKEN, SECOND, LAST = figure("cnn", 0.9), figure("bag", 0.88), figure("linear", 0.7)
DIFFERENCE = replace(figure("cnn", 0.02, "accuracy_over/bag", (-0.01, 0.05)), measure="paired_difference")


def test_the_models_stand_best_first_with_their_figures() -> None:
    records = Measurements([LAST, TAKEN, SECOND, DIFFERENCE], "cnn")
    (sentence,) = choice.chosen(records)
    assert choice.models(records) == ["cnn", "bag", "linear"]
    assert sentence.startswith("Chosen on the 200 validation rows by accuracy: cnn 90.0%, before bag 88.0%, linear 70")
    assert "bag may be as good: the difference is 2.0 percentage points" in sentence


def test_a_difference_that_excludes_zero_leaves_no_doubt() -> None:
    sure = replace(DIFFERENCE, interval=(0.01, 0.03))
    (sentence,) = choice.chosen(Measurements([TAKEN, SECOND, sure], "cnn"))
    assert "may be as good" not in sentence


def test_where_less_is_better_the_least_stands_first() -> None:
    errors = [replace(figure(model, value, "mae"), measure="mae") for model, value in (("a", 2.0), ("b", 1.0))]
    assert choice.models(Measurements(errors, "b")) == ["b", "a"]


def test_nothing_is_said_where_there_was_no_choice() -> None:
    records = Measurements([TAKEN, replace(SECOND, split="test")], "cnn")
    assert not list(choice.chosen(records))
    assert not choice.models(records)
