"""Models that write a text that they know, token by token: what they share with the networks that write."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.specs import TextSpec, TranslationSpec
from deepwright.tokens import PADDING

#: How probable an end before a text's own is, beside any other token.
_EARLY = 0.5


class KnownTexts(nn.Module, ABC):
    """For each source one text, whose token at a place has the probability p there.

    All others have the same, but for the end, which has half of that where the text goes on: a search that keeps
    several beginnings then finds no text that ends too early before it finds the text itself.

    p is how often the token was right in training, (right + 1)/(tokens + 2), after Laplace's rule of succession (P.-S.
    Laplace, 1774), and at least so much that the text is the most probable one. After it, the end follows for ever.

    Args:
        inputs: texts that are read.
        outputs: texts that are written.
    """

    #: It looks texts up, of which no other program's graph can be made.
    in_graph: ClassVar[bool] = False

    def __init__(self, inputs: TextSpec, outputs: TranslationSpec) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.share: Tensor
        self.register_buffer("share", torch.full((1,), 0.5))

    @abstractmethod
    def encode(self, source: Tensor) -> Tensor:
        """A source [B, T] to the text that is written for it, [B, L], after which there is an end at least."""

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        """A source [B, T] and the tokens before each target [B, S], of which only the number counts, to [B, S, V]."""
        return self.step(before, self.encode(source))[0]

    def step(self, tokens: Tensor, memory: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Tokens [B·k, S] that follow to logits [B·k, S, V], and how many there were, [B·k]."""
        before = tokens.new_zeros(len(tokens)) if state is None else state
        places = before[:, None] + torch.arange(tokens.shape[1], device=tokens.device)
        texts = memory.repeat_interleave(len(tokens) // len(memory), 0)
        written = at(texts, places)[..., None]
        others = self.outputs.vocab_size - 1 - _EARLY * (written != PADDING)
        logits = ((1 - self.share) / others).log().repeat(1, 1, self.outputs.vocab_size)
        logits[..., PADDING] += math.log(_EARLY)
        return logits.scatter_(2, written, self.share.log().expand(written.shape)), before + tokens.shape[1]

    def learn_share(self, right: int, count: int) -> None:
        """Take for p how many of so many tokens were right."""
        self.share.fill_(max((right + 1) / (count + 2), 2 / (self.outputs.vocab_size + 1)))


def at(texts: Tensor, places: Tensor) -> Tensor:
    """The tokens of texts [B, L] at places [B, S]; beyond the texts, the end."""
    inside = texts.gather(1, places.clamp(max=texts.shape[1] - 1))
    return inside.masked_fill(places >= texts.shape[1], PADDING)


def num_right(texts: Tensor, targets: Tensor) -> tuple[int, int]:
    """How many targets [B, S] texts [B, L] have right, and how many there are."""
    there = targets >= 0
    places = torch.arange(targets.shape[1], device=targets.device).expand(targets.shape)
    return int((at(texts, places) == targets)[there].sum()), int(there.sum())


def pairs(examples: Examples) -> tuple[list[Tensor], list[Tensor]]:
    """Sources and targets of all examples, a batch at a time; padded as batches are."""
    found = list(batches(examples))
    targets = [batch.targets for batch in found]
    return [batch.inputs[0] for batch in found], [one for one in targets if one is not None]
