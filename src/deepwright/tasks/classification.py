"""Classification: one of several classes for each row.

The loss is softmax cross-entropy, -log(exp(z_y) / Σ_c exp(z_c)), one for each row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepwright.contracts import Batch, IntArray, Predictions
from deepwright.data.encoders.classes import ClassEncoder
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.measurements import Claim
from deepwright.messages import _
from deepwright.tasks._labelled import Labelled

__all__ = ["Classification"]

#: More different whole numbers than this are not taken for classes.
_MOST_CLASSES = 100


class Classification(Labelled):
    """Encodes an input column and a label column, and judges logits [B, C].

    Args:
        roles: column of the input, by its kind (``image`` or ``text``), and column of the ``label``.
        encoding: settings of the input's encoder.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"image": "convnet", "text": "bag_of_embeddings"}
    #: The models that every other one is compared with, by the kind of the input.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "image": ("majority", "pixel_linear"),
        "text": ("majority", "tfidf_linear"),
    }
    score: ClassVar[str] = "accuracy"
    calibrated: ClassVar[bool] = True
    outputs: ClassEncoder

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        super().__init__(roles, ClassEncoder(), encoding)

    @classmethod
    def learns(cls, column: Column) -> bool:
        """Whether the values are categories, or whole numbers of which few are different."""
        if column.kind != "number":
            return column.kind == "category"
        different = np.unique(column.values)
        return len(different) <= min(_MOST_CLASSES, len(column) // 2) and bool(np.all(different == np.rint(different)))

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """How many classes there are."""
        count = len(np.unique(table.columns[roles["label"]].values))
        return _("{label} has {n} different values, taken for classes", label=roles["label"], n=count)

    @classmethod
    def strata(cls, table: Table, roles: Mapping[str, str]) -> npt.NDArray[Any]:
        """The classes."""
        values: npt.NDArray[Any] = table.columns[roles["label"]].values
        return values

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of logits [B, C] with the batch's classes, [B], in nats."""
        return self.smoothed_losses(outputs, batch, 0.0)

    def smoothed_losses(self, outputs: Tensor, batch: Batch, smoothing: float) -> Tensor:
        """The same with a share of each target spread over all classes, [B], in nats."""
        assert batch.targets is not None
        return nn.functional.cross_entropy(outputs, batch.targets, reduction="none", label_smoothing=smoothing)

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """1 where the largest logit is the class, else 0, [B]."""
        assert batch.targets is not None
        return (outputs.argmax(1) == batch.targets).to(torch.float32)

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """Logits beside their classes."""
        names = self.outputs.spec.names
        return Predictions(rows, targets.numpy(), judged.to(torch.float64).numpy(), names)

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
            Claim("accuracy", "accuracy", compared=True),
            Claim("macro_f1", "macro_f1", compared=True),
            Claim("log_loss", "log_loss", {"temperature": temperature}, compared=True),
            Claim("calibration_error", "calibration_error", {"temperature": temperature}),
            Claim("log_loss_uncalibrated", "log_loss", {"temperature": 1.0}),
            Claim("calibration_error_uncalibrated", "calibration_error", {"temperature": 1.0}),
            *(Claim(f"precision/{name}", "precision", {"label": name}) for name in names),
            *(Claim(f"recall/{name}", "recall", {"label": name}) for name in names),
        ]
