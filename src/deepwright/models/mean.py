"""Mean: the training split's mean, whatever the input.

The least that any regression must beat: its R² on the training split is 0. Of all constants it has the least squared
error (A.-M. Legendre, 1805).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.specs import NumberSpec, Spec

__all__ = ["Mean"]


class Mean(nn.Module):
    """A constant output [B, 1], solved by averaging.

    Args:
        inputs: of any kind; ignored.
        outputs: the number.
    """

    def __init__(self, inputs: Spec, outputs: NumberSpec) -> None:
        super().__init__()
        self.value: Tensor
        self.register_buffer("value", torch.zeros(outputs.num_outputs))

    def fit(self, examples: Examples) -> None:
        """Average the targets of all examples."""
        assert examples.targets is not None
        self.value.fill_(float(examples.targets.to(torch.float64).mean()))

    def forward(self, inputs: Tensor, *_others: Tensor) -> Tensor:
        """Inputs, the first of them [B, …], to outputs [B, 1], in deviations from the mean."""
        return self.value.expand(inputs.shape[0], -1)
