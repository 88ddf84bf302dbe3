"""Evaluate: measure a finished run again, on its own test split or on other data."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np

from deepwright import experiments
from deepwright.config.documents import read_document
from deepwright.config.settings import DataSettings, settings_from
from deepwright.contracts import IntArray
from deepwright.data.asked import as_asked
from deepwright.data.interactions.arranged import Histories
from deepwright.data.pictures.sizing import asked
from deepwright.data.reading import read_table, table_of
from deepwright.data.splits import groups_of
from deepwright.data.table import Table
from deepwright.errors import DataError
from deepwright.measurements import Measurements
from deepwright.messages import _, listing, plural
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.run_directory import CONFIG, RunDirectory
from deepwright.specs import ImageSpec, ItemsSpec
from deepwright.validation.evaluation import draw, measure
from deepwright.workflows.plan import Plan
from deepwright.workflows.resume import plan_again
from deepwright.workflows.train import baselines

_log = logging.getLogger(__name__)


def evaluate(directory: RunDirectory, data: Any = None, ready: Plan | None = None) -> Measurements:
    """Every metric again.

    Args:
        directory: of a finished run.
        data: a path, a data set or columns in memory, every row of which is measured that can be used; None takes
            the run's own test split, beside baselines fitted again. Where items are recommended, it is the last item
            of every user that has to be found.
        ready: the run's plan, where it is at hand; None reads the data again.

    Raises:
        RunError: the run was changed, or its data is not what it was trained on.
        UsageError: other data lacks the columns that were learnt, or holds other kinds of values in them.
    """
    directory.check()
    predictor = Predictor.from_files({name: directory.read(name) for name in (WEIGHTS, PREPROCESSING)})
    if data is None:
        ready = ready or plan_again(directory)
        return experiments.evaluate(predictor, ready.table, ready.splits, ready.settings, baselines(ready)).measurements
    settings = settings_from(read_document(directory.path / CONFIG))
    as_learnt = _as_learnt(as_asked(settings), predictor)
    named = isinstance(data, str) or hasattr(data, "__fspath__")
    table = read_table(str(data), as_learnt) if named else table_of(data, settings=as_learnt)
    _require_suitable(table, predictor)
    _say_what_is_left_out(table)
    name = predictor.member.name
    made = predictor.predictions(predictor.task.examples(table.take(_judged(table, predictor))))
    grouped = settings.data.split.group in table.columns
    predictions = {name: replace(made, groups=groups_of(table, settings.data.split)) if grouped else made}
    claims = {name: predictor.task.claims(predictor.temperature)}
    drawn = draw(claims, predictions, settings.validation, settings.seed)
    records = measure(claims, predictions, drawn, "other", settings.validation, settings.seed)
    return Measurements(records, name, "other")


def _judged(table: Table, predictor: Predictor) -> IntArray:
    """The rows that are measured: all of them; of what users took, the last of each, after what stands before it."""
    rows, learnt_from = np.arange(len(table)), table.columns[predictor.task.input_column].values
    if not isinstance(learnt_from, Histories) or not isinstance(predictor.task.outputs.spec, ItemsSpec):
        return rows
    return learnt_from.last_of_each(rows)


def _require_suitable(table: Table, predictor: Predictor) -> None:
    """Refuse data without the columns that were learnt, or with columns of another kind."""
    task = predictor.task
    if not any(task.roles(table, task.columns, asked) for asked in (False, True)):
        raise DataError(
            _(
                "{source} does not suit the task {task} with the columns {roles}; its columns are: {columns}.",
                source=table.source,
                task=predictor.task_name,
                roles=listing(task.columns.values()),
                columns=listing(f"{name} ({column.kind})" for name, column in table.columns.items()),
            )
        )


def _say_what_is_left_out(table: Table) -> None:
    """How much of the data is not measured, and why the first of it is not."""
    if table.rejected:
        first = table.rejected[0]
        _log.warning(
            plural(
                "{n} row or file cannot be used and is not measured: {name}. {reason}",
                "{n} rows or files cannot be used and are not measured, such as {name}. {reason}",
                len(table.rejected),
                name=first.name,
                reason=first.reason,
            )
        )


def _as_learnt(settings: DataSettings, predictor: Predictor) -> DataSettings:
    """Pictures of differing sizes are brought to the size that the network takes at once, not by way of another."""
    spec = predictor.task.inputs.spec
    size = asked((spec.height, spec.width)) if isinstance(spec, ImageSpec) else None
    return replace(settings, target_source=None, image_size=size or "auto", storage="auto")
