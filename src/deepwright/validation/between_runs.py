"""Between runs: what one gains over another, paired where both were tested on the same rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim, Measurement, Measurements
from deepwright.validation.evaluation import NUM_GROUPS, PAIRED, Drawn, compare, draw

#: What measures a difference between runs on different rows, and a mean over runs that differ in their seed.
UNPAIRED, OVER_SEEDS = "unpaired_difference", "mean_over_seeds"


@dataclass(frozen=True)
class Candidate:
    """A run in a comparison, on its test split.

    Attributes:
        name: of the run.
        claims: to be compared.
        predictions: of the test rows.
        rows: the same for runs that were tested on the same rows with the same answers, different otherwise.
        inputs: SHA-256 by name of what the predictions were read from.
    """

    name: str
    claims: Sequence[Claim]
    predictions: Predictions
    rows: Hashable
    inputs: Mapping[str, str]


def claims_of(measurements: Measurements) -> list[Claim]:
    """What a run claims on its test split as well as on its validation split: the metrics that judge its task."""
    model = measurements.model
    judging = {record.name for record in measurements.where(model=model, split="validation")}
    return [
        Claim(record.name, record.measure, _own(record), compared=True)
        for record in measurements.where(model=model, split="test")
        if record.name in judging and record.measure != PAIRED
    ]


def differences(
    tested: Sequence[Candidate], pairs: Sequence[tuple[str, str]], settings: ValidationSettings, seed: int
) -> list[Measurement]:
    """The first run's figure less the second's, for every claim that both runs of a pair make.

    Runs on the same rows see the same draws, so that their difference is paired; the draws of other rows are
    independent of them.

    Args:
        tested: the runs.
        pairs: names of a run and of the one it is compared with.
        settings: draws and level.
        seed: of the draws.
    """
    runs, drawn = {run.name: run for run in tested}, _drawn(tested, settings, seed)
    records = []
    for name, baseline in pairs:
        run, other = runs[name], runs[baseline]
        theirs = {claim.name: claim for claim in other.claims}
        inputs = {f"{r.name}/{file}": hashed for r in (run, other) for file, hashed in r.inputs.items()}
        for claim in run.claims:
            if claim.name in theirs:
                same = {baseline: theirs[claim.name]}
                (record,) = compare(claim, name, same, drawn, len(run.predictions), settings, seed)
                records.append(_marked(record, run, other, inputs))
    return records


def over_seeds(records: Sequence[Measurement], runs: Mapping[str, tuple[str, int]]) -> list[Measurement]:
    """The mean of figures that differ in nothing but the seed; how far they lie apart is in the arguments.

    The test rows of several seeds overlap, so that no interval of the mean can be had from them.

    Args:
        records: figures of runs, and differences between them.
        runs: model and seed of each run.
    """
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for record in records:
        stem, over, baseline = record.name.partition("_over/")
        name = f"{stem}{over}{runs[baseline][0] if over else ''}"
        groups.setdefault((name, runs[str(record.model)][0]), []).append(record)
    return [_mean(name, model, group, runs) for (name, model), group in groups.items()]


def _own(record: Measurement) -> dict[str, object]:
    """The arguments of the metric, without what is said of the draws."""
    return {key: value for key, value in record.arguments.items() if key != NUM_GROUPS}


def _drawn(tested: Sequence[Candidate], settings: ValidationSettings, seed: int) -> dict[tuple[str, str], Drawn]:
    drawn: dict[tuple[str, str], Drawn] = {}
    for number, rows in enumerate(dict.fromkeys(run.rows for run in tested)):
        group = [run for run in tested if run.rows == rows]
        claims = {run.name: run.claims for run in group}
        drawn |= draw(claims, {run.name: run.predictions for run in group}, settings, seed + number)
    return drawn


def _marked(record: Measurement, run: Candidate, other: Candidate, inputs: Mapping[str, str]) -> Measurement:
    if run.rows == other.rows:
        return replace(record, inputs=inputs)
    arguments = {**record.arguments, "baseline_n": len(other.predictions)}
    return replace(record, inputs=inputs, measure=UNPAIRED, arguments=arguments)


def _mean(name: str, model: str, group: Sequence[Measurement], runs: Mapping[str, tuple[str, int]]) -> Measurement:
    values = [float(record) for record in group]
    arguments = {
        **{key: value for key, value in group[0].arguments.items() if key == "metric"},
        "seeds": [runs[str(record.model)][1] for record in group],
        "values": values,
    }
    return Measurement(
        name=name,
        value=sum(values) / len(values),
        unit=group[0].unit,
        measure=OVER_SEEDS,
        arguments=arguments,
        model=model,
        split="test",
        n=len(values),
    )
