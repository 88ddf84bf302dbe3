"""From predictions back to measurements: every claim that can be computed again is, and is compared field by field."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, get_args

import msgspec
import numpy as np

from deepwright.contracts import Predictions, Task, weighted
from deepwright.measurements import OF_DATA, Claim, Measurement
from deepwright.messages import _, listing
from deepwright.predictor import PREPROCESSING
from deepwright.run_directory import sha256
from deepwright.validation.calibration import fit_temperature
from deepwright.validation.evaluation import measure_all, metric_of
from deepwright.validation.evidence import Evidence, How, Section, Verdict
from deepwright.validation.label_noise import UNLEARNT, label_noise
from deepwright.validation.readings import SUPPORT, read_again, steps
from deepwright.validation.recommended import about_recommended
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS
from deepwright.validation.written import about_written

Key: TypeAlias = tuple[str, str | None, str | None]

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12
#: How far a temperature may be from the one that is fitted again.
_FITTED = 1e-4
_SHOWN = 120
_HASH: How = "hash-only"


def read_records(data: bytes) -> tuple[str, list[Measurement]]:
    """The model and the records of a ``measurements.json``, each value of the type it should have.

    Raises:
        ValueError: the file holds anything else.
    """
    names = {field.name for field in dataclasses.fields(Measurement)}
    content = json.loads(data)
    if content.keys() != {"model", "measurements"} or any(entry.keys() != names for entry in content["measurements"]):
        raise ValueError(_("a key is missing, or one is unknown"))
    model: str = msgspec.convert(content["model"], str)
    return model, [msgspec.convert(entry, Measurement) for entry in content["measurements"]]


def measurements(
    evidence: Evidence,
    num_examples: int,
    inspected: Sequence[Measurement] = (),
    others: Sequence[Measurement] = (),
) -> Section:
    """Every record of a run against what its predictions, weights and history give.

    Args:
        evidence: the run's files.
        num_examples: of the training split.
        inspected: what an inspection of the run's data gives; nothing where the data is not at hand.
        others: what else should stand there, of which the figures are those that stand there.
    """
    predictor = evidence.predictor
    name, stated = read_records(evidence.files[MEASUREMENTS])
    read = read_again(evidence, stated, num_examples)
    computed = [*recompute(evidence, stated), *read, *inspected]
    support = {**resting(evidence, computed), **dict.fromkeys(map(key_of, others), _HASH)}
    verdicts = judge(stated, [*computed, *others], MEASUREMENTS, evidence.hashes, support)
    verdicts.append(steps(evidence, num_examples))
    if name != predictor.member.name:
        problem = _("its model is {found}, that of the run is {model}", found=name, model=predictor.member.name)
        verdicts.append(Verdict(MEASUREMENTS, "recomputed", (problem,)))
    if predictor.task.calibrated:
        verdicts.append(_temperature(evidence))
    claims = {how: [verdict.claim for verdict in verdicts if verdict.how == how] for how in get_args(How)}
    holds = _(
        "{n} figures were computed again and are the same; those that rest on the hash of {file}: {others}.",
        n=len(claims["recomputed"]),
        file=MEASUREMENTS,
        others=listing(claims["hash-only"]) or _("none"),
    )
    notes = []
    if from_stated := claims["recomputed from stated figures"]:
        notes.append(
            _(
                "Computed again from figures that rest on the hash of {file} themselves: {claims}.",
                file=MEASUREMENTS,
                claims=listing(from_stated),
            )
        )
    if impossible := claims["impossible without the data"]:
        notes.append(_("Impossible without the data: {claims}.", claims=listing(impossible)))
    return Section(holds, verdicts, notes)


def recompute(evidence: Evidence, stated: Sequence[Measurement]) -> list[Measurement]:
    """The records that a run's predictions give.

    Args:
        evidence: the run's files.
        stated: the run's own records; they alone know the temperatures of the baselines.
    """
    task, model, settings = evidence.predictor.task, evidence.predictor.member.name, evidence.settings
    claims = {model: task.claims(evidence.predictor.temperature)}
    for other, split in sorted(evidence.predictions, key=lambda key: key[1] != "test"):
        if other not in claims:
            theirs = [record for record in stated if (record.model, record.split) == (other, split)]
            claims[other] = _claims_as_stated(task, theirs, evidence.predictions[other, split])
    inputs = {PREDICTIONS: sha256(evidence.files[PREDICTIONS])}
    records = measure_all(model, claims, evidence.predictions, settings.validation, settings.seed)
    records = [*records, *doubts(model, evidence.predictions, evidence.predictor.temperature)]
    tested = evidence.predictions[model, "test"]
    records += about_written(evidence.predictor, tested, settings.validation, settings.seed)
    records += about_recommended(evidence.predictor, tested, settings.validation, settings.seed)
    return [replace(record, inputs=inputs) for record in records]


def resting(evidence: Evidence, computed: Sequence[Measurement]) -> dict[Key, How]:
    """What stands behind the records that were not computed from the run's files alone.

    A baseline is not part of the run, and so its temperature is taken as its records state it.
    """
    model, task = evidence.predictor.member.name, evidence.predictor.task
    cold, hot = ({claim.name: claim.arguments for claim in task.claims(t)} for t in (1.0, 2.0))
    calibrated = {name for name in cold if cold[name] != hot[name]}

    def support(record: Measurement) -> How:
        about, _over, baseline = record.name.partition("_over/")
        if about in calibrated and (baseline or record.model not in (model, None)):
            return "recomputed from stated figures"
        return SUPPORT.get(record.measure, "recomputed")

    return {key_of(record): support(record) for record in computed}


def doubts(model: str, predictions: Mapping[tuple[str, str], Predictions], temperature: float) -> Iterator[Measurement]:
    """How many labels the model doubts; nothing where numbers are learnt."""
    found = label_noise({split: predictions[model, split] for split in UNLEARNT}, temperature)
    if found is not None:
        yield found.measurement(model)


def judge(
    stated: Sequence[Measurement],
    computed: Sequence[Measurement],
    file: str,
    hashes: Mapping[str, str],
    support: Mapping[Key, How] | None = None,
) -> list[Verdict]:
    """A verdict for every record that is stated or should be.

    Args:
        stated: as they stand in the file.
        computed: as they should be; whatever else is stated rests on the file's hash.
        file: where they stand.
        hashes: SHA-256 of every file of the run.
        support: what stands behind those that were computed, where it is not their inputs alone.
    """
    expected = {key_of(record): record for record in computed}
    counts = Counter(key_of(record) for record in stated)
    verdicts = []
    for record in stated:
        key = key_of(record)
        problems = [] if counts[key] == 1 else [_("it stands {n} times in {file}", n=counts[key], file=file)]
        if key in expected:
            problems += differences(record, expected[key], file)
        elif OF_DATA in record.inputs:
            verdicts.append(Verdict(called(record), "impossible without the data", tuple(problems)))
            continue
        elif record.recomputable:
            problems.append(_("it is said to be recomputable, but nothing in the run gives it"))
        elif not record.inputs:
            problems.append(_("nothing in the run gives it, and it names no file that it was computed from"))
        else:
            others = [name for name, hashed in record.inputs.items() if hashes.get(name) != hashed]
            problems += [_("it was computed from another {file} than there is", file=name) for name in others]
        how: How = (support or {}).get(key, "recomputed") if key in expected else _HASH
        verdicts.append(Verdict(called(record), how, tuple(problems)))
    for key, record in expected.items():
        if key not in counts:
            verdicts.append(Verdict(called(record), "recomputed", (_("it is missing from {file}", file=file),)))
    return verdicts


def differences(stated: Measurement, computed: Measurement, file: str) -> list[str]:
    """A sentence for every field of a record that differs; floats may differ by rounding."""
    return [
        _(
            "{field} is {stated} in {file}, recomputed: {computed}",
            field=field.name,
            file=file,
            stated=shown(getattr(stated, field.name)),
            computed=shown(getattr(computed, field.name)),
        )
        for field in dataclasses.fields(Measurement)
        if not alike(getattr(stated, field.name), getattr(computed, field.name))
    ]


def alike(one: Any, other: Any) -> bool:
    """Whether two JSON-compatible values are the same, floats up to rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def departure(one: Any, other: Any) -> tuple[str, tuple[Any, Any]]:
    """Where two values that are not alike first depart from each other, as a dotted path, and what stands there."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        key = next(key for key in one if not alike(one[key], other[key]))
        within, values = departure(one[key], other[key])
        return f"{key}.{within}".rstrip("."), values
    return "", (one, other)


def shown(value: Any) -> str:
    """A value as JSON, as much of it as a sentence can hold."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def key_of(record: Measurement) -> Key:
    """What names a record within a run."""
    return record.name, record.model, record.split


