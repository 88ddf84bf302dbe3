from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import Member
from deepwright.data.table import Column, Table
from deepwright.errors import DeepwrightError
from deepwright.predictor import Predictor

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

from deepwright.exporters.onnx import OPSET, Onnx, session_of  # noqa: E402

LABELS = np.empty(8, object)
LABELS[:] = [("猫",), ("dog", "猫"), ("dog",), ()] * 2
PICTURES = np.random.default_rng(0).integers(0, 256, (8, 6, 5, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """Of labels, from colour pictures that are not square; its weights are random."""
    task = registry.load("tasks", "multi_label")({"image": "image", "label": "label"})
    task.fit(Table({"image": Column("image", PICTURES), "label": Column("labels", LABELS)}, "memory"))
    torch.manual_seed(0)
    return Predictor.build("multi_label", task, Member("mlp", {"num_layers": 1, "hidden_dim": 8}))


@pytest.fixture(scope="module")
def exported(predictor: Predictor) -> bytes:
    return Onnx().export(predictor, {"run": "pets-mlp-1"})


@pytest.fixture(scope="module")
def model(exported: bytes) -> Any:
    return onnx.load_from_string(exported)


def shape_of(value: Any) -> list[str | int]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def test_the_answers_are_those_of_the_predictor(predictor: Predictor, exported: bytes) -> None:
    found = Onnx().answers(exported, PICTURES, predictor.task.outputs.spec)  # type: ignore[arg-type]
    for one, other in zip(found, predictor.predict(PICTURES), strict=True):
        assert one["labels"] == other["labels"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)


def test_pictures_go_in_as_they_are_and_labels_come_out(model: Any) -> None:
    (images,) = model.graph.input
    assert (images.name, shape_of(images)) == ("images", ["N", 6, 5, 3])
    assert images.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert "6 pixels high and 5 wide" in images.doc_string
    assert {value.name: shape_of(value) for value in model.graph.output} == {
        "probabilities": ["N", 2],
        "label_present": ["N", 2],
    }


def test_the_metadata_says_what_a_stranger_needs(model: Any, predictor: Predictor) -> None:
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["labels"]) == ["dog", "猫"]
    assert [metadata[key] for key in ("height", "width", "channels", "task", "model", "run")] == [
        "6",
        "5",
        "3",
        "multi_label",
        "mlp",
        "pets-mlp-1",
    ]
    assert json.loads(metadata["preprocessing"]) == predictor.task.inputs.state()
    assert metadata["opset"] == str(OPSET) == str(model.opset_import[0].version)


def test_nothing_of_the_machine_that_wrote_it_is_in_it(exported: bytes, model: Any) -> None:
    assert b".py" not in exported
    assert not [node.name for node in model.graph.node if node.metadata_props]


def test_it_runs_without_us(exported: bytes) -> None:
    session = session_of(exported)
    probabilities, present = session.run(None, {"images": PICTURES[:3]})
    assert probabilities.shape == present.shape == (3, 2)
    assert (present == (probabilities > 0.5)).all()


def test_a_picture_of_another_size_is_refused(exported: bytes, predictor: Predictor) -> None:
    with pytest.raises(DeepwrightError, match="cannot run the exported model"):
        Onnx().answers(exported, PICTURES[:, :4], predictor.task.outputs.spec)  # type: ignore[arg-type]


class Fixed(nn.Module):
    """Reads the number of pictures in a way that tracing cannot follow."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.zeros(2).expand(len(images), -1)


class Branching(nn.Module):
    """Decides by its values, which no graph can."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :2] if float(images.sum()) > 0 else -images.flatten(1)[:, :2]


@pytest.mark.parametrize(
    ("network", "said"),
    [(Fixed(), "inputs.shape\\[0\\] is needed"), (Branching(), "^The model mlp cannot become a graph: ")],
)
def test_a_model_that_cannot_become_a_graph_is_named(predictor: Predictor, network: nn.Module, said: str) -> None:
    other = Predictor.build(predictor.task_name, predictor.task, predictor.member)
    other.network.model = network
    with pytest.raises(DeepwrightError, match=said):
        Onnx().export(other, {})
