"""Verify: compute every claim of a run again from the run's own files, and say which differ.

Nothing of the run is executed. A file that is not the one its manifest names is evidence of nothing: what would rest on
it is said not to be checked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from deepwright.config.settings import plain
from deepwright.contracts import Predictions
from deepwright.data.reading import read_table
from deepwright.data.splits import Splits
from deepwright.data.table import Table
from deepwright.errors import DeepwrightError, UsageError
from deepwright.experiments import learnt_rows
from deepwright.measurements import Measurement
from deepwright.messages import _, listing, plural
from deepwright.predictor import PREPROCESSING, WEIGHTS
from deepwright.reporting.agreement import views
from deepwright.reporting.data_section import DATA
from deepwright.reporting.report import CARD, REPORT
from deepwright.run_directory import CONFIG, RunDirectory, sha256
from deepwright.specs import NumberSpec
from deepwright.training.runtime import runtime
from deepwright.validation.evidence import ARCHITECTURE, HISTORY, Evidence, How, Section, Verdict, gather, unreadable
from deepwright.validation.recompute import alike, departure, measurements, shown
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS
from deepwright.workflows.describe import describe
from deepwright.workflows.inspect import Inspected, inspect_data
from deepwright.workflows.plan import plan

#: Files whose contents are claims, each with a verdict of its own.
_EXAMINED = (DATA, PREPROCESSING, ARCHITECTURE, PREDICTIONS, MEASUREMENTS, REPORT, CARD)
#: What every run has.
_REQUIRED = (CONFIG, WEIGHTS, HISTORY, *_EXAMINED)
#: What ``data.json`` claims of the data; where it was read from may change, and notes depend on the language.
_OF_DATA = ("sha256", "rows", "columns", "method", "inspection")
#: How far outputs may differ on another machine.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Verification:
    """All that was checked, in order."""

    sections: Sequence[Section]

    @property
    def verdicts(self) -> list[Verdict]:
        """One for each claim."""
        return [verdict for section in self.sections for verdict in section.verdicts]

    @property
    def num_differing(self) -> int:
        """Claims that do not hold."""
        return sum(bool(verdict.problems) for verdict in self.verdicts)

    def summary(self) -> str:
        """What stands behind the claims, and how many differ, in one sentence."""
        counts = Counter(verdict.how for verdict in self.verdicts)
        result = plural("{n} differs", "{n} differ", self.num_differing) if self.num_differing else _("nothing differs")
        return plural(
            "{n} claim: {parts}; {result}.",
            "{n} claims: {parts}; {result}.",
            len(self.verdicts),
            parts=listing(f"{counts[how]} {word}" for how, word in words().items() if how in counts),
            result=result,
        )


def words() -> dict[How, str]:
    """What stands behind a claim, in words."""
    return {
        "recomputed": _("recomputed"),
        "hash-only": _("hash-only"),
        "impossible without the data": _("impossible without the data"),
    }


def verify(directory: RunDirectory, data: str | None = None) -> Verification:
    """Check every claim of a run.

    Args:
        directory: of a finished run, in whatever state.
        data: where the run's data is now; None looks where its own files say.

    Raises:
        RunError: the run is unfinished.
        UsageError: ``data`` cannot be read, or the network is code of the user's own that was not allowed.
    """
    if not directory.finished:
        directory.manifest()
    manifest, evidence = gather(directory, _REQUIRED, _EXAMINED)
    if evidence is None:
        return Verification([manifest])
    numbers = (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS)
    read = cache(partial(_read, evidence, data))
    inspected = None if {CONFIG, DATA} & set(evidence.damaged) else _inspected(read)
    return Verification(
        [
            manifest,
            _checked(_network, evidence, PREPROCESSING, (CONFIG, WEIGHTS, PREPROCESSING)),
            _checked(partial(measurements, inspected=inspected), evidence, MEASUREMENTS, (*numbers, HISTORY)),
            _checked(views, evidence, REPORT, (*numbers, HISTORY, DATA)),
            _checked(partial(_data, read=read), evidence, DATA, (*numbers, DATA)),
        ]
    )


def _checked(check: Callable[[Evidence], Section], evidence: Evidence, claim: str, needed: Sequence[str]) -> Section:
    """What a check finds; whatever a damaged file makes a reader raise is a finding about that file."""
    if damaged := [name for name in needed if name in evidence.damaged]:
        problem = _("it was not checked, because it rests on {files}", files=listing(damaged))
        return Section("", [Verdict(claim, "recomputed", (problem,))])
    try:
        with np.errstate(all="ignore"):
            return check(evidence)
    except Exception as error:
        if type(error) is UsageError:  # code that the user has to allow, data that the user named
            raise
        return Section("", [Verdict(claim, "recomputed", (unreadable(error),))])


def _network(evidence: Evidence) -> Section:
    """Whether weights, preprocessing, configuration and description belong together."""
    predictor, settings = evidence.predictor, evidence.settings
    pairs = {
        "task": (settings.task, predictor.task_name),
        "model": (plain(settings.model), plain(predictor.member)),
        "data.columns": (dict(settings.data.columns), dict(predictor.task.columns)),
    }
    problems = tuple(
        _("{key} is {found} there, but {stated} in {file}", key=key, found=found, stated=stated, file=CONFIG)
        for key, (stated, found) in pairs.items()
        if not alike(stated, found)
    )
    front, described = predictor.network.front.state_dict(), predictor.task.inputs.front().state_dict()
    if any(not torch.equal(front[name], tensor) for name, tensor in described.items()):
        problems = (*problems, _("the first layer that it describes is not the one in {weights}", weights=WEIGHTS))
    same = alike(evidence.read(ARCHITECTURE), json.loads(json.dumps(describe(predictor))))
    other = () if same else (_("it does not describe the network that {weights} gives", weights=WEIGHTS),)
    holds = plural(
        "{weights} belongs to {preprocessing}: {model}, {n} parameter.",
        "{weights} belongs to {preprocessing}: {model}, {n} parameters.",
        predictor.num_parameters,
        weights=WEIGHTS,
        preprocessing=PREPROCESSING,
        model=predictor.member.name,
    )
    return Section(holds, [Verdict(PREPROCESSING, "recomputed", problems), Verdict(ARCHITECTURE, "recomputed", other)])


@dataclass(frozen=True)
class _Reading:
    """The run's data, read again: the table or why there is none, and what is found in it if it is the same."""

    table: Table | None
    reason: str
    inspected: Inspected | None = None
    splits: Splits | None = None


