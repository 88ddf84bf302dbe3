"""Single readings that need no predictions to be computed again: from weights, from history, from other readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deepwright.energy.claims import WORLD_SOURCE, carbon_of
from deepwright.energy.flop import matmul_share, training_flop
from deepwright.energy.machine import MatmulRate
from deepwright.measurements import Measurement
from deepwright.training.gradients import flow
from deepwright.validation.evidence import Evidence

#: What follows from other records and from a record's own arguments, under whatever name.
_DERIVED = ("carbon", "training_flop", "matmul_share")


def read_again(evidence: Evidence, stated: Sequence[Measurement]) -> list[Measurement]:
    """The records that weights, history and other records give; one for each of theirs that is stated."""
    again = (_reading(evidence, record, stated) for record in stated)
    return [record for record in again if record is not None]


def _reading(evidence: Evidence, record: Measurement, stated: Sequence[Measurement]) -> Measurement | None:
    history, arguments = evidence.history, dict(record.arguments)
    match record.measure if record.measure in _DERIVED else record.name:
        case "num_parameters":
            return _single(evidence, record, float(evidence.predictor.num_parameters))
        case "epochs" if history:
            return _single(evidence, record, float(history[-1]["epoch"]))
        case "gradient_ratio" if history:
            verdict, ratio = flow(history)
            return _single(evidence, replace(record, arguments={**arguments, "verdict": verdict}), ratio)
        case "carbon":
            energy = _named(stated, arguments["energy"])
            grams = None if arguments["source"] == WORLD_SOURCE else float(arguments["grams_per_kwh"])
            return carbon_of(energy, record.name, grams)
        case "training_flop":
            model = evidence.predictor.member.name
            return training_flop(model, int(arguments["forward_flop"]), int(arguments["examples"]))
        case "matmul_share":
            rate = MatmulRate(
                *(arguments[key] for key in ("flop_per_second", "size", "precision", "num_threads", "best_of"))
            )
            return matmul_share(_named(stated, "training_flop"), float(_named(stated, "training_seconds")), rate)
    return None


def _named(stated: Sequence[Measurement], name: str) -> Measurement:
    return next(record for record in stated if record.name == name)


def _single(evidence: Evidence, record: Measurement, value: float | None) -> Measurement:
    """A record with its value, and with what holds of every single reading."""
    return replace(
        record,
        value=value,
        measure=record.name,
        model=evidence.predictor.member.name,
        split=None,
        n=1,
        interval=None,
        level=None,
        method=None,
        status="not measured" if value is None else "measured",
    )
