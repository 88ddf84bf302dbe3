from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from deepwright import experiments, registry
from deepwright.config.documents import Document
from deepwright.config.fields import fields_of
from deepwright.config.settings import Member, Settings, TrainingSettings, settings_from
from deepwright.contracts import Recipe, Solvable, Task, Trainable
from deepwright.data.datasets.digits import digits
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Column, Table
from deepwright.experiments import Fit, costs, evaluate, fit, with_recipe
from deepwright.measurements import Measurement
from deepwright.predictor import Predictor, fitting
from deepwright.training.interrupts import Stop
from deepwright.training.progress import Moment, Silent
from deepwright.training.runtime import num_cores, resolve
from deepwright.validation import calibration

ROLES = {"image": "image", "label": "label"}
DIGITS = digits().take(np.arange(300))
#: Those that take pictures, yield classes and need no setting.
MODELS = [
    name
    for name in fitting(registry.load("tasks", "classification")(ROLES))
    if not any(field.required for field in fields_of(registry.load("models", name)).values())
]
#: Two small epochs on one thread; bfloat16 has its own tests.
QUICK = {
    "model": "convnet",
    "training.epochs": 2,
    "training.batch_size": 32,
    "training.device": "cpu",
    "training.precision": "float32",
    "training.num_threads": 1,
    "training.keep_memory": False,
    "validation.resamples": 100,
}


def settings_with(**changes: Any) -> Settings:
    document = Document()
    for key, value in {**QUICK, **{key.replace("__", "."): value for key, value in changes.items()}}.items():
        document.set(key, value, "the test")
    return settings_from(document)


def task_of(table: Table = DIGITS, name: str = "classification") -> Task:
    """The task, fitted to all rows of a table."""
    task: Task = registry.load("tasks", name)(ROLES)
    task.fit(table)
    return task


def plan(settings: Settings, num_examples: int) -> Settings:
    """Settings with nothing left open; threads and precision are given above."""
    settings = with_recipe(settings, num_examples, task_of())
    return dataclasses.replace(settings, training=resolve(settings.training))


def splits_of(table: Table = DIGITS) -> Splits:
    return split_rows(table, settings_with().data.split, table.columns["label"].values, 0)


def fitted(table: Table = DIGITS, splits: Splits | None = None, **changes: Any) -> Fit:
    splits = splits or splits_of(table)
    return fit(table, splits, "classification", ROLES, plan(settings_with(**changes), len(splits.train)))


def changed(table: Table, rows: Any, images: Any = None, labels: Any = None) -> Table:
    """The same table with other values in some rows."""
    columns = {name: column.values.copy() for name, column in table.columns.items()}
    if images is not None:
        columns["image"][rows] = images
    if labels is not None:
        columns["label"] = columns["label"].astype(object)
        columns["label"][rows] = labels
        columns["label"] = columns["label"].astype(str)
    return Table({name: Column(table.columns[name].kind, values) for name, values in columns.items()}, table.source)


def same_files(first: Predictor, second: Predictor) -> bool:
    """Whether weights, encoders and calibration are bit-identical."""
    return first.files() == second.files()


def same_weights(first: Predictor, second: Predictor) -> bool:
    one, other = first.network.state_dict(), second.network.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# ---------------------------------------------------------------------------------------------------- seed


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_bits(model: str) -> None:
    first, second = fitted(model=model), fitted(model=model)
    assert same_files(first.predictor, second.predictor)
    assert (first.history is None) == (second.history is None)
    if first.history is not None and second.history is not None:
        assert first.history.records == second.history.records


def test_bfloat16_and_dropout_give_the_same_bits_again() -> None:
    changes: dict[str, Any] = {"training__precision": "bfloat16", "model__dropout": 0.5}
    assert same_files(fitted(**changes).predictor, fitted(**changes).predictor)


def test_another_seed_gives_other_weights() -> None:
    first, second = fitted(seed=0).predictor, fitted(seed=1).predictor
    for (name, one), other in zip(
        first.network.model.named_parameters(), second.network.model.parameters(), strict=True
    ):
        assert not torch.equal(one, other), name


def test_generators_that_others_use_decide_nothing() -> None:
    """Nor does what was fitted before."""
    first = fitted().predictor
    torch.manual_seed(99)
    np.random.seed(99)
    random.seed(99)
    fitted(model="mlp", seed=5)
    assert same_files(fitted().predictor, first)