def _read(evidence: Evidence, given: str | None) -> _Reading:
    stated = evidence.read(DATA)
    table, reason = _table(evidence, stated["source"], given)
    if table is None or table.sha256 != stated["sha256"]:
        return _Reading(table, reason)
    ready = plan(evidence.document, table)
    found = inspect_data(ready.table, ready.splits, ready.roles, ready.settings.data, ready.task)
    return _Reading(table, "", found, ready.splits)


def _inspected(read: Callable[[], _Reading]) -> Sequence[Measurement] | None:
    """What an inspection of the data gives; None where the data is not at hand, which its own section explains."""
    try:
        inspected = read().inspected
    except Exception as error:
        if type(error) is UsageError:  # data that the user named
            raise
        return None
    return None if inspected is None else inspected.measurements


def _data(evidence: Evidence, read: Callable[[], _Reading]) -> Section:
    """Whether ``data.json`` and the predictions are those of the data, as far as it can be read again."""
    stated = evidence.read(DATA)
    configured = _configured(evidence, stated)
    reading = read()
    table = reading.table
    if table is None:
        return _without_data(evidence, stated, configured, reading.reason)
    if reading.inspected is None or reading.splits is None:
        problem = _("the data in {source} has another hash than {file} states", source=table.source, file=DATA)
        return Section("", [*configured, Verdict(_part("sha256"), "recomputed", (problem,))])
    again = json.loads(json.dumps(reading.inspected.data))
    verdicts = [*configured, *(_of_data((key,), stated, again) for key in _OF_DATA)]
    verdicts += [_of_data(("splits", split), stated, again) for split in again["splits"]]
    with runtime(evidence.settings.training):
        verdicts += [_predicted_again(evidence, table, reading.splits, *key) for key in evidence.predictions]
    holds = _("The data in {source} gives the same hashes, splits and predictions.", source=table.source)
    return Section(holds, verdicts)


def _table(evidence: Evidence, source: str | None, given: str | None) -> tuple[Table | None, str]:
    """The data, or why it cannot be read."""
    if given is None and source in (None, "memory"):
        return None, _("it was in memory")
    try:
        return read_table(str(given or source), replace(evidence.settings.data, storage="auto")), ""
    except DeepwrightError as error:
        if given is not None:
            raise UsageError(str(error)) from None
        return None, str(error)


