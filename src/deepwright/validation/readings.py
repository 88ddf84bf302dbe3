"""Single readings: what weights, history and configuration give is computed again without asking the record.

Seconds, bytes and joules cannot be read a second time. Of their records the figure is taken as it is stated, and all
the rest is compared; what follows from such a figure is computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Trainable, one_example
from deepwright.energy.claims import energy_measurements, predictions_reading, training_reading
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import MatmulRate
from deepwright.energy.meter import Reading
from deepwright.measurements import Measurement
from deepwright.messages import _
from deepwright.predictor import Predictor
from deepwright.run_directory import CONFIG
from deepwright.training.costs import costs
from deepwright.training.history import num_steps, retold
from deepwright.training.runtime import count_flop
from deepwright.training.watching import watched
from deepwright.validation.evidence import HISTORY, Evidence, How, Verdict

#: What stands behind a record of these measures; any other was computed again.
SUPPORT: Mapping[str, How] = {
    **dict.fromkeys(("fit_seconds", "peak_memory", "training_seconds", "energy"), "hash-only"),
    **dict.fromkeys(("examples_per_second", "carbon", "matmul_share"), "recomputed from stated figures"),
}
Stated = TypeVar("Stated")
_NOTHING = Reading(None, 0.0, None, "not measured")


def read_again(evidence: Evidence, stated: Sequence[Measurement], num_examples: int) -> list[Measurement]:
    """Every record of costs, energy and arithmetic as it should be.

    Args:
        evidence: the run's files.
        stated: the run's own records, of which the readings are taken.
        num_examples: of the training split.
    """
    predictor, settings = evidence.predictor, evidence.settings
    model, training = predictor.member.name, settings.training
    there = {record.name: record for record in reversed(stated) if (record.model, record.split) == (model, None)}
    read = {name: record.value for name, record in there.items()}
    seconds = read.get("training_seconds")
    history = None
    if evidence.history:
        figure = watched(training, predictor.task)
        history = retold(evidence.history, num_examples, training, seconds or 0.0, figure)
    whole = read.get("fit_seconds")
    records = costs(model, predictor.num_parameters, whole, read.get("peak_memory"), history, training)
    records += energy_measurements(
        model,
        _reading(lambda: training_reading(there["training_energy"], whole), _NOTHING),
        *_reading(lambda: predictions_reading(there["energy_per_1000_predictions"]), (_NOTHING, 1)),
        fit_seconds=whole,
        grams_per_kwh=settings.energy.grams_per_kwh,
    )
    if history is not None:
        flop = training_flop(model, _forward_flop(predictor), history.examples)
        records.append(flop)
        if training.device == "cpu" and history.seconds:
            records.append(matmul_share(flop, history.seconds, _rate(there.get("matmul_share"), training)))
    return records


def steps(evidence: Evidence, num_examples: int) -> Verdict:
    """Whether the history ends where the configuration lets a training end."""
    settings = evidence.settings.training
    found = evidence.history[-1]["step"] if evidence.history else 0
    if isinstance(evidence.predictor.network.model, Trainable):
        per_epoch, last = num_steps(num_examples, settings)
    else:
        per_epoch, last = 1, 0
    stopped = settings.patience is not None and 0 < found < last and found % per_epoch == 0
    problem = _(
        "it ends with step {found}, a training as in {file} with step {last}", found=found, file=CONFIG, last=last
    )
    return Verdict(f"{HISTORY}: step", "recomputed", () if found == last or stopped else (problem,))


def _forward_flop(predictor: Predictor) -> int:
    """Of one example of the network's own spec: the values do not matter."""
    return count_flop(predictor.network, one_example(predictor.task))


def _reading(read: Callable[[], Stated], nothing: Stated) -> Stated:
    """What a meter read, or nothing where that is not stated in full: its record will differ."""
    try:
        return read()
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return nothing


def _rate(stated: Measurement | None, settings: TrainingSettings) -> MatmulRate:
    """The machine's rate as it is stated, of the threads and the precision that are configured."""
    arguments = {} if stated is None else stated.arguments
    rate, size, repetitions = (arguments.get(key) for key in ("flop_per_second", "size", "best_of"))
    threads, precision = settings.num_threads, settings.precision
    assert isinstance(threads, int)
    if not (isinstance(rate, float) and rate > 0 and isinstance(size, int) and isinstance(repetitions, int)):
        rate, size, repetitions = 1.0, 0, 0
    return MatmulRate(rate, size, precision, threads, repetitions)
