"""Charts of the results: the principal metric beside the baselines, confidence against accuracy, and residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepwright.measurements import Measurement
from deepwright.messages import _
from deepwright.metrics._classes import decisions, log_probabilities
from deepwright.reporting import figures, labels
from deepwright.reporting.charts import (
    WIDTH,
    Caption,
    Figures,
    Line,
    LineChart,
    Whisker,
    WhiskerChart,
    line_chart,
    spaced,
)
from deepwright.reporting.contents import Contents
from deepwright.reporting.scales import Scale, padded

_ROW, _AXIS = 44.0, 46.0
#: Marks in a scatter, and rows in the table behind it.
_DRAWN, _LISTED = 500, 40


def principals(contents: Contents) -> WhiskerChart | None:
    """The principal metric of the model and its baselines with their intervals."""
    name = contents.principal
    found = [record for model in contents.models if (record := contents.of(name, model)) is not None]
    metric = labels.metric(name)
    return whisker_chart(
        Caption(
            "principal",
            _("Result on the test split: {metric}", metric=metric),
            _("{metric} of the model and of each baseline; a line spans the interval.", metric=metric),
        ),
        axis_of(found),
        [(str(record.model), record) for record in found],
        contents.model,
    )


def gains(contents: Contents) -> WhiskerChart | None:
    """The principal metric's difference from each baseline with paired intervals."""
    name = contents.principal
    found = [
        (str(record.arguments["baseline"]), record)
        for record in contents.measurements.where(split="test")
        if record.name.startswith(f"{name}_over/")
    ]
    metric = labels.metric(name)
    chart = whisker_chart(
        Caption(
            "gains",
            _("Difference from each baseline: {metric}", metric=metric),
            _("Difference on the same rows; a line spans the paired interval, an upright one stands at 0."),
        ),
        axis_of([record for _baseline, record in found], differences=True),
        found,
        None,
        differences=True,
    )
    return chart and replace(chart, zero=chart.x(0))


def predicted(contents: Contents) -> LineChart | None:
    """Each predicted number against the true one; on the diagonal they are equal."""
    points = _sampled(contents)
    ends = padded([value for point in points for value in point])
    chart = line_chart(
        Caption(
            "predicted",
            _("Predicted and true numbers"),
            _("A mark for each test row; on the dashed line prediction and truth are equal."),
        ),
        (_("true"), _("predicted")),
        [Line(_("test rows"), points, scattered=True)],
        Figures([_("true"), _("predicted")], [_two(*point) for point in spaced(points, _LISTED)]),
        log=False,
        x_ends=ends,
        y_ends=ends,
        height=380,
    )
    return chart and replace(chart, diagonal=True)


def residuals(contents: Contents) -> LineChart | None:
    """Prediction less truth against the prediction: a pattern here is something that was not learnt."""
    points = [(value, value - truth) for truth, value in _sampled(contents)]
    return line_chart(
        Caption(
            "residuals",
            _("Residuals"),
            _("Prediction less truth for each test row; marks that lie evenly about 0 leave nothing to be learnt."),
        ),
        (_("predicted"), _("prediction less truth")),
        [Line(_("test rows"), points, scattered=True)],
        Figures([_("predicted"), _("prediction less truth")], [_two(*point) for point in spaced(points, _LISTED)]),
        log=False,
        x_ends=padded([x for x, _y in points]),
        y_ends=padded([y for _x, y in points] + [0.0]),
    )


def reliability(contents: Contents) -> LineChart | None:
    """Accuracy in each bin of confidence before and after calibration; the diagonal is perfect."""
    record = contents.of("calibration_error")
    num_bins = 15 if record is None else int(record.arguments.get("num_bins", 15))
    before, after = _bins(contents, 1.0, num_bins), _bins(contents, contents.temperature, num_bins)
    lines = [_reliability_line(_("before"), before, 1), _reliability_line(_("after"), after, 0)]
    chart = line_chart(
        Caption(
            "reliability",
            _("Confidence and accuracy"),
            _("Accuracy in bins of confidence, before and after calibration; a larger mark stands for more rows."),
        ),
        (_("confidence"), _("share of right rows")),
        lines,
        Figures(
            [_("calibration"), _("confidence"), _("share of right rows"), _("rows")],
            [(line.label, *row) for line, bins in zip(lines, (before, after), strict=True) for row in _bin_rows(bins)],
        ),
        log=False,
        x_ends=(0.0, 1.0),
        y_ends=(0.0, 1.0),
        height=380,
    )
    return chart and replace(chart, diagonal=True)


