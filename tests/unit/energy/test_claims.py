from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepwright.energy.claims import WORLD_GRAMS_PER_KWH, carbon_of, energy_measurements, meter_predictions
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import MatmulRate, matmul_rate
from deepwright.energy.meter import METHOD, Reading
from deepwright.measurements import Measurement
from tests.unit.energy.machines import machine

TRAINING = Reading(7200.0, 60.0, (4320.0, 10080.0), "estimated", {"rating": "x"})
PREDICTIONS = Reading(5.0, 2.0, (3.0, 7.0), "estimated", {"rating": "x"})


def claims(**settings: float | None) -> dict[str, Measurement]:
    records = energy_measurements("mlp", TRAINING, PREDICTIONS, 250, **settings)
    json.dumps([record.to_json() for record in records], allow_nan=False)
    return {record.name: record for record in records}


def test_energy_and_carbon_of_training_and_of_predictions() -> None:
    found = claims()
    assert list(found) == [
        "training_energy",
        "training_carbon",
        "energy_per_1000_predictions",
        "carbon_per_1000_predictions",
    ]
    assert found["training_energy"] == Measurement(
        name="training_energy",
        value=7200.0,
        unit="joules",
        measure="energy",
        arguments={"rating": "x", "metered_seconds": 60.0, "scaled_by": 1.0},
        model="mlp",
        n=1,
        interval=(4320.0, 10080.0),
        method=METHOD,
        status="estimated",
    )
    assert found["energy_per_1000_predictions"].value == pytest.approx(5 * 1000 / 250)
    assert found["energy_per_1000_predictions"].interval == pytest.approx((12, 28))
    assert found["energy_per_1000_predictions"].n == 250
    assert found["energy_per_1000_predictions"].arguments["batch_size"] == 1


def test_carbon_is_energy_in_kilowatt_hours_times_the_grid_s_intensity() -> None:
    found = claims()["training_carbon"]
    assert found.value == pytest.approx(7200 / 3.6e6 * WORLD_GRAMS_PER_KWH)
    assert found.interval == pytest.approx((4320 / 3.6e6 * 475, 10080 / 3.6e6 * 475))
    assert (found.unit, found.status) == ("grams CO2e", "estimated")
    assert "IEA" in found.arguments["source"]
    stated = claims(grams_per_kwh=30.0)["training_carbon"]
    assert stated.value == pytest.approx(0.06)
    assert stated.arguments == {"energy": "training_energy", "grams_per_kwh": 30.0, "source": "stated by the user"}
    assert claims(grams_per_kwh=0.0)["training_carbon"].value == 0


def test_a_resumed_training_is_charged_as_a_whole() -> None:
    found = claims(fit_seconds=180.0)["training_energy"]
    assert found.value == pytest.approx(21_600)
    assert found.arguments["scaled_by"] == pytest.approx(3)
    assert claims(fit_seconds=59.0)["training_energy"].value == 7200


def test_what_was_measured_needs_no_interval() -> None:
    found = energy_measurements("mlp", Reading(3.6e6, 9.0, None, "measured"), PREDICTIONS, 250)
    assert (found[0].status, found[0].interval, found[0].method) == ("measured", None, None)
    assert found[1].value == pytest.approx(475)
    assert (found[1].status, found[1].interval) == ("estimated", None)


def test_what_could_not_be_measured_says_so() -> None:
    nothing = Reading(None, 9.0, None, "not measured", {"missing": "counters"})
    for record in energy_measurements("mlp", nothing, nothing, 3):
        assert (record.value, record.status, record.interval) == (None, "not measured", None)
    assert carbon_of(Measurement("e", None, "joules", "energy"), "c", None).status == "not measured"


# ---------------------------------------------------------------------------------------------- predictions


def test_predictions_are_made_one_at_a_time(tmp_path: Path) -> None:
    host, asked = machine(tmp_path), []

    def predict(position: int) -> None:
        asked.append(position)
        host.work(0.001, 0.001)

    reading, n = meter_predictions(predict, 3, most=5, host=host.host)
    assert (asked, n) == ([0, 0, 1, 2, 0, 1], 5)  # the first one is not metered
    assert reading.seconds == pytest.approx(0.005)
    assert reading.joules == pytest.approx(280 / 64 * 0.005)


def test_slow_predictions_end_with_the_time(tmp_path: Path) -> None:
    host = machine(tmp_path)
    _reading, n = meter_predictions(lambda _i: host.work(2.0, 2.0), 100, seconds=3.0, host=host.host)
    assert n == 2
    assert meter_predictions(lambda _i: host.work(9.0, 9.0), 100, seconds=3.0, host=host.host)[1] == 1


# --------------------------------------------------------------------------------------------------- arithmetic


def test_the_arithmetic_of_a_training_is_three_forward_passes() -> None:
    found = training_flop("mlp", forward_flop=1000, examples=70)
    assert (found.value, found.unit, found.status) == (210_000.0, "FLOP", "estimated")
    assert found.arguments == {"forward_flop": 1000, "examples": 70, "passes": 3}


def test_the_share_is_of_the_machine_s_rate() -> None:
    rate = MatmulRate(1e6, 2048, "float32", 1, 5)
    found = matmul_share(training_flop("mlp", 1000, 100), 0.5, rate)
    assert found.value == pytest.approx(0.6)
    assert (found.unit, found.arguments["num_threads"], found.arguments["size"]) == ("share", 1, 2048)


def test_the_rate_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from deepwright.energy import machine as rates

    monkeypatch.setattr(rates, "_BUDGET_SECONDS", 0.01)
    rates._measured.cache_clear()
    first = matmul_rate("float32")
    assert first.flop_per_second > 1e8
    assert matmul_rate("float32") is first
    rates._measured.cache_clear()


@pytest.mark.parametrize(
    ("seconds_of_smallest", "size", "repetitions"), [(1e-4, 2048, 5), (0.05, 1024, 4), (0.5, 512, 2), (9.0, 512, 1)]
)
def test_a_slow_machine_multiplies_smaller_matrices(
    monkeypatch: pytest.MonkeyPatch, seconds_of_smallest: float, size: int, repetitions: int
) -> None:
    from deepwright.energy import machine as rates

    monkeypatch.setattr(rates, "_seconds", lambda _precision, n, _times: seconds_of_smallest * (n / 512) ** 3)
    rates._measured.cache_clear()
    found = rates._measured("bfloat16", 1)
    rates._measured.cache_clear()
    assert (found.size, found.repetitions) == (size, repetitions)
    assert found.flop_per_second == pytest.approx(2 * 512**3 / seconds_of_smallest)
