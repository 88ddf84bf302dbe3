"""Charts of the results: accuracy beside the baselines, and confidence against accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepwright.contracts import Measurement
from deepwright.messages import _
from deepwright.metrics._classes import decisions, log_probabilities
from deepwright.reporting import figures
from deepwright.reporting.charts import (
    WIDTH,
    Caption,
    Figures,
    Line,
    LineChart,
    Whisker,
    WhiskerChart,
    line_chart,
)
from deepwright.reporting.contents import Contents
from deepwright.reporting.scales import Scale, padded

_ROW, _AXIS = 44.0, 46.0


def accuracies(contents: Contents) -> WhiskerChart | None:
    """Accuracy of the model and its baselines with their intervals."""
    found = [record for model in contents.models if (record := contents.of("accuracy", model)) is not None]
    return _whiskers(
        Caption(
            "accuracy",
            _("Accuracy on the test split"),
            _("Accuracy of the model and of each baseline; a line spans the interval."),
        ),
        _("right test rows, %"),
        [(str(record.model), record) for record in found],
        contents.model,
    )


def gains(contents: Contents) -> WhiskerChart | None:
    """Accuracy gained over each baseline with paired intervals."""
    found = [
        (str(r.arguments["baseline"]), r) for r in contents.measurements.records if r.name.startswith("accuracy_over/")
    ]
    chart = _whiskers(
        Caption(
            "gains",
            _("Accuracy gained over each baseline"),
            _("Difference in accuracy on the same rows; a line spans the paired interval, an upright one stands at 0."),
        ),
        _("difference in accuracy, percentage points"),
        found,
        None,
        differences=True,
    )
    return chart and replace(chart, zero=chart.x(0))


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


def _whiskers(
    caption: Caption,
    label: str,
    records: Sequence[tuple[str, Measurement]],
    strong: str | None,
    differences: bool = False,
) -> WhiskerChart | None:
    known = [(label, record) for label, record in records if record.value is not None]
    if not known:
        return None
    places = [(float(record), *(record.interval or (float(record), float(record)))) for _label, record in known]
    low, high = padded([100 * end for ends in places for end in ends] + [0.0] * differences)
    x = Scale(low, high if differences else min(high, 100.0), 10, WIDTH - 10)
    shown = [_cells(record, differences) for _label, record in known]
    whiskers = [
        Whisker(name, _joined(*cells), 30 + _ROW * row, x(100 * value), x(100 * least), x(100 * most), name == strong)
        for row, ((name, _record), (value, least, most), cells) in enumerate(zip(known, places, shown, strict=True))
    ]
    rows = [(name, *cells) for (name, _record), cells in zip(known, shown, strict=True)]
    table = Figures([_("model"), _("value"), _("interval")], rows)
    return WhiskerChart(caption, label, x, whiskers, table, _ROW * len(known) + _AXIS)


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