def whisker_chart(
    caption: Caption,
    label: str,
    records: Sequence[tuple[str, Measurement]],
    strong: str | None,
    differences: bool = False,
) -> WhiskerChart | None:
    """Lay out measurements of one metric, one below the other; None where there is nothing to show.

    Args:
        caption: what is shown.
        label: of the axis.
        records: by what they are of.
        strong: the one that the others are compared with, if any.
        differences: whether they are differences, so that 0 has a place.
    """
    known = [(label, record) for label, record in records if record.value is not None]
    if not known:
        return None
    places = [(float(record), *(record.interval or (float(record), float(record)))) for _label, record in known]
    unit = _factor(known[0][1])
    low, high = padded([unit * end for ends in places for end in ends] + [0.0] * differences)
    highest = 100.0 if known[0][1].unit in ("share", "points") and not differences else high
    x = Scale(low, min(high, highest), 10, WIDTH - 10)
    shown = [_cells(record, differences) for _label, record in known]
    whiskers = [
        Whisker(
            name, _joined(*cells), 30 + _ROW * row, x(unit * value), x(unit * least), x(unit * most), name == strong
        )
        for row, ((name, _record), (value, least, most), cells) in enumerate(zip(known, places, shown, strict=True))
    ]
    rows = [(name, *cells) for (name, _record), cells in zip(known, shown, strict=True)]
    table = Figures([_("model"), _("value"), _("interval")], rows)
    return WhiskerChart(caption, label, x, whiskers, table, _ROW * len(known) + _AXIS)


def _factor(record: Measurement) -> float:
    """Shares are drawn as percentages."""
    return 100.0 if figures.is_percentage(record.unit) else 1.0


def axis_of(records: Sequence[Measurement], differences: bool = False) -> str:
    """The unit in which measurements of one metric are drawn."""
    unit = records[0].unit if records else ""
    if figures.is_percentage(unit):
        return _("percentage points") if differences else "%"
    return labels.unit(unit)


def _sampled(contents: Contents) -> list[tuple[float, float]]:
    """True and predicted numbers of the test rows, evenly thinned out where there are very many."""
    made = contents.test
    pairs = sorted(zip(made.targets.tolist(), made.outputs[:, 0].tolist(), strict=True))
    return spaced(pairs, _DRAWN)


def _two(first: float, second: float) -> tuple[str, str]:
    return figures.compact(first, 4), figures.compact(second, 4)


def _cells(record: Measurement, differences: bool) -> tuple[str, str]:
    """Value and interval as text."""
    if differences:
        value, low, high = figures.difference(record)
    else:
        value, (low, high) = figures.figure(record), figures.bounds(record) or (figures.NONE, figures.NONE)
    return value, _("{low} to {high}", low=low, high=high) if record.interval else figures.NONE


def _joined(value: str, interval: str) -> str:
    return value if interval == figures.NONE else _("{value} ({interval})", value=value, interval=interval)


def _bins(contents: Contents, temperature: float, num_bins: int) -> list[tuple[float, float, int]]:
    """Confidence, accuracy and rows of each bin that has rows."""
    confidence = np.exp(log_probabilities(contents.test, temperature).max(1))
    right = decisions(contents.test) == contents.test.targets
    place = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    return [
        (float(confidence[place == b].mean()), float(right[place == b].mean()), int((place == b).sum()))
        for b in range(num_bins)
        if (place == b).any()
    ]


def _reliability_line(label: str, bins: Sequence[tuple[float, float, int]], style: int) -> Line:
    total = sum(count for _confidence, _right, count in bins)
    sizes = [2 + 7 * math.sqrt(count / total) for _confidence, _right, count in bins]
    return Line(label, [(confidence, right) for confidence, right, _count in bins], style, marked=True, sizes=sizes)


def _bin_rows(bins: Sequence[tuple[float, float, int]]) -> list[tuple[str, str, str]]:
    return [(figures.percent(confidence), figures.percent(right), f"{count:,}") for confidence, right, count in bins]
