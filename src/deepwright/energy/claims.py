"""Energy and carbon as measurements: of the training, and of a thousand predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepwright.energy.meter import METHOD, Host, Meter, Reading, read_again
from deepwright.measurements import Measurement

#: Carbon of the electricity that the world generates, in grams of CO2 for each kWh, and who says so.
WORLD_GRAMS_PER_KWH = 475.0
WORLD_SOURCE = "world average of 2018: IEA, Global Energy and CO2 Status Report 2019"
STATED_SOURCE = "stated by the user"

JOULES_PER_KWH = 3.6e6
_PREDICTIONS = 1000


def meter_predictions(
    predict: Callable[[int], object],
    available: int,
    device: str = "cpu",
    *,
    most: int = 500,
    seconds: float = 3.0,
    host: Host | None = None,
) -> tuple[Reading, int]:
    """The energy of predictions one at a time, as a service makes them.

    Args:
        predict: answers the example at a position, from 0 to ``available - 1``.
        available: examples; they are gone through again where they are fewer than ``most``.
        device: that predicts.
        most: predictions.
        seconds: after which no other prediction begins.
        host: the machine.

    Returns:
        The reading, and how many predictions it is of.
    """
    host = host or Host()
    predict(0)  # the first one pays for what is set up once
    made = 0
    with Meter(device, host) as meter:
        begun = host.clock()
        while made < most and (made == 0 or host.clock() - begun < seconds):
            predict(made % available)
            made += 1
    assert meter.reading is not None
    return meter.reading, made


def energy_measurements(
    model: str,
    training: Reading,
    predictions: Reading,
    num_predictions: int,
    *,
    fit_seconds: float | None = None,
    grams_per_kwh: float | None = None,
) -> list[Measurement]:
    """Energy and carbon of a training and of a thousand predictions.

    Args:
        model: its name.
        training: metered from the encoded data to the calibrated predictor.
        predictions: metered; see ``meter_predictions``.
        num_predictions: in that reading.
        fit_seconds: of the whole fit; where it was stopped and resumed, only the last part was metered, and the energy
            is scaled up to the whole.
        grams_per_kwh: carbon of the electricity; None takes the world's average.
    """
    whole = _whole(fit_seconds, training.seconds)
    parts = [
        ("training", training.times(whole), 1, {"metered_seconds": training.seconds, "scaled_by": whole}),
        (
            "per_1000_predictions",
            predictions.times(_PREDICTIONS / num_predictions),
            num_predictions,
            {"metered_seconds": predictions.seconds, "batch_size": 1},
        ),
    ]
    records = []
    for what, reading, n, about in parts:
        energy = f"energy_{what}" if what.startswith("per") else f"{what}_energy"
        carbon = f"carbon_{what}" if what.startswith("per") else f"{what}_carbon"
        records.append(_energy(energy, model, reading, n, about))
        records.append(carbon_of(records[-1], carbon, grams_per_kwh))
    return records


def training_reading(record: Measurement, fit_seconds: float | None) -> Reading:
    """The reading that the energy of a training was made from.

    Args:
        record: of ``energy_measurements``.
        fit_seconds: of the whole fit.
    """
    return _reading(record, _whole(fit_seconds, float(record.arguments["metered_seconds"])))


def predictions_reading(record: Measurement) -> tuple[Reading, int]:
    """The reading that the energy of a thousand predictions was made from, and how many it is of."""
    count = record.n or 0
    return _reading(record, _PREDICTIONS / count), count


def _reading(record: Measurement, times: float) -> Reading:
    joules = None if record.value is None else record.value / times
    return read_again(joules, float(record.arguments["metered_seconds"]), record.arguments)


def _whole(fit_seconds: float | None, metered_seconds: float) -> float:
    """How many times the stretch that was metered the whole fit is."""
    return max(1.0, (fit_seconds or 0.0) / metered_seconds) if metered_seconds else 1.0


def carbon_of(energy: Measurement, name: str, grams_per_kwh: float | None) -> Measurement:
    """The carbon of some energy: joules / 3.6e6 · grams_per_kwh; the interval is that of the energy alone."""
    grams = WORLD_GRAMS_PER_KWH if grams_per_kwh is None else grams_per_kwh
    per_joule = grams / JOULES_PER_KWH
    return Measurement(
        name=name,
        value=None if energy.value is None else energy.value * per_joule,
        unit="grams CO2e",
        measure="carbon",
        arguments={
            "energy": energy.name,
            "grams_per_kwh": grams,
            "source": WORLD_SOURCE if grams_per_kwh is None else STATED_SOURCE,
        },
        model=energy.model,
        n=energy.n,
        interval=None if energy.interval is None else (energy.interval[0] * per_joule, energy.interval[1] * per_joule),
        method=energy.method,
        status="not measured" if energy.value is None else "estimated",
    )


def _energy(name: str, model: str, reading: Reading, n: int, about: Mapping[str, Any]) -> Measurement:
    return Measurement(
        name=name,
        value=reading.joules,
        unit="joules",
        measure="energy",
        arguments={**reading.arguments, **about},
        model=model,
        n=n,
        interval=reading.interval,
        method=METHOD if reading.interval is not None else None,
        status=reading.status,
    )
