"""Experiments: fit and evaluate in memory, without a run directory.

``train`` is an experiment with a run directory and a report; comparisons, trials and an audit's reference models are
experiments alone.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import Member, Settings, TrainingSettings
from deepwright.contracts import (
    Augmentation,
    Batch,
    Examples,
    IntArray,
    OwnObjective,
    Passing,
    Predictions,
    Recipe,
    Smoothable,
    Task,
    Trainable,
    batches,
    least_padded,
    one_example,
)
from deepwright.data.augmentations._defaults import suitable
from deepwright.data.interactions.arranged import Histories
from deepwright.data.splits import Splits
from deepwright.data.table import Table
from deepwright.data.texts.choices import with_tokens
from deepwright.errors import ConfigError
from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _
from deepwright.predictor import Predictor
from deepwright.specs import ImageSpec
from deepwright.tensors import place
from deepwright.training.checkpoints import CheckpointStore
from deepwright.training.choosing import LONG_FLOP, choose
from deepwright.training.costs import costs as training_costs
from deepwright.training.embeddings import begin_with, known_vectors
from deepwright.training.history import History, num_steps
from deepwright.training.interrupts import Stop
from deepwright.training.loop import Loop, Losses
from deepwright.training.passes import Passes
from deepwright.training.progress import Observer, Silent
from deepwright.training.randomness import WEIGHTS, derive
from deepwright.training.runtime import (
    Runtime,
    count_flop,
    for_work,
    peak_memory_bytes,
    resolve,
    runtime,
    to_device,
)
from deepwright.training.watching import watched
from deepwright.validation.calibration import fit_temperature
from deepwright.validation.evaluation import measure_all
from deepwright.validation.while_training import written_score

#: The training settings that a recipe answers.
_AUTO = ("epochs", "batch_size", "learning_rate", "weight_decay")


@dataclass(frozen=True)
class Fit:
    """What fitting gives.

    Attributes:
        predictor: fitted and calibrated.
        history: of a model that learns by gradient; None of one that is solved.
        seconds: from the encoding of the data to the calibrated predictor, over all processes that had a part in it.
    """

    predictor: Predictor
    history: History | None
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """What evaluating gives.

    Attributes:
        measurements: every claim.
        predictions: what they were computed from, by model and split.
    """

    measurements: Measurements
    predictions: Mapping[tuple[str, str], Predictions]


def fitted_task(
    table: Table, splits: Splits, task_name: str, roles: Mapping[str, str], settings: Settings | None = None
) -> Task:
    """A task with its encoders fitted on the training split, which of pictures means to read all of them once.

    Args:
        table: all rows.
        splits: which of them train.
        task_name: registered name of the task.
        roles: column of each role.
        settings: how texts are read, where there are texts; None takes the encoder's defaults.
    """
    task_class, encoding = registry.load("tasks", task_name), {}
    if settings is not None and "text" in roles:
        data = with_tokens(settings, partial(task_class.reading, table, roles)).data
        encoding = {key: getattr(data, key) for key in task_class.reads}
    task: Task = task_class(roles, encoding)
    task.fit(table.take(splits.train))
    return task


def plan(
    table: Table,
    splits: Splits,
    task_name: str,
    roles: Mapping[str, str],
    settings: Settings,
    fitted: Task | None = None,
    timed: bool = True,
) -> Settings:
    """Replace every ``auto`` of the training by the model's recipe and by what the machine offers.

    A step with little work runs on one thread in float32: sharing and rounding it gain nothing. Of a long training,
    steps are timed with all cores and with half of them, and in each precision that the machine computes in.

    Args:
        table: all rows.
        splits: which of them train.
        task_name: registered name of the task.
        roles: column of each role.
        settings: with a model that is known.
        fitted: the task as ``fitted_task`` gives it; None fits it here.
        timed: whether steps of a long training are timed; otherwise what is usual is taken.

    Raises:
        DataError: what is to be learnt cannot be read, or the other splits hold what the training split does not.
    """
    train = table.take(splits.train)
    task = fitted or fitted_task(table, splits, task_name, roles, settings)
    for rows in (splits.validation, splits.test):
        task.check(table, rows)
    num_examples = task.num_examples(len(train))
    settings = with_recipe(settings, num_examples, task)
    training = settings.training
    predictor = Predictor.build(task_name, task, settings.model)
    if source := settings.model.settings.get("embedding"):
        known_vectors(predictor, source)  # said before anything is trained
    if isinstance(predictor.network.model, Trainable) and _undecided(training):
        flop = _step_flop(predictor, settings)
        training = for_work(training, flop)
        if timed and _undecided(training) and flop * num_steps(num_examples, training)[1] >= LONG_FLOP:
            training = _chosen(training, train, predictor)
    return replace(settings, training=resolve(training))


def with_recipe(settings: Settings, num_examples: int, task: Task) -> Settings:
    """Replace every ``auto`` that the model's recipe answers.

    Args:
        settings: with a model that is known.
        num_examples: of the training split.
        task: fitted.

    Raises:
        ConfigError: the data or the task does not allow a setting.
    """
    model, training = registry.load("models", settings.model.name), settings.training
    recipe = Recipe(1, 1, 1.0)
    if isinstance(model, Trainable):
        recipe = model.recipe(num_examples, task.inputs.spec, task.outputs.spec)
    changes: dict[str, Any] = {key: getattr(recipe, key) for key in _AUTO if getattr(training, key) == "auto"}
    if training.augmentations == "auto":
        changes["augmentations"] = _suitable(task, recipe.augmentation) if recipe.augmentation else ()
    if training.label_smoothing == "auto":
        changes["label_smoothing"] = recipe.label_smoothing if isinstance(task, Smoothable) else 0.0
    elif training.label_smoothing and not isinstance(task, Smoothable):
        raise ConfigError(
            _(
                "training.label_smoothing is {given}, but {task} learns neither one of several classes nor tokens; "
                "set it to 0.",
                given=training.label_smoothing,
                task=settings.task,
            )
        )
    if training.averaged_epochs == "auto":
        changes["averaged_epochs"] = recipe.averaged_epochs if training.patience is None else None
    if training.augmentations not in ("auto", ()) and not isinstance(task.inputs.spec, ImageSpec):
        raise ConfigError(_("training.augmentations change pictures, and this data has texts; leave it empty."))
    changes |= {key: _named(getattr(training, key), getattr(recipe, key)) for key in ("optimizer", "schedule")}
    return replace(settings, training=replace(training, **changes))


@torch.random.fork_rng(devices=[])
def fit(
    table: Table,
    splits: Splits,
    task_name: str,
    roles: Mapping[str, str],
    settings: Settings,
    *,
    fitted: Task | None = None,
    observer: Observer | None = None,
    store: CheckpointStore | None = None,
    stop: Stop | None = None,
) -> Fit:
    """Fit encoders and model on the training split, calibrate on the validation split.

    Args:
        table: all rows.
        splits: which of them train and validate.
        task_name: registered name of the task.
        roles: column of each role.
        settings: planned; see ``plan``.
        fitted: the task as ``fitted_task`` gives it; None fits it here.
        observer: is told how the training goes.
        store: keeps checkpoints, from which the training goes on.
        stop: a request to stop; the fit is then unfinished (``history.finished``; what is solved has no history).
    """
    started = time.perf_counter()
    train = table.take(splits.train)
    task = fitted or fitted_task(table, splits, task_name, roles, settings)
    torch.manual_seed(derive(settings.seed, WEIGHTS))
    predictor = Predictor.build(task_name, task, settings.model)
    if source := settings.model.settings.get("embedding"):
        begin_with(predictor, source)
    validation = task.examples(table.take(splits.validation))
    history = None
    with runtime(settings.training) as machine:
        model: Any = predictor.network.model
        if isinstance(model, Trainable):
            history = _train(
                predictor,
                task.examples(train, "learn"),
                validation,
                settings,
                machine,
                observer or Silent(),
                store,
                stop,
                started,
            )
        else:
            _solve(model, AfterTheFirstLayer(task.examples(train, "solve"), predictor.network.front), observer, stop)
        place(predictor.network, torch.device("cpu"))
        predictor.network.eval()
        if task.calibrated:
            predictor.temperature = fit_temperature(predictor.predictions(validation))
    earlier = history.earlier_fit_seconds if history else 0.0
    return Fit(predictor, history, earlier + time.perf_counter() - started)


def evaluate(
    predictor: Predictor,
    table: Table,
    splits: Splits,
    settings: Settings,
    baselines: Mapping[str, Predictor] | None = None,
    tried: Mapping[str, Predictor] | None = None,
) -> Evaluation:
    """Measure a predictor on the test split, beside its baselines and beside its own training split.

    Of models that were tried and not taken, only the validation split is read.

    Args:
        predictor: fitted.
        table: all rows.
        splits: the same as it was fitted with.
        settings: the same as it was fitted with.
        baselines: by name, fitted on the same split.
        tried: by name, fitted on the same split, among which the validation split chose.
    """
    name = predictor.member.name
    models = {name: predictor, **{other: p for other, p in (baselines or {}).items() if other != name}}
    chosen_among = {name: predictor, **{other: p for other, p in (tried or {}).items() if other != name}}
    with runtime(settings.training):
        test = {(model, "test"): predictions_of(p, table, splits.test, splits.groups) for model, p in models.items()}
        learnt = predictions_of(predictor, table, learnt_rows(table, splits, settings, predictor), splits.groups)
        chosen = {
            (model, "validation"): predictions_of(p, table, splits.validation, splits.groups)
            for model, p in chosen_among.items()
        }
    claims = {model: p.task.claims(p.temperature) for model, p in {**chosen_among, **models}.items()}
    predictions = {**test, (name, "train"): learnt, **chosen}
    records = measure_all(name, claims, predictions, settings.validation, settings.seed)
    return Evaluation(Measurements(records, name), predictions)


def costs(fitted: Fit, settings: Settings) -> list[Measurement]:
    """What the fit took: parameters, time, speed, memory, and how gradients flowed; each a single reading."""
    predictor = fitted.predictor
    return training_costs(
        predictor.member.name,
        predictor.num_parameters,
        fitted.seconds,
        peak_memory_bytes(),
        fitted.history,
        settings.training,
    )


def _train(
    predictor: Predictor,
    train: Any,
    validation: Any,
    settings: Settings,
    machine: Runtime,
    observer: Observer,
    store: CheckpointStore | None,
    stop: Stop | None,
    started: float,
) -> History:
    task, network = predictor.task, predictor.network
    place(network, machine.device)

    @torch.inference_mode()
    def validate() -> dict[str, float]:
        network.eval()
        losses, scores = 0.0, 0.0
        for encoded in batches(validation, task.outputs.spec, order=least_padded(validation)):
            batch = to_device(encoded, machine)
            with machine.autocast():
                outputs = network(*batch.inputs).float()
            losses += float(task.losses(outputs, batch).sum())
            scores += float(task.scores(outputs, batch).sum())
        score = written_score(predictor, validation) if predictor.translates else scores / len(validation)
        return {"loss": losses / len(validation), task.score: score}

    loop = Loop(
        network,
        losses_of(settings.training, task, network.model),
        train,
        settings.training,
        settings.seed,
        machine,
        validate=validate,
        observer=observer,
        watched=watched(settings.training, task),
        store=store,
        stop=stop,
        augmentations=augmentations_of(settings, task),
        fit_started=started,
    )
    try:
        return loop.run()
    finally:
        observer.close()


@torch.no_grad()
def _solve(model: Any, examples: Examples, observer: Observer | None, stop: Stop | None) -> None:
    if not isinstance(model, Passing):
        model.fit(examples)
        return
    stop = stop or Stop()
    passes = Passes(observer or Silent(), stop, len(examples))
    with stop.await_request():
        try:
            model.fit_in_passes(examples, passes)
        finally:
            passes.end()


def losses_of(training: TrainingSettings, task: Task, model: nn.Module) -> Losses:
    """What is learnt from: the task's losses, smoothed where the settings ask for it, or the model's own."""
    if isinstance(model, OwnObjective):
        return lambda outputs, _batch: outputs
    smoothing = training.label_smoothing
    if isinstance(smoothing, str) or not smoothing:
        return task.losses
    assert isinstance(task, Smoothable)
    return partial(task.smoothed_losses, smoothing=smoothing)


def augmentations_of(settings: Settings, task: Task) -> list[Augmentation]:
    """The augmentations of a planned training, in their order.

    Args:
        settings: planned.
        task: fitted.
    """
    members = settings.training.augmentations
    assert not isinstance(members, str)
    return [registry.load("augmentations", member.name)(task.inputs.spec, **member.settings) for member in members]


class AfterTheFirstLayer:
    """Examples as the model sees them: after the network's first layer."""

    def __init__(self, examples: Examples, front: nn.Module) -> None:
        self.examples, self.front = examples, front

    @property
    def targets(self) -> Tensor | None:
        """Of all rows."""
        return self.examples.targets

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, positions: Tensor) -> Batch:
        """The examples at some positions."""
        batch = self.examples.batch(positions)
        return replace(batch, inputs=(self.front(batch.inputs[0]), *batch.inputs[1:]))


