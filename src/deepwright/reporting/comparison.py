"""Comparison: finished runs side by side, as tables and as one self-contained page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import deepwright
from deepwright.measurements import Measurement
from deepwright.messages import _, current_language, listing
from deepwright.reporting import comparison_charts, comparison_findings, figures, labels, tables
from deepwright.reporting.contents import Contents
from deepwright.reporting.report import page
from deepwright.validation.between_runs import UNPAIRED

#: Settings that say where a run is, not what it is.
_PLACES = ("name", "output")


@dataclass(frozen=True)
class Comparison:
    """Runs and what was measured between them.

    Attributes:
        runs: by name, the one that the others are compared with first.
        differences: of a run from another one, by metric.
        over_seeds: means of figures and differences over runs that differ in their seed.
    """

    runs: Mapping[str, Contents]
    differences: Sequence[Measurement]
    over_seeds: Sequence[Measurement] = ()

    @property
    def first(self) -> Contents:
        """The first run."""
        return next(iter(self.runs.values()))

    @property
    def principal(self) -> str:
        """The metric that judges the task before all others."""
        return self.first.principal

    @cached_property
    def metrics(self) -> list[str]:
        """What any of the runs was measured by on its whole test split."""
        return list(dict.fromkeys(name for contents in self.runs.values() for name in tables.metrics(contents)))

    @cached_property
    def compared(self) -> list[str]:
        """The metrics in which differences were measured, the principal one first; that one alone if there are none."""
        found = [record.name.partition("_over/")[0] for record in self.differences]
        return list(dict.fromkeys([self.principal, *found]))

    def of(self, metric: str) -> list[Measurement | None]:
        """A metric of each run on its test split."""
        return [contents.of(metric) for contents in self.runs.values()]

    def about(self, metric: str, records: Sequence[Measurement]) -> list[Measurement]:
        """Those of some differences that are differences in a metric."""
        return [record for record in records if record.name.startswith(f"{metric}_over/")]


@dataclass(frozen=True)
class Row:
    """A difference as text: in what, of which run, from which one, how much, and what that says."""

    metric: str
    run: str
    reference: str
    value: str
    interval: str
    meaning: str


def difference_rows(comparison: Comparison) -> list[Row]:
    """Every difference, metric by metric."""
    ordered = [r for metric in comparison.compared for r in comparison.about(metric, comparison.differences)]
    return [_row(record) for record in ordered if record.value is not None]


def settings_that_differ(comparison: Comparison) -> tuple[list[str], dict[str, list[str]]]:
    """Every setting that is not the same in all runs, with its value in each; a dash where it does not exist.

    Over several seeds, one run stands for each model.

    Returns:
        What the values are of, and the values by key.
    """
    runs, left_out = dict(comparison.runs), [*_PLACES]
    if comparison.over_seeds:
        runs = {contents.model: contents for contents in reversed(runs.values())}
        runs = {model: runs[model] for model in reversed(runs)}
        left_out.append("seed")
    flat = [_flat(_deciding(contents)) for contents in runs.values()]
    keys = [key for key in dict.fromkeys(key for values in flat for key in values) if key not in left_out]
    sections = list(dict.fromkeys(key.partition(".")[0] for key in keys))
    keys.sort(key=lambda key: sections.index(key.partition(".")[0]))
    rows = {key: [values.get(key, figures.NONE) for values in flat] for key in keys}
    return list(runs), {key: values for key, values in rows.items() if _differ(key, values)}


def costs(comparison: Comparison) -> tuple[list[str], dict[str, list[Measurement | None]]]:
    """What each run took: size, time, memory, and energy where it was estimated.

    Returns:
        The names of what was measured in any of them, and these measurements by run.
    """
    found = {
        run: {record.name: record for record in (*tables.costs(contents), *_energy(contents))}
        for run, contents in comparison.runs.items()
    }
    names = list(dict.fromkeys(name for records in found.values() for name in records))
    return names, {run: [records.get(name) for name in names] for run, records in found.items()}


def render(comparison: Comparison) -> bytes:
    """The page, in the language of the messages."""
    (taken, spent), (of, settings) = costs(comparison), settings_that_differ(comparison)
    values: dict[str, Any] = {
        "comparison": comparison,
        "views": comparison_charts,
        "version": deepwright.__version__,
        "language": current_language(),
        "title": _("Comparison of {runs}", runs=listing(comparison.runs)),
        "answer": comparison_findings.answer(comparison),
        "findings": comparison_findings.findings(comparison),
        "rows": difference_rows(comparison),
        "tested": [labels.metric(name) for name in comparison.metrics],
        "taken": [labels.metric(name) for name in taken],
        "costs": spent,
        "of": of,
        "settings": settings,
    }
    return page().get_template("comparison.html.jinja").render(values).encode()


def _energy(contents: Contents) -> list[Measurement]:
    return contents.measurements.where(model=contents.model, unit="joules")


def _row(record: Measurement) -> Row:
    value, low, high = figures.difference(record)
    meaning = [_("not shown to differ"), _("better"), _("worse")][tables.verdict(record)]
    return Row(
        labels.metric(record.name.partition("_over/")[0]),
        str(record.model),
        str(record.arguments["baseline"]),
        figures.amount(record, value),
        _("{low} to {high}", low=low, high=high) if record.interval else figures.NONE,
        _("{meaning}, on different rows", meaning=meaning) if record.measure == UNPAIRED else meaning,
    )


def _deciding(contents: Contents) -> dict[str, Any]:
    """The settings of a run, those of the training only where there was one."""
    return {key: value for key, value in contents.config.items() if contents.history or key != "training"}


def _differ(key: str, values: Sequence[str]) -> bool:
    """Whether a setting differs; a run without a training differs in none of its settings."""
    known = [value for value in values if value != figures.NONE] if key.startswith("training.") else values
    return len(set(known)) > 1


def _flat(section: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Nested settings by dotted key, as text."""
    flat: dict[str, str] = {}
    for key, value in section.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{path}{key}.")
        else:
            flat[f"{path}{key}"] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return flat
