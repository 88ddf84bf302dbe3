"""The history of a training: what is logged of it, and what follows from that and the settings alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepwright.config.settings import TrainingSettings
from deepwright.data.batching import num_batches
from deepwright.training.watching import LOSS, Watched


@dataclass(frozen=True)
class History:
    """How a training went.

    Attributes:
        records: one for each logged step: step, epoch, loss, learning_rate, gradient_norm, gradients by layer, and at
            the end of an epoch the validation figures; examples, those that were seen so far, where they are not as
            many as ``seen`` tells; averaged_epochs where these figures are of the mean of so many epochs' weights.
        steps: optimizer steps done.
        epochs: epochs done, of which the last may be partial.
        best_epoch: the epoch whose weights were kept; None if the last ones were, or a mean.
        seconds: time spent in training, over all processes that had a part in it.
        earlier_fit_seconds: what the fit took in the processes before this one, up to their last checkpoints.
        examples: examples seen, counted as often as they were seen.
        finished: False if a stop was requested before the end.
        watched: the validation figure by which an epoch is the best.
        averaged_epochs: the last epochs at whose ends the weights were that are kept as their mean; None if no mean is.
    """

    records: list[dict[str, Any]]
    steps: int
    epochs: int
    best_epoch: int | None
    seconds: float
    earlier_fit_seconds: float
    examples: int
    finished: bool
    watched: str = "loss"
    averaged_epochs: int | None = None


def retold(
    records: Sequence[Mapping[str, Any]],
    num_examples: int,
    settings: TrainingSettings,
    seconds: float,
    watched: Watched = LOSS,
) -> History:
    """The history of a training that ended, from its records alone.

    Args:
        records: one for each logged step.
        num_examples: of the training split.
        settings: resolved.
        seconds: time spent in training, which no record holds.
        watched: the validation figure that patience goes by.
    """
    best, value = None, None
    for record in records if settings.patience is not None else ():
        if "validation" in record and watched.beats(record["validation"][watched.name], value):
            best, value = record["epoch"], record["validation"][watched.name]
    last, (per_epoch, _all) = records[-1]["step"], num_steps(num_examples, settings)
    examples = records[-1].get("examples", seen(last, num_examples, settings))
    epochs = math.ceil(last / per_epoch)
    return History(
        [dict(record) for record in records],
        last,
        epochs,
        best,
        seconds,
        0.0,
        examples,
        True,
        watched.name,
        num_averaged(settings, epochs),
    )


def num_steps(num_examples: int, settings: TrainingSettings) -> tuple[int, int]:
    """Optimizer steps in an epoch, and in a whole training without early stopping."""
    assert isinstance(settings.epochs, int)
    assert isinstance(settings.batch_size, int)
    per_epoch = math.ceil(num_batches(num_examples, settings.batch_size) / settings.accumulation)
    whole = per_epoch * settings.epochs
    return per_epoch, whole if settings.max_steps is None else min(whole, settings.max_steps)


def num_averaged(settings: TrainingSettings, num_epochs: int) -> int | None:
    """The last epochs of so many whose weights are averaged; None where no mean is kept."""
    asked = settings.averaged_epochs
    return min(asked, num_epochs) if isinstance(asked, int) and num_epochs > 1 else None


def seen(step: int, num_examples: int, settings: TrainingSettings) -> int:
    """Examples seen by a step, counted as often as they were seen, where all batches but an epoch's last are alike."""
    assert isinstance(settings.batch_size, int)
    per_epoch, _all = num_steps(num_examples, settings)
    whole, rest = divmod(step, per_epoch)
    return whole * num_examples + rest * settings.batch_size * settings.accumulation
