"""Train: an experiment, a run directory and a report."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import deepwright
from deepwright import experiments, registry
from deepwright.config import yaml_core
from deepwright.config.documents import Document
from deepwright.config.settings import Member
from deepwright.contracts import input_role
from deepwright.data.interactions.known import write_histories
from deepwright.data.texts.choices import as_baseline
from deepwright.energy.meter import Meter
from deepwright.errors import InterruptedRun
from deepwright.experiments import Fit
from deepwright.measurements import Measurements
from deepwright.messages import _
from deepwright.own_code.admission import Model, named
from deepwright.paths import place
from deepwright.predictor import Predictor
from deepwright.reporting.data_findings import grave
from deepwright.reporting.data_section import DATA
from deepwright.reporting.report import render
from deepwright.run_directory import CONFIG, RunDirectory, sha256
from deepwright.training.interrupts import Stop, stop_on_signals
from deepwright.training.progress import Observer, Shown, Silent
from deepwright.validation.recommended import about_recommended
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS, write_measurements, write_predictions
from deepwright.validation.written import about_written
from deepwright.workflows.alignments import alignments
from deepwright.workflows.augmented import augmented
from deepwright.workflows.choice import choose
from deepwright.workflows.continuations import continuations
from deepwright.workflows.describe import describe
from deepwright.workflows.energy import energy
from deepwright.workflows.feature_maps import feature_maps
from deepwright.workflows.inspect import Inspected, describe_data, doubted_labels, inspect_data, mistaken
from deepwright.workflows.plan import Plan, plan
from deepwright.workflows.recommended_users import recommended_users
from deepwright.workflows.run import Run
from deepwright.workflows.through_time import gradients_through_time
from deepwright.workflows.word_map import measured_vectors, word_map

CHECKPOINT = "checkpoints/{name}.safetensors"
_log = logging.getLogger(__name__)


def train(
    data: Any,
    *,
    model: Model | None = None,
    task: str | None = None,
    target: str | None = None,
    seed: int | None = None,
    name: str | None = None,
    output: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> Run:
    """Train, validate and report; the run is written under ``output``.

    Args:
        data: a path, the name of a data set, a data frame, a mapping of arrays by column, or a pair (pictures, labels).
        model: a registered model, or a network of your own: ``"my_net.py:Net"``, a class, or a module, which is copied;
            the task's default for the data if None.
        task: a registered task; the one that fits the data if None.
        target: the column to be learnt; the one that is called so, or the only one, if None.
        seed: all randomness comes from it.
        name: of the run's directory.
        output: folder that holds the runs.
        settings: other settings by dotted key, such as ``{"training.epochs": 3}``.
        progress: show how the training goes.

    Returns:
        The finished run.

    Raises:
        UsageError: a setting, a name or the data has to change.
        DivergedError: the loss became infinite or not a number.
        InterruptedRun: a stop was requested; the run can be resumed.
    """
    document = Document()
    source = str(data) if isinstance(data, str | Path) else None
    short = {
        "data.source": source,
        "model": None if model is None else named(model),
        "task": task,
        "data.columns.label": target,
        "seed": seed,
        "name": name,
        "output": None if output is None else str(output),
    }
    for key, value in {**short, **(settings or {})}.items():
        if value is not None:
            document.set(key, value, _("The argument {key}", key=key))
    return start(plan(document, None if source is not None else data), Shown() if progress else Silent())


def start(ready: Plan, observer: Observer) -> Run:
    """Make a run directory for a plan and train."""
    settings = ready.settings
    stem = f"{Path(ready.table.source).name}-{ready.model.rpartition(':')[2]}-#"
    directory = RunDirectory.create(
        place(settings.output, "output"), stem if settings.name == "auto" else settings.name
    )
    with directory.writing():
        directory.write(DATA, _json(describe_data(ready.table, ready.splits, ready.roles, settings.data, ready.task)))
        directory.write(CONFIG, yaml_core.dump(ready.config()).encode())
        directory.point_latest()
        return execute(directory, ready, observer)


def execute(directory: RunDirectory, ready: Plan, observer: Observer) -> Run:
    """Train to the end from wherever the run is, and write it; the caller holds the run's lock.

    Raises:
        InterruptedRun: a stop was requested; the run can be resumed.
    """
    try:
        return _execute(directory, ready, observer)
    except KeyboardInterrupt:
        raise InterruptedRun(_("Stopped. Go on with: deepwright resume {path}", path=directory.path)) from None


def _execute(directory: RunDirectory, ready: Plan, observer: Observer) -> Run:
    inspected = _inspected(ready)
    for sentence in grave(Measurements(inspected.measurements, ready.model)):
        _log.warning(sentence)
    with stop_on_signals() as stop, Meter(ready.settings.training.device) as meter:
        choice = choose(ready, partial(_fit, directory, observer, stop))
    inspected = inspected if choice.ready.settings.data == ready.settings.data else _inspected(choice.ready)
    ready, fitted, settings = choice.ready, choice.fitted, choice.ready.settings
    _log.info(_("Measuring on the test split, beside the baselines …"))
    evaluation = experiments.evaluate(
        fitted.predictor, ready.table, ready.splits, settings, baselines(ready, choice.tried), choice.tried
    )
    predictions = write_predictions(evaluation.predictions)
    hashes = {PREDICTIONS: sha256(predictions)}
    name = fitted.predictor.member.name
    doubts, doubted = doubted_labels(
        ready.table, ready.roles, name, evaluation.predictions, fitted.predictor.temperature
    )
    tested = evaluation.predictions[name, "test"]
    written = about_written(fitted.predictor, tested, settings.validation, settings.seed)
    groups = about_recommended(fitted.predictor, tested, settings.validation, settings.seed)
    found = [*evaluation.measurements.records, *doubted, *written, *groups]
    records = [replace(record, inputs=hashes) if record.recomputable else record for record in found]
    assert meter.reading is not None
    records += [*experiments.costs(fitted, settings), *energy(ready, fitted, meter.reading)]
    predictor_files, histories = fitted.predictor.files(), write_histories(ready.table)
    records += measured_vectors(
        fitted.predictor, settings, {file: sha256(found) for file, found in predictor_files.items()}
    )
    measurements = Measurements([*records, *inspected.measurements], name)
    files = {
        CONFIG: yaml_core.dump(ready.config()).encode(),
        **inspected.files(),
        **doubts,
        **mistaken(ready.table, ready.roles, evaluation.predictions[name, "test"], fitted.predictor.temperature),
        **augmented(ready, fitted.predictor),
        **feature_maps(ready, fitted.predictor, evaluation.predictions[name, "validation"]),
        **continuations(ready, fitted.predictor),
        **alignments(ready.table, fitted.predictor, tested),
        **gradients_through_time(ready, fitted.predictor),
        **word_map(fitted.predictor),
        **histories,
        **recommended_users(fitted.predictor, tested, histories),
        **predictor_files,
        "architecture.json": _json(describe(fitted.predictor)),
        "history.jsonl": b"".join(_line(record) for record in (fitted.history.records if fitted.history else ())),
        PREDICTIONS: predictions,
        MEASUREMENTS: write_measurements(measurements),
    }
    directory.commit({**files, **render(files)}, {"deepwright": deepwright.__version__})
    for model in choice.tried:
        directory.discard(_Checkpoints(directory, model).file)
    return Run(directory, ready)


def _inspected(ready: Plan) -> Inspected:
    return inspect_data(ready.table, ready.splits, ready.roles, ready.settings.data, ready.task)


def _fit(directory: RunDirectory, observer: Observer, stop: Stop, ready: Plan) -> Fit:
    """Fit one plan, from its last checkpoint on.

    Raises:
        InterruptedRun: a stop was requested.
    """
    fitted = experiments.fit(
        ready.table,
        ready.splits,
        ready.task,
        ready.roles,
        ready.settings,
        fitted=ready.fitted,
        observer=observer,
        store=_Checkpoints(directory, ready.model),
        stop=stop,
    )
    if fitted.history is not None and not fitted.history.finished:
        raise InterruptedRun(
            _(
                "Stopped after step {step}; nothing is lost. Go on with: deepwright resume {path}",
                step=fitted.history.steps,
                path=directory.path,
            )
        )
    if fitted.history is None and stop.requested:
        raise InterruptedRun(
            _(
                "Stopped. {model} is learnt in one piece; begin it again with: deepwright resume {path}",
                model=ready.model,
                path=directory.path,
            )
        )
    return fitted


def baselines(ready: Plan, known: Mapping[str, Predictor] | None = None) -> dict[str, Any]:
    """The task's baselines for this data, fitted on the same split.

    Args:
        ready: plan of the model beside which they stand.
        known: those that have been fitted already, by name.
    """
    fitted = {}
    for name in ready.fitted.baselines[input_role(ready.roles)]:
        if known and name in known:
            fitted[name] = known[name]
        elif name != ready.settings.model.name:
            member = registry.configure("models", Member(name), Document(), ("model",))
            reading = partial(ready.fitted.reading, ready.table, ready.roles)
            settings = as_baseline(ready.settings, member, reading)
            task = ready.fitted if settings.data == ready.settings.data else None
            fit = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, settings, fitted=task)
            fitted[name] = fit.predictor
    return fitted


class _Checkpoints:
    """Of one model, in the run's directory."""

    def __init__(self, directory: RunDirectory, model: str) -> None:
        self.directory, self.file = directory, CHECKPOINT.format(name=model.rpartition(":")[2])

    @property
    def name(self) -> str:
        return str(self.directory.path / self.file)

    def save(self, data: bytes) -> None:
        self.directory.write(self.file, data)

    def load(self) -> bytes | None:
        return self.directory.draft(self.file)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"
