"""n-gram: what followed the last few tokens in the training split, longer contexts before shorter ones.

Interpolated Kneser-Ney smoothing (R. Kneser and H. Ney, 1995; S. F. Chen and J. Goodman, 1999, equation 20):

    p(w | h) = max(c(hw) - D, 0) / c(h) + D · N(h) / c(h) · p(w | h without its first token),

c counting occurrences where h is longest and, for shorter h, the different tokens that stood before hw; N(h) is how
many different tokens followed h, and D = n₁ / (n₁ + 2·n₂) of the n-grams that are there once and twice. The shortest
context, which is none, goes on to equal probabilities. We deviate in that contexts do not reach beyond a window's
beginning, and that the first four million tokens alone are counted.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.specs import TextSpec, TokensSpec

__all__ = ["Ngram"]

#: Tokens that are counted at most, from the beginning of the training split.
_MOST = 4_000_000
#: Multipliers of the keys of contexts and of n-grams: odd, and without a pattern.
_CONTEXT, _WHOLE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
#: Where too few n-grams are there once or twice to estimate it.
_DISCOUNT = 0.75
#: n, by what the tokens are, where it is left open.
_LONG, _SHORT = 6, 3
Array = npt.NDArray[Any]


class _Followers(NamedTuple):
    """What followed the contexts of one length.

    Attributes:
        contexts: [C] keys, sorted.
        starts: [C + 1] where what followed each begins.
        tokens: [G] that followed.
        shares: [G] their discounted shares.
        rest: [C] what is left for shorter contexts.
    """

    contexts: Array
    starts: Array
    tokens: Array
    shares: Array
    rest: Array


_KINDS = (torch.int64, torch.int64, torch.int32, torch.float32, torch.float32)


class Ngram(nn.Module):
    """Logarithms of probabilities [B, T, V], solved by counting.

    Args:
        inputs: texts.
        outputs: the next token.
        order: n, tokens of a context and the one that follows; null takes 6 of characters and bytes, else 3.
    """

    def __init__(
        self, inputs: TextSpec, outputs: TokensSpec, *, order: Annotated[int, Meta(ge=1, le=12)] | None = None
    ) -> None:
        super().__init__()
        self.order = order or (_LONG if inputs.tokenizer in ("character", "byte") else _SHORT)
        self.probs: Tensor
        self.register_buffer("probs", torch.full((outputs.vocab_size,), 1 / outputs.vocab_size))
        for length in range(1, self.order):
            for name, kind in zip(_Followers._fields, _KINDS, strict=True):
                self.register_buffer(f"{name}_{length}", torch.zeros(int(name == "starts"), dtype=kind))

    def fit(self, examples: Examples) -> None:
        """Count, from the longest contexts to the shortest."""
        tokens, counted = _windows(examples)
        longest = min(self.order, tokens.shape[1])
        places = _followed(counted, longest - 1)
        for length in reversed(range(longest)):
            contexts = _keys(tokens, places, length)
            following = tokens.reshape(-1)[places]
            _grams, first, counts = np.unique(_with(contexts, following), return_index=True, return_counts=True)
            discount = _discount(counts)
            if length:
                found = _followers(contexts[first], following[first], counts, discount)
                for name, kind, values in zip(found._fields, _KINDS, found, strict=True):
                    setattr(self, f"{name}_{length}", torch.from_numpy(values).to(kind))
            elif counts.sum():
                rest = discount * len(counts) / counts.sum()
                probs = np.full(len(self.probs), rest / len(self.probs))
                probs[following[first]] += (counts - discount) / counts.sum()
                self.probs.copy_(torch.from_numpy(probs))
            places = places[first]  # a shorter context counts each longer one once

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to logarithms of probabilities [B, T, V]."""
        given = tokens.cpu().numpy()
        probs = np.tile(self.probs.cpu().numpy(), (given.size, 1))
        for length in range(1, min(self.order, given.shape[1] + 1)):
            found = _Followers(*(getattr(self, f"{name}_{length}").cpu().numpy() for name in _Followers._fields))
            places = np.arange(given.size).reshape(given.shape)[:, length - 1 :].reshape(-1)
            _interpolate(probs, places, _keys(given, places + 1, length), found)
        return torch.from_numpy(np.log(probs)).view(*tokens.shape, -1).to(tokens.device)

    def step(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Tokens [B, T] that follow a state to logarithms of probabilities [B, T, V], and the last tokens of all."""
        whole = tokens if state is None else torch.cat([state, tokens], 1)
        logits = self(whole)[:, whole.shape[1] - tokens.shape[1] :]
        return logits, whole[:, max(0, whole.shape[1] - self.order + 1) :]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """How many contexts there are is known once they are loaded."""
        for name in self._buffers:
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _windows(examples: Examples) -> tuple[Array, Array]:
    """All windows with the token after each, [W, T + 1], and which of their tokens are counted."""
    tokens, counted, count = [], [], 0
    for batch in batches(examples):
        assert batch.targets is not None
        there = batch.targets >= 0
        tokens.append(torch.cat([batch.inputs[0], batch.targets[:, -1:]], 1).to(torch.int32))
        counted.append(torch.cat([torch.zeros_like(there[:, :1]), there], 1))
        count += int(there.sum())
        if count >= _MOST:
            break
    return torch.cat(tokens).numpy(), torch.cat(counted).numpy()


def _followed(counted: Array, length: int) -> Array:
    """The places, counted through all windows, of tokens before which a context so long stands; at least one token."""
    places = np.arange(counted.size).reshape(counted.shape)[:, max(1, length) :].reshape(-1)
    there: Array = places[counted.reshape(-1)[places]]
    return there


def _keys(tokens: Array, places: Array, length: int) -> Array:
    """A number for the ``length`` tokens before each place: Σ (token + 1)·a^distance, modulo 2^64."""
    flat = tokens.reshape(-1)
    keys, factor = np.zeros(len(places), np.uint64), np.uint64(1)
    with np.errstate(over="ignore"):
        for distance in range(1, length + 1):
            keys += (flat[places - distance] + 1).astype(np.uint64) * factor
            factor = factor * _CONTEXT
    return keys.view(np.int64)


def _with(contexts: Array, following: Array) -> Array:
    """A number for each context with the token that follows it."""
    with np.errstate(over="ignore"):
        grams: Array = contexts.view(np.uint64) * _WHOLE + (following + 1).astype(np.uint64)
    return grams


def _discount(counts: Array) -> float:
    """D of n-grams that are there so often."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return once / (once + 2 * twice) if once and twice else _DISCOUNT


def _followers(contexts: Array, following: Array, counts: Array, discount: float) -> _Followers:
    """Different n-grams, of which so many are there, by their contexts."""
    order = np.lexsort((following, contexts))
    known, starts, kinds = np.unique(contexts[order], return_index=True, return_counts=True)
    counted = counts[order].astype(np.float64)
    totals = np.add.reduceat(counted, starts) if len(starts) else counted
    shares = (counted - discount) / np.repeat(totals, kinds)
    return _Followers(known, np.append(starts, len(counted)), following[order], shares, discount * kinds / totals)


def _interpolate(probs: Array, places: Array, keys: Array, found: _Followers) -> None:
    """Probabilities [P, V] of shorter contexts become those of longer ones at the places whose context is known.

    Args:
        probs: changed in place.
        places: [K] rows of them.
        keys: [K] of the contexts there.
        found: what followed the contexts of this length.
    """
    if not len(found.contexts):
        return
    index = np.minimum(np.searchsorted(found.contexts, keys), len(found.contexts) - 1)
    known = found.contexts[index] == keys
    rows, index = places[known], index[known]
    probs[rows] *= found.rest[index, None]
    counts = found.starts[index + 1] - found.starts[index]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    entries = np.repeat(found.starts[index], counts) + within
    probs[np.repeat(rows, counts), found.tokens[entries]] += found.shares[entries]
