"""Verified data: what a run says of its data, against the data read again, or against its predictions alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import deepwright
from deepwright import registry
from deepwright.config.settings import DataSettings, Settings
from deepwright.contracts import PASSAGE, RANKED, TOP, TRANSLATED, WORDS, Examples, FloatArray, Predictions, Task
from deepwright.data.asked import as_asked
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import DeepwrightError, UsageError
from deepwright.experiments import learnt_rows, predictions_of
from deepwright.messages import LANGUAGES, _, listing, plural, speaking
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.reporting.contents import SPLITS
from deepwright.reporting.data_section import DATA
from deepwright.run_directory import CONFIG, sha256
from deepwright.specs import (
    ContextSpec,
    HistorySpec,
    ItemsSpec,
    NumberSpec,
    RatedSpec,
    Spec,
    TokensSpec,
    TranslationSpec,
)
from deepwright.tasks.recommendation import informed
from deepwright.training.runtime import runtime
from deepwright.validation.evidence import Evidence, Section, Verdict, unreadable
from deepwright.validation.recompute import alike, departure, shown
from deepwright.validation.storage import PREDICTIONS, labels, wrongly_decided
from deepwright.workflows.inspect import Inspected, inspect_data
from deepwright.workflows.plan import Plan, plan

#: How far outputs may differ on another machine.
TOLERANCE = 1e-4
#: Users whose items are looked at again at a time.
_AT_ONCE = 64
#: What ``data.json`` says of the data as it is.
_OF_DATA = (("sha256",), ("rows",), ("columns",), ("method",))
_KEYS = (
    "source",
    "target_source",
    "stated",
    "task",
    "roles",
    "language",
    "sha256",
    "rows",
    "columns",
    "method",
    "splits",
    "inspection",
    "notes",
    "rejected",
)
#: What ``data.json`` says in sentences: in one language, and in the words of one version.
_SENTENCES = (("notes",), ("rejected",), ("inspection", "rejected"))


@dataclass(frozen=True)
class Reading:
    """The run's data, read again.

    Attributes:
        reason: why there is nothing to compare with, as a sentence; empty where there is.
        problem: what is wrong with the data or with what the run says of it.
        ready: the plan of the run with its data.
        inspected: what is found in the data.
    """

    reason: str = ""
    problem: Verdict | None = None
    ready: Plan | None = None
    inspected: Inspected | None = None


def read_again(evidence: Evidence, given: str | None) -> Reading:
    """Read and inspect a run's data.

    Args:
        evidence: the run's files.
        given: where the data is now; None looks where the run's own files say.

    Raises:
        UsageError: ``given`` cannot be read.
    """
    if damaged := sorted({CONFIG, DATA} & set(evidence.damaged)):
        return Reading(_("what says where it is was changed: {files}", files=listing(damaged)))
    try:
        stated = evidence.read(DATA)
        table, reason = _table(evidence, stated, given)
        if table is None:
            return Reading(reason)
        if table.sha256 != stated["sha256"]:
            problem = _("the data in {source} has another hash than {file} states", source=table.source, file=DATA)
            return Reading(problem=Verdict(_part("sha256"), "recomputed", (problem,)))
        ready = plan(evidence.document, table)
        inspected = inspect_data(ready.table, ready.splits, ready.roles, ready.settings.data, ready.task)
        return Reading(ready=ready, inspected=inspected)
    except Exception as error:
        if type(error) is UsageError:  # data that the user named
            raise
        return Reading(problem=Verdict(DATA, "recomputed", (unreadable(error),)))


def _table(evidence: Evidence, stated: Mapping[str, Any], given: str | None) -> tuple[Table | None, str]:
    """The data, with notes in the language in which the run's are written; or why it cannot be read, in the user's."""
    if given is None and stated["source"] in (None, "memory"):
        return None, _("it was in memory")
    # Where pictures are kept while they are read is this machine's affair.
    source, settings = str(given or stated["source"]), _as_read(evidence.settings, given)
    try:
        with speaking(str(stated["language"])):
            return read_table(source, settings), ""
    except DeepwrightError:
        pass
    try:
        return read_table(source, settings), ""
    except DeepwrightError as error:
        if given is not None:
            raise UsageError(str(error)) from None
        return None, str(error)


def _as_read(settings: Settings, given: str | None) -> DataSettings:
    """The settings with which a run's data is read; of two files that were moved, the second lies beside the first."""
    read = replace(as_asked(settings), storage="auto")
    if given is None or read.target_source is None:
        return read
    beside = Path(given).parent / Path(read.target_source).name
    return replace(read, target_source=str(beside) if Path(given).is_file() else None)


