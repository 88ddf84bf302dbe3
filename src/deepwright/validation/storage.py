"""Predictions and measurements as files: what every metric was computed from, and what it gave."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deepwright.contracts import Measurement, Measurements, Predictions

PREDICTIONS = "predictions.parquet"
MEASUREMENTS = "measurements.json"


def write_predictions(predictions: Mapping[tuple[str, str], Predictions]) -> bytes:
    """One table of model, split, row, label, predicted and outputs (before calibration)."""
    tables = []
    for (model, split), made in predictions.items():
        names = np.array(made.names)
        columns = {
            "model": pa.repeat(model, len(made)).dictionary_encode(),
            "split": pa.repeat(split, len(made)).dictionary_encode(),
            "row": pa.array(made.rows),
            "label": pa.array(names[made.targets]),
            "predicted": pa.array(names[made.outputs.argmax(1)]),
            "outputs": pa.FixedSizeListArray.from_arrays(
                pa.array(made.outputs.astype(np.float32).reshape(-1)), len(names)
            ),
        }
        tables.append(pa.table(columns))
    names_json = json.dumps(next(iter(predictions.values())).names, ensure_ascii=False)
    table = pa.concat_tables(tables).unify_dictionaries().replace_schema_metadata({"classes": names_json})
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def read_predictions(data: bytes) -> dict[tuple[str, str], Predictions]:
    """The predictions that ``write_predictions`` wrote, by model and split."""
    table = pq.read_table(io.BytesIO(data))
    names = tuple(json.loads(table.schema.metadata[b"classes"]))
    index = {name: i for i, name in enumerate(names)}
    models, splits = (np.array(table[column].to_pylist()) for column in ("model", "split"))
    rows = table["row"].to_numpy()
    targets = np.array([index[label] for label in table["label"].to_pylist()], np.int64)
    outputs = table["outputs"].combine_chunks().flatten().to_numpy().reshape(-1, len(names)).astype(np.float64)
    result = {}
    for key in dict.fromkeys(zip(models.tolist(), splits.tolist(), strict=True)):
        chosen = (models == key[0]) & (splits == key[1])
        result[key] = Predictions(rows[chosen], targets[chosen], outputs[chosen], names)
    return result


def read_measurements(data: bytes) -> Measurements:
    """The measurements in a ``measurements.json``."""
    record: Mapping[str, Any] = json.loads(data)
    return Measurements([Measurement.from_json(entry) for entry in record["measurements"]], record["model"])


def write_measurements(measurements: Measurements) -> bytes:
    """The bytes of a ``measurements.json``."""
    record = {"model": measurements.model, "measurements": [entry.to_json() for entry in measurements.records]}
    return json.dumps(record, ensure_ascii=False, indent=1).encode()
