"""The smallest pictures that a network of convolutions can halve."""

from __future__ import annotations

from deepwright.errors import ConfigError
from deepwright.messages import _
from deepwright.specs import ImageSpec

_SMALLEST = 4


def smallest_side(inputs: ImageSpec, model: str) -> int:
    """The shorter side in pixels, at least 4.

    Args:
        inputs: what the pictures are.
        model: that needs them.

    Raises:
        ConfigError: the pictures are smaller.
    """
    side = min(inputs.height, inputs.width)
    if side < _SMALLEST:
        raise ConfigError(
            _(
                "{model} needs pictures of at least 4×4 pixels; these have {height}×{width}.",
                model=model,
                height=inputs.height,
                width=inputs.width,
            )
        )
    return side