def data(evidence: Evidence, reading: Reading) -> Section:
    """Whether ``data.json``, encoders and predictions are those of the data, as far as it can be read again."""
    stated = evidence.read(DATA)
    verdicts = [*_configured(evidence, stated), *_answered(evidence)]
    if reading.problem:
        return Section("", [*verdicts, reading.problem])
    if reading.ready is None or reading.inspected is None:
        holds = _(
            "The data cannot be read again ({reason}), so that {file} is compared with the predictions alone.",
            reason=reading.reason.rstrip("."),
            file=DATA,
        )
        return Section(holds, [*verdicts, *_without_data(evidence, stated)])
    verdicts += _with_data(evidence, stated, reading.ready, reading.inspected)
    holds = _("The data in {source} gives the same hashes, splits and predictions.", source=reading.ready.table.source)
    return Section(holds, verdicts)


# ------------------------------------------------------------------------------------- what needs no data


def _configured(evidence: Evidence, stated: Mapping[str, Any]) -> list[Verdict]:
    """What the configuration alone says about the data."""
    settings = evidence.settings.data
    again = {
        "source": settings.source,
        **({"target_source": settings.target_source} if settings.target_source or "target_source" in stated else {}),
        "task": evidence.settings.task,
        "roles": dict(settings.columns),
        "stated": {key: getattr(settings, key) for key in ("origin", "licence", "retention")},
    }
    language = stated.get("language")
    problem = _("it is {found}; known are {known}", found=shown(language), known=listing(LANGUAGES))
    spoken = Verdict(_part("language"), "hash-only", () if language in LANGUAGES else (problem,))
    unknown = [Verdict(_part(key), "recomputed", (_unknown(),)) for key in stated if key not in _KEYS]
    return [*(_compared((key,), stated, again) for key in again), spoken, *unknown]


def _answered(evidence: Evidence) -> list[Verdict]:
    """Decisions follow from outputs, classes are those of the encoder, and all models answer the same rows."""
    wrong = wrongly_decided(evidence.files[PREDICTIONS])
    undecided = plural(
        "in {n} row it is not what the outputs give; the first is row {row} ({model}, {split})",
        "in {n} rows it is not what the outputs give; the first is row {row} ({model}, {split})",
        len(wrong),
        **dict(zip(("model", "split", "row"), wrong[0] if wrong else ("", "", ""), strict=True)),
    )
    model, made = evidence.predictor.member.name, evidence.predictions
    names = next(iter(made.values())).names
    known = _names(evidence.predictor.task.outputs.spec)
    others = _("they are {found}, those of {file} are {known}", file=PREPROCESSING, found=names, known=known)
    verdicts = [
        Verdict(f"{PREDICTIONS}: predicted", "recomputed", (undecided,) if wrong else ()),
        Verdict(f"{PREDICTIONS}: classes", "recomputed", (others,) if names != known else ()),
        *_catalogue(evidence),
    ]
    for (other, split), theirs in made.items():
        if other != model:
            ours = made[model, split]
            same = np.array_equal(ours.rows, theirs.rows) and np.array_equal(ours.targets, theirs.targets)
            problem = _("its rows and labels are not those of {model}", model=model)
            verdicts.append(Verdict(_predictions(other, split), "hash-only", () if same else (problem,)))
    return verdicts


def _catalogue(evidence: Evidence) -> list[Verdict]:
    """Whether the items have the numbers that the encoder gives them; nothing where none are recommended."""
    inputs, catalogue = evidence.predictor.task.inputs.spec, next(iter(evidence.predictions.values())).catalogue
    if catalogue is None or not isinstance(inputs, HistorySpec):
        return []
    problem = _("its items are not those of {file}", file=PREPROCESSING)
    same = tuple(catalogue.tolist()) == ("", *inputs.items)
    return [Verdict(f"{PREDICTIONS}: catalogue", "recomputed", () if same else (problem,))]


