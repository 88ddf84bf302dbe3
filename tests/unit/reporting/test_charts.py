from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepwright.reporting import confusion, result_charts, training_charts
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart, spaced
from deepwright.reporting.contents import Contents
from deepwright.reporting.scales import Scale, linear_ticks, log_ticks, padded, spread
from tests.unit.reporting.runs import history, run_files

NAN, INFINITY = math.nan, math.inf
NOTHING = Figures(["x", "y"], [])


def chart(*points: tuple[float, float], log: bool | None = None) -> LineChart | None:
    return line_chart(Caption("c", "Title", "Description"), ("x", "y"), [Line("l", points)], NOTHING, log=log)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0.93, 0.99, [0.94, 0.96, 0.98]),
        (-3, 7, [-2, 0, 2, 4, 6]),
        (0, 3e-5, [0, 1e-5, 2e-5, 3e-5]),
        (1e12, 5e12, [1e12, 2e12, 3e12, 4e12, 5e12]),
    ],
)
def test_linear_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert linear_ticks(low, high) == ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.002, 3, [0.01, 0.1, 1]),
        (1e-30, 1, [1e-30, 1e-24, 1e-18, 1e-12, 1e-6, 1]),
        (0.5, 30, [0.5, 1, 2, 5, 10, 20]),
        (0.31, 0.42, [0.35, 0.4]),
    ],
)
def test_log_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert log_ticks(low, high) == ticks


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12))
def test_ticks_are_few_and_within(low: float, width: float) -> None:
    low, high = spread([low, low + width])
    ticks = linear_ticks(low, high)
    room = (high - low) * 1e-6
    assert 2 <= len(ticks) <= 7
    assert all(low - room <= tick <= high + room for tick in ticks)
    assert ticks == sorted(set(ticks))


@given(st.floats(1e-200, 1e200), st.floats(1.01, 1e90))
def test_log_ticks_are_few_and_within(low: float, factor: float) -> None:
    ticks = log_ticks(low, low * factor)
    assert 2 <= len(ticks) <= 8
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)


def test_spread_keeps_ends_apart() -> None:
    assert spread([3.0, 3.0]) == (1.5, 4.5)
    assert spread([0.0]) == (-0.5, 0.5)
    assert spread([0.1], log=True) == (0.05, 0.2)
    assert spread([NAN, 1.0, INFINITY, 2.0]) == (1.0, 2.0)


def test_padding_begins_at_zero_only_where_that_is_near() -> None:
    assert padded([0.1, 1.0])[0] == 0
    assert padded([90.0, 97.0])[0] == pytest.approx(89.58)


def test_scale() -> None:
    up, powers = Scale(0, 10, 100, 0), Scale(0.01, 100, 0, 40, log=True)
    assert [up(0), up(5), up(10)] == [100, 50, 0]
    assert powers(1) == pytest.approx(20)
    assert all(map(math.isnan, (up(NAN), up(INFINITY), powers(0), powers(-1))))


def test_only_whole_epochs_are_marked() -> None:
    assert [tick.label for tick in Scale(1, 3, 0, 1, whole=True).ticks] == ["1", "2", "3"]


def test_a_line_is_interrupted_where_a_value_is_missing() -> None:
    line = Line("l", [(0, 0), (1, 1), (2, NAN), (3, 3), (4, 4)], marked=True)
    assert line.path == "M0.0 0.0L1.0 1.0M3.0 3.0L4.0 4.0"
    assert len(line.marks) == 4


def test_a_single_point_has_a_place() -> None:
    drawn = chart((1, 0.5))
    assert drawn is not None
    ((x, y),) = drawn.lines[0].points
    assert drawn.x.start < x < drawn.x.end
    assert drawn.y.end < y < drawn.y.start


@pytest.mark.parametrize("points", [[], [(0.0, NAN)], [(1.0, INFINITY), (2.0, NAN)]])
def test_nothing_to_show(points: list[tuple[float, float]]) -> None:
    assert chart(*points) is None
    assert chart(*points, log=True) is None


def test_a_logarithmic_scale_without_positive_values_shows_nothing() -> None:
    assert chart((0, 0), (1, -1), log=True) is None


def test_the_scale_is_logarithmic_where_values_differ_much_and_none_is_zero() -> None:
    for heights, log in (((2, 0.01), True), ((2, 1), False), ((2, 0), False), ((5, -0.01), False)):
        drawn = chart(*enumerate(map(float, heights)))
        assert drawn is not None
        assert drawn.y.log == log


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1))
def test_any_values_can_be_drawn(values: list[float]) -> None:
    drawn = chart(*((float(i), value) for i, value in enumerate(values)))
    for x, y in drawn.lines[0].points if drawn else ():
        assert math.isnan(y) or (drawn is not None and 0 <= x <= 400 and -1 <= y <= 233)


def test_spaced_keeps_both_ends() -> None:
    assert spaced(list(range(100)), 8) == [0, 14, 28, 42, 57, 71, 85, 99]
    assert spaced([1, 2], 8) == [1, 2]


# ---------------------------------------------------------------------------------------- charts of a run


def contents(**changes: bytes) -> Contents:
    return Contents.read({**run_files(), **changes})


