"""Classification: one of several classes for each row.

The input is the column of pictures, the target a column of categories. The loss is softmax cross-entropy,
-log(exp(z_y) / Σ_c exp(z_c)), one for each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.contracts import Batch, Claim, InputEncoder, IntArray, Predictions, Raw
from deepwright.data.encoders.classes import ClassEncoder
from deepwright.data.examples import TensorExamples
from deepwright.data.table import ColumnKind, Table
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

__all__ = ["Classification"]


class Classification:
    """Encodes an input column and a label column, and judges logits [B, C].

    Args:
        roles: column of the input, by its kind (``image``), and column of the ``label``.
    """

    #: The model that ``auto`` takes, by the kind of the input.
    default_models: ClassVar[Mapping[ColumnKind, str]] = {"image": "convnet"}
    #: The models that every other one is compared with, by the kind of the input.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"image": ("majority", "pixel_linear")}

    def __init__(self, roles: Mapping[str, str]) -> None:
        self.columns = dict(roles)
        self.kind = next(kind for kind in roles if kind != "label")
        self.inputs: InputEncoder = registry.load("encoders", self.kind)()
        self.outputs = ClassEncoder()

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str]) -> dict[str, str] | None:
        """The input and label columns: those named in ``columns``, else the only ones of their kind.

        Raises:
            ConfigError: a named role or column is not there, or several columns could be meant.
        """
        known = [*cls.default_models, "label"]
        for role, column in columns.items():
            if role not in known:
                raise ConfigError(
                    _("data.columns has the role {role!r}; known: {known}.", role=role, known=listing(known))
                )
            if column not in table.columns:
                raise ConfigError(
                    _(
                        "data.columns.{role} names the column {column!r}; {source} has: {known}.",
                        role=role,
                        column=column,
                        source=table.source,
                        known=listing(table.columns),
                    )
                )
        for kind in cls.default_models:
            images = [columns[kind]] if kind in columns else table.named(kind)
            labels = [columns["label"]] if "label" in columns else _labels(table)
            if images and labels:
                return {kind: _only(images, kind, table), "label": _only(labels, "label", table)}
        return None

    def fit(self, table: Table) -> None:
        """Fit the encoders on the rows of the training split."""
        self.inputs.fit(table.columns[self.columns[self.kind]])
        self.outputs.fit(table.columns[self.columns["label"]])

    def examples(self, table: Table) -> TensorExamples:
        """Encode the rows of a table with their labels."""
        stored = self.inputs.encode(table.columns[self.columns[self.kind]].values)
        targets = self.outputs.encode(table.columns[self.columns["label"]].values)
        return TensorExamples(stored, targets, np.arange(len(table)), self.inputs.batch)

    def encode(self, values: Raw) -> Batch:
        """Encode inputs alone, to predict."""
        stored = self.inputs.encode(values)
        return TensorExamples(stored, None, np.arange(len(stored)), self.inputs.batch).batch(torch.arange(len(stored)))

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of logits [B, C] with the batch's classes, [B], in nats."""
        assert batch.targets is not None
        return nn.functional.cross_entropy(outputs, batch.targets, reduction="none")

    def predictions(self, outputs: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """Logits beside their classes."""
        names = self.outputs.spec.names
        return Predictions(rows, targets.numpy(), outputs.to(torch.float64).numpy(), names)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """For each example the ``label``, its ``probability`` and all ``probabilities`` by label."""
        names = self.outputs.spec.names
        probs = outputs.to(torch.float64).softmax(1)
        return [
            {
                "label": names[int(row.argmax())],
                "probability": float(row.max()),
                "probabilities": dict(zip(names, row.tolist(), strict=True)),
            }
            for row in probs
        ]

    def claims(self, temperature: float) -> list[Claim]:
        """Accuracy first; calibration before and after temperature scaling; precision and recall of each class."""
        names = self.outputs.spec.names
        return [
            Claim("accuracy", "accuracy"),
            Claim("macro_f1", "macro_f1"),
            Claim("log_loss", "log_loss", {"temperature": temperature}),
            Claim("calibration_error", "calibration_error", {"temperature": temperature}),
            Claim("log_loss_uncalibrated", "log_loss", {"temperature": 1.0}),
            Claim("calibration_error_uncalibrated", "calibration_error", {"temperature": 1.0}),
            *(Claim(f"precision/{name}", "precision", {"label": name}) for name in names),
            *(Claim(f"recall/{name}", "recall", {"label": name}) for name in names),
        ]


def _labels(table: Table) -> list[str]:
    categories = table.named("category")
    return ["label"] if "label" in categories else categories


def _only(names: Sequence[str], role: str, table: Table) -> str:
    if len(names) > 1:
        raise ConfigError(
            _(
                "{source} has several columns that could be the {role}: {names}. "
                "Choose with --set data.columns.{role}=NAME.",
                source=table.source,
                role=role,
                names=listing(names),
            )
        )
    return names[0]
