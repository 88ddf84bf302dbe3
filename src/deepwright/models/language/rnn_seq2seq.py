"""Recurrent encoder and decoder: one net reads a text, another writes one for it, with or without attention.

I. Sutskever et al. (2014) without attention: what was read is a single state, which each step of the writing is given
(K. Cho et al., 2014). With attention, the encoder reads in both directions (D. Bahdanau et al., 2015) and each step
takes from all of its states by an additive (ibid.) or multiplicative score. We deviate from Bahdanau and follow M.-T.
Luong et al. (2015, § 3): a state attends after it was made, so that all steps of a text are computed at once in
training.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers import recurrent
from deepwright.layers.cross_attention import AdditiveAttention, MultiplicativeAttention
from deepwright.layers.embedding import Unembedding
from deepwright.layers.layer import Count
from deepwright.models.language._translating import tables, translation_recipe
from deepwright.specs import TextSpec, TranslationSpec
from deepwright.tokens import PADDING

__all__ = ["RNNSeq2Seq"]

_CELLS = {"lstm": recurrent.lstm, "gru": recurrent.gru, "rnn": recurrent.rnn}
_SCORES = {"additive": AdditiveAttention, "multiplicative": MultiplicativeAttention}


class Read(NamedTuple):
    """What was read of sources.

    Attributes:
        states: [B, T, 2H] of both directions.
        last: [B, 2H] the last state of each direction.
        there: [B, T] tokens that are there.
    """

    states: Tensor
    last: Tensor
    there: Tensor


class RNNSeq2Seq(nn.Module):
    """Sources [B, T] and the tokens before each target [B, S] to logits [B, S, V].

    Args:
        inputs: texts that are read.
        outputs: texts that are written.
        cells: kind of the recurrent cells.
        attention: how well a state goes with those of the source is scored so; none leaves the last state alone.
        embed_dim: numbers that stand for a token; null takes as many as a state has.
        hidden_dim: numbers of a state, in each direction of the encoder and in the decoder; null takes 128 where both
            texts are divided into characters, else 256.
        num_layers: of cells, each on the states of the one before, in the encoder and in the decoder.
        dropout: share of the embeddings and states that is dropped while training.
        shared: whether source and target have one table of embeddings; null where they have one vocabulary.
        tied: whether tokens are scored by the table of the target's embeddings.
    """

    def __init__(
        self,
        inputs: TextSpec,
        outputs: TranslationSpec,
        *,
        cells: Literal["lstm", "gru", "rnn"] = "lstm",
        attention: Literal["additive", "multiplicative", "none"] = "multiplicative",
        embed_dim: Count | None = None,
        hidden_dim: Count | None = None,
        num_layers: Count = 1,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2,
        shared: bool | None = None,
        tied: bool = True,
    ) -> None:
        super().__init__()
        hidden_dim = hidden_dim or (128 if inputs.tokenizer == outputs.tokenizer == "character" else 256)
        embed_dim = embed_dim or hidden_dim
        self.embed_source, self.embed_target = tables(inputs, outputs, embed_dim, tied, shared)
        self.dropout = nn.Dropout(dropout)
        between: Any = {
            "num_layers": num_layers,
            "dropout": dropout if num_layers > 1 else 0.0,
            "return_sequences": True,
        }
        self.with_memory = attention != "none"
        read = 2 * hidden_dim
        self.encoder: Any = _CELLS[cells](
            (inputs.max_seq_len, embed_dim), units=hidden_dim, bidirectional=True, **between
        ).module
        taken = embed_dim + (0 if self.with_memory else read)
        self.decoder: Any = _CELLS[cells]((outputs.max_seq_len, taken), units=hidden_dim, **between).module
        self.num_layers, self.num_states = num_layers, 2 if cells == "lstm" else 1
        self.begin = nn.Linear(read, num_layers * self.num_states * hidden_dim)
        self.attention = _SCORES[attention](hidden_dim, read) if self.with_memory else None
        self.combine = nn.Linear(hidden_dim + read, hidden_dim)
        self.output = Unembedding(hidden_dim, self.embed_target, tied)

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        """A source [B, T] and the tokens before each target [B, S] to logits [B, S, V]."""
        return self.step(before, self.encode(source))[0]

    def encode(self, source: Tensor) -> Read:
        """A source [B, T] as the states of its tokens, and the last ones."""
        there = source != PADDING
        states = self.encoder(self.dropout(self.embed_source(source)), there)
        ahead, back = states.chunk(2, 2)
        ends = there.sum(1).clamp(min=1) - 1
        last = torch.cat([ahead[torch.arange(len(source)), ends], back[:, 0]], 1)
        return Read(self.dropout(states), last, there)

    def step(self, tokens: Tensor, memory: Read, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, Any]:
        """Tokens [B·k, S] that follow a state to logits [B·k, S, V], and what the next call takes."""
        hidden, state = self._states(tokens, memory, state)
        taken, _weights = self._taken(hidden, memory)
        combined = torch.tanh(self.combine(torch.cat([hidden, taken], 2)))
        return self.output(self.dropout(combined)), state

    def alignment(self, source: Tensor, before: Tensor) -> Tensor | None:
        """What each step takes from each token of the source, [B, S, T]; None without attention."""
        memory = self.encode(source)
        return self._taken(self._states(before, memory, None)[0], memory)[1]

    def _states(
        self, tokens: Tensor, memory: Read, state: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The decoder's states [B·k, S, H], and the last of every layer, each [B·k, L, H]."""
        beams = len(tokens) // len(memory.last)
        inputs = self.dropout(self.embed_target(tokens))
        if not self.with_memory:
            last = memory.last.repeat_interleave(beams, 0)[:, None].expand(-1, tokens.shape[1], -1)
            inputs = torch.cat([inputs, last], 2)
        if state is None:
            begun = torch.tanh(self.begin(memory.last)).repeat_interleave(beams, 0)
            state = begun.unflatten(1, (self.num_states, self.num_layers, -1)).unbind(1)
        cells = tuple(part.transpose(0, 1).contiguous() for part in state)
        hidden, after = self.decoder.step(inputs, cells if self.num_states == 2 else cells[0])
        parts = after if isinstance(after, tuple) else (after,)
        return self.dropout(hidden), tuple(part.transpose(0, 1) for part in parts)

    def _taken(self, hidden: Tensor, memory: Read) -> tuple[Tensor, Tensor | None]:
        """What states [B·k, S, H] take from the source, [B·k, S, 2H], and from which of its tokens, [B·k, S, T]."""
        if self.attention is None:
            beams = len(hidden) // len(memory.last)
            return memory.last.repeat_interleave(beams, 0)[:, None].expand(-1, hidden.shape[1], -1), None
        taken, weights = self.attention(hidden, memory.states, memory.there)
        return taken, weights

    @staticmethod
    def recipe(num_examples: int, inputs: TextSpec, outputs: TranslationSpec) -> Recipe:
        """Steps of about 2,048 tokens."""
        return translation_recipe(num_examples, inputs, outputs)
