from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.config.settings import EnergySettings, Member, TrainingSettings
from deepwright.data.table import Column, Table
from deepwright.energy.claims import energy_measurements
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import MatmulRate
from deepwright.energy.meter import Reading, estimated, measured
from deepwright.measurements import Measurement
from deepwright.predictor import Predictor
from deepwright.training.costs import costs
from deepwright.training.history import retold
from deepwright.validation.readings import SUPPORT, read_again, steps

#: 70 examples in batches of 16 and epochs of 5 steps, the last batch of 6; an 8 × 8 picture through 16 units into 2.
NUM_EXAMPLES, PER_EPOCH = 70, 5
FLOP = 2 * (64 * 16 + 16 * 2)
SETTINGS = TrainingSettings(
    epochs=3, batch_size=16, learning_rate=0.1, num_threads=1, precision="float32", device="cpu"
)
LOSSES = {1: 0.5, 2: 0.3, 3: 0.4}
HISTORY = [
    {
        "step": PER_EPOCH * epoch,
        "epoch": epoch,
        "gradient_norm": 1.0,
        "gradients": {"a": 2.0 * epoch, "b": 4.0 * epoch},
        "validation": {"loss": loss},
    }
    for epoch, loss in LOSSES.items()
]
ASSUMED = {
    "processor": "x",
    "rating": "y",
    "tdp_watts": 100,
    "cores": 10,
    "cpu_seconds": 5.0,
    "memory_gib": 1.0,
    "watts_per_gib": 0.4,
}
ESTIMATE, COUNTED = estimated(0.0, 60.0, (), ASSUMED), measured(5.0, 2.0, ["package-0"])
BOTH = estimated(7.0, 60.0, ["gpu 0"], ASSUMED)
NONE = Reading(None, 3.0, None, "not measured", {"missing": "counters of the device mps"})
RATE = MatmulRate(1e6, 2048, "float32", 1, 5)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    columns = {
        "image": Column("image", np.arange(128, dtype=np.uint8).reshape(2, 8, 8)),
        "label": Column("category", np.array(["a", "b"])),
    }
    task = registry.load("tasks", "classification")({"image": "image", "label": "label"})
    task.fit(Table(columns, "memory"))
    return Predictor.build("classification", task, Member("mlp", {"hidden_dim": 16, "num_layers": 1}))


def evidence(
    predictor: Any, settings: TrainingSettings = SETTINGS, grams: float | None = 30.0, history: Any = HISTORY
) -> Any:
    energy = EnergySettings(grams_per_kwh=grams)
    return SimpleNamespace(
        predictor=predictor, history=history, settings=SimpleNamespace(training=settings, energy=energy)
    )


def written(
    predictor: Predictor,
    settings: TrainingSettings = SETTINGS,
    training: Reading = ESTIMATE,
    predicting: Reading = ESTIMATE,
    grams: float | None = 30.0,
    seconds: float = 90.0,
) -> list[Measurement]:
    """What a training writes."""
    history = retold(HISTORY, NUM_EXAMPLES, settings, seconds)
    flop = training_flop("mlp", FLOP, 3 * NUM_EXAMPLES)
    return [
        *costs("mlp", predictor.num_parameters, 100.0, 5e8, history, settings),
        *energy_measurements("mlp", training, predicting, 250, fit_seconds=100.0, grams_per_kwh=grams),
        flop,
        matmul_share(flop, seconds, RATE),
    ]


def named(records: list[Measurement]) -> dict[str, Measurement]:
    return {record.name: record for record in records}


def assert_same(again: list[Measurement], stated: list[Measurement]) -> None:
    assert named(again).keys() == named(stated).keys()
    for name, record in named(stated).items():
        found = named(again)[name]
        assert found.value == (None if record.value is None else pytest.approx(record.value))
        assert found.interval == (None if record.interval is None else pytest.approx(record.interval))
        assert replace(found, value=None, interval=None) == replace(record, value=None, interval=None)


@pytest.mark.parametrize("training", [ESTIMATE, COUNTED, BOTH, NONE])
@pytest.mark.parametrize("grams", [None, 30.0])
@pytest.mark.parametrize("patience", [None, 2])
def test_what_is_right_is_read_again_as_it_is(
    predictor: Predictor, training: Reading, grams: float | None, patience: int | None
) -> None:
    settings = replace(SETTINGS, patience=patience)
    stated = written(predictor, settings, training, grams=grams)
    assert_same(read_again(evidence(predictor, settings, grams), stated, NUM_EXAMPLES), stated)
    assert named(stated)["epochs"].arguments == {"best_epoch": None if patience is None else 2}


CHANGES: dict[str, Any] = {
    "value": 1.25,
    "unit": "stones",
    "measure": "accuracy",
    "n": 7,
    "interval": (0.1, 0.2),
    "level": 0.95,
    "method": "clopper-pearson",
    "seed": 3,
    "status": "stated",
    "recomputable": True,
}
NAMES = (
    *("num_parameters", "fit_seconds", "peak_memory", "training_seconds", "examples_per_second", "epochs"),
    *("gradient_ratio", "training_energy", "training_carbon", "energy_per_1000_predictions"),
    *("carbon_per_1000_predictions", "training_flop", "matmul_share"),
)
#: What no one can read a second time: the figure itself, and of how many predictions it is.
READINGS = {("fit_seconds", "value"), ("peak_memory", "value"), ("training_seconds", "value")}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_no_field_of_a_record_is_taken_as_it_is_stated_but_a_reading(
    predictor: Predictor, name: str, field: str
) -> None:
    stated = written(predictor)
    edited = [replace(record, **{field: CHANGES[field]}) if record.name == name else record for record in stated]
    again = named(read_again(evidence(predictor), edited, NUM_EXAMPLES))[name]
    as_stated = getattr(again, field) == CHANGES[field]
    assert as_stated == ((name, field) in READINGS | {("energy_per_1000_predictions", "n")})


