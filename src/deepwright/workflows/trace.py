"""Trace: one example's way through a run's network, with the derivatives of its loss on the way back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepwright.contracts import Batch, Task
from deepwright.data.class_names import divided
from deepwright.errors import DataError, UnknownNameError, UsageError
from deepwright.explaining.feature_maps import picture
from deepwright.explaining.trace import Trace, trace
from deepwright.messages import _, listing
from deepwright.predictor import Predictor
from deepwright.reporting.trace import ChosenBy, Traced, render
from deepwright.run_directory import RunDirectory, write_atomically
from deepwright.specs import (
    ClassSpec,
    ContextSpec,
    HistorySpec,
    ImageSpec,
    LabelsSpec,
    NumberSpec,
    RatedSpec,
    TextSpec,
    TokensSpec,
    TranslationSpec,
)
from deepwright.tokens import TOKENIZERS, normalised
from deepwright.workflows.run import Run

#: What does not go into the name of a file, and how much of a text does.
_NO_NAME, _NAMED = re.compile(r"\W+"), 30


def trace_file(directory: RunDirectory, file: str, target: str | None = None, layer: str | None = None) -> Traced:
    """Follow one picture or text through the network of a run.

    Args:
        directory: of the run.
        file: what is to be answered: a picture's file, or a text.
        target: the true label, labels or number, as text; None sets the loss against the model's own answer.
        layer: whose numbers are worked out for people; None takes the last dense one.

    Raises:
        DataError: the file cannot be read.
        RunError: the run is unfinished or was changed.
        UsageError: the target or the layer is not known.
    """
    predictor = Run(directory).predictor
    spec = predictor.task.inputs.spec
    if isinstance(predictor.task.outputs.spec, TokensSpec):
        raise UsageError(_("{path} learnt how texts go on, which is not traced yet; answers are.", path=directory.path))
    if isinstance(predictor.task.outputs.spec, ContextSpec):
        raise UsageError(_("{path} learnt vectors of words, which are not traced; answers are.", path=directory.path))
    if isinstance(predictor.task.outputs.spec, TranslationSpec):
        raise UsageError(
            _(
                "{path} learnt to write texts for others, which is not traced yet; answers are. What each token that "
                "it writes takes from the source stands in its report.",
                path=directory.path,
            )
        )
    if isinstance(spec, HistorySpec | RatedSpec):
        raise UsageError(
            _(
                "{path} learnt from what users took, which is not traced. Why it recommends an item stands beside it: "
                "deepwright recommend {path} --user ID",
                path=directory.path,
            )
        )
    if isinstance(spec, TextSpec) and not normalised(file):
        raise DataError(_("A text to follow is blank; give one with words in it."))
    chosen_by: ChosenBy
    given = None if target is None else _given(predictor.task, target)
    batch = predictor.encode([file])
    value, chosen_by = _own(predictor, batch) if target is None else (given, "user")
    found = trace(predictor, replace(batch, targets=_encoded(predictor.task, value)))
    return Traced(
        run=directory.path.name,
        model=predictor.member.name,
        input=file,
        picture=picture(batch.inputs[0][0].permute(1, 2, 0).numpy()) if isinstance(spec, ImageSpec) else None,
        tokens=_tokens(file, spec) if isinstance(spec, TextSpec) else (),
        target=_shown(value),
        chosen_by=chosen_by,
        layer=_layer(found, layer),
        trace=found,
    )


def write_page(traced: Traced, directory: RunDirectory, output: Path | None) -> Path:
    """Write the page and return its path.

    Args:
        traced: what it shows.
        directory: of the run.
        output: its path; None takes the folder of the run, and the names of run and file.

    Raises:
        StorageError: it cannot be written.
    """
    about = _NO_NAME.sub("-", traced.input)[:_NAMED].strip("-") if traced.tokens else Path(traced.input).stem
    path = output or directory.path.parent / f"trace-{traced.run}-{about or 'text'}.html"
    write_atomically(path, render(traced))
    return path


def _tokens(text: str, spec: TextSpec) -> tuple[str, ...]:
    """The tokens that are read, as they stand in the text; of one that is not known the network sees only that."""
    if (split := TOKENIZERS.get(spec.tokenizer)) is None:  # type: ignore[call-overload]  # bytes and pairs of them
        return ()
    return tuple(split(normalised(text))[: spec.max_seq_len])


def _given(task: Task, text: str) -> Any:
    """What the user says is true: a class, labels, or a number.

    Raises:
        UsageError: the run knows no such class or label, or it is no number.
    """
    match task.outputs.spec:
        case ClassSpec(names=names):
            if text not in names:
                raise UnknownNameError(_("class"), text, names)
            return text
        case LabelsSpec(names=names):
            (labels,) = divided([text])
            for label in labels:
                if label not in names:
                    raise UnknownNameError(_("label"), label, names)
            return labels
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(_("--target {text}: the run learnt numbers, so a number is needed, such as 3.5.", text=text))
    return value


def _own(predictor: Predictor, batch: Batch) -> tuple[Any, ChosenBy]:
    """The model's own answer; of a number the training split's mean, since the loss of the own answer would be 0."""
    if isinstance(predictor.task.outputs.spec, NumberSpec):
        return predictor.task.outputs.spec.mean, "mean"
    answer: Mapping[str, Any] = predictor.decode(predictor.forward(batch))[0]
    return answer["label"] if "label" in answer else tuple(answer["labels"]), "model"


def _encoded(task: Task, value: Any) -> Any:
    column = np.empty(1, object)
    column[0] = value
    return task.outputs.encode(column if isinstance(value, tuple) else np.array([value]))


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return listing(value) or _("no label")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _layer(found: Trace, name: str | None) -> str | None:
    """The layer that is worked out: the one that the user named, else the last dense one, else the last with a formula.

    Raises:
        UnknownNameError: the network has no such layer.
    """
    if name is not None:
        known = [layer.name for layer in found.layers]
        if name not in known:
            raise UnknownNameError(_("layer"), name, known)
        return name
    explained = [layer for layer in found.layers if layer.unit is not None]
    dense = [layer for layer in explained if layer.kind == "Linear"]
    return next((layer.name for layer in [*reversed(dense), *reversed(explained)]), None)
