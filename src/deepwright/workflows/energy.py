"""Energy: what a training and its predictions took, and how much of the machine's rate the training reached."""

from __future__ import annotations

from typing import cast

import torch

from deepwright.contracts import one_example
from deepwright.energy.claims import energy_measurements, meter_predictions
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import Precision, matmul_rate
from deepwright.energy.meter import Reading
from deepwright.experiments import Fit
from deepwright.measurements import Measurement
from deepwright.training.runtime import count_flop, runtime
from deepwright.workflows.plan import Plan


def energy(ready: Plan, fitted: Fit, training: Reading) -> list[Measurement]:
    """Energy, carbon and arithmetic of a fit.

    Args:
        ready: what was fitted.
        fitted: to it.
        training: metered around the fit.
    """
    predictor, settings = fitted.predictor, ready.settings
    examples = predictor.task.examples(ready.table.take(ready.splits.validation))
    texts = ready.table.columns[predictor.task.input_column].values

    def answer(position: int) -> object:
        if predictor.translates:
            return predictor.translate([texts[ready.splits.validation[position]]])
        return predictor.decode(predictor.forward(examples.batch(torch.tensor([position]))))

    with runtime(settings.training):
        predicting, count = meter_predictions(answer, len(examples), "cpu")
        records = energy_measurements(
            predictor.member.name,
            training,
            predicting,
            count,
            fit_seconds=fitted.seconds,
            grams_per_kwh=settings.energy.grams_per_kwh,
        )
        if fitted.history is not None:
            forward = count_flop(predictor.network, one_example(predictor.task))
            flop = training_flop(predictor.member.name, forward, fitted.history.examples)
            records.append(flop)
            if settings.training.device == "cpu" and fitted.history.seconds:
                rate = matmul_rate(cast(Precision, settings.training.precision))
                records.append(matmul_share(flop, fitted.history.seconds, rate))
    return records
