"""Charts of a comparison: metrics and differences side by side, and the curves of all trainings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deepwright.messages import _
from deepwright.reporting import figures, labels
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, Point, WhiskerChart, line_chart, spaced
from deepwright.reporting.contents import Contents
from deepwright.reporting.recommendation_charts import BIAS, bias_of
from deepwright.reporting.recommendation_findings import PRINCIPAL
from deepwright.reporting.result_charts import axis_of, whisker_chart

if TYPE_CHECKING:
    from deepwright.reporting.comparison import Comparison

#: Lines that have a colour and a dash of their own; of more, each has a mixture.
_STYLES = 3
#: Points of a training loss, and rows of each run in the table behind a chart.
_DRAWN, _LISTED = 60, 40


def metrics(comparison: Comparison) -> list[WhiskerChart]:
    """Each metric that is compared, of all runs with their intervals."""
    charts = [_metric(comparison, name) for name in comparison.compared]
    return [chart for chart in charts if chart is not None]


def differences(comparison: Comparison) -> list[WhiskerChart]:
    """The differences in each metric that is compared."""
    charts = [_differences(comparison, name) for name in comparison.compared]
    return [replace(chart, zero=chart.x(0)) for chart in charts if chart is not None]


def bias(comparison: Comparison) -> LineChart | None:
    """How well each run recommends beside how much of it is what everybody takes; None where nothing is recommended."""
    return bias_of([(run, made.of(PRINCIPAL), made.of(BIAS)) for run, made in comparison.runs.items()])


def curves(comparison: Comparison) -> list[LineChart]:
    """Training loss, validation loss and validation score by epoch, one line for each run that learnt by gradient."""
    loss = _("squared deviations") if comparison.first.answers == "number" else _("nats")
    charts = [
        _curves(
            comparison, Caption("training-loss", _("Training loss"), _("Means of the logged steps.")), loss, _training
        ),
        _curves(
            comparison,
            Caption("validation-loss", _("Validation loss"), _("After each epoch.")),
            loss,
            lambda contents: _validation(contents, "loss"),
            marked=True,
        ),
        _score(comparison),
    ]
    return [chart for chart in charts if chart is not None]


def _metric(comparison: Comparison, name: str) -> WhiskerChart | None:
    records = zip(comparison.runs, comparison.of(name), strict=True)
    found = [(run, record) for run, record in records if record is not None]
    metric = labels.metric(name)
    caption = Caption(
        f"metric-{name}",
        _("On the test split: {metric}", metric=metric),
        _("{metric} of each run on its test split; a line spans the interval.", metric=metric),
    )
    return whisker_chart(caption, axis_of([record for _run, record in found]), found, next(iter(comparison.runs)))


def _differences(comparison: Comparison, name: str) -> WhiskerChart | None:
    records = comparison.about(name, comparison.differences)
    caption = Caption(
        f"difference-{name}",
        _("Difference: {metric}", metric=labels.metric(name)),
        _("Each run less the one it is compared with; a line spans the interval, an upright one stands at 0."),
    )
    found = [(str(record.model), record) for record in records]
    return whisker_chart(caption, axis_of(records, differences=True), found, None, differences=True)


def _score(comparison: Comparison) -> LineChart | None:
    """The task's score, which is not the loss."""
    named = (key for run in comparison.runs.values() for _epoch, found in run.validations() for key in found)
    name = next((key for key in named if key != "loss"), None)
    if name is None:
        return None
    shares = comparison.first.answers != "number"
    return _curves(
        comparison,
        Caption(
            "validation-score",
            _("On the validation split: {metric}", metric=labels.metric(name)),
            _("After each epoch."),
        ),
        "%" if shares else "",
        lambda contents: _validation(contents, name, 100 if shares else 1),
        marked=True,
        log=False,
    )


def _curves(
    comparison: Comparison,
    caption: Caption,
    unit: str,
    points_of: Callable[[Contents], list[Point]],
    *,
    marked: bool = False,
    log: bool | None = None,
) -> LineChart | None:
    series = {run: points_of(contents) for run, contents in comparison.runs.items()}
    series = {run: points for run, points in series.items() if points}
    return line_chart(caption, (_("epoch"), unit), _lines(series, marked), _table(series), log=log)


def _lines(series: Mapping[str, Sequence[Point]], marked: bool) -> list[Line]:
    most = len(series) - 1
    return [
        Line(run, points, place, marked) if most < _STYLES else Line(run, points, 0, marked, place / most)
        for place, (run, points) in enumerate(series.items())
    ]


def _table(series: Mapping[str, Sequence[Point]]) -> Figures:
    rows = [
        (run, figures.compact(epoch), figures.compact(value, 4) if math.isfinite(value) else figures.NONE)
        for run, points in series.items()
        for epoch, value in spaced(points, _LISTED)
    ]
    return Figures([_("run"), _("epoch"), _("value")], rows)


def _training(contents: Contents) -> list[Point]:
    """Means of a few logged steps at a time: single steps of several runs hide one another."""
    size = math.ceil(len(contents.history) / _DRAWN) or 1
    groups = [contents.history[start : start + size] for start in range(0, len(contents.history), size)]
    return [
        (contents.epoch_of(group[-1]["step"]), sum(_number(record["loss"]) for record in group) / len(group))
        for group in groups
    ]


def _validation(contents: Contents, name: str, factor: float = 1) -> list[Point]:
    return [(epoch, factor * _number(found.get(name))) for epoch, found in contents.validations()]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
