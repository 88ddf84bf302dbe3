"""What a training took, as measurements: each is a single reading, or follows from the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepwright.config.settings import TrainingSettings
from deepwright.measurements import Measurement
from deepwright.training.gradients import flow
from deepwright.training.history import History


def costs(
    model: str,
    num_parameters: int,
    fit_seconds: float | None,
    peak_memory: float | None,
    history: History | None,
    settings: TrainingSettings,
) -> list[Measurement]:
    """Parameters, time, speed, memory, and how gradients flowed.

    Args:
        model: its name.
        num_parameters: of the model.
        fit_seconds: from the encoded data to the calibrated predictor.
        peak_memory: bytes; None where the system does not tell.
        history: of a model that learns by gradient; None of one that is solved.
        settings: of the training, planned.
    """
    figures: list[tuple[str, float | None, str, Mapping[str, Any]]] = [
        ("num_parameters", num_parameters, "parameters", {}),
        ("fit_seconds", fit_seconds, "seconds", {}),
        ("peak_memory", peak_memory, "bytes", {}),
    ]
    if history is not None:
        verdict, ratio = flow(history.records)
        figures += [
            (
                "training_seconds",
                history.seconds,
                "seconds",
                {"num_threads": settings.num_threads, "precision": settings.precision},
            ),
            (
                "examples_per_second",
                history.examples / history.seconds if history.seconds else None,
                "examples per second",
                {"includes": "validation after each epoch"},
            ),
            ("epochs", history.epochs, "epochs", _kept(history)),
            (
                "gradient_ratio",
                ratio,
                "ratio",
                {"verdict": verdict, "statistic": "median over logged steps of first layer over last"},
            ),
        ]
    return [
        Measurement(
            name=figure,
            value=None if value is None else float(value),
            unit=unit,
            measure=figure,
            arguments=arguments,
            model=model,
            n=1,
            status="not measured" if value is None else "measured",
        )
        for figure, value, unit, arguments in figures
    ]


def _kept(history: History) -> dict[str, Any]:
    """Which weights were kept, and by which figure where it is not the loss."""
    watched = {} if history.watched == "loss" else {"watched": history.watched}
    averaged = {} if history.averaged_epochs is None else {"averaged_epochs": history.averaged_epochs}
    return {"best_epoch": history.best_epoch, **watched, **averaged}
