"""Word frequency: words told from noise by how often they are there, whatever stands around them.

The least that vectors of words must beat. Noise words are drawn by less than their frequency (T. Mikolov et al., 2013,
"Distributed representations of words and phrases and their compositionality", § 2.2), so that the frequent one of two
words is the likelier to have stood there: the score is log(p(w) / p_noise(w)) - log K in every context.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Examples
from deepwright.models.language._in_context import POWER, InContext, corpus_of
from deepwright.specs import ContextSpec, TextSpec

__all__ = ["WordFrequency"]


class WordFrequency(InContext):
    """A number for every word, solved by counting; tokens [B, T] to [B, 2].

    Args:
        inputs: texts.
        outputs: what is asked of each word.
    """

    def __init__(self, inputs: TextSpec, outputs: ContextSpec) -> None:
        super().__init__(inputs, outputs)
        self.logits: Tensor
        self.register_buffer("logits", torch.zeros(inputs.vocab_size))

    def fit(self, examples: Examples) -> None:
        """Count the known words of all texts."""
        counts = np.maximum(self.count(corpus_of(examples)), 1)  # one that is never read counts once
        there, noise = counts * self.kept.double().numpy(), counts**POWER
        logits = np.log(there / there.sum()) - np.log(noise / noise.sum()) - np.log(self.asked.num_noise)
        self.logits.copy_(torch.from_numpy(logits))

    def scores(self, words: Tensor, _around: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Of words [B, T, N], [B, T, 1, N], where there is any context, [B, T, 1]."""
        return self.logits[words][:, :, None], weights.any(2, keepdim=True).to(weights.dtype)