# ------------------------------------------------------------------------------------------- what is seen


@pytest.mark.parametrize("model", MODELS)
def test_nothing_that_is_fitted_sees_the_test_split(model: str) -> None:
    splits = splits_of()
    first = fitted(splits=splits, model=model)
    wild = changed(
        DIGITS, splits.test, images=255 - DIGITS.columns["image"].values[splits.test] // 3, labels="unheard of"
    )
    second = fitted(wild, splits, model=model)
    assert same_files(first.predictor, second.predictor)


@pytest.mark.parametrize("model", MODELS)
def test_weights_and_encoders_see_nothing_of_the_validation_split(model: str) -> None:
    """It chooses nothing here but the temperature."""
    splits = splits_of()
    first = fitted(splits=splits, model=model).predictor
    wild = changed(
        DIGITS, splits.validation, images=255, labels=np.roll(DIGITS.columns["label"].values[splits.validation], 1)
    )
    second = fitted(wild, splits, model=model).predictor
    assert same_weights(first, second)
    assert first.task.inputs.state() == second.task.inputs.state()
    assert first.task.outputs.state() == second.task.outputs.state()
    assert first.temperature != second.temperature


def test_what_is_fitted_does_see_the_training_split() -> None:
    """Else the tests above would show nothing."""
    splits = splits_of()
    first = fitted(splits=splits).predictor
    second = fitted(changed(DIGITS, splits.train[:1], images=255), splits).predictor
    assert not same_weights(first, second)
    assert first.task.inputs.state() != second.task.inputs.state()


def test_the_temperature_is_that_of_the_validation_split_alone() -> None:
    splits = splits_of()
    predictor = fitted(splits=splits).predictor
    validation = predictor.predictions(predictor.task.examples(DIGITS.take(splits.validation)))
    assert predictor.temperature == calibration.fit_temperature(validation)
    train = predictor.predictions(predictor.task.examples(DIGITS.take(splits.train)))
    assert predictor.temperature != pytest.approx(calibration.fit_temperature(train), rel=1e-3)


def test_normalisation_is_that_of_the_training_split() -> None:
    splits = splits_of()
    state = fitted(splits=splits).predictor.task.inputs.state()
    pixels = DIGITS.columns["image"].values[splits.train] / 255
    assert state["mean"] == pytest.approx([pixels.mean()])
    assert state["deviation"] == pytest.approx([pixels.std()])


def test_rows_of_a_table_may_stand_in_any_order_for_closed_forms() -> None:
    order = np.random.default_rng(0).permutation(len(DIGITS))
    place = np.argsort(order)
    splits = splits_of()
    moved = Splits(splits.method, *(np.sort(place[splits[name]]) for name in ("train", "validation", "test")))
    first, second = fitted(splits=splits, model="majority"), fitted(DIGITS.take(order), moved, model="majority")
    assert same_weights(first.predictor, second.predictor)


# --------------------------------------------------------------------------------------------- two kinds


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_trained_or_solved(model: str) -> None:
    result = fitted(model=model)
    network = result.predictor.network
    assert isinstance(network.model, Trainable | Solvable)
    assert (result.history is not None) == isinstance(network.model, Trainable)
    assert not network.training
    assert result.seconds > 0
    if result.history is not None:
        assert (result.history.epochs, result.history.finished) == (2, True)


def test_a_solved_model_has_no_use_for_training_settings() -> None:
    first = fitted(model="pixel_linear")
    second = fitted(model="pixel_linear", training__epochs=7, training__batch_size=3, seed=4)
    assert same_weights(first.predictor, second.predictor)


def test_solved_models_are_what_their_formulas_say() -> None:
    """Half of the rows are of class 0; three rows of each other class train."""
    labels = np.array(["0"] * 150 + [str(1 + i % 9) for i in range(150)])
    table = changed(DIGITS, slice(None), labels=labels)
    splits = splits_of(table)
    answers = fitted(table, splits, model="majority").predictor.predict(DIGITS.columns["image"].values[:2])
    assert [answer["label"] for answer in answers] == ["0", "0"]


