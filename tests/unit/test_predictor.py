"""What training returns and a run loads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.config.settings import Member
from deepwright.contracts import Task
from deepwright.data.reading import table_of
from deepwright.data.table import Column, Table
from deepwright.errors import RunError
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.tensors import to_bytes


def test_kernels_keep_their_channels_last_through_files() -> None:
    table = table_of({"image": np.zeros((4, 8, 8, 3), np.uint8), "label": np.array(["a", "b", "a", "b"])})
    task: Task = registry.load("tasks", "classification")({"image": "image", "label": "label"})
    task.fit(table)
    predictor = Predictor.build("classification", task, Member("convnet", {}))
    again = Predictor.from_files(predictor.files())
    for network in (predictor.network, again.network):
        kernel = network.get_parameter("model.conv2.weight")
        assert kernel.is_contiguous(memory_format=torch.channels_last)
        assert not kernel.is_contiguous()
    for name, tensor in predictor.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name]), name


def test_texts_of_any_length_are_answered_in_the_order_of_their_rows() -> None:
    lengths = [3, 40, 1, 12, 40, 7, 2, 25]
    texts = np.array(["word " * n + "end" for n in lengths], object)
    columns = {"text": Column("text", texts), "label": Column("category", np.array(["a", "b"] * 4))}
    task: Task = registry.load("tasks", "classification")({"text": "text", "label": "label"})
    task.fit(Table(columns, "texts"))
    torch.manual_seed(0)
    predictor = Predictor.build("classification", task, Member("gru", {"hidden_dim": 4, "embed_dim": 4}))
    predictions = predictor.predictions(task.examples(Table(columns, "texts")))
    assert predictions.rows.tolist() == list(range(8))
    assert predictions.targets.tolist() == [0, 1] * 4
    alone = [predictor.forward(predictor.encode([text])).numpy()[0] for text in texts]
    np.testing.assert_allclose(predictions.outputs, alone, atol=1e-6)
    assert len({tuple(row) for row in predictions.outputs.tolist()}) == 7  # two texts are the same


def bag_of(words: str) -> Predictor:
    """An untrained classifier that knows these words."""
    columns = {"text": Column("text", np.array([words] * 4, object)), "label": Column("category", np.array([*"abab"]))}
    task: Task = registry.load("tasks", "classification")({"text": "text", "label": "label"})
    task.fit(Table(columns, "texts"))
    return Predictor.build("classification", task, Member("bag_of_embeddings", {"embed_dim": 8}))


def test_weights_and_preprocessing_that_do_not_belong_together_are_told_apart_in_one_sentence() -> None:
    files, others = bag_of("one two").files(), bag_of("one two three").files()
    with pytest.raises(RunError) as raised:
        Predictor.from_files({**files, PREPROCESSING: others[PREPROCESSING]})
    said = str(raised.value)
    assert "model.embed.weight is [4, 8] in the one, [5, 8] by the other" in said
    assert "\n" not in said
    files = {**files, WEIGHTS: to_bytes({"model.embed.weight": torch.zeros(4, 8)})}
    with pytest.raises(RunError, match=r"model\.output\.weight is not there in the one, \[2, 8\] by the other"):
        Predictor.from_files(files)
