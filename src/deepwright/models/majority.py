"""Majority: the frequencies of the classes or labels in the training split, whatever the input.

The least that any classifier must beat. Its logits are log((count + 1) / (N + C)) of classes and
log((count + 1) / (N - count + 1)) of labels, after Laplace's rule of succession (P.-S. Laplace, 1774), so that a class
without training examples keeps a finite loss.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.specs import ClassSpec, LabelsSpec, Spec

__all__ = ["Majority"]


class Majority(nn.Module):
    """Constant logits [B, C], solved by counting.

    Args:
        inputs: of any kind; ignored.
        outputs: the classes or labels.
    """

    def __init__(self, inputs: Spec, outputs: ClassSpec | LabelsSpec) -> None:
        super().__init__()
        self.logits: Tensor
        self.register_buffer("logits", torch.zeros(outputs.num_outputs))

    def fit(self, examples: Examples) -> None:
        """Count the classes or labels of all examples."""
        targets = examples.targets
        assert targets is not None
        if targets.ndim == 1:
            counts = torch.bincount(targets, minlength=len(self.logits)).to(torch.float32) + 1
            self.logits.copy_((counts / counts.sum()).log())
        else:
            counts = targets.sum(0).to(torch.float32)
            self.logits.copy_(((counts + 1) / (len(targets) - counts + 1)).log())

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, …] to logits [B, C]."""
        return self.logits.expand(inputs.shape[0], -1)
