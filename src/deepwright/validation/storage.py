"""Predictions and measurements as files: what every metric was computed from, and what it gave."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from deepwright.contracts import RANKED, TOP, TRANSLATED, Predictions
from deepwright.data.table import Column
from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing

PREDICTIONS = "predictions.parquet"
MEASUREMENTS = "measurements.json"
_COLUMNS = ["model", "split", "row", "label", "predicted", "outputs"]
_DECIDED = ["model", "split", "predicted"]


def write_predictions(predictions: Mapping[tuple[str, str], Predictions]) -> bytes:
    """One table of model, split, row, label, predicted and outputs (before calibration), and of the groups if any.

    Label and predicted are a class, a list of labels, or a number, as the task has it. Of a passage they are how many
    tokens and characters it has, and how many nats a token of it costs; of a text whose words are told from noise, the
    same of its words. Of texts that were written they are the text that was to be written, and the one that was. Of
    recommendations they are the items that were taken, an empty text where one was not known, and those recommended.
    """
    tables = []
    for (model, split), made in predictions.items():
        label, predicted = _shown(made)
        columns = {
            "model": pa.repeat(model, len(made)).dictionary_encode(),
            "split": pa.repeat(split, len(made)).dictionary_encode(),
            "row": pa.array(made.rows),
            "label": label,
            "predicted": predicted,
            "outputs": pa.FixedSizeListArray.from_arrays(
                pa.array(made.outputs.astype(np.float32).reshape(-1)), made.outputs.shape[1]
            ),
        }
        if made.groups is not None:
            columns["group"] = pa.array(made.groups)
        tables.append(pa.table(columns))
    first = next(iter(predictions.values()))
    metadata = {"classes": json.dumps(first.names, ensure_ascii=False)}
    if first.catalogue is not None:
        metadata["catalogue"] = json.dumps(first.catalogue.tolist(), ensure_ascii=False)
    table = pa.concat_tables(tables).unify_dictionaries().replace_schema_metadata(metadata)
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def read_predictions(data: bytes) -> dict[tuple[str, str], Predictions]:
    """The predictions that ``write_predictions`` wrote, by model and split."""
    table = pq.read_table(io.BytesIO(data))
    names = tuple(json.loads(table.schema.metadata[b"classes"]))
    models, splits = (np.array(table[column].to_pylist()) for column in ("model", "split"))
    rows = table["row"].to_numpy()
    groups = table["group"].to_numpy() if "group" in table.column_names else None
    catalogue = None
    if names == RANKED:
        catalogue = np.array(json.loads(table.schema.metadata[b"catalogue"]), object)
    targets = _targets(table["label"], names if catalogue is None else catalogue)
    written = np.array(table["predicted"].to_pylist(), object) if names == TRANSLATED else None
    outputs = table["outputs"].combine_chunks().flatten().to_numpy().reshape(-1, len(names)).astype(np.float64)
    made = Predictions(rows, targets, outputs, names, groups, written, catalogue)
    keys = dict.fromkeys(zip(models.tolist(), splits.tolist(), strict=True))
    return {key: _as_wide(made.take((models == key[0]) & (splits == key[1]))) for key in keys}


def _as_wide(made: Predictions) -> Predictions:
    """With no more columns of items than its users have; the users of another split may have more."""
    if made.catalogue is None:
        return made
    return replace(made, targets=made.targets[:, : max(1, int((made.targets >= 0).sum(1).max(initial=0)))])


def labels(made: Predictions) -> Column:
    """Targets as the column of a table that they were encoded from."""
    if made.answers == "number":
        return Column("number", made.targets)
    names = np.array(made.names)
    if made.answers == "class":
        return Column("category", names[made.targets])
    values = np.empty(len(made), object)
    values[:] = [tuple(names[chosen].tolist()) for chosen in made.targets > 0]
    return Column("labels", values)


def wrongly_decided(data: bytes) -> list[tuple[str, str, int]]:
    """Model, split and row wherever ``predicted`` is not what the outputs beside it give.

    Raises:
        ValueError: there are other columns than ``write_predictions`` writes.
    """
    table = pq.read_table(io.BytesIO(data))
    if [name for name in table.column_names if name != "group"] != _COLUMNS:
        raise ValueError(
            _("its columns are {found}; known are {known}", found=listing(table.column_names), known=listing(_COLUMNS))
        )
    stated: dict[tuple[str, str], list[Any]] = {}
    for model, split, predicted in zip(*(table[name].to_pylist() for name in _DECIDED), strict=True):
        stated.setdefault((model, split), []).append(predicted)
    return [
        (*key, row)
        for key, made in read_predictions(data).items()
        for row, one, other in zip(made.rows.tolist(), stated[key], _shown(made)[1].to_pylist(), strict=True)
        if repr(one) != repr(other)
    ]


def _shown(made: Predictions) -> tuple[pa.Array, pa.Array]:
    """Targets and decisions as people read them."""
    if made.answers == "number":
        return pa.array(made.targets), pa.array(made.outputs[:, 0].astype(np.float32))
    if made.answers in ("tokens", "words"):
        cost = made.outputs[:, 0].astype(np.float32).astype(np.float64) / np.maximum(made.targets[:, 0], 1)
        return pa.array(made.targets.tolist(), pa.list_(pa.float64())), pa.array(cost)
    if made.catalogue is not None:
        names, kind = made.catalogue, pa.list_(pa.string())
        taken = [names[numbers[numbers >= 0]].tolist() for numbers in made.targets]
        return pa.array(taken, kind), pa.array([names[_items(row)].tolist() for row in made.outputs], kind)
    if made.written is not None:
        return pa.array(made.targets.tolist(), pa.string()), pa.array(made.written.tolist(), pa.string())
    names = np.array(made.names)
    if made.answers == "class":
        return pa.array(names[made.targets]), pa.array(names[made.outputs.argmax(1)])
    lists = [[names[row].tolist() for row in chosen] for chosen in (made.targets > 0, made.outputs > 0)]
    kind = pa.list_(pa.string())
    return pa.array(lists[0], kind), pa.array(lists[1], kind)


def _items(outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Numbers of the items that are recommended."""
    items = outputs[:TOP].astype(np.int64)
    return items[items > 0]