def _step_flop(predictor: Predictor, settings: Settings) -> int:
    """Floating-point operations of one training step; a backward pass costs twice a forward one."""
    assert isinstance(settings.training.batch_size, int)
    return 3 * settings.training.batch_size * count_flop(predictor.network, one_example(predictor.task))


def _undecided(training: TrainingSettings) -> bool:
    return "auto" in (training.num_threads, training.precision)


def _chosen(training: TrainingSettings, train: Table, predictor: Predictor) -> TrainingSettings:
    """Threads and precision by timing steps of the training."""
    assert isinstance(training.batch_size, int)
    examples = predictor.task.examples(train.take(np.arange(min(len(train), training.batch_size))), "learn")
    batch = examples.batch(torch.arange(min(len(examples), training.batch_size)))
    return choose(training, predictor.network, losses_of(training, predictor.task, predictor.network.model), batch)


def _suitable(task: Task, strength: float) -> tuple[Member, ...]:
    """The augmentations that suit pictures of these classes; none for other inputs."""
    spec, outputs = task.inputs.spec, task.outputs.spec
    return suitable(spec, getattr(outputs, "names", ()), strength) if isinstance(spec, ImageSpec) else ()


def _named(member: Member, name: str) -> Member:
    return dataclasses.replace(member, name=name) if member.name == "auto" else member


