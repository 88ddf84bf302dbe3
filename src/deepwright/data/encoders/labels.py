"""Sets of labels as zeros and ones, one column for each label of the training split.

The columns are in the order that people count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Raw
from deepwright.data.class_names import counting_order, divided
from deepwright.data.encoders._unseen import require_known
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.messages import _
from deepwright.specs import LabelsSpec

__all__ = ["LabelsEncoder"]


class LabelsEncoder:
    """Stores labels as float32 [N, C], 1 where the row has the label."""

    kind: ClassVar[str] = "labels"

    def __init__(self) -> None:
        self._spec: LabelsSpec | None = None

    def fit(self, column: Column) -> None:
        """Take the labels from tuples of text, or text such as ``red|round`` [N].

        Raises:
            DataError: there are no labels.
        """
        names = sorted({label for labels in divided(column.values) for label in labels}, key=counting_order)
        if not names:
            raise DataError(_("No row of the training split has a label; there is nothing to learn."))
        self._spec = LabelsSpec(tuple(names))

    @property
    def spec(self) -> LabelsSpec:
        """The labels; an encoder that was not fitted has none."""
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        return self._spec

    def encode(self, values: Raw) -> Tensor:
        """Labels as zeros and ones [N, C].

        Raises:
            DataError: a label was not seen in the training split.
        """
        rows = divided(values)
        index = {name: i for i, name in enumerate(self.spec.names)}
        require_known((label for labels in rows for label in labels), self.spec.names)
        encoded = np.zeros((len(rows), len(index)), np.float32)
        for row, labels in enumerate(rows):
            encoded[row, [index[label] for label in labels]] = 1
        return torch.from_numpy(encoded)

    def state(self) -> dict[str, Any]:
        """The names of the labels in order."""
        return {"names": list(self.spec.names)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> LabelsEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder._spec = LabelsSpec(tuple(state["names"]))
        return encoder
