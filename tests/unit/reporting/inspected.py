"""What an inspection and a trained model's doubts add to the files of a run, made up for any classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepwright.config.settings import DataSettings
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Files, Rejected, Table
from deepwright.measurements import Measurement
from deepwright.reporting.data_section import DATA, DOUBTS, SAMPLES
from deepwright.workflows.inspect import Inspected, inspect_data

ROWS = 60


def table(names: Sequence[str] = ("cat", "dog"), **changes: Any) -> Table:
    """Noise of 24 × 24 pixels: row 50 has the pixels of row 0 but another label, row 59 those of row 1."""
    pictures = np.random.default_rng(0).integers(0, 256, (ROWS, 24, 24, 3), np.uint8)
    pictures[50], pictures[59] = pictures[0], pictures[1]
    labels = np.array([names[row % len(names)] for row in range(ROWS)])
    labels[50], labels[59] = names[-1], labels[1]
    files = Files(np.arange(ROWS) + 100, np.full(ROWS, 80), np.full(ROWS, "RGB"), np.full(ROWS, "JPEG"))
    given: dict[str, Any] = {
        "names": np.array([f"{row}.jpg" for row in range(ROWS)]),
        "files": files,
        "rejected": [Rejected("<broken>.jpg", "It is cut & short."), Rejected("empty.jpg", "It is empty.")],
    }
    columns = {"image": Column("image", pictures), "label": Column("category", labels)}
    return Table(columns, "/data/pets", **{**given, **changes})


SPLITS = Splits("given", np.arange(40), np.arange(40, 48), np.arange(48, ROWS))


def inspected(names: Sequence[str] = ("cat", "dog"), splits: Splits | None = SPLITS, **changes: Any) -> Inspected:
    """An inspection of that table."""
    settings = DataSettings(source="/data/pets", origin="a shelter", licence="CC BY 4.0")
    return inspect_data(
        table(names, **changes), splits, {"image": "image", "label": "label"}, settings, "classification"
    )


def with_inspection(files: Mapping[str, bytes], names: Sequence[str] = ("cat", "dog")) -> dict[str, bytes]:
    """A run's files with an inspection and one doubted label, and the measurements of both."""
    found, model = inspected(names), json.loads(files["measurements.json"])["model"]
    data = {**json.loads(files[DATA]), "inspection": found.data["inspection"], "stated": found.data["stated"]}
    doubts = {
        "rows": 150,
        "count": 1,
        "suspects": [
            {
                "row": 3,
                "split": "test",
                "name": "3.jpg",
                "label": names[0],
                "predicted": names[1],
                "label_probability": 0.01,
                "predicted_probability": 0.98,
            }
        ],
        "pictures": {"3": next(iter(found.samples["pictures"].values()))},
    }
    doubted = Measurement("suspected_labels", 1.0, "rows", "confident learning", {}, model, n=150)
    record = json.loads(files["measurements.json"])
    record["measurements"] += [claim.to_json() for claim in (*found.measurements, doubted)]
    added = {DATA: data, SAMPLES: found.samples, DOUBTS: doubts, "measurements.json": record}
    return {**files, **{name: json.dumps(value).encode() for name, value in added.items()}}
