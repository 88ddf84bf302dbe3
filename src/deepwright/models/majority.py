"""Majority: the class frequencies of the training split, whatever the input.

The least that any classifier must beat. Its logits are log((count + 1) / (N + C)), Laplace's rule of succession
(P.-S. Laplace, 1774), so that a class without training examples keeps a finite loss.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.contracts import ClassSpec, Examples, Spec

__all__ = ["Majority"]


class Majority(nn.Module):
    """Constant logits [B, C], solved by counting.

    Args:
        inputs: of any kind; ignored.
        outputs: the classes.
    """

    def __init__(self, inputs: Spec, outputs: ClassSpec) -> None:
        super().__init__()
        self.logits: Tensor
        self.register_buffer("logits", torch.zeros(outputs.num_classes))

    def fit(self, examples: Examples) -> None:
        """Count the classes of all examples."""
        targets = examples.batch(torch.arange(len(examples))).targets
        assert targets is not None
        counts = torch.bincount(targets, minlength=len(self.logits)).to(torch.float32) + 1
        self.logits.copy_((counts / counts.sum()).log())

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, …] to logits [B, C]."""
        return self.logits.expand(len(inputs), -1)
