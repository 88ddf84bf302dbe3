"""Text CNN: filters over windows of 3, 4 and 5 tokens, each filter's greatest answer, and a dense layer.

c_t = ReLU(w · x_{t:t+h-1} + b), ĉ = max_t c_t for every filter, outputs = W·(dropout of all ĉ) + b (Y. Kim, 2014,
"Convolutional neural networks for sentence classification", equations 2 to 4; the variant whose embeddings begin at
random). We deviate in that only windows that lie wholly in the text are looked at (a text shorter than the window is
filled up with zeros) and that weights decay instead of being clipped to a norm of 3.
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.pooling import LargestOfSteps
from deepwright.specs import OutputSpec, TextSpec
from deepwright.tokens import PADDING

__all__ = ["TextCnn"]

_WINDOWS = (3, 4, 5)


class TextCnn(nn.Module):
    """Tokens [B, T] to logits [B, classes].

    Args:
        inputs: texts.
        outputs: classes, labels or a number.
        embedding: a run with word vectors, or a file of them in the text format of word2vec, that the embeddings begin
            with; null lets them begin at random.
        embed_dim: numbers that stand for a token.
        num_filters: filters of each width of a window.
        dropout: share of the greatest answers that is dropped while training.
    """

    def __init__(
        self,
        inputs: TextSpec,
        outputs: OutputSpec,
        *,
        embedding: str | None = None,
        embed_dim: Annotated[int, Meta(ge=1)] = 128,
        num_filters: Annotated[int, Meta(ge=1)] = 100,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.5,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        self.windows = nn.ModuleList(nn.Conv1d(embed_dim, num_filters, width) for width in _WINDOWS)
        self.largest = LargestOfSteps()
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(num_filters * len(_WINDOWS), outputs.num_outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to logits [B, classes]."""
        return self.from_embeddings(self.embed(tokens), tokens != PADDING)

    def from_embeddings(self, embeddings: Tensor, there: Tensor) -> Tensor:
        """Embeddings [B, T, D] of the tokens that are there, [B, T], to logits [B, classes]."""
        # Zeros for the widest window over the shortest text; always as many, so that any length is the same graph.
        signal = nn.functional.pad((embeddings * there.unsqueeze(2)).transpose(1, 2), (0, max(_WINDOWS) - 1))
        greatest = []
        for window, width in zip(self.windows, _WINDOWS, strict=True):
            answers = window(signal).transpose(1, 2)
            places = torch.arange(answers.shape[1], device=answers.device)
            within = places <= (there.sum(1, keepdim=True) - width).clamp(min=0)
            greatest.append(self.largest(answers, within))
        logits: Tensor = self.output(self.dropout(self.relu(torch.cat(greatest, 1))))
        return logits

    @staticmethod
    def recipe(num_examples: int, _inputs: TextSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 1,000 steps on small data, and three on a hundred thousand."""
        if num_examples < 20_000:
            return Recipe(epochs=max(4, min(30, 40_000 // num_examples)), batch_size=50, learning_rate=1e-3)
        return Recipe(epochs=3, batch_size=128, learning_rate=1e-3)
