"""Dense layers: every output is a weighted sum of all inputs."""

from __future__ import annotations

from typing import Literal

from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Shape, written
from deepwright.messages import _


def dense(shape: Shape, *, units: Count | Literal["outputs"], bias: bool = True) -> Layer:
    """Weighted sums of all inputs: y = W·x + b; of a sequence, at each step by itself.

    Args:
        shape: [D] numbers, or sequences [T, D].
        units: outputs; the word outputs stands for as many as the task has.
        bias: whether b is added.

    Raises:
        ConfigError: something else arrives.
    """
    assert isinstance(units, int)
    if len(shape) not in (1, 2):
        raise ConfigError(
            _(
                "its input has the shape {shape}; dense needs numbers [D]. "
                "Put flatten, global_avg_pool or global_max_pool before it.",
                shape=written(shape),
            )
        )
    return Layer(nn.Linear(shape[-1], units, bias), (*shape[:-1], units))
