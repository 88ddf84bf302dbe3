"""Labels as indices of classes, in the order that people count.

The classes are the different labels of the training split. Labels that are whole numbers are ordered by value,
others by their characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Raw
from deepwright.data.class_names import class_names, counting_order
from deepwright.data.encoders._unseen import require_known
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.messages import _
from deepwright.specs import ClassSpec

__all__ = ["ClassEncoder"]


class ClassEncoder:
    """Stores labels as int64 [N]."""

    kind: ClassVar[str] = "category"

    def __init__(self) -> None:
        self._spec: ClassSpec | None = None

    def fit(self, column: Column) -> None:
        """Take the classes from the labels [N].

        Raises:
            DataError: there is only one class.
        """
        names = {str(value) for value in np.unique(class_names(column.values))}
        if len(names) < 2:
            raise DataError(
                _(
                    "All training labels are {label!r}; a classifier needs at least two classes.",
                    label=next(iter(names)),
                )
            )
        self._spec = ClassSpec(tuple(sorted(names, key=counting_order)))

    @property
    def spec(self) -> ClassSpec:
        """The classes; an encoder that was not fitted has none."""
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        return self._spec

    def encode(self, values: Raw) -> Tensor:
        """Labels as class indices [N].

        Raises:
            DataError: a label was not seen in the training split.
        """
        index = {name: i for i, name in enumerate(self.spec.names)}
        labels, inverse = np.unique(class_names(values), return_inverse=True)
        require_known(labels.tolist(), self.spec.names)
        return torch.from_numpy(np.array([index[label] for label in labels], np.int64)[inverse.reshape(-1)])

    def state(self) -> dict[str, Any]:
        """The names of the classes in order."""
        return {"names": list(self.spec.names)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ClassEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder._spec = ClassSpec(tuple(state["names"]))
        return encoder