def test_every_field_can_be_changed() -> None:
    assert CHANGES.keys() == {field.name for field in fields(Measurement)} - {
        *("name", "model", "split", "arguments", "inputs")
    }


FORGERIES: dict[str, dict[str, Any]] = {
    "training_carbon": {
        "value": 1e-9,
        "arguments": {"energy": "training_energy", "grams_per_kwh": 1.0, "source": "stated by the user"},
    },
    "training_flop": {"value": 30.0, "arguments": {"forward_flop": 1, "examples": 10, "passes": 3}},
    "matmul_share": {
        "value": 1.0,
        "arguments": {
            "training_flop": 9e7,
            "training_seconds": 90.0,
            "flop_per_second": 1e6,
            "size": 2048,
            "precision": "float32",
            "num_threads": 1,
            "best_of": 5,
        },
    },
    "epochs": {"value": 3.0, "arguments": {"best_epoch": 3}},
    "examples_per_second": {"value": 1e6, "arguments": {}},
    "gradient_ratio": {"value": 1e-9, "arguments": {"verdict": "vanishing", "statistic": "mean"}},
    "training_seconds": {"arguments": {"num_threads": 64, "precision": "bfloat16"}},
    "training_energy": {"value": 0.5, "interval": (0.3, 0.7)},
}


@pytest.mark.parametrize("name", FORGERIES)
def test_value_and_arguments_that_were_edited_to_agree_are_not_believed(predictor: Predictor, name: str) -> None:
    stated = written(predictor)
    edited = [replace(record, **FORGERIES[name]) if record.name == name else record for record in stated]
    again = named(read_again(evidence(predictor), edited, NUM_EXAMPLES))
    assert_same([again[name]], [named(stated)[name]])


def test_edited_energy_that_was_counted_shows_in_its_carbon(predictor: Predictor) -> None:
    stated = written(predictor, training=COUNTED)
    edited = [replace(record, value=3.6e6) if record.name == "training_energy" else record for record in stated]
    assert named(read_again(evidence(predictor), edited, NUM_EXAMPLES))["training_carbon"].value == pytest.approx(30)


@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_is_left_out_or_holds_nothing_is_still_expected(predictor: Predictor, name: str) -> None:
    stated = written(predictor)
    without = [record for record in stated if record.name != name]
    assert named(read_again(evidence(predictor), without, NUM_EXAMPLES)).keys() >= {name} - {"matmul_share"}
    emptied = [replace(record, arguments={}) if record.name == name else record for record in stated]
    assert name in named(read_again(evidence(predictor), emptied, NUM_EXAMPLES))


def test_a_model_that_is_solved_has_no_history_to_read(predictor: Predictor) -> None:
    again = read_again(evidence(predictor, history=[]), written(predictor), NUM_EXAMPLES)
    assert [record.name for record in again if record.measure not in ("energy", "carbon")] == list(NAMES[:3])


def test_gradients_that_say_nothing_are_not_measured(predictor: Predictor) -> None:
    history = [{"step": 1, "epoch": 1, "gradients": {"a": 1.0}}]
    found = named(read_again(evidence(predictor, history=history), written(predictor), NUM_EXAMPLES))["gradient_ratio"]
    assert (found.value, found.status) == (None, "not measured")


def test_what_follows_from_readings_says_so(predictor: Predictor) -> None:
    support = {record.name: SUPPORT.get(record.measure, "recomputed") for record in written(predictor)}
    assert {name for name, how in support.items() if how == "recomputed"} == {
        *("num_parameters", "epochs", "gradient_ratio", "training_flop")
    }
    assert {name for name, how in support.items() if how == "hash-only"} == {
        *("fit_seconds", "peak_memory", "training_seconds", "training_energy", "energy_per_1000_predictions")
    }


# ------------------------------------------------------------------------------------------------ history


@pytest.mark.parametrize(
    ("changes", "last", "holds"),
    [
        ({}, 15, True),
        ({}, 14, False),
        ({}, 10, False),
        ({"max_steps": 7}, 7, True),
        ({"patience": 1}, 10, True),
        ({"patience": 1}, 15, True),
        ({"patience": 1}, 20, False),
        ({"patience": 1}, 7, False),
        ({"accumulation": 2}, 9, True),
    ],
)
def test_a_history_ends_where_its_configuration_lets_it_end(
    predictor: Predictor, changes: dict[str, Any], last: int, holds: bool
) -> None:
    history = [*HISTORY[:1], {**HISTORY[1], "step": last}]
    verdict = steps(evidence(predictor, replace(SETTINGS, **changes), history=history), NUM_EXAMPLES)
    assert (not verdict.problems) == holds


def test_a_network_that_was_trained_has_a_history_and_one_that_was_solved_has_none(predictor: Predictor) -> None:
    assert steps(evidence(predictor, history=[]), NUM_EXAMPLES).problems
    solved: Any = SimpleNamespace(network=SimpleNamespace(model=torch.nn.Identity()))
    assert steps(evidence(solved), NUM_EXAMPLES).problems
    assert not steps(evidence(solved, history=[]), NUM_EXAMPLES).problems