def jsonl(records: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_steps_are_placed_by_epoch() -> None:
    drawn = training_charts.loss(contents())
    assert drawn is not None
    assert [line.label for line in drawn.lines] == ["training", "validation"]
    assert drawn.x.high == 3
    assert [row[1] for row in drawn.figures.rows if row[3] != "–"] == ["1", "2", "3"]


def test_training_that_ended_within_its_first_epoch() -> None:
    run = contents(**{"history.jsonl": jsonl(history()[:4])})
    assert training_charts.loss(run) is not None
    assert training_charts.score(run) is None


def test_a_loss_that_is_not_a_number_is_left_out() -> None:
    records = history()
    records[3] = {**records[3], "loss": NAN}
    drawn = training_charts.loss(contents(**{"history.jsonl": jsonl(records)}))
    assert drawn is not None
    assert drawn.lines[0].path.count("M") == 2
    assert drawn.figures.rows[3][2] == "–"


def test_without_history_there_is_nothing_to_show() -> None:
    run = Contents.read(run_files(trained=False))
    drawn = (training_charts.loss, training_charts.score, training_charts.learning_rate, training_charts.gradients)
    assert [draw(run) for draw in drawn] == [None] * 4


def test_of_many_layers_some_are_drawn_and_all_are_in_the_table() -> None:
    layers = [f"block{i}" for i in range(40)]
    drawn = training_charts.gradients(contents(**{"history.jsonl": jsonl(history(layers=layers))}))
    assert drawn is not None
    assert [drawn.lines[0].label, drawn.lines[-1].label, len(drawn.lines)] == ["block0", "block39", 8]
    assert len(drawn.figures.rows) == 40


def test_accuracy_and_gains_are_those_of_the_measurements() -> None:
    run = contents()
    drawn, gained = result_charts.principals(run), result_charts.gains(run)
    assert drawn is not None
    assert gained is not None
    assert [(row.label, row.strong) for row in drawn.whiskers] == [
        ("mlp", True),
        ("majority", False),
        ("pixel_linear", False),
    ]
    assert drawn.whiskers[0].at == pytest.approx(drawn.x(100 * float(run.measurements["accuracy"])))
    assert [row.label for row in gained.whiskers] == ["majority", "pixel_linear"]
    assert gained.zero == gained.x(0)


def test_confusion_counts_every_test_row() -> None:
    run = contents()
    drawn = confusion.matrix(run)
    assert drawn is not None
    assert sum(cell.count for cell in drawn.cells) == len(run.test)
    right = sum(cell.count for cell in drawn.cells if cell.right)
    assert right / len(run.test) == pytest.approx(float(run.measurements["accuracy"]))


def test_of_many_classes_the_most_confused_pairs_are_listed() -> None:
    run = Contents.read(run_files([f"c{i}" for i in range(30)]))
    pairs = confusion.most_confused(run)
    assert confusion.matrix(run) is None
    assert 0 < len(pairs) <= 20
    assert [pair.count for pair in pairs] == sorted((pair.count for pair in pairs), reverse=True)
    assert all(pair.truth != pair.taken for pair in pairs)


def test_reliability_has_a_row_for_each_bin_with_rows() -> None:
    drawn = result_charts.reliability(contents())
    assert drawn is not None
    assert drawn.diagonal
    assert {row[0] for row in drawn.figures.rows} == {"before", "after"}
    assert sum(int(row[3]) for row in drawn.figures.rows) == 2 * 90


# ---------------------------------------------------------------------------------------------- other tasks


def of_numbers(**changes: Any) -> Contents:
    return Contents.read(run_files(["height"], answers="number", **changes))


def test_predicted_and_true_numbers_share_their_axes() -> None:
    drawn = result_charts.predicted(of_numbers())
    assert drawn is not None
    assert drawn.diagonal
    assert (drawn.x.low, drawn.x.high) == (drawn.y.low, drawn.y.high)
    assert drawn.lines[0].scattered
    assert len(drawn.lines[0].points) == 90


def test_residuals_are_prediction_less_truth() -> None:
    run = of_numbers()
    drawn = result_charts.residuals(run)
    assert drawn is not None
    made = run.test
    errors = made.outputs[:, 0] - made.targets
    places = [(drawn.x(x), drawn.y(y)) for x, y in zip(made.outputs[:, 0], errors, strict=True)]
    np.testing.assert_allclose(sorted(drawn.lines[0].points), sorted(places))
    assert drawn.y.low < 0 < drawn.y.high


def test_of_very_many_numbers_some_are_drawn_and_fewer_are_listed() -> None:
    run = of_numbers(sizes={"train": 100, "validation": 50, "test": 3000})
    drawn = result_charts.predicted(run)
    assert drawn is not None
    assert 0 < len(drawn.lines[0].points) <= 500
    assert 0 < len(drawn.figures.rows) <= 40


def test_a_model_without_error_has_residuals_of_zero() -> None:
    run = of_numbers()
    made = {key: replace(p, outputs=p.targets[:, None]) for key, p in run.predictions.items()}
    drawn = result_charts.residuals(replace(run, predictions=made))
    assert drawn is not None
    assert drawn.y.low < drawn.y.high


def test_errors_are_drawn_in_their_own_unit_and_shares_in_percent() -> None:
    errors = result_charts.principals(of_numbers())
    shares = result_charts.principals(Contents.read(run_files(["red", "round"], answers="labels")))
    assert errors is not None
    assert shares is not None
    assert errors.label == "in the number's own unit"
    assert [whisker.label for whisker in errors.whiskers] == ["mlp", "mean", "pixel_linear"]
    assert shares.label == "%"
    assert shares.x.high <= 100


@pytest.mark.parametrize(
    ("answers", "metric", "shown"),
    [
        ("class", "accuracy", ["90.0%", "95.0%", "96.7%"]),
        ("labels", "share of labels decided rightly", ["90.0%", "95.0%", "96.7%"]),
        ("number", "mean absolute error", ["0.9", "0.95", "0.967"]),
    ],
)
def test_the_score_of_the_task_is_drawn_by_epoch(answers: Any, metric: str, shown: list[str]) -> None:
    drawn = training_charts.score(Contents.read(run_files(answers=answers)))
    assert drawn is not None
    assert metric in drawn.caption.title
    assert [row[1] for row in drawn.figures.rows] == shown
