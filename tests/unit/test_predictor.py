"""What training returns and a run loads."""

from __future__ import annotations

import numpy as np
import torch

from deepwright import registry
from deepwright.config.settings import Member
from deepwright.contracts import Task
from deepwright.data.reading import table_of
from deepwright.predictor import Predictor


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
