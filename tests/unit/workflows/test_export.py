from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from deepwright.measurements import Measurement
from deepwright.predictor import PREPROCESSING, WEIGHTS
from deepwright.workflows.export import Agreement, restated

MADE_OF = {WEIGHTS: "ab", PREPROCESSING: "cd", "exports/model.onnx": "ef"}
VERSIONS = {"onnx": "1", "onnxscript": "2", "onnxruntime": "3"}


def written(same: int | None, split: str | None) -> list[Measurement]:
    return Agreement(400, same, 1e-6).measurements("onnx", "mlp", split, 0.9, VERSIONS, MADE_OF)


def again(stated: list[Measurement]) -> list[Measurement]:
    return list(restated(stated, "mlp", 0.9, {**MADE_OF, "report.html": "00"}))


@pytest.mark.parametrize("same", [None, 399, 400])
@pytest.mark.parametrize("split", [None, "test"])
def test_records_of_an_export_are_made_again_from_their_figures(same: int | None, split: str | None) -> None:
    stated = written(same, split)
    found = again(stated)
    assert [{**vars(one), "arguments": dict(one.arguments)} for one in found] == [vars(one) for one in stated]


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "stones"},
        {"measure": "accuracy"},
        {"interval": (1.0, 1.0)},
        {"level": 0.5},
        {"method": "bootstrap"},
        {"status": "stated"},
        {"recomputable": True},
        {"inputs": {}},
        {"arguments": {"rows": "all"}},
    ],
    ids=str,
)
def test_nothing_but_the_figures_is_taken_as_it_is_stated(change: dict[str, Any]) -> None:
    stated = written(399, "test")
    assert again([dataclasses.replace(stated[0], **change)]) == [stated[0]] or "arguments" in change
    assert again([dataclasses.replace(stated[0], **change)]) != [dataclasses.replace(stated[0], **change)]


def test_records_of_nothing_that_is_known_are_passed_over() -> None:
    stated = written(399, "test")[0]
    for change in ({"name": "export/nowhere/same_decisions"}, {"name": "accuracy"}, {"value": None}, {"n": None}):
        assert again([dataclasses.replace(stated, **change)]) == []
