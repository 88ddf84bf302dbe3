from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.data.table import Column, Table
from deepwright.exporters._answers import answers_of
from deepwright.specs import ClassSpec, LabelsSpec, NumberSpec, OutputSpec

PICTURES = Column("image", np.arange(6 * 16, dtype=np.uint8).reshape(6, 4, 4))
LABELS = np.empty(6, object)
LABELS[:] = [("a", "猫"), ("猫",), (), ("b",), ("a",), ("b", "a")]
COLUMNS = {
    "classification": Column("category", np.array(["a", "b", "猫"] * 2)),
    "multi_label": Column("labels", LABELS),
    "regression": Column("number", np.array([1e6, 1e6 + 1, 1e6 + 2, 1e6, 1e6 + 4, 1e6 + 8])),
}
KINDS: dict[str, type[OutputSpec]] = {"classification": ClassSpec, "multi_label": LabelsSpec, "regression": NumberSpec}


@pytest.mark.parametrize("name", COLUMNS)
def test_answers_are_those_of_the_task(name: str) -> None:
    task = registry.load("tasks", name)({"image": "image", "label": "label"})
    task.fit(Table({"image": PICTURES, "label": COLUMNS[name]}, "memory"))
    spec = task.outputs.spec
    assert isinstance(spec, KINDS[name])
    outputs = torch.randn(50, spec.num_outputs, generator=torch.Generator().manual_seed(0))
    module = answers_of(spec)
    arrays = {of: tensor.numpy() for of, tensor in zip(module.names, module(outputs), strict=True)}
    for found, expected in zip(module.read(arrays), task.decode(outputs), strict=True):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert found[key] == (pytest.approx(value, abs=1e-6) if key.startswith(("prob", "value")) else value)


def test_a_large_mean_costs_no_digits() -> None:
    module = answers_of(NumberSpec("price", 1e9, 1e-3))
    (values,) = module(torch.tensor([[0.0], [1.0]]))
    assert values.tolist() == pytest.approx([1e9, 1e9 + 1e-3], abs=1e-6, rel=0)


def test_the_first_of_equally_probable_classes_is_taken() -> None:
    module = answers_of(ClassSpec(("a", "b")))
    assert module(torch.zeros(1, 2))[1].tolist() == [0]


def test_other_outputs_have_no_answers() -> None:
    class Shares(OutputSpec):
        @property
        def num_outputs(self) -> int:
            return 3

    with pytest.raises(TypeError, match="Shares"):
        answers_of(Shares())
