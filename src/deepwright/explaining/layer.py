"""A layer as its formulas see it, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.explaining.worked import Worked


@dataclass(frozen=True)
class Seen:
    """One use of a layer, in float64 and without the batch.

    Attributes:
        module: the layer.
        x: its input.
        y: its output.
        dy: dL/dy; None where the loss does not depend on the output.
        dx: dL/dx through this use of the layer.
        dw: dL/dw of its parameters by name, through this use.
        others: what else it was given, such as which steps are there.
    """

    module: Any
    x: FloatArray
    y: FloatArray
    dy: FloatArray | None = None
    dx: FloatArray | None = None
    dw: Mapping[str, FloatArray] = field(default_factory=dict)
    others: tuple[FloatArray, ...] = ()

    def parameter(self, name: str) -> FloatArray | None:
        """A parameter or buffer of the layer; None where it has none of that name."""
        tensor = getattr(self.module, name, None)
        return None if tensor is None else np.asarray(tensor.detach().double().numpy())


@dataclass(frozen=True)
class Explanation:
    """What a layer's formulas say of one use.

    Attributes:
        formula: how outputs follow from inputs; None where that is not known.
        unit: one output, worked out.
        derivatives: derivatives of the loss, worked out by the chain rule.
    """

    formula: str | None = None
    unit: Worked | None = None
    derivatives: tuple[Worked, ...] = ()


def known(*worked: Worked | None) -> tuple[Worked, ...]:
    """Those that agree with what the network gave."""
    return tuple(one for one in worked if one is not None)
