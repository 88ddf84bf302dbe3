from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deepwright.energy.claims import energy_measurements
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import MatmulRate
from deepwright.energy.meter import Reading
from deepwright.measurements import Measurement
from deepwright.validation.readings import read_again

HISTORY = [{"step": i, "epoch": i, "gradient_norm": 1.0, "gradients": {"a": 2.0 * i, "b": 4.0 * i}} for i in (1, 2, 3)]
READING = Reading(7200.0, 60.0, (4320.0, 10080.0), "estimated")
RECORDS = [
    Measurement("num_parameters", 650.0, "parameters", "num_parameters", model="mlp", n=1),
    Measurement("epochs", 3.0, "epochs", "epochs", {"best_epoch": 2}, "mlp", n=1),
    Measurement("gradient_ratio", 0.5, "ratio", "gradient_ratio", {"verdict": "steady"}, "mlp", n=1),
    training_flop("mlp", 1000, 70),
    Measurement("training_seconds", 0.5, "seconds", "training_seconds", model="mlp", n=1),
    matmul_share(training_flop("mlp", 1000, 70), 0.5, MatmulRate(1e6, 2048, "float32", 1, 5)),
    *energy_measurements("mlp", READING, READING, 250, grams_per_kwh=30.0),
    *(replace(r, name=f"world_{r.name}") for r in energy_measurements("mlp", READING, READING, 250)[1::2]),
]
RESTING = {"training_seconds", "training_energy", "energy_per_1000_predictions"}


def again(records: list[Measurement], history: list[dict[str, Any]] | None = None) -> dict[str, Measurement]:
    predictor = SimpleNamespace(num_parameters=650, member=SimpleNamespace(name="mlp"))
    evidence: Any = SimpleNamespace(predictor=predictor, history=HISTORY if history is None else history)
    return {record.name: record for record in read_again(evidence, records)}


def test_what_is_right_is_read_again_as_it_is() -> None:
    assert again(RECORDS) == {record.name: record for record in RECORDS if record.name not in RESTING}


@pytest.mark.parametrize("name", sorted({record.name for record in RECORDS} - RESTING))
def test_an_edited_reading_is_not_read_again(name: str) -> None:
    edited = [replace(record, value=1.25) if record.name == name else record for record in RECORDS]
    assert again(edited)[name] == next(record for record in RECORDS if record.name == name)


def test_edited_energy_shows_in_its_carbon() -> None:
    edited = [replace(record, value=1.0) if record.name == "training_energy" else record for record in RECORDS]
    assert again(edited)["training_carbon"].value == pytest.approx(30 / 3.6e6)


def test_another_verdict_on_the_gradients_is_found() -> None:
    record = replace(RECORDS[2], arguments={"verdict": "vanishing"})
    assert again([record])["gradient_ratio"].arguments == {"verdict": "steady"}


def test_a_model_that_is_solved_has_no_history_to_read() -> None:
    assert again(RECORDS[:3], history=[]).keys() == {"num_parameters"}


def test_gradients_that_say_nothing_are_not_measured() -> None:
    found = again([RECORDS[2]], history=[{"step": 1, "epoch": 1, "gradients": {"a": 1.0}}])["gradient_ratio"]
    assert (found.value, found.status) == (None, "not measured")
