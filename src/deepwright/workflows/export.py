"""Export: a finished run as one file for other programs, which has to give the run's answers before it is kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import deepwright
from deepwright import registry
from deepwright.config.documents import read_document
from deepwright.config.settings import settings_from
from deepwright.contracts import Exporter
from deepwright.errors import DeepwrightError, MissingExtraError, UsageError
from deepwright.measurements import Measurement
from deepwright.messages import _, listing
from deepwright.paths import expanded
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.reporting.data_section import DATA
from deepwright.run_directory import CONFIG, RunDirectory, sha256, write_atomically
from deepwright.specs import (
    HistorySpec,
    ImageSpec,
    NumberSpec,
    OutputSpec,
    RatedSpec,
    Spec,
    TextSpec,
    TokensSpec,
    TranslationSpec,
)
from deepwright.tokens import BETWEEN, PATTERNS, UNKNOWN
from deepwright.validation.intervals import clopper_pearson
from deepwright.workflows.report import add
from deepwright.workflows.resume import plan_again

#: How far a probability, or a number in deviations, may be from the run's own. A decision can then differ only between
#: answers that the run itself finds equally probable within twice as much.
TOLERANCE = 1e-4
_ROWS, _RANDOM_ROWS = 1000, 256
#: Tokens of a random text are fewer than this.
_LONGEST = 41
_STEM, _MEASURE = "export", "agreement_of_export"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exported:
    """What an export left.

    Attributes:
        path: of the file, within the run.
        num_bytes: of the file.
        takes: what goes into the file.
        measurements: how well it agrees with the run.
    """

    path: Path
    num_bytes: int
    takes: str
    measurements: Sequence[Measurement]


@dataclass(frozen=True)
class Inputs:
    """What the file is tried on: raw values, and the split that they come from; None if they are random."""

    values: np.ndarray[Any, Any]
    split: str | None


def export(directory: RunDirectory, name: str = "onnx", output: Path | None = None) -> Exported:
    """Write a finished run as one file into the run, and how well the file agrees with it into its measurements.

    Args:
        directory: of the run.
        name: of the exporter.
        output: where a copy of the file is to be.

    Raises:
        UnknownNameError: there is no such exporter.
        MissingExtraError: its packages are not installed.
        UsageError: the copy cannot have that name.
        RunError: the run is unfinished or was changed.
        DeepwrightError: the file does not give the run's answers; nothing was written.
    """
    entry = registry.find("exporters", name)
    exporter: Exporter = registry.load("exporters", name)()
    _check(exporter, entry.name, output)
    directory.check()
    predictor = Predictor.from_files({file: directory.read(file) for file in (WEIGHTS, PREPROCESSING)})
    _require_answers(predictor, directory)
    if predictor.task.inputs.kind not in exporter.kinds:
        raise UsageError(
            _(
                "{path} learnt from inputs of the kind {kind}; {format} takes {known}.",
                path=directory.path,
                kind=predictor.task.inputs.kind,
                format=entry.name,
                known=listing(exporter.kinds),
            )
        )
    if not getattr(predictor.network.model, "in_graph", True):
        raise UsageError(
            _(
                "{model} does more than arithmetic on tensors, which is all that a file can hold. Export a run of "
                "another model, such as {example}.",
                model=predictor.member.name,
                example=predictor.task.default_models[predictor.task.inputs.kind],
            )
        )
    hashes = {file: directory.manifest()["files"][file] for file in (CONFIG, DATA, WEIGHTS, PREPROCESSING)}
    about = {"run": directory.path.name, "deepwright": deepwright.__version__, "manifest": json.dumps(hashes)}
    exported = exporter.export(predictor, about)
    tried = _inputs(directory, predictor)
    agreement = _agreement(exporter, exported, predictor, tried)
    file = f"exports/model{exporter.suffix}"
    made_of = {**{name: hashes[name] for name in (WEIGHTS, PREPROCESSING)}, file: sha256(exported)}
    level = settings_from(read_document(directory.path / CONFIG)).validation.level
    versions = {package: version(package) for package in exporter.packages}
    records = agreement.measurements(entry.name, predictor.member.name, tried.split, level, versions, made_of)
    add(directory, {file: exported}, records)
    if output is not None:
        write_atomically(expanded(output), exported)
    return Exported(directory.path / file, len(exported), exporter.takes(predictor), records)


@dataclass(frozen=True)
class Agreement:
    """How well two lists of answers agree.

    Attributes:
        n: how many there are.
        same: how many decide the same; None where an answer is a number and decides nothing.
        difference: the largest between two probabilities, or between two numbers in deviations.
    """

    n: int
    same: int | None
    difference: float

    def measurements(
        self,
        exporter: str,
        model: str,
        split: str | None,
        level: float,
        versions: Mapping[str, Any],
        inputs: Mapping[str, str],
    ) -> list[Measurement]:
        """The agreement as claims."""
        stem, rows = f"{_STEM}/{exporter}", "random" if split is None else "evenly spaced"

        def claim(name: str, value: float, unit: str) -> Measurement:
            return Measurement(
                name=f"{stem}/{name}",
                value=value,
                unit=unit,
                measure=_MEASURE,
                arguments={"rows": rows, "tolerance": TOLERANCE, **versions},
                model=model,
                split=split,
                n=self.n,
                inputs=inputs,
            )

        if self.same is None:
            return [claim("max_value_difference", self.difference, "deviations")]
        interval = clopper_pearson(self.same, self.n, level)
        same = claim("same_decisions", self.same / self.n, "share")
        return [
            replace(same, interval=interval, level=level, method="clopper-pearson"),
            claim("max_probability_difference", self.difference, "probability"),
        ]


def restated(
    stated: Sequence[Measurement], model: str, level: float, hashes: Mapping[str, str]
) -> Iterator[Measurement]:
    """The records of exports as they should be; how well a file agreed is taken as it is stated.

    Args:
        stated: the run's own records.
        model: of the run.
        level: of intervals.
        hashes: SHA-256 of every file of the run.
    """
    for record in stated:
        kind, _slash, rest = record.name.partition("/")
        exporter, _slash, figure = rest.partition("/")
        if kind != _STEM or exporter not in registry.entries("exporters") or record.value is None or not record.n:
            continue
        written: type[Exporter] = registry.load("exporters", exporter)
        file = f"exports/model{written.suffix}"
        made_of = {name: hashes.get(name, "") for name in (WEIGHTS, PREPROCESSING, file)}
        versions = {package: record.arguments.get(package) for package in written.packages}
        same = None if figure == "max_value_difference" else round(record.value * record.n)
        agreement = Agreement(record.n, same, record.value)
        again = agreement.measurements(exporter, model, record.split, level, versions, made_of)
        yield from (one for one in again if one.name == record.name)


def agree(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], outputs: OutputSpec) -> Agreement:
    """Compare the answers of a run with those of its file, answer by answer."""
    if isinstance(outputs, NumberSpec):
        values = np.array([[answer["value"] for answer in answers] for answers in (ours, theirs)])
        return Agreement(len(ours), None, float(np.abs(values[0] - values[1]).max() / outputs.deviation))
    probs = [np.array([list(answer["probabilities"].values()) for answer in answers]) for answers in (ours, theirs)]
    same = sum(_decision(one) == _decision(other) for one, other in zip(ours, theirs, strict=True))
    return Agreement(len(ours), same, float(np.abs(probs[0] - probs[1]).max()))


def _decision(answer: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(answer["labels"] if "labels" in answer else [answer["label"]])


def _check(exporter: Exporter, name: str, output: Path | None) -> None:
    """What can be said before any work is done."""
    if any(find_spec(package) is None for package in exporter.packages):
        raise MissingExtraError(_("Exporting as {format}", format=name), exporter.extra)
    if output is not None and (output.suffix != exporter.suffix or output.is_dir()):
        raise UsageError(_("--output {path}: a file whose name ends in {ending}.", path=output, ending=exporter.suffix))


def _require_answers(predictor: Predictor, directory: RunDirectory) -> None:
    """Refuse runs that continue texts or write them for others, and tokens that no pattern makes."""
    spec = predictor.task.inputs.spec
    if isinstance(predictor.task.outputs.spec, TokensSpec):
        raise UsageError(
            _(
                "{path} learnt with {model} how a text goes on, and models that continue texts are not exported, "
                "neither recurrent ones nor transformers; those that answer to pictures, or to texts as words or "
                "characters, are. Texts are continued by: deepwright generate {path} --prompt …",
                path=directory.path,
                model=predictor.member.name,
            )
        )
    if isinstance(predictor.task.outputs.spec, TranslationSpec):
        raise UsageError(
            _(
                "{path} learnt with {model} to write texts for others, which is a search over many steps and is not "
                "exported; those that answer to pictures, or to texts as words or characters, are. Texts are written "
                "by: deepwright translate {path} …",
                path=directory.path,
                model=predictor.member.name,
            )
        )
    if isinstance(spec, HistorySpec | RatedSpec):
        raise UsageError(
            _(
                "{path} learnt {task} with {model} from what users took, which is not exported; answers to pictures, "
                "and to texts as words or characters, are. All recommendations as one table: deepwright recommend "
                "{path} --all --output FILE",
                path=directory.path,
                task=predictor.task_name,
                model=predictor.member.name,
            )
            if isinstance(spec, HistorySpec)
            else _(
                "{path} learnt {task} with {model} from what users took, which is not exported; answers to pictures, "
                "and to texts as words or characters, are.",
                path=directory.path,
                task=predictor.task_name,
                model=predictor.member.name,
            )
        )
    if isinstance(predictor.task.outputs.spec, OutputSpec) and getattr(spec, "tokenizer", "word") in PATTERNS:
        return
    raise UsageError(
        _(
            "{path} learnt {task} from tokens of the kind {kind}, which is not exported; answers to pictures, and to "
            "texts as words or characters, are.",
            path=directory.path,
            task=predictor.task_name,
            kind=getattr(spec, "tokenizer", predictor.task.inputs.kind),
        )
    )


def _agreement(exporter: Exporter, exported: bytes, predictor: Predictor, tried: Inputs) -> Agreement:
    """How well a file agrees with the run; one that does not is an error."""
    outputs = predictor.task.outputs.spec
    assert isinstance(outputs, OutputSpec)
    found = agree(predictor.predict(tried.values), exporter.answers(exported, tried.values, outputs), outputs)
    if not found.difference <= TOLERANCE:
        raise DeepwrightError(
            _(
                "The exported file does not give the run's answers: they differ by up to {difference:.2g}, where "
                "{tolerance:g} is allowed. Nothing was written.",
                difference=found.difference,
                tolerance=TOLERANCE,
            )
        )
    return found


def _inputs(directory: RunDirectory, predictor: Predictor) -> Inputs:
    """Rows of the run's own test split, or random bytes where its data cannot be read again."""
    column = predictor.task.columns[predictor.task.inputs.kind]
    try:
        ready = plan_again(directory)
    except UsageError as problem:
        _log.warning(_("{problem} The exported file is tried on random inputs instead.", problem=problem))
        return Inputs(_random(predictor.task.inputs.spec), None)
    rows = ready.splits.test
    chosen = rows[np.linspace(0, len(rows) - 1, min(_ROWS, len(rows))).astype(np.int64)]
    return Inputs(np.asarray(ready.table.columns[column].values[chosen]), "test")


def _random(spec: Spec) -> np.ndarray[Any, Any]:
    """Bytes of pictures, or texts of 1 to 40 tokens of the vocabulary."""
    rng = np.random.default_rng(0)
    if isinstance(spec, ImageSpec):
        pixels = rng.integers(0, 256, (_RANDOM_ROWS, spec.height, spec.width, spec.channels)).astype(np.uint8)
        return pixels[..., 0] if spec.channels == 1 else pixels
    assert isinstance(spec, TextSpec)
    chosen = [rng.choice(spec.vocabulary[UNKNOWN + 1 :], rng.integers(1, _LONGEST)) for _row in range(_RANDOM_ROWS)]
    return np.array([BETWEEN[spec.tokenizer].join(words) for words in chosen], object)  # type: ignore[index]
