"""Generation: texts continued token by token, several at once, each by random numbers of its own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.decoding.sampling import Sampling


@runtime_checkable
class Continues(Protocol):
    """A network that goes on from where it was, within whatever context it has."""

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Tokens [B, T] that follow a state, None at the beginning, to logits [B, T, V] and the state after them."""
        ...


class Generation:
    """Tokens that follow prompts. Each text is the same whichever others are continued beside it.

    Rows read their prompts side by side from the first token on; the row with the shortest begins to be continued while
    the others still read, so that none needs padding.

    Args:
        network: in evaluation mode.
        prompts: numbers of tokens, at least one each.
        sampling: how a token is chosen.
        max_tokens: new tokens of each text.
        seed: of the random numbers.
        never: tokens that are never taken.
    """

    def __init__(
        self,
        network: Continues,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        max_tokens: int,
        *,
        seed: int = 0,
        never: Sequence[int] = (),
    ) -> None:
        assert all(prompts), "there is no token to go on with"
        self.network = _by_columns(network) if len(prompts) == 1 and isinstance(network, nn.Module) else network
        self.prompts, self.sampling, self.max_tokens = prompts, sampling, max_tokens
        self.never = list(never)
        self._streams = [np.random.default_rng([seed, row]) for row in range(len(prompts))]
        self._left = [max_tokens] * len(prompts)

    def stop(self, row: int) -> None:
        """Let a text end here."""
        self._left[row] = 0

    def running(self, row: int) -> bool:
        """Whether a text goes on."""
        return self._left[row] > 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Pairs of a row and its next token, until every row has ended."""
        place = min(map(len, self.prompts))
        tokens = torch.tensor([prompt[:place] for prompt in self.prompts])
        seen, state = None, None
        while any(self._left):
            logits, state = self._step(tokens, state)
            seen = torch.zeros_like(logits, dtype=torch.bool) if seen is None else seen
            seen.scatter_(1, tokens, True)
            following = self._following(logits, seen, place)
            for row, token in enumerate(following):
                if place >= len(self.prompts[row]) and self._left[row]:
                    self._left[row] -= 1
                    yield row, token
            tokens, place = torch.tensor(following)[:, None], place + 1

    @torch.inference_mode()
    def _step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        logits, state = self.network.step(tokens, state)
        last = logits[:, -1].double()
        last[:, self.never] = -torch.inf
        return last, state

    @torch.inference_mode()
    def _following(self, logits: Tensor, seen: Tensor, place: int) -> list[int]:
        """Of each row the token at this place: that of its prompt, or the one that is chosen."""
        reading = [place < len(prompt) for prompt in self.prompts]
        uniforms = [
            0.0 if read else float(stream.random()) for read, stream in zip(reading, self._streams, strict=True)
        ]
        chosen = self.sampling.choose(logits, seen, uniforms).tolist()
        return [
            prompt[place] if read else token for read, prompt, token in zip(reading, self.prompts, chosen, strict=True)
        ]


def _by_columns(network: Any) -> Any:
    """A copy whose dense layers with more outputs than inputs have their columns together: faster for a single row."""
    copied = copy.deepcopy(network)
    for module in copied.modules():
        if isinstance(module, nn.Linear) and module.out_features > module.in_features:
            module.weight.data = module.weight.data.t().contiguous().t()
    return copied