def test_a_model_that_learns_gets_better() -> None:
    splits = splits_of()
    result = fitted(splits=splits, training__epochs=8)
    assert result.history is not None
    losses = [record["validation"]["loss"] for record in result.history.records if "validation" in record]
    assert losses[-1] < losses[0] / 2
    evaluation = evaluate(
        result.predictor, DIGITS, splits, settings_with(), {"majority": fitted(model="majority").predictor}
    )
    assert float(evaluation.measurements["accuracy_over/majority"]) > 0.5


# ---------------------------------------------------------------------------------------------- planning


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("num_examples", [50, 20_000])
def test_a_plan_leaves_nothing_open(model: str, num_examples: int) -> None:
    settings = settings_with(model=model, training__epochs="auto", training__batch_size="auto")
    training = plan(settings, num_examples).training
    assert "auto" not in [*dataclasses.asdict(training).values(), training.optimizer.name, training.schedule.name]


def test_a_plan_is_the_model_s_recipe() -> None:
    recipe = registry.load("models", "convnet").recipe(1257, task_of().inputs.spec, task_of().outputs.spec)
    training = plan(settings_with(training__epochs="auto", training__batch_size="auto"), 1257).training
    for name in ("epochs", "batch_size", "learning_rate", "weight_decay"):
        assert getattr(training, name) == getattr(recipe, name)
    assert (training.optimizer.name, training.schedule.name) == (recipe.optimizer, recipe.schedule)


@pytest.mark.parametrize(("batch_size", "threads", "precision"), [(32, 1, "float32"), (4096, num_cores(), None)])
def test_threads_and_precision_follow_the_work_of_a_step(batch_size: int, threads: int, precision: str | None) -> None:
    free = {"training__num_threads": "auto", "training__precision": "auto"}
    settings = settings_with(**free, training__batch_size=batch_size)
    training = experiments.plan(DIGITS, splits_of(), "classification", ROLES, settings).training
    expected = precision or resolve(TrainingSettings(device="cpu")).precision
    assert (training.num_threads, training.precision) == (threads, expected)


def test_given_threads_and_precision_stay_whatever_the_work() -> None:
    settings = settings_with(training__num_threads=2, training__precision="bfloat16")
    training = experiments.plan(DIGITS, splits_of(), "classification", ROLES, settings).training
    assert (training.num_threads, training.precision) == (2, "bfloat16")


GIVEN: Mapping[str, Any] = {
    "epochs": 3,
    "batch_size": 7,
    "learning_rate": 0.125,
    "weight_decay": 0.5,
    "max_grad_norm": None,
    "accumulation": 2,
    "max_steps": 1000,
    "label_smoothing": 0.25,
    "patience": 4,
    "watched": "score",
    "averaged_epochs": None,
    "device": "cpu",
    "precision": "bfloat16",
    "num_threads": 1,
    "keep_memory": False,
    "checkpoint_seconds": 1.0,
}


def test_every_given_setting_goes_before_the_recipe() -> None:
    assert set(GIVEN) | {"optimizer", "schedule", "augmentations"} == {
        field.name for field in dataclasses.fields(TrainingSettings)
    }
    settings = settings_with(
        **{f"training__{name}": value for name, value in GIVEN.items()},
        training__optimizer={"name": "sgd", "momentum": 0.5},
        training__schedule="cosine",
        training__augmentations=["flip", {"name": "shift", "share": 0.2}],
    )
    training = plan(settings, 1257).training
    assert training.augmentations == (Member("flip"), Member("shift", {"share": 0.2}))
    assert {name: getattr(training, name) for name in GIVEN} == GIVEN
    assert (training.optimizer.name, training.optimizer.settings) == ("sgd", {"momentum": 0.5})
    assert training.schedule.name == "cosine"


@pytest.mark.parametrize("name", ["epochs", "batch_size", "learning_rate", "weight_decay"])
def test_one_given_setting_leaves_the_others_to_the_recipe(name: str) -> None:
    recipe = registry.load("models", "convnet").recipe(1257, task_of().inputs.spec, task_of().outputs.spec)
    free = {f"training__{other}": "auto" for other in ("epochs", "batch_size")}
    training = plan(settings_with(**{**free, f"training__{name}": GIVEN[name]}), 1257).training
    expected = {**dataclasses.asdict(recipe), name: GIVEN[name]}
    for other in ("epochs", "batch_size", "learning_rate", "weight_decay"):
        assert getattr(training, other) == expected[other]


