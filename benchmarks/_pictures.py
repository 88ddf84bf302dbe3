"""Public pictures that benchmarks train on, and the seconds and intervals that they read from runs."""

from __future__ import annotations

import os
from pathlib import Path

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import compare, draw
from deepwright.validation.storage import PREDICTIONS, read_predictions
from deepwright.workflows.run import Run

ACCURACY = Claim("accuracy", "accuracy", compared=True)


def public_data(name: str) -> Path:
    """A file or folder of the public data sets, whose folder DEEPWRIGHT_DATA names."""
    return Path(os.environ.get("DEEPWRIGHT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / name


def accuracy_over(run: Run, rival: Run, seed: int) -> Measurement:
    """How much more accurate one run is than another on the same rows of the same test split, with a paired interval.

    Args:
        run: a run.
        rival: another model on the same data.
        seed: of the bootstrap.
    """
    made = {_model(of): on_test(of, _model(of)) for of in (run, rival)}
    (ours, theirs), settings = made, ValidationSettings()
    assert (made[ours].rows == made[theirs].rows).all(), "the runs were tested on other rows"
    drawn = draw({model: [ACCURACY] for model in made}, made, settings, seed)
    (difference,) = compare(ACCURACY, ours, {theirs: ACCURACY}, drawn, len(made[ours]), settings, seed)
    return difference


def on_test(run: Run, model: str) -> Predictions:
    """What a run, or one of its baselines, made of the test split."""
    return read_predictions(run.directory.read(PREDICTIONS))[model, "test"]


def _model(run: Run) -> str:
    return run.predictor.member.name