def called(record: Measurement) -> str:
    """A record as a sentence calls it: ``accuracy (convnet, test)``."""
    about = ", ".join(part for part in (record.model, record.split) if part is not None)
    return f"{record.name} ({about})" if about else record.name


def _temperature(evidence: Evidence) -> Verdict:
    """The temperature, fitted again to the validation split."""
    predictor = evidence.predictor
    fitted = fit_temperature(evidence.predictions[predictor.member.name, "validation"])
    problem = _(
        "it is {stated} in {file}, fitted again: {fitted}",
        stated=predictor.temperature,
        file=PREPROCESSING,
        fitted=fitted,
    )
    same = math.isclose(predictor.temperature, fitted, rel_tol=_FITTED)
    return Verdict("temperature", "recomputed", () if same else (problem,))


def _claims_as_stated(task: Task, records: Sequence[Measurement], predictions: Predictions) -> list[Claim]:
    """The task's claims at that temperature, of those the records state, with which most of their values are right."""
    values = {record.name: record.value for record in records}
    stated = [record.arguments.get("temperature") for record in records]
    candidates = [temperature for temperature in stated if isinstance(temperature, float) and temperature > 0]
    once = np.ones((1, len(predictions)))

    def right(temperature: float) -> int:
        depending = [claim for claim in task.claims(temperature) if "temperature" in claim.arguments]
        return sum(alike(values.get(c.name), float(weighted(metric_of(c), predictions, once)[0])) for c in depending)

    return task.claims(max(dict.fromkeys([1.0, *candidates]), key=right))
