from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.contracts import Predictions
from deepwright.data.datasets.digits import digits
from deepwright.data.table import Column, Table
from deepwright.validation.label_noise import MOST, Suspect, label_noise
from deepwright.workflows.plan import plan


def predictions(
    targets: Any, probs: Any, names: tuple[str, ...] = ("cat", "dog", "ship"), start: int = 0
) -> Predictions:
    rows = np.arange(start, start + len(targets))
    return Predictions(rows, np.asarray(targets), np.log(np.asarray(probs, float)), names)


PROBS = [
    [0.90, 0.05, 0.05],  # cat
    [0.80, 0.10, 0.10],  # cat
    [0.10, 0.85, 0.05],  # "cat", but the threshold of dog, 0.70, is reached
    [0.20, 0.70, 0.10],  # dog
    [0.65, 0.25, 0.10],  # "dog", and the threshold of cat, 0.60, is reached
    [0.01, 0.98, 0.01],  # dog
    [0.10, 0.40, 0.50],  # "ship"
    [0.10, 0.44, 0.46],  # "dog": its threshold is not reached, and ship is below one half
]
TARGETS = [0, 0, 0, 1, 1, 1, 2, 1]


def test_worked_by_hand() -> None:
    made = predictions(TARGETS, PROBS)
    thresholds = [np.mean([PROBS[i][c] for i in range(8) if TARGETS[i] == c]) for c in range(3)]
    assert thresholds == pytest.approx([0.6, 0.5925, 0.5])
    found = label_noise({"test": made}, 1.0)
    assert found is not None
    assert (found.rows, found.count) == (8, 2)
    assert [(s.row, s.split, s.label, s.predicted) for s in found.suspects] == [
        (2, "test", "cat", "dog"),
        (4, "test", "dog", "cat"),
    ]
    assert found.suspects[0].label_probability == pytest.approx(0.10)
    assert found.suspects[0].predicted_probability == pytest.approx(0.85)


def test_both_splits_share_their_thresholds() -> None:
    parts = {
        "validation": predictions(TARGETS[:3], PROBS[:3]),
        "test": predictions(TARGETS[3:], PROBS[3:], start=103),
    }
    found = label_noise(parts, 1.0)
    assert found is not None
    assert [(s.row, s.split) for s in found.suspects] == [(2, "validation"), (104, "test")]


def test_the_temperature_decides_what_is_confident() -> None:
    made = predictions(TARGETS, PROBS)
    warm = label_noise({"test": replace(made, outputs=made.outputs * 3)}, 3.0)
    assert warm is not None
    assert [suspect.row for suspect in warm.suspects] == [2, 4]
    assert warm.suspects[0].predicted_probability == pytest.approx(0.85)
    hot = label_noise({"test": made}, 100.0)
    assert hot is not None
    assert hot.count == 0


def test_a_class_without_rows_is_never_set_against_a_label() -> None:
    found = label_noise({"test": predictions([0, 0, 1], [[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]])}, 1.0)
    assert found is not None
    assert found.count == 0


def test_labels_are_judged_one_by_one() -> None:
    outputs = np.array([[4.0, -4.0], [4.0, -4.0], [-4.0, 4.0], [-4.0, 4.0], [-5.0, -4.0]])
    targets = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [1, 0]], np.float32)
    found = label_noise({"test": Predictions(np.arange(5), targets, outputs, ("red", "round"))}, 1.0)
    assert found is not None
    assert [(s.row, s.label, s.predicted) for s in found.suspects] == [(4, "red", None), (3, None, "round")]


def test_numbers_are_not_judged() -> None:
    made = Predictions(np.arange(3), np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [9.0]]), ("age",))
    assert label_noise({"test": made}, 1.0) is None


def test_of_very_many_the_most_certain_are_kept() -> None:
    rng = np.random.default_rng(0)
    wrong = rng.uniform(0.6, 1, 500)
    right = [[0.5, 0.5]] * 1000
    probs = [*right, *np.stack([1 - wrong, wrong], 1)]
    found = label_noise({"test": predictions([0] * 500 + [1] * 500 + [0] * 500, probs, ("a", "b"))}, 1.0)
    assert found is not None
    assert found.count == 500
    assert len(found.suspects) == MOST
    assert found.suspects[0].predicted_probability == pytest.approx(wrong.max())
    assert json.loads(json.dumps(found.to_json()))["suspects"][0]["row"] == found.suspects[0].row
    assert found.measurement("mlp").value == 500
    assert isinstance(found.suspects[0], Suspect)


def test_planted_mistakes_are_found() -> None:
    table, rng = digits(), np.random.default_rng(0)
    labels = table.columns["label"].values.copy()
    planted = rng.choice(len(labels), len(labels) // 20, replace=False)
    labels[planted] = [str((int(label) + rng.integers(1, 10)) % 10) for label in labels[planted]]
    spoilt = Table({"image": table.columns["image"], "label": Column("category", labels)}, "digits")
    document = Document()
    for key, value in {"model": "pixel_linear", "data.split.test": 0.4, "training.num_threads": 1}.items():
        document.set(key, value, "here")
    ready = plan(document, spoilt)
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings)
    predictor = fitted.predictor
    unseen = {}
    for split in ("validation", "test"):
        rows = ready.splits[split]
        made = predictor.predictions(predictor.task.examples(spoilt.take(rows)))
        unseen[split] = replace(made, rows=rows[made.rows])
    found = label_noise(unseen, predictor.temperature)
    assert found is not None
    there = set(planted.tolist()) & {int(row) for made in unseen.values() for row in made.rows}
    doubted = {suspect.row for suspect in found.suspects}
    assert len(there) > 40
    assert len(doubted & there) / len(doubted) > 0.65  # five in a hundred by chance
    assert len(doubted & there) / len(there) > 0.55
