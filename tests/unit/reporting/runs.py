"""A run's files as the workflow writes them, made up without training, for any task and any classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from deepwright.config import yaml_core
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import FloatArray, Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import measure_all
from deepwright.validation.storage import write_predictions

TEMPERATURE = 1.25
VALIDATION = ValidationSettings(resamples=100)
Answers = Literal["class", "labels", "number"]
TASKS: Mapping[Answers, str] = {"class": "classification", "labels": "multi_label", "number": "regression"}
#: What the history's validation figures are the mean of.
SCORES: Mapping[Answers, str] = {"class": "accuracy", "labels": "label_accuracy", "number": "absolute_error"}


def run_files(
    names: Sequence[str] | None = None,
    *,
    answers: Answers = "class",
    model: str = "mlp",
    baselines: Sequence[str] | None = None,
    trained: bool = True,
    source: str = "/data/pets",
    sizes: Mapping[str, int] | None = None,
) -> dict[str, bytes]:
    """The files of a run.

    Args:
        names: of the classes or labels, or of the one number; None takes two classes or labels.
        answers: what the task answers with.
        model: its name.
        baselines: theirs; None takes those of the task.
        trained: whether it learnt by gradient, so that it has a history.
        source: of the data.
        sizes: rows of each split.
    """
    rows = dict(sizes or {"train": 240, "validation": 60, "test": 90})
    if names is None:
        names = ("height",) if answers == "number" else ("cat", "dog")
    if baselines is None:
        baselines = ("mean" if answers == "number" else "majority", "pixel_linear")
    made = _predictions(names, answers, model, baselines, rows)
    claims = dict.fromkeys((model, *baselines), _claims(names, answers))
    records = [*measure_all(model, claims, made, VALIDATION, 0), *_costs(model, trained)]
    return {
        "config.yaml": yaml_core.dump(_config(model, source, answers)).encode(),
        "data.json": _json(_data(source, names, answers, made, model, rows)),
        "architecture.json": _json(
            [
                {"name": "front", "kind": "Normalise", "shape": [1, 8, 8], "parameters": 0},
                {"name": "output", "kind": "Linear", "shape": [len(names)], "parameters": 65 * len(names)},
            ]
        ),
        "history.jsonl": b"".join(
            json.dumps(record).encode() + b"\n" for record in (history(score=SCORES[answers]) if trained else ())
        ),
        "predictions.parquet": write_predictions(made),
        "measurements.json": _json({"model": model, "measurements": [record.to_json() for record in records]}),
    }


def history(
    epochs: int = 3, steps: int = 10, layers: Sequence[str] = ("dense1", "output"), score: str = "accuracy"
) -> list[dict[str, Any]]:
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
            record["validation"] = {"loss": 2.5 / step, score: 1 - 1 / step}
        records.append(record)
    return records


def _predictions(
    names: Sequence[str], answers: Answers, model: str, baselines: Sequence[str], rows: Mapping[str, int]
) -> dict[tuple[str, str], Predictions]:
    rng = np.random.default_rng(0)
    make = {"class": _of_classes, "labels": _of_labels, "number": _of_numbers}[answers]
    strength = {model: 3.0, "majority": 0.0, "mean": 0.0, "pixel_linear": 1.5}
    made = {}
    for split, count in rows.items():
        for name in (model, *baselines) if split == "test" else (model,):
            targets, outputs = make(rng, count, len(names), strength.get(name, 1.0))
            rounded = outputs.astype(np.float32).astype(float)
            made[name, split] = Predictions(np.arange(count), targets, rounded, tuple(names))
    return made


def _of_classes(rng: np.random.Generator, count: int, num_classes: int, strength: float) -> tuple[Any, FloatArray]:
    """Logits that lean towards the true class; without strength they are the same for every row."""
    targets = np.arange(count) % num_classes
    outputs = rng.normal(size=(count, num_classes))
    outputs[np.arange(count), targets] += strength
    return targets, outputs if strength else np.tile(np.arange(num_classes) / 9, (count, 1))


def _of_labels(rng: np.random.Generator, count: int, num_labels: int, strength: float) -> tuple[Any, FloatArray]:
    """Every label is on about half of the rows, some of which have none."""
    targets = np.arange(count)[:, None] // 2 ** (np.arange(num_labels) % 8) % 2
    outputs = rng.normal(size=(count, num_labels)) + strength * (targets - 0.5)
    return targets, outputs if strength else np.full((count, num_labels), 0.1)


def _of_numbers(rng: np.random.Generator, count: int, _num: int, strength: float) -> tuple[Any, FloatArray]:
    """Numbers from 10 to 30; without strength their mean is given for every row."""
    targets = 10 + 20 * (np.arange(count) % 17) / 16
    errors = rng.normal(size=count) * (6 / strength if strength else 0)
    return targets, (targets + errors if strength else np.full(count, targets.mean()))[:, None]


def _claims(names: Sequence[str], answers: Answers) -> list[Claim]:
    if answers == "number":
        return [Claim(name, name, compared=True) for name in ("mae", "rmse", "r2")]
    each = [Claim(f"{metric}/{n}", metric, {"label": n}) for metric in ("precision", "recall") for n in names]
    accuracy, macro_f1 = (Claim(name, name, compared=True) for name in ("accuracy", "macro_f1"))
    if answers == "labels":
        return [macro_f1, accuracy, Claim("log_loss", "log_loss", {"temperature": 1.0}, compared=True), *each]
    return [
        accuracy,
        macro_f1,
        Claim("log_loss", "log_loss", {"temperature": TEMPERATURE}, compared=True),
        Claim("calibration_error", "calibration_error", {"temperature": TEMPERATURE}),
        Claim("log_loss_uncalibrated", "log_loss", {"temperature": 1.0}),
        Claim("calibration_error_uncalibrated", "calibration_error", {"temperature": 1.0}),
        *each,
    ]


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


def _config(model: str, source: str, answers: Answers) -> dict[str, Any]:
    training = {"epochs": 3, "learning_rate": 1e-3, "optimizer": {"name": "adamw", "beta1": 0.9}}
    return {
        "task": TASKS[answers],
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
    answers: Answers,
    made: Mapping[tuple[str, str], Predictions],
    model: str,
    rows: Mapping[str, int],
) -> dict[str, Any]:
    splits = {}
    for split, count in rows.items():
        targets = made[model, split].targets
        if answers == "number":
            summary = {"numbers": {"min": targets.min(), "mean": targets.mean(), "max": targets.max()}}
        else:
            counts = np.bincount(targets, minlength=len(names)) if answers == "class" else targets.sum(0)
            summary = {"classes": dict(zip(names, counts.tolist(), strict=True))}
        splits[split] = {"rows": count, **summary, "sha256": "ab" * 32}
    return {
        "source": source,
        "sha256": "cd" * 32,
        "rows": sum(rows.values()),
        "columns": {"image": {"kind": "image", "shape": [8, 8]}, "label": {"kind": "category", "shape": []}},
        "task": TASKS[answers],
        "roles": {"image": "image", "label": "label"},
        "method": "stratified" if answers == "class" else "random",
        "splits": splits,
        "notes": ["3 pictures could not be read."],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
