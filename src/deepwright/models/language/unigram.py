"""Unigram: how often each token is in the training split, whatever stands before it.

The least that any language model must beat. Its logits are log((count + 1) / (N + V)), after Laplace's rule of
succession (P.-S. Laplace, 1774), so that a token that was never there keeps a finite loss.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.specs import TextSpec, TokensSpec

__all__ = ["Unigram"]


class Unigram(nn.Module):
    """Constant logits [B, T, V], solved by counting.

    Args:
        inputs: texts; what they say is ignored.
        outputs: the next token.
    """

    def __init__(self, inputs: TextSpec, outputs: TokensSpec) -> None:
        super().__init__()
        self.logits: Tensor
        self.register_buffer("logits", torch.zeros(outputs.vocab_size))

    def fit(self, examples: Examples) -> None:
        """Count the tokens that follow."""
        counts = torch.ones(len(self.logits), dtype=torch.float64)
        for batch in batches(examples):
            assert batch.targets is not None
            counts += torch.bincount(batch.targets[batch.targets >= 0], minlength=len(counts))
        self.logits.copy_((counts / counts.sum()).log())

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to logits [B, T, V]."""
        return self.logits.expand(*tokens.shape, -1)
