"""What models of words share: the question that all of them are asked, and the texts as they learn from them.

The question is which of a word and K noise words stood in a context. Noise words are drawn as often as they are there
to the power 0.75 (T. Mikolov et al., 2013, § 2.2), so that the best score of a word in a context that is one word is
log(p(word, context) / (p(word)·p_noise(context))) - log K (O. Levy and Y. Goldberg, 2014, equation 9).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.specs import ContextSpec, TextSpec
from deepwright.tokens import PADDING, UNKNOWN

#: Noise words are drawn by how often words are there, to this power.
POWER = 0.75
#: Tokens of a forward pass at once: each takes the memory of the vectors of its context and of its noise words.
_TOKENS = 8_192
#: Two irrational numbers, of which no sum of multiples is whole.
_GOLDEN, _SQUARE = (5**0.5 - 1) / 2, 2**0.5 - 1


class Corpus(NamedTuple):
    """The known words of texts, one text after the other.

    Attributes:
        words: [N] by number.
        starts: [M + 1] where each of M texts begins, and the end.
    """

    words: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def corpus_of(examples: Examples) -> Corpus:
    """Every text without the words that are not known."""
    words, lengths = [], []
    for batch in batches(examples):
        there = batch.inputs[0] > UNKNOWN
        words.append(batch.inputs[0][there])
        lengths.append(there.sum(1))
    starts: Any = np.concatenate([[0], torch.cat(lengths).cumsum(0).numpy()])
    return Corpus(torch.cat(words).numpy(), starts)


class InContext(nn.Module, ABC):
    """Tokens [B, T] to the mean nats of a text's words and the share that was told from noise, [B, 2].

    The nats of a word are -log σ(s) - Σ_k log σ(-s_k), meaned over the parts of its context that are scored apart; it
    was told where its mean score is above that of every noise word; one that is the word itself does not count. Words
    that are frequent weigh less, √(t/f) + t/f and at most 1 for a share f of the text (as word2vec.c has it), and so
    they do in the context.

    Args:
        inputs: texts.
        outputs: what is asked of each word.
    """

    def __init__(self, inputs: TextSpec, outputs: ContextSpec) -> None:
        super().__init__()
        self.asked = outputs
        self.counts: Tensor
        self.register_buffer("counts", torch.ones(inputs.vocab_size))

    @abstractmethod
    def scores(self, words: Tensor, around: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """How well words go with a context.

        Args:
            words: [B, T, N] of which one stood there.
            around: [B, T, J] context.
            weights: [B, T, J] of the words of the context; 0 where there is none.

        Returns:
            Scores of each of S parts of the context [B, T, S, N], and what the parts weigh, [B, T, S].
        """

    def count(self, corpus: Corpus) -> npt.NDArray[np.int64]:
        """How often every word is there, [V], from which noise words are drawn from now on."""
        counts: npt.NDArray[np.int64] = np.bincount(corpus.words, minlength=len(self.counts))
        self.counts.copy_(torch.from_numpy(counts))
        return counts

    @property
    def kept(self) -> Tensor:
        """What every word weighs, [V], from 0 to 1."""
        over = self.asked.subsample * self.counts.sum() / self.counts
        return (over.sqrt() + over).clamp(max=1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to mean nats and the share told from noise, [B, 2]; 0 where no word has a context."""
        parts = tokens.split(max(1, _TOKENS // tokens.shape[1]))
        return torch.cat([self._asked(_packed(part)) for part in parts])

    def _asked(self, tokens: Tensor) -> Tensor:
        around, inside = self._around(tokens)
        words, kept = torch.cat([tokens[..., None], self._noise(tokens)], 2), self.kept
        scores, weights = self.scores(words, around, kept[around] * inside)
        same = words[..., 1:] == tokens[..., None]
        nats = nn.functional.softplus(-scores[..., 0])
        nats = nats + nn.functional.softplus(scores[..., 1:].masked_fill(same[:, :, None], -torch.inf)).sum(3)
        mean = _mean(scores, weights[..., None], 2)
        told = mean[..., 0] > mean[..., 1:].masked_fill(same, -torch.inf).amax(2)
        found = torch.stack([_mean(nats, weights, 2), told.to(scores.dtype)], 2)
        return _mean(found, (kept[tokens] * inside.any(2))[..., None], 1)

    def _around(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The context of each word [B, T, J], and whether there is such a word."""
        steps, window = tokens.shape[1], self.asked.window
        distances = torch.tensor([*range(-window, 0), *range(1, window + 1)], device=tokens.device)
        at = torch.arange(steps, device=tokens.device)[:, None] + distances
        around = tokens[:, at.clamp(0, steps - 1)]
        inside = ((at >= 0) & (at < steps)) & (around != PADDING) & (tokens != PADDING)[..., None]
        return around, inside

    def _noise(self, tokens: Tensor) -> Tensor:
        """Noise words [B, T, K], each as often as it should be, and always the same of the same word at its place.

        In place of random numbers, multiples of an irrational number are taken without their whole part (H. Weyl,
        1916), so that a text has the same loss whatever stands beside it.
        """
        count = self.asked.num_noise
        places = torch.arange(tokens.shape[1] * count, device=tokens.device, dtype=torch.float64)
        places = places.reshape(1, tokens.shape[1], count) * _GOLDEN
        drawn = (places + tokens[..., None].to(torch.float64) * _SQUARE).remainder(1)
        upto = (self.counts.to(torch.float64) ** POWER).cumsum(0)
        return torch.searchsorted(upto, drawn * upto[-1], right=True).clamp(max=len(upto) - 1)


class WordTables(InContext):
    """A vector for every word, and one for it as the word that is told; their product, less a number, is the score.

    Args:
        inputs: texts.
        outputs: what is asked of each word.
        embed_dim: numbers that stand for a word.
        learnt_beside: noise words beside each in learning, of which the scores know.
        pooled: whether the mean of the context speaks, or each word of it for itself.
    """

    def __init__(
        self, inputs: TextSpec, outputs: ContextSpec, embed_dim: int, learnt_beside: int, pooled: bool = False
    ) -> None:
        super().__init__(inputs, outputs)
        self.pooled = pooled
        #: Scores of words that were learnt beside k noise words are lower by log k.
        self.shift = float(np.log(learnt_beside / outputs.num_noise))
        self.embed = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        self.contexts = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        nn.init.zeros_(self.embed.weight)
        nn.init.zeros_(self.contexts.weight)

    def scores(self, words: Tensor, around: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Of words [B, T, N] in a context [B, T, J]: [B, T, J, N], or [B, T, 1, N] with its mean."""
        vectors = self.embed(around)
        if self.pooled:
            vectors = _mean(vectors, weights[..., None], 2)[:, :, None]
            weights = weights.any(2, keepdim=True).to(vectors.dtype)
        return torch.einsum("btsd,btnd->btsn", vectors, self.contexts(words)) + self.shift, weights


def _mean(values: Tensor, weights: Tensor, dim: int) -> Tensor:
    """The weighted mean along a dimension; 0 where nothing has a weight."""
    total = weights.sum(dim)
    mean: Tensor = (values * weights).sum(dim) / total.where(total > 0, 1)
    return mean


def _packed(tokens: Tensor) -> Tensor:
    """Known words [B, T] moved together to the beginning, in their order; padding after them."""
    places = torch.argsort((tokens <= UNKNOWN).to(torch.int8), dim=1, stable=True)
    found = tokens.gather(1, places)
    return found * (found > UNKNOWN)
