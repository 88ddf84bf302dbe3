"""Dense layers: every output is a weighted sum of all inputs."""

from __future__ import annotations

from typing import Literal

from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Shape, written
from deepwright.messages import _


def dense(shape: Shape, *, units: Count | Literal["outputs"], bias: bool = True) -> Layer:
    """Weighted sums of all inputs: y = W·x + b.

    Args:
        shape: [D] numbers.
        units: outputs; the word outputs stands for as many as the task has.
        bias: whether b is added.

    Raises:
        ConfigError: something else than numbers [D] arrives.
    """
    assert isinstance(units, int)
    if len(shape) == 2:
        raise ConfigError(
            _(
                "its input has the shape {shape}, that of sequences; dense needs numbers [D]. Put global_avg_pool, "
                "global_max_pool or a recurrent layer with return_sequences: false before it.",
                shape=written(shape),
            )
        )
    if len(shape) != 1:
        raise ConfigError(
            _(
                "its input has the shape {shape}; dense needs numbers [D]. "
                "Put flatten, global_avg_pool or global_max_pool before it.",
                shape=written(shape),
            )
        )
    return Layer(nn.Linear(shape[0], units, bias), (units,))
