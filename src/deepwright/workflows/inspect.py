"""Inspect: what can be said of data before anything is learnt from it; no torch, no training."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.settings import DataSettings, Settings, settings_from
from deepwright.contracts import TARGET, Predictions
from deepwright.data.asked import as_asked
from deepwright.data.class_names import class_names, divided, rarest_labels
from deepwright.data.inspection.overview import inspect_table
from deepwright.data.inspection.samples import DOUBTED, beginnings, samples, thumbnails
from deepwright.data.inspection.texts import Reading
from deepwright.data.pairs import pair_of
from deepwright.data.reading import read_table
from deepwright.data.schema import LEARNABLE, likely_labels
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError, DataError
from deepwright.measurements import Measurement
from deepwright.messages import _, current_language, listing
from deepwright.reporting.contents import SPLITS
from deepwright.reporting.data_card import render_card
from deepwright.reporting.data_section import DATA, DOUBTS, SAMPLES, DataSection
from deepwright.reporting.mistakes import MISTAKES
from deepwright.run_directory import sha256, write_atomically
from deepwright.tasks._interactions import interaction_roles
from deepwright.validation.label_noise import UNLEARNT, label_noise
from deepwright.validation.mistakes import Mistake, mistakes
from deepwright.validation.passages import Judged, worst
from deepwright.validation.translations import Written, examples

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inspected:
    """What was found, in the form in which it is kept.

    Attributes:
        data: where the data came from, its hash, its splits, and the inspection.
        samples: small pictures.
        measurements: what a report may claim of it.
    """

    data: Mapping[str, Any]
    samples: Mapping[str, Any]
    measurements: list[Measurement]

    def files(self) -> dict[str, bytes]:
        """``data.json`` and ``samples.json``."""
        return {DATA: _json(self.data), SAMPLES: _json(self.samples)}

    @property
    def section(self) -> DataSection:
        """What a report shows of it."""
        return DataSection.read(self.files())


def inspect(document: Document) -> Inspected:
    """Read and inspect data as ``train`` would read and divide it.

    Raises:
        UsageError: a setting or the data has to change.
    """
    settings = settings_from(document)
    if not settings.data.source:
        raise ConfigError(_("There is no data: give a path or the name of a data set, such as digits."))
    task = None if settings.task == "auto" else registry.find("tasks", settings.task).name
    source = settings.data.source
    settings = replace(settings, data=as_asked(replace(settings, task=task or "auto")))
    table = read_table(source, settings.data)
    roles = _roles(table, settings.data)
    return inspect_data(table, _splits(table, _learnt(table, roles, task), settings), roles, settings.data, task)


def write_page(found: Inspected, path: Path) -> None:
    """Write what was found as one self-contained page.

    Raises:
        StorageError: it cannot be written.
    """
    write_atomically(path, render_card(found.section, found.measurements))


def inspect_data(
    table: Table, splits: Splits | None, roles: Mapping[str, str], settings: DataSettings, task: str | None = None
) -> Inspected:
    """Inspect a table.

    Args:
        table: all rows.
        splits: rows of each split; None where they were not divided.
        roles: column of each role.
        settings: where the data came from.
        task: registered name; None where it is not decided.
    """
    label = _learnt(table, roles, task)
    target = roles[TARGET] if label is not None and label.kind == "text" else None
    # texts that are continued are neither cut nor unknown, and those of pairs are read exactly as they are
    reading = _reading(settings) if TARGET in roles and target is None else None
    drawn = settings.ties != "file"
    found = inspect_table(
        table, splits, label, roles.get("image"), roles.get("text"), reading, target, roles.get("user"), drawn
    )
    data = {**describe_data(table, splits, roles, settings, task), "inspection": found.to_json()}
    return Inspected(data, samples(table, found, splits, label), found.measurements())


def describe_data(
    table: Table, splits: Splits | None, roles: Mapping[str, str], settings: DataSettings, task: str | None = None
) -> dict[str, Any]:
    """Where the data came from and what is stated about it, its hash, and the rows of every split.

    Args:
        table: all rows.
        splits: rows of each split; None where they were not divided.
        roles: column of each role.
        settings: where the data came from.
        task: registered name; None where it is not decided.
    """
    label = _learnt(table, roles, task)
    return {
        "source": table.source if settings.source is None else settings.source,
        **({} if settings.target_source is None else {"target_source": settings.target_source}),
        "stated": {"origin": settings.origin, "licence": settings.licence, "retention": settings.retention},
        "sha256": table.sha256,
        "rows": len(table),
        "columns": {
            name: {"kind": column.kind, "shape": list(column.values.shape[1:])}
            for name, column in table.columns.items()
        },
        "task": task,
        "roles": dict(roles),
        "method": None if splits is None else splits.method,
        "splits": {} if splits is None else {name: _split(splits[name], label) for name in SPLITS},
        "language": current_language(),
        "notes": list(table.notes),
        "rejected": [{"name": entry.name, "reason": entry.reason} for entry in table.rejected],
    }


def doubted_labels(
    table: Table,
    roles: Mapping[str, str],
    model: str,
    predictions: Mapping[tuple[str, str], Predictions],
    temperature: float,
) -> tuple[dict[str, bytes], list[Measurement]]:
    """The labels that a trained model doubts, with small pictures of the first; nothing where numbers are learnt.

    Args:
        table: all rows.
        roles: column of each role.
        model: the one whose predictions are taken.
        predictions: by model and split; those of rows that were not learnt from are used.
        temperature: divides the outputs.
    """
    unseen = {split: predictions[model, split] for split in UNLEARNT}
    found = label_noise(unseen, temperature)
    if found is None:
        return {}, []
    rows = [suspect.row for suspect in found.suspects]
    names = [None if table.names is None else str(table.names[row]) for row in rows]
    record = found.to_json()
    record["suspects"] = [{**entry, "name": name} for entry, name in zip(record["suspects"], names, strict=True)]
    record |= _shown(table, roles, rows[:DOUBTED])
    return {DOUBTS: _json(record)}, [found.measurement(model)]


def mistaken(table: Table, roles: Mapping[str, str], predictions: Predictions, temperature: float) -> dict[str, bytes]:
    """Names and small pictures of the test rows whose answers are the gravest mistakes, or that are predicted worst.

    Of texts that were written, they are those that are shown.

    Args:
        table: all rows.
        roles: column of each role.
        predictions: of the model on the test split.
        temperature: divides the outputs.
    """
    found: Sequence[Judged | Mistake | Written]
    if predictions.answers == "tokens":
        found = worst(predictions)
    elif predictions.catalogue is not None:
        found = []  # whole recommendations are shown
    elif predictions.written is not None:
        shown = examples(predictions)
        found = [one for some in (shown.best, shown.median, shown.worst) for one in some]
    else:
        found = mistakes(predictions, temperature)
    rows = list(dict.fromkeys(one.row for one in found))
    names = {} if table.names is None else {str(row): str(table.names[row]) for row in rows}
    return {MISTAKES: _json({"names": names, **_shown(table, roles, rows)})}


def _shown(table: Table, roles: Mapping[str, str], rows: Sequence[int]) -> dict[str, dict[str, str]]:
    """Small ``pictures`` by row, none where the rows have none; ``texts`` where these are learnt from."""
    image = next((column for kind, column in roles.items() if table.columns[column].kind == "image"), None)
    texts = {"texts": beginnings(table, roles["text"], rows)} if "text" in roles else {}
    if TARGET in roles and table.columns[roles[TARGET]].kind == "text":
        texts["targets"] = beginnings(table, roles[TARGET], rows)
    return {"pictures": {} if image is None else thumbnails(table, image, rows), **texts}


def _reading(settings: DataSettings) -> Reading | None:
    """How texts are read, where nothing is left open."""
    tokenizer, vocab_size, max_seq_len = settings.tokenizer, settings.vocab_size, settings.max_seq_len
    if tokenizer is None or tokenizer == "auto" or not isinstance(vocab_size, int) or not isinstance(max_seq_len, int):
        return None
    return Reading(tokenizer, vocab_size, max_seq_len)


def _roles(table: Table, settings: DataSettings) -> dict[str, str]:
    """The column of pictures and the one to be learnt, as far as they are known."""
    for role, column in settings.columns.items():
        table.require(column, f"data.columns.{role}")
    if interactions := interaction_roles(table, settings.columns):
        return interactions
    if settings.pairs and (pair := pair_of(table.columns, settings.columns, settings.pairs is True)):
        return {"text": pair[0], TARGET: pair[1]}
    named = [settings.columns[role] for role in ("image", "text", "input") if role in settings.columns]
    images = [column for column in named or table.columns if table.columns[column].kind == "image"]
    texts = [c for c in named or table.columns if table.columns[c].kind == "text" and c != settings.columns.get(TARGET)]
    if TARGET in settings.columns and (kind := table.columns[settings.columns[TARGET]].kind) not in LEARNABLE:
        raise ConfigError(
            _(
                "data.columns.label names the column {column!r}, which holds values of the kind {kind}; what can be "
                "learnt is of the kinds {known}.",
                column=settings.columns[TARGET],
                kind=kind,
                known=listing(LEARNABLE),
            )
        )
    labels = (
        [settings.columns[TARGET]] if TARGET in settings.columns else likely_labels(table.columns, [*images, *texts])
    )
    if len(labels) > 1:
        _log.warning(
            _(
                "Several columns could be what is to be learnt: {names}. Choose with --target NAME; until then no "
                "classes are counted.",
                names=listing(labels),
            )
        )
    inputs = {"image": images[0]} if images else {"text": texts[0]} if len(texts) == 1 else {}
    return {**inputs, **({TARGET: labels[0]} if len(labels) == 1 else {})}


def _splits(table: Table, label: Column | None, settings: Settings) -> Splits | None:
    """The splits that training would take, or None where there are too few rows for them."""
    strata = None
    if label is not None and label.kind in ("category", "labels"):
        strata = label.values if label.kind == "category" else rarest_labels(label.values)
    try:
        return split_rows(table, settings.data.split, strata, settings.seed)
    except DataError as error:
        _log.warning(str(error))
        return None


def _learnt(table: Table, roles: Mapping[str, str], task: str | None) -> Column | None:
    """The column to be learnt, as classes or labels where the task takes its numbers or texts for those."""
    if TARGET not in roles:
        return None
    column = table.columns[roles[TARGET]]
    if task == "classification" and column.kind == "number":
        return Column("category", class_names(column.values))
    if task == "multi_label" and column.kind == "category":
        labels = np.empty(len(column), object)
        labels[:] = divided(column.values)
        return Column("labels", labels)
    return column


def _split(rows: Any, label: Column | None) -> dict[str, Any]:
    return {
        "rows": len(rows),
        **({} if label is None or label.kind in ("text", "item") else _summary(label.take(rows))),
        "sha256": sha256(rows.tobytes()),
    }


def _summary(label: Column) -> dict[str, Any]:
    """Rows of each class or label, or the range of the numbers."""
    if label.kind == "number":
        values = label.values
        return {"numbers": {"min": float(values.min()), "mean": float(values.mean()), "max": float(values.max())}}
    values = label.values if label.kind == "category" else [name for names in label.values for name in names]
    found, number = np.unique(np.asarray(values, str), return_counts=True)
    return {"classes": dict(zip(found.tolist(), number.tolist(), strict=True))}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
