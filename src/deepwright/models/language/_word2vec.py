"""What skip-gram and CBOW share: gensim learns both tables of vectors, and held-out words are told from noise.

gensim (R. Řehůřek and P. Sojka, 2010) is the engine: of one thread, so that the same seed gives the same vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.errors import MissingExtraError
from deepwright.messages import _
from deepwright.specs import ContextSpec, TextSpec
from deepwright.tokens import PADDING, UNKNOWN

#: Tokens of a forward pass at once: each takes the memory of its noise words.
_TOKENS = 8_192
#: Noise words are drawn by how often words are there, to this power (T. Mikolov et al., 2013b, § 2.2).
_POWER = 0.75
#: Two irrational numbers, of which no sum of multiples is whole.
_GOLDEN, _SQUARE = (5**0.5 - 1) / 2, 2**0.5 - 1


class Word2Vec(nn.Module):
    """Tokens [B, T] to how well each is told from noise, [B, T, 2]: nats, and the share of contexts told rightly.

    Args:
        inputs: texts.
        outputs: words and the words around them.
        embed_dim: numbers that stand for a word.
        window: words on either side that are its context; gensim draws how many of them, from 1, each time.
        num_negatives: noise words for each that is there.
        epochs: passes over the training texts.
        subsample: share of the text above which a word is left away now and then; 0 leaves none away.
    """

    #: 1 for skip-gram, 0 for CBOW, as gensim has it.
    skip_gram: ClassVar[int]

    def __init__(
        self,
        inputs: TextSpec,
        outputs: ContextSpec,
        embed_dim: int,
        window: int,
        num_negatives: int,
        epochs: int,
        subsample: float,
    ) -> None:
        super().__init__()
        self.vocabulary = inputs.vocabulary
        self.window, self.num_negatives, self.epochs, self.subsample = window, num_negatives, epochs, subsample
        self.embed = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        self.contexts = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        nn.init.zeros_(self.embed.weight)
        nn.init.zeros_(self.contexts.weight)
        self.noise: Tensor
        self.register_buffer("noise", torch.ones(inputs.vocab_size))

    def fit(self, examples: Examples) -> None:
        """Learn from the known words of all texts; the same random seed gives the same vectors.

        Raises:
            MissingExtraError: gensim is not installed.
        """
        try:
            from gensim.models import Word2Vec as Engine
        except ImportError:
            raise MissingExtraError(_("Learning word vectors"), "embeddings") from None
        texts = [[str(token) for token in text if token > UNKNOWN] for text in _texts(examples)]
        engine: Any = Engine(
            texts,
            vector_size=self.embed.embedding_dim,
            window=self.window,
            sg=self.skip_gram,
            hs=0,
            negative=self.num_negatives,
            ns_exponent=_POWER,
            sample=self.subsample,
            epochs=self.epochs,
            min_count=1,
            workers=1,
            seed=int(torch.randint(2**31 - 1, (1,))),
        )
        numbers = torch.tensor([int(word) for word in engine.wv.index_to_key])
        self.embed.weight[numbers] = torch.from_numpy(np.array(engine.wv.vectors))
        self.contexts.weight[numbers] = torch.from_numpy(np.array(engine.syn1neg))
        counts = torch.zeros(len(self.noise))
        counts[numbers] = torch.tensor([float(engine.wv.get_vecattr(word, "count")) for word in engine.wv.index_to_key])
        self.noise.copy_(counts**_POWER)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to nats and the share of contexts told rightly, [B, T, 2]; 0 where there is nothing to tell."""
        parts = tokens.split(max(1, _TOKENS // tokens.shape[1]))
        return torch.cat([self._told(*_packed(part)) for part in parts])

    def _told(self, tokens: Tensor, places: Tensor) -> Tensor:
        """Known words [B, T] without gaps, and where each was, to the outputs in the places of the words."""
        there = tokens > UNKNOWN
        noise = self._noise(tokens)
        of_noise, scored = self.contexts(noise), None
        sums = self.embed.weight.new_zeros((*tokens.shape, 2))
        counts = self.embed.weight.new_zeros(tokens.shape)
        for inside, vectors, targets in self.pairs(tokens, there):
            right = (vectors * self.contexts(targets)).sum(2)
            if scored is None or scored[0] is not vectors:
                scored = vectors, torch.einsum("btd,btkd->btk", vectors, of_noise)
            wrong = scored[1].masked_fill(noise == targets[..., None], -torch.inf)
            nats = nn.functional.softplus(-right) + nn.functional.softplus(wrong).sum(2)
            counted = inside.to(sums.dtype)
            sums = sums + torch.stack((nats, (right > wrong.amax(2)).to(nats.dtype)), 2) * counted[..., None]
            counts = counts + counted
        told = sums / counts.clamp(min=1)[..., None]
        return torch.zeros_like(told).scatter(1, places[..., None].expand_as(told), told * there[..., None])

    def pairs(self, tokens: Tensor, there: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """What is told from what: for which words [B, T], from which vectors [B, T, D], and which true words [B, T]."""
        raise NotImplementedError

    def _noise(self, tokens: Tensor) -> Tensor:
        """Noise words [B, T, K], each as often as it should be, and always the same of the same word at its place.

        In place of random numbers, multiples of an irrational number are taken without their whole part (H. Weyl,
        1916), so that a text has the same loss whatever stands beside it.
        """
        places = torch.arange(tokens.shape[1] * self.num_negatives, device=tokens.device, dtype=torch.float64)
        places = places.reshape(1, tokens.shape[1], self.num_negatives) * _GOLDEN
        drawn = (places + tokens[..., None].to(torch.float64) * _SQUARE).remainder(1)
        upto = self.noise.to(torch.float64).cumsum(0)
        return torch.searchsorted(upto, drawn * upto[-1], right=True).clamp(max=len(upto) - 1)

    def shifted(self, values: Tensor, there: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """For every distance within the window: what stands so far from each word, and whether anything does."""
        steps = values.shape[1]
        for distance in (*range(-self.window, 0), *range(1, self.window + 1)):
            at = torch.arange(steps, device=values.device) + distance
            inside = (at >= 0) & (at < steps)
            at = at.clamp(0, steps - 1)
            yield values[:, at], there & there[:, at] & inside


def _texts(examples: Examples) -> Iterator[list[int]]:
    for batch in batches(examples):
        yield from batch.inputs[0].tolist()


def _packed(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Known words [B, T] moved together to the beginning, in their order, and the place of each."""
    places = torch.argsort((tokens <= UNKNOWN).to(torch.int8), dim=1, stable=True)
    return tokens.gather(1, places) * (tokens.gather(1, places) > UNKNOWN), places