def _numbers(taken: Sequence[Sequence[str]], catalogue: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Items by number [N, M], below 0 where there are no more."""
    number = {name: place for place, name in enumerate(catalogue.tolist())}
    targets = np.full((len(taken), max(map(len, taken), default=0)), -1, np.int64)
    for row, names in enumerate(taken):
        targets[row, : len(names)] = [number[name] for name in names]
    return targets


def _targets(labels: pa.ChunkedArray, names: tuple[str, ...] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    if isinstance(names, np.ndarray):
        return _numbers(labels.to_pylist(), names)
    if pa.types.is_floating(labels.type):
        numbers: npt.NDArray[Any] = labels.to_numpy()
        return numbers
    if names == TRANSLATED:
        return np.array(labels.to_pylist(), object)
    index = {name: i for i, name in enumerate(names)}
    if pa.types.is_list(labels.type) and pa.types.is_floating(labels.type.value_type):
        return np.array(labels.to_pylist(), np.float64)
    if not pa.types.is_list(labels.type):
        return np.array([index[label] for label in labels.to_pylist()], np.int64)
    targets = np.zeros((len(labels), len(names)), np.int64)
    for row, chosen in enumerate(labels.to_pylist()):
        targets[row, [index[label] for label in chosen]] = 1
    return targets


def read_measurements(data: bytes) -> Measurements:
    """The measurements in a ``measurements.json``."""
    record: Mapping[str, Any] = json.loads(data)
    return Measurements([Measurement.from_json(entry) for entry in record["measurements"]], record["model"])


def write_measurements(measurements: Measurements) -> bytes:
    """The bytes of a ``measurements.json``."""
    record = {"model": measurements.model, "measurements": [entry.to_json() for entry in measurements.records]}
    return json.dumps(record, ensure_ascii=False, indent=1).encode()
