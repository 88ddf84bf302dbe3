"""Multi-label classification: any number of labels for each row.

Each label is decided on its own: a logit above 0 means yes. The loss is the mean over labels of binary cross-entropy,
-y·log σ(z) - (1 - y)·log(1 - σ(z)), one for each row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepwright.contracts import Batch, IntArray, Predictions
from deepwright.data.class_names import SEPARATORS, divided, rarest_labels
from deepwright.data.encoders.labels import LabelsEncoder
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.errors import DataError
from deepwright.measurements import Claim
from deepwright.messages import _
from deepwright.tasks._labelled import Labelled

__all__ = ["MultiLabel"]


class MultiLabel(Labelled):
    """Encodes an input column and a column of labels, and judges logits [B, C].

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
    score: ClassVar[str] = "label_accuracy"
    calibrated: ClassVar[bool] = False
    outputs: LabelsEncoder

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        super().__init__(roles, LabelsEncoder(), encoding)

    @classmethod
    def learns(cls, column: Column) -> bool:
        """Whether the values are lists of labels, or text such as ``red|round`` whose parts recur."""
        if column.kind != "category":
            return column.kind == "labels"
        rows = divided(np.unique(column.values))
        num_labels = len({label for labels in rows for label in labels})
        return any(len(labels) > 1 for labels in rows) and sum(map(len, rows)) > num_labels

    @classmethod
    def can_learn(cls, column: Column) -> bool:
        """Whether the values are lists of labels or text, be it of one label each, and a label recurs."""
        if column.kind not in ("category", "labels"):
            return False
        counts = Counter(label for labels in divided(column.values) for label in set(labels))
        if counts and max(counts.values()) == 1:
            raise DataError(
                _(
                    "Nothing can be learnt from these labels: each of the {n}, such as {label!r}, is that of one row "
                    "only. Labels of one row are divided by one of {separators}.",
                    n=len(counts),
                    label=min(counts),
                    separators=" ".join(SEPARATORS),
                )
            )
        return True

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """How many labels there are, and how many a row has."""
        rows = divided(table.columns[roles["label"]].values)
        return _(
            "{label} holds lists of {n} different labels, {mean:.1f} in a row",
            label=roles["label"],
            n=len({label for labels in rows for label in labels}),
            mean=sum(map(len, rows)) / len(rows),
        )

    @classmethod
    def strata(cls, table: Table, roles: Mapping[str, str]) -> npt.NDArray[Any]:
        """The rarest label of each row, so that rare labels stay in the training split."""
        return rarest_labels(table.columns[roles["label"]].values)

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Binary cross-entropy of logits [B, C] with targets 0 or 1 [B, C], meaned over the labels: [B], in nats."""
        assert batch.targets is not None
        return nn.functional.binary_cross_entropy_with_logits(outputs, batch.targets, reduction="none").mean(1)

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The share of labels that were decided rightly, [B]."""
        assert batch.targets is not None
        return ((outputs > 0) == (batch.targets > 0)).to(torch.float32).mean(1)

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """Logits beside the labels, 0 or 1."""
        names = self.outputs.spec.names
        return Predictions(rows, targets.to(torch.int64).numpy(), judged.to(torch.float64).numpy(), names)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """For each example its ``labels``, most probable first, and all ``probabilities`` by label."""
        names = self.outputs.spec.names
        answers = []
        for row in outputs.to(torch.float64).sigmoid():
            probabilities = dict(zip(names, row.tolist(), strict=True))
            chosen = sorted((name for name in names if probabilities[name] > 0.5), key=lambda n: -probabilities[n])
            answers.append({"labels": chosen, "probabilities": probabilities})
        return answers

    def claims(self, _temperature: float) -> list[Claim]:
        """Macro F1 first; the share of rows with every label right; precision and recall of each label."""
        names = self.outputs.spec.names
        return [
            Claim("macro_f1", "macro_f1", compared=True),
            Claim("accuracy", "accuracy", compared=True),
            Claim("log_loss", "log_loss", {"temperature": 1.0}, compared=True),
            *(Claim(f"precision/{name}", "precision", {"label": name}) for name in names),
            *(Claim(f"recall/{name}", "recall", {"label": name}) for name in names),
        ]
