"""Context: what a network remembers of a text that is continued, and what it forgets where its memory is full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

#: From tokens [B, T] that follow a state to outputs [B, T, …] and the state after them.
Advance: TypeAlias = Callable[[Tensor, Any], tuple[Tensor, Any]]


@dataclass(frozen=True)
class Remembered:
    """The tokens that a state was made of, [B, S], and the state."""

    tokens: Tensor
    state: Any


def advance_within(
    limit: int, advance: Advance, tokens: Tensor, before: Remembered | None
) -> tuple[Tensor, Remembered]:
    """Go on with tokens [B, T] so that never more than ``limit`` of them are remembered.

    Where the memory is full, the newer half of it is read again from the first place, and the older half forgotten. So
    the token at place n is computed from those since place 0 if n < limit, else since place
    (1 + ⌊(n - limit) / forgotten⌋)·forgotten with forgotten = limit - ⌊limit / 2⌋, however the tokens come in.

    Args:
        limit: tokens that are remembered at most.
        advance: without a limit.
        tokens: that follow, [B, T].
        before: what the call before returned; None at the beginning.
    """
    found = []
    rest = tokens
    while rest.shape[1]:
        known = 0 if before is None else before.tokens.shape[1]
        if before is not None and known == limit:
            known = limit // 2
            kept = before.tokens[:, limit - known :]
            before = Remembered(kept, advance(kept, None)[1]) if known else None
        part, rest = rest[:, : limit - known], rest[:, limit - known :]
        outputs, state = advance(part, None if before is None else before.state)
        before = Remembered(part if before is None else torch.cat((before.tokens, part), 1), state)
        found.append(outputs)
    assert before is not None, "there is no token to go on with"
    return torch.cat(found, 1), before