def _configured(evidence: Evidence, stated: Mapping[str, Any]) -> list[Verdict]:
    """What the configuration alone says about the data."""
    data = evidence.settings.data
    again = {
        "task": evidence.settings.task,
        "roles": dict(data.columns),
        "stated": {key: getattr(data, key) for key in stated["stated"]},
    }
    return [_of_data((key,), stated, again) for key in again]


def _without_data(evidence: Evidence, stated: Mapping[str, Any], configured: Sequence[Verdict], reason: str) -> Section:
    """The rows of a split are known from its predictions, where all of them were predicted."""
    model = evidence.predictor.member.name
    verdicts = [*configured, *(Verdict(_part(key), "impossible without the data") for key in _OF_DATA)]
    again: dict[str, Any] = {"splits": {}}
    for split, about in stated["splits"].items():
        made = evidence.predictions.get((model, split))
        if made is None or (split == "train" and len(made) == evidence.settings.validation.training_rows):
            verdicts.append(Verdict(_part("splits", split), "impossible without the data"))
        else:
            again["splits"][split] = {**about, **_counts(made, about)}
            verdicts.append(_of_data(("splits", split), stated, again))
    verdicts += [
        Verdict(f"{PREDICTIONS}: {name}, {split}", "impossible without the data" if name == model else "hash-only")
        for name, split in evidence.predictions
    ]
    holds = _(
        "The data cannot be read again ({reason}), so that {file} is compared with the predictions alone.",
        reason=reason.rstrip("."),
        file=DATA,
    )
    return Section(holds, verdicts)


def _counts(made: Predictions, about: Mapping[str, Any]) -> dict[str, Any]:
    """What predictions of all rows of a split say about it: rows, their hash, and the rows of each class."""
    counts: dict[str, Any] = {"rows": len(made), "sha256": sha256(made.rows.tobytes())}
    if "classes" in about:
        of_class = made.targets if made.targets.ndim == 2 else np.eye(len(made.names), dtype=int)[made.targets]
        found = of_class.sum(0).tolist()
        counts["classes"] = {name: count for name, count in zip(made.names, found, strict=True) if count}
    return counts


def _predicted_again(evidence: Evidence, table: Table, splits: Splits, model: str, split: str) -> Verdict:
    """The model's outputs and targets, computed again; the weights of its baselines are no part of the run."""
    claim, predictor, made = f"{PREDICTIONS}: {model}, {split}", evidence.predictor, evidence.predictions[model, split]
    rows = learnt_rows(splits.train, evidence.settings) if split == "train" else splits[split]
    if not np.array_equal(made.rows, rows):
        return Verdict(claim, "recomputed", (_("its rows are not those of the split"),))
    groups = None if splits.groups is None else splits.groups[rows].tolist()
    if groups != (None if made.groups is None else made.groups.tolist()):
        return Verdict(claim, "recomputed", (_("its groups are not those of the data"),))
    if model != predictor.member.name:
        return Verdict(claim, "hash-only")
    again = predictor.predictions(predictor.task.examples(table.take(made.rows)))
    if not np.array_equal(again.targets, made.targets):
        return Verdict(claim, "recomputed", (_("the labels are not those of the data"),))
    outputs = predictor.task.outputs.spec
    if isinstance(outputs, NumberSpec):  # in the number's own unit, rounded to float32
        allowed = _TOLERANCE * outputs.deviation + np.spacing(np.abs(again.outputs).astype(np.float32))
    else:
        allowed = _TOLERANCE * (1 + np.abs(made.outputs))
    wrong = int((np.abs(again.outputs - made.outputs) > allowed).any(1).sum())
    problem = plural(
        "the outputs of {n} row are not those of {weights}",
        "the outputs of {n} rows are not those of {weights}",
        wrong,
        weights=WEIGHTS,
    )
    return Verdict(claim, "recomputed", (problem,) if wrong else ())


def _of_data(path: Sequence[str], stated: Any, again: Any) -> Verdict:
    for key in path:
        stated, again = stated[key], again[key]
    if alike(stated, again):
        return Verdict(_part(*path), "recomputed")
    within, (one, other) = departure(stated, again)
    problem = _("{stated} there, {again} again", stated=shown(one), again=shown(other))
    return Verdict(_part(*path), "recomputed", (f"{within}: {problem}" if within else problem,))


def _part(*path: str) -> str:
    return f"{DATA}: {'.'.join(path)}"
