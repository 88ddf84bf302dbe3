"""A run's files as the workflow writes them, made up without training, for any classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepwright.config import yaml_core
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Claim, Measurement, Predictions
from deepwright.validation.evaluation import compare, draw, gap, measure
from deepwright.validation.storage import write_predictions

TEMPERATURE = 1.25
VALIDATION = ValidationSettings(resamples=100)
GENERAL = ("accuracy", "macro_f1", "log_loss")


def run_files(
    names: Sequence[str] = ("cat", "dog"),
    *,
    model: str = "mlp",
    baselines: Sequence[str] = ("majority", "pixel_linear"),
    trained: bool = True,
    source: str = "/data/pets",
    sizes: Mapping[str, int] | None = None,
) -> dict[str, bytes]:
    """The files of a run.

    Args:
        names: of the classes.
        model: its name.
        baselines: theirs.
        trained: whether it learnt by gradient, so that it has a history.
        source: of the data.
        sizes: rows of each split.
    """
    rows = dict(sizes or {"train": 240, "validation": 60, "test": 90})
    made = _predictions(names, model, baselines, rows)
    records = [*_measurements(model, baselines, names, made), *_costs(model, trained)]
    return {
        "config.yaml": yaml_core.dump(_config(model, source)).encode(),
        "data.json": _json(_data(source, names, made, model, rows)),
        "architecture.json": _json(
            [
                {"name": "front", "kind": "Normalise", "shape": [1, 8, 8], "parameters": 0},
                {"name": "output", "kind": "Linear", "shape": [len(names)], "parameters": 65 * len(names)},
            ]
        ),
        "history.jsonl": b"".join(json.dumps(record).encode() + b"\n" for record in (history() if trained else ())),
        "predictions.parquet": write_predictions(made),
        "measurements.json": _json({"model": model, "measurements": [record.to_json() for record in records]}),
    }


def history(epochs: int = 3, steps: int = 10, layers: Sequence[str] = ("dense1", "output")) -> list[dict[str, Any]]:
    """Records of a training that goes well."""
    records: list[dict[str, Any]] = []
    for step in range(1, epochs * steps + 1):
        gradients = {layer: 0.01 * (i + 1) / step for i, layer in enumerate(layers)}
        record: dict[str, Any] = {
            "step": step,
            "epoch": (step - 1) // steps + 1,
            "loss": 2 / step,
            "learning_rate": 1e-3,
        }
        record |= {"gradient_norm": 0.1, "gradients": gradients}
        if step % steps == 0:
            record["validation"] = {"loss": 2.5 / step, "accuracy": 1 - 1 / step}
        records.append(record)
    return records


def _predictions(
    names: Sequence[str], model: str, baselines: Sequence[str], rows: Mapping[str, int]
) -> dict[tuple[str, str], Predictions]:
    rng = np.random.default_rng(0)
    made = {}
    strength = {model: 3.0, "majority": 0.0, "pixel_linear": 1.5}
    for split, count in rows.items():
        targets = np.arange(count) % len(names)
        for name in (model, *baselines) if split == "test" else (model,):
            outputs = rng.normal(size=(count, len(names)))
            outputs[np.arange(count), targets] += strength.get(name, 1.0)
            outputs = outputs * 0 + np.arange(len(names)) / 9 if name == "majority" else outputs
            made[name, split] = Predictions(
                np.arange(count), targets, outputs.astype(np.float32).astype(float), tuple(names)
            )
    return made


def _measurements(
    model: str, baselines: Sequence[str], names: Sequence[str], made: Mapping[tuple[str, str], Predictions]
) -> list[Measurement]:
    claims = [
        Claim("accuracy", "accuracy"),
        Claim("macro_f1", "macro_f1"),
        Claim("log_loss", "log_loss", {"temperature": TEMPERATURE}),
        Claim("calibration_error", "calibration_error", {"temperature": TEMPERATURE}),
        Claim("log_loss_uncalibrated", "log_loss", {"temperature": 1.0}),
        Claim("calibration_error_uncalibrated", "calibration_error", {"temperature": 1.0}),
        *(Claim(f"{metric}/{name}", metric, {"label": name}) for metric in ("precision", "recall") for name in names),
    ]
    general = [claim for claim in claims if claim.name in GENERAL]
    test = {name: predictions for (name, split), predictions in made.items() if split == "test"}
    of_models = dict.fromkeys(test, claims)
    on_test, n = draw(of_models, test, VALIDATION, 0), len(test[model])
    records = measure(of_models, test, on_test, "test", VALIDATION, 0)
    for seed, split in enumerate(("train", "validation"), start=1):
        drawn = draw({model: general}, {model: made[model, split]}, VALIDATION, seed)
        records += measure({model: general}, {model: made[model, split]}, drawn, split, VALIDATION, seed)
        if split == "train":
            gaps = [gap(c, model, drawn[model, c.name], on_test[model, c.name], n, VALIDATION, 0) for c in general]
    for claim in general:
        records += compare(claim, model, dict.fromkeys(baselines, claim), on_test, n, VALIDATION, 0)
    return [*records, *gaps]


def _costs(model: str, trained: bool) -> list[Measurement]:
    figures: list[tuple[str, float, str, dict[str, Any]]] = [
        ("num_parameters", 650, "parameters", {}),
        ("fit_seconds", 4.25, "seconds", {}),
        ("peak_memory", 3e8, "bytes", {}),
    ]
    if trained:
        figures += [
            ("training_seconds", 3.5, "seconds", {"num_threads": 2, "precision": "float32"}),
            ("examples_per_second", 1234.5, "examples per second", {}),
            ("epochs", 3, "epochs", {"best_epoch": None}),
            ("gradient_ratio", 0.5, "ratio", {"verdict": "steady"}),
        ]
    return [Measurement(name, value, unit, name, arguments, model, n=1) for name, value, unit, arguments in figures]


def _config(model: str, source: str) -> dict[str, Any]:
    training = {"epochs": 3, "learning_rate": 1e-3, "optimizer": {"name": "adamw", "beta1": 0.9}}
    return {
        "task": "classification",
        "data": {"source": source, "columns": {"image": "image", "label": "label"}, "split": {"method": "auto"}},
        "model": {"name": model, "hidden_dim": 32},
        "training": {**training, "patience": None, "device": "cpu", "precision": "float32", "num_threads": 2},
        "validation": {"resamples": 100, "level": 0.95, "training_rows": 10000},
        "seed": 0,
        "name": "auto",
        "output": "runs",
    }


def _data(
    source: str,
    names: Sequence[str],
    made: Mapping[tuple[str, str], Predictions],
    model: str,
    rows: Mapping[str, int],
) -> dict[str, Any]:
    splits = {}
    for split, count in rows.items():
        counts = np.bincount(made[model, split].targets, minlength=len(names)).tolist()
        splits[split] = {"rows": count, "classes": dict(zip(names, counts, strict=True)), "sha256": "ab" * 32}
    return {
        "source": source,
        "sha256": "cd" * 32,
        "rows": sum(rows.values()),
        "columns": {"image": {"kind": "image", "shape": [8, 8]}, "label": {"kind": "category", "shape": []}},
        "roles": {"image": "image", "label": "label"},
        "method": "stratified",
        "splits": splits,
        "notes": ["3 pictures could not be read."],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