def _without_data(evidence: Evidence, stated: Mapping[str, Any]) -> list[Verdict]:
    """The rows of a split are known from its predictions, where all of them were predicted."""
    model, made = evidence.predictor.member.name, evidence.predictions
    lost = [*_OF_DATA, *_SENTENCES[:-1], *(("inspection", key) for key in stated["inspection"])]
    verdicts = [Verdict(_part(*path), "impossible without the data") for path in lost]
    train = made[model, "train"]
    most = evidence.settings.validation.training_rows
    sampled = len(train) == (len(made[model, "test"]) if train.answers == "text" else most)
    whole = {split: split != "train" or not sampled for split in SPLITS}
    of_users = isinstance(evidence.predictor.task.inputs.spec, HistorySpec | RatedSpec)
    if train.answers in ("tokens", "words", "items"):  # a passage or a user may span rows, of which the first is named
        whole = dict.fromkeys(SPLITS, False)
    elif of_users:  # of what was learnt from, the last rating of each user is measured
        whole["train"] = False
    for split in {**dict.fromkeys(SPLITS), **stated["splits"]}:
        if whole.get(split) is False:
            verdicts.append(Verdict(_part("splits", split), "impossible without the data"))
            continue
        about = stated["splits"].get(split, {})
        again = {split: {**about, **_counts(made[model, split], about)}} if split in whole else {}
        verdicts.append(_compared(("splits", split), stated, {"splits": again}))
    verdicts.append(Verdict(f"{PREPROCESSING}: inputs", "impossible without the data"))
    if whole["train"] and train.answers != "text":  # which texts are words depends on the sources as well
        task: Task = registry.load("tasks", evidence.predictor.task_name)(evidence.predictor.task.columns)
        task.outputs.fit(labels(train))
        verdicts.append(_encoder(evidence, "outputs", task))
    else:
        verdicts.append(Verdict(f"{PREPROCESSING}: outputs", "impossible without the data"))
    return verdicts + [
        Verdict(_predictions(name, split), "impossible without the data") for name, split in made if name == model
    ]


def _counts(made: Predictions, about: Mapping[str, Any]) -> dict[str, Any]:
    """What predictions of all rows of a split say about it: rows, their hash, and the rows of each class."""
    counts: dict[str, Any] = {"rows": len(made), "sha256": sha256(made.rows.tobytes())}
    if "classes" in about:
        of_class = made.targets if made.targets.ndim == 2 else np.eye(len(made.names), dtype=int)[made.targets]
        found = of_class.sum(0).tolist()
        counts["classes"] = {name: count for name, count in zip(made.names, found, strict=True) if count}
    return counts


# ------------------------------------------------------------------------------------------ with the data


def _with_data(evidence: Evidence, stated: Mapping[str, Any], ready: Plan, inspected: Inspected) -> list[Verdict]:
    again = json.loads(json.dumps(inspected.data))
    verdicts = [_compared(path, stated, again) for path in _OF_DATA]
    for part in ("splits", "inspection"):
        paths = [(part, key) for key in {**again[part], **stated[part]} if (part, key) not in _SENTENCES]
        verdicts += [_compared(path, stated, again) for path in paths]
    verdicts += [_sentences(evidence, path, stated, again) for path in _SENTENCES]
    verdicts += [_encoder(evidence, name, ready.fitted) for name in ("inputs", "outputs")]
    with runtime(evidence.settings.training):
        model = evidence.predictor.member.name
        splits = [split for name, split in evidence.predictions if name == model]
        return verdicts + [_predicted_again(evidence, ready, split) for split in splits]


def _sentences(evidence: Evidence, path: Sequence[str], stated: Any, again: Any) -> Verdict:
    """Another version may say the same in other words: then only their number is compared."""
    if evidence.version == deepwright.__version__:
        return _compared(path, stated, again)
    for key in path:
        stated, again = stated[key], again[key]
    one, other = (value["count"] if isinstance(value, Mapping) else len(value) for value in (stated, again))
    return Verdict(_part(*path), "hash-only", () if one == other else (_differ(one, other),))


def _encoder(evidence: Evidence, name: str, fitted: Task) -> Verdict:
    """An encoder's state beside that of one that was fitted again on the training split."""
    one, other = (getattr(task, name).state() for task in (evidence.predictor.task, fitted))
    return _compared((name,), {name: one}, {name: other}, PREPROCESSING)


