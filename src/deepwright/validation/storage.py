"""Predictions as a Parquet file: what every metric was computed from, kept with the run."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deepwright.contracts import Predictions

PREDICTIONS = "predictions.parquet"


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
