"""Predictors of small pictures, untrained, and one example with its target, for any task and any network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from deepwright import registry
from deepwright.config.settings import Member
from deepwright.contracts import Batch, Task
from deepwright.data.datasets.digits import digits
from deepwright.data.table import Column, Table
from deepwright.predictor import Network, Predictor

ROLES = {"image": "image", "label": "label"}
LABELS = {
    "classification": lambda names: Column("category", names),
    "multi_label": lambda names: Column(
        "category", np.array([f"{name}|odd" if int(name) % 2 else name for name in names])
    ),
    "regression": lambda names: Column("number", names.astype(float)),
}


def predictor_of(model: str | nn.Module = "convnet", task_name: str = "classification") -> tuple[Predictor, Batch]:
    """A predictor with random weights, and the fourth digit, a three, with its target.

    Args:
        model: a registered name, or a module that takes pictures [B, 1, 8, 8].
        task_name: registered name of the task.
    """
    table = digits().take(np.arange(200))
    columns = {"image": table.columns["image"], "label": LABELS[task_name](table.columns["label"].values)}
    table = Table(columns, "digits")
    task: Task = registry.load("tasks", task_name)(ROLES)
    task.fit(table)
    torch.manual_seed(0)
    if isinstance(model, str):
        predictor = Predictor.build(task_name, task, Member(model, {}))
    else:
        predictor = Predictor(task_name, task, Member("own", {}), Network(task.inputs.front(), model))
    batch = task.examples(table).batch(torch.tensor([3]))
    return predictor, replace(batch)


def by_name(found: Any) -> dict[str, Any]:
    """The layers of a trace by name."""
    return {layer.name: layer for layer in found.layers}
