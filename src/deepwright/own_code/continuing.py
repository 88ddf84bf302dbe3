"""Continuing: a network of the user's that learns how texts go on, which must not see what follows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.tokens import UNKNOWN

#: How far outputs may differ that are the same but for rounding, as a share of the largest.
_ROUNDING = 1e-4


@torch.no_grad()
def first_told(module: nn.Module, tokens: Tensor) -> int | None:
    """The first token, from 1, of texts [B, T] at which outputs change with tokens after it; None if none does.

    Other tokens are put in after the first, from the middle on, and last. Random numbers are the same every time.

    Args:
        module: in evaluation mode, from tokens [B, T] to logits [B, T, V].
        tokens: [B, T].
    """
    length, known = tokens.shape[1], int(tokens.max()) + 1
    first = _outputs(module, tokens)
    for cut in sorted({1, length // 2, length - 1} - {0}):
        others = tokens.clone()
        others[:, cut:] = torch.where(others[:, cut:] == UNKNOWN, known - 1, UNKNOWN)
        apart = (first - _outputs(module, others))[:, :cut].abs().nan_to_num(0).amax((0, 2))
        changed = (apart > _ROUNDING * max(1.0, float(first.abs().nan_to_num(0).max()))).nonzero()
        if len(changed):
            return int(changed[0]) + 1
    return None


def step_by_window(
    module: nn.Module, context: int, tokens: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Go on with a text by reading its last tokens again, as many as the network has learnt to see at once.

    Args:
        module: from tokens [B, T] to logits [B, T, V].
        context: tokens that are read at most.
        tokens: [B, T] that follow the state.
        state: the tokens before them.

    Returns:
        Logits of the tokens, or of the last ``context`` of them, and the state after them.
    """
    seen = (tokens if state is None else torch.cat([state, tokens], 1))[:, -context:]
    logits: Tensor = module(seen)
    return logits[:, -tokens.shape[1] :], seen


def _outputs(module: nn.Module, tokens: Tensor) -> Tensor:
    torch.manual_seed(0)
    outputs: Tensor = module(tokens)
    return outputs.double()