def predictions_of(predictor: Predictor, table: Table, rows: IntArray, groups: IntArray | None = None) -> Predictions:
    """What a predictor makes of some rows of a table.

    Args:
        predictor: fitted.
        table: all rows.
        rows: those that are predicted.
        groups: of all rows of the table, where they were divided by groups; a task may know of other groups.
    """
    made = predictor.predictions(predictor.task.examples(table.take(rows)))
    known = rows[made.rows]
    if groups is not None:
        return replace(made, rows=known, groups=groups[known])
    return replace(made, rows=known, groups=None if made.groups is None else rows[made.groups])


def learnt_rows(table: Table, splits: Splits, settings: Settings, predictor: Predictor) -> IntArray:
    """The rows of the training split, [n], on which the network is measured again: a sample of many.

    Of passages of a text that follow one another, it is a stretch of as many as are tested; of what users took, of
    each the last that was learnt from.

    Args:
        table: all rows.
        splits: of the table's rows.
        settings: how many rows at most.
        predictor: of the network; where it writes texts, which takes its time, no more rows are measured than are
            tested.
    """
    rows, count = splits.train, settings.validation.training_rows
    if isinstance(learnt_from := table.columns[predictor.task.input_column].values, Histories):
        rows = rows[learnt_from.last_of_each(rows)]
    if predictor.translates:
        count = min(count, len(splits.test))
    rng = np.random.default_rng([settings.seed, 0x7A11])
    if splits.method == "contiguous":
        count = min(count, len(splits.test), len(rows))
        start = int(rng.integers(0, len(rows) - count + 1))
        return rows[start : start + count]
    return rows if len(rows) <= count else np.sort(rng.choice(rows, count, replace=False))