@pytest.mark.parametrize(
    ("changes", "smoothing", "averaged"),
    [
        ({}, 0.1, 3),
        ({"patience": 2}, 0.1, None),
        ({"label_smoothing": 0.0, "averaged_epochs": None}, 0.0, None),
        ({"label_smoothing": 0.5, "averaged_epochs": 7}, 0.5, 7),
    ],
)
def test_smoothing_and_averaging_are_the_recipes_unless_they_are_given(
    changes: dict[str, Any], smoothing: float, averaged: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(2, 8, 0.1, label_smoothing=0.1, averaged_epochs=3)
    monkeypatch.setattr(registry.load("models", "convnet"), "recipe", staticmethod(lambda *_: recipe))
    training = plan(settings_with(**{f"training__{key}": value for key, value in changes.items()}), 1257).training
    assert (training.label_smoothing, training.averaged_epochs) == (smoothing, averaged)


def test_by_itself_nothing_is_smoothed_or_averaged() -> None:
    training = plan(settings_with(), 1257).training
    assert (training.label_smoothing, training.averaged_epochs) == (0.0, None)


def test_smoothed_labels_are_learnt_and_never_judged_with() -> None:
    plain, smoothed = (fitted(training__epochs=12, training__label_smoothing=share) for share in (0.0, 0.9))
    assert plain.history is not None
    assert smoothed.history is not None
    first, last = smoothed.history.records[0], smoothed.history.records[-1]
    assert first["loss"] == pytest.approx(math.log(10), abs=0.2), "the first weights know as little as is asked"
    assert last["loss"] > plain.history.records[-1]["loss"] + 0.5
    assert last["validation"]["loss"] < last["loss"] + 0.1


def test_given_settings_reach_the_training() -> None:
    result = fitted(training__epochs=3, training__batch_size=50, training__learning_rate=0.01)
    assert result.history is not None
    assert (result.history.epochs, result.history.steps) == (3, 3 * -(-len(splits_of().train) // 50))
    assert max(record["learning_rate"] for record in result.history.records) <= 0.01


# -------------------------------------------------------------------------------- what is left as it was


def test_a_fit_leaves_the_process_as_it_was() -> None:
    """All but the allocator, which can be told to keep memory and not to stop keeping it."""

    def state() -> list[Any]:
        return [
            torch.get_rng_state().tolist(),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_autocast_enabled("cpu"),
            [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()],
            random.getstate(),
            str(np.random.get_state(legacy=False)),
        ]

    fitted()
    torch.manual_seed(5)
    before = state()
    for model in MODELS:
        result = fitted(model=model, training__num_threads=2, training__precision="bfloat16")
        assert state() == before, model
        evaluate(result.predictor, DIGITS, splits_of(), settings_with(training__num_threads=2))
        assert state() == before, model


def test_a_fit_that_fails_leaves_the_process_as_it_was() -> None:
    class Broken(Silent):
        def moment(self, moment: Moment) -> None:
            raise ZeroDivisionError

    splits = splits_of()
    before = torch.get_rng_state(), torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        fit(
            DIGITS,
            splits,
            "classification",
            ROLES,
            plan(settings_with(training__num_threads=2), len(splits.train)),
            observer=Broken(),
        )
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]


def test_a_fit_changes_nothing_in_the_table() -> None:
    table = digits().take(np.arange(300))
    before = table.sha256
    fitted(table)
    assert dataclasses.replace(table).sha256 == before


# --------------------------------------------------------------------------------------- stop and resume


class Kept:
    """The last checkpoint."""

    name = "memory"

    def __init__(self) -> None:
        self.data: bytes | None = None

    def save(self, data: bytes) -> None:
        self.data = data

    def load(self) -> bytes | None:
        return self.data


def test_a_fit_that_was_stopped_and_resumed_ends_with_the_same_bits() -> None:
    """Kernels lie channels last while a network trains, and so must what an optimizer keeps of them."""

    class Stopping(Silent):
        def __init__(self, stop: Stop) -> None:
            self.stop = stop

        def moment(self, moment: Moment) -> None:
            self.stop.requested = True

    splits = splits_of()
    settings = plan(settings_with(training__checkpoint_seconds=0.0), len(splits.train))
    whole = fit(DIGITS, splits, "classification", ROLES, settings)
    store, stop = Kept(), Stop()
    first = fit(DIGITS, splits, "classification", ROLES, settings, observer=Stopping(stop), store=store, stop=stop)
    assert first.history is not None
    assert not first.history.finished
    resumed = fit(DIGITS, splits, "classification", ROLES, settings, store=store)
    assert same_files(resumed.predictor, whole.predictor)
    assert whole.history is not None
    assert resumed.history is not None
    assert resumed.history.records == whole.history.records


# ----------------------------------------------------------------------------------------------- measuring


@pytest.fixture(scope="module")
def evaluation() -> experiments.Evaluation:
    splits = splits_of()
    baselines = {name: fitted(splits=splits, model=name).predictor for name in ("majority", "pixel_linear")}
    return evaluate(fitted(splits=splits).predictor, DIGITS, splits, settings_with(), baselines)


def test_every_claim_is_measured_for_every_model(evaluation: experiments.Evaluation) -> None:
    records = evaluation.measurements.records
    keys = [(record.name, record.model, record.split) for record in records]
    assert len(set(keys)) == len(keys)
    for model in ("convnet", "majority", "pixel_linear"):
        assert {"accuracy", "macro_f1", "log_loss", "calibration_error", "precision/0", "recall/9"} <= {
            name for name, of, split in keys if of == model and split == "test"
        }
    for split in ("train", "validation"):
        assert {name for name, _of, of_split in keys if of_split == split} == {"accuracy", "macro_f1", "log_loss"}
    assert evaluation.measurements["accuracy"].model == "convnet"
    assert {"accuracy_over/majority", "log_loss_over/pixel_linear", "accuracy_gap"} <= set(evaluation.measurements)


def test_predictions_are_those_behind_the_figures(evaluation: experiments.Evaluation) -> None:
    splits = splits_of()
    assert set(evaluation.predictions) == {
        *((model, "test") for model in ("convnet", "majority", "pixel_linear")),
        ("convnet", "train"),
        ("convnet", "validation"),
    }
    for (model, split), made in evaluation.predictions.items():
        np.testing.assert_array_equal(made.rows, splits[split])
        labels = np.array(made.names)[made.targets]
        np.testing.assert_array_equal(labels, DIGITS.columns["label"].values[made.rows])
        (record,) = evaluation.measurements.where(name="accuracy", model=model, split=split)
        assert record.value == (made.outputs.argmax(1) == made.targets).mean()
        assert record.n == len(made)


def test_the_gap_is_measured_on_no_more_training_rows_than_asked() -> None:
    splits = splits_of()
    settings = settings_with(validation__training_rows=20)
    made = [evaluate(fitted(splits=splits).predictor, DIGITS, splits, settings).predictions for _ in range(2)]
    rows = made[0]["convnet", "train"].rows
    assert len(rows) == 20
    assert set(rows.tolist()) < set(splits.train.tolist())
    np.testing.assert_array_equal(rows, made[1]["convnet", "train"].rows)


def test_a_model_that_is_its_own_baseline_is_measured_once() -> None:
    predictor = fitted(model="majority").predictor
    result = evaluate(predictor, DIGITS, splits_of(), settings_with(), {"majority": predictor})
    assert set(result.predictions) == {("majority", split) for split in ("train", "validation", "test")}
    assert not [name for name in result.measurements if "over" in name]


def test_measuring_again_gives_the_same_figures(evaluation: experiments.Evaluation) -> None:
    splits = splits_of()
    baselines = {name: fitted(splits=splits, model=name).predictor for name in ("majority", "pixel_linear")}
    again = evaluate(fitted(splits=splits).predictor, DIGITS, splits, settings_with(), baselines)
    assert again.measurements.records == evaluation.measurements.records


@pytest.mark.parametrize("model", MODELS)
def test_costs_are_single_readings(model: str) -> None:
    result = fitted(model=model)
    records = {record.name: record for record in costs(result, plan(settings_with(), 210))}
    parameters = sum(parameter.numel() for parameter in result.predictor.network.model.parameters())
    assert float(records["num_parameters"]) == parameters
    assert float(records["fit_seconds"]) == result.seconds
    assert ("training_seconds" in records) == (result.history is not None)
    for record in records.values():
        assert isinstance(record, Measurement)
        assert (record.model, record.n, record.interval, record.recomputable) == (model, 1, None, False)
        assert record.status == ("measured" if record.value is not None else "not measured")