def _predicted_again(evidence: Evidence, ready: Plan, split: str) -> Verdict:
    """The model's outputs and targets, computed again."""
    predictor = evidence.predictor
    made, claim = evidence.predictions[predictor.member.name, split], _predictions(predictor.member.name, split)
    rows = (
        learnt_rows(ready.table, ready.splits, evidence.settings, evidence.predictor)
        if split == "train"
        else ready.splits[split]
    )
    again = predictions_of(predictor, ready.table, rows, ready.splits.groups)
    if not np.array_equal(made.rows, again.rows):
        return Verdict(claim, "recomputed", (_("its rows are not those of the split"),))
    if (None if again.groups is None else again.groups.tolist()) != (
        None if made.groups is None else made.groups.tolist()
    ):
        return Verdict(claim, "recomputed", (_("its groups are not those of the data"),))
    if not np.array_equal(again.targets, made.targets):
        return Verdict(claim, "recomputed", (_("the labels are not those of the data"),))
    outputs = predictor.task.outputs.spec
    if isinstance(outputs, NumberSpec):  # in the number's own unit, rounded to float32
        allowed = TOLERANCE * outputs.deviation + np.spacing(np.abs(again.outputs).astype(np.float32))
    else:
        allowed = TOLERANCE * (1 + np.abs(made.outputs))
        if made.answers in (
            "tokens",
            "words",
            "text",
        ):  # of two that are as good as equally probable, either may come first
            allowed[:, 1] += 1
    if made.answers == "items":
        again = replace(
            again, outputs=_as_ranked(predictor, predictor.task.examples(ready.table.take(rows)), made, again)
        )
    wrong = int((np.abs(again.outputs - made.outputs) > allowed).any(1).sum())
    problem = plural(
        "the outputs of {n} row are not those of {weights}",
        "the outputs of {n} rows are not those of {weights}",
        wrong,
        weights=WEIGHTS,
    )
    other = _written_otherwise(made, again)
    return Verdict(claim, "recomputed", (*((problem,) if wrong else ()), *other))


def _as_ranked(predictor: Predictor, examples: Examples, made: Predictions, again: Predictions) -> FloatArray:
    """What was computed again, with the stated items wherever the network's scores do not tell them from its own.

    Of items with scores that are the same but for rounding, another machine may rank either first.
    """
    outputs = again.outputs.copy()
    stated, found = (torch.from_numpy(one.outputs[:, :TOP]).long() for one in (made, again))
    differ = (stated != found).any(1).nonzero()[:, 0]
    counts = torch.from_numpy(predictor.task.inputs.counts)  # type: ignore[attr-defined]  # of users
    for positions in differ.split(_AT_ONCE):
        batch = examples.batch(positions)
        scores = informed(predictor.forward(batch), counts.numpy()).scatter(1, batch.inputs[0], -torch.inf)
        ours, theirs = (scores.gather(1, one[positions]) for one in (found, stated))
        alike_ones = (stated[positions] == found[positions]) | ((ours - theirs).abs() <= TOLERANCE * (1 + ours.abs()))
        once = stated[positions].sort(1).values.diff(dim=1).ne(0).all(1)
        counted = counts[stated[positions]] == torch.from_numpy(made.outputs[positions.numpy(), TOP : 2 * TOP])
        same = positions[alike_ones.all(1) & once & counted.all(1)].numpy()
        outputs[same, : 2 * TOP], outputs[same, -1] = made.outputs[same, : 2 * TOP], made.outputs[same, -1]
    return outputs


def _written_otherwise(made: Predictions, again: Predictions) -> tuple[str, ...]:
    """How many texts the network writes otherwise than it is said, as a sentence; nothing where all are the same."""
    if made.written is None or again.written is None:
        return ()
    differ = int((made.written != again.written).sum())
    problem = plural(
        "{n} text is not what {weights} writes", "{n} texts are not what {weights} writes", differ, weights=WEIGHTS
    )
    return (problem,) if differ else ()


def _names(outputs: Spec) -> tuple[str, ...]:
    """What the predictions of a task with these outputs are of."""
    match outputs:
        case NumberSpec():
            return (outputs.name,)
        case TokensSpec():
            return PASSAGE
        case ContextSpec():
            return WORDS
        case TranslationSpec():
            return TRANSLATED
        case ItemsSpec():
            return RANKED
    return tuple(getattr(outputs, "names", ()))


# ----------------------------------------------------------------------------------------------- verdicts


def _compared(path: Sequence[str], stated: Any, again: Any, file: str = DATA) -> Verdict:
    claim = _part(*path, file=file)
    for key in path:
        if key not in again or key not in stated:
            return Verdict(claim, "recomputed", (_unknown() if key in stated else _("it is missing"),))
        stated, again = stated[key], again[key]
    if alike(stated, again):
        return Verdict(claim, "recomputed")
    within, (one, other) = departure(stated, again)
    return Verdict(claim, "recomputed", (f"{within}: {_differ(one, other)}" if within else _differ(one, other),))


def _differ(stated: Any, again: Any) -> str:
    return _("{stated} there, {again} again", stated=shown(stated), again=shown(again))


def _unknown() -> str:
    return _("nothing is known by this name")


def _part(*path: str, file: str = DATA) -> str:
    return f"{file}: {'.'.join(path)}"


def _predictions(model: str, split: str) -> str:
    return f"{PREDICTIONS}: {model}, {split}"
