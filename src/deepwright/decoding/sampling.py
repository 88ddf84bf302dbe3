"""Sampling: which token follows, as pure functions of logits [B, V].

A token whose logit is minus infinity has the probability 0 and is never taken. Everything is computed in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from deepwright.errors import DivergedError, UsageError
from deepwright.messages import _


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a token is chosen: penalty, temperature, top k and top p, in this order, then a draw.

    Attributes:
        temperature: divides the logits; below 1 what is probable becomes more so.
        top_k: only so many of the most probable tokens are drawn from; None for all.
        top_p: only the fewest most probable tokens that together have this probability; None for all.
        repetition_penalty: above 1, tokens that were there before become less probable; 1 leaves them alone.
        greedy: always the most probable token, after the penalty.

    Raises:
        UsageError: a number is out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    greedy: bool = False

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if not 0 < self.temperature < math.inf:
            raise UsageError(
                _(
                    "temperature is {given:g}; it must be a number above 0. For the most probable token every time, "
                    "ask for greedy instead.",
                    given=self.temperature,
                )
            )
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(_("top_k is {given}; it must be a whole number of at least 1.", given=self.top_k))
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(_("top_p is {given:g}; it must be above 0 and at most 1.", given=self.top_p))
        if not 0 < self.repetition_penalty < math.inf:
            raise UsageError(
                _(
                    "repetition_penalty is {given:g}; it must be a number above 0, and is above 1 where tokens are to "
                    "come again less often.",
                    given=self.repetition_penalty,
                )
            )

    def choose(self, logits: Tensor, seen: Tensor, uniforms: Sequence[float]) -> Tensor:
        """The tokens that follow, [B].

        Args:
            logits: [B, V]; minus infinity for tokens that must not be taken.
            seen: [B, V], true for tokens that were there before.
            uniforms: [B] numbers from 0 to below 1, one draw each.

        Raises:
            DivergedError: the logits are no numbers.
        """
        if bool(logits.isnan().any()) or not bool(logits.isfinite().any(1).all()):
            raise DivergedError(_("The network's outputs are not finite numbers; no token can be chosen by them."))
        logits = penalised(logits.double(), seen, self.repetition_penalty)
        if self.greedy:
            return logits.argmax(1)
        return draw(self.kept(logits / self.temperature), uniforms)

    def kept(self, logits: Tensor) -> Tensor:
        """Logits [B, V] with minus infinity for what top k and top p leave out."""
        if self.top_k is not None:
            logits = only_top_k(logits, self.top_k)
        return logits if self.top_p is None else only_top_p(logits, self.top_p)


def penalised(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Logits [B, V] of tokens that were ``seen`` [B, V]: x / penalty if x > 0, else x·penalty.

    After N. S. Keskar et al. (2019, § 4.1), who divide all of them; then a negative logit would become more probable.
    """
    return (
        logits
        if penalty == 1
        else torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)
    )


def only_top_k(logits: Tensor, k: int) -> Tensor:
    """All but the k largest of each row [B, V] become minus infinity (A. Fan et al., 2018).

    Of equals the first stay, so that k = 1 is the greedy choice.
    """
    order = logits.argsort(dim=1, descending=True, stable=True)
    return logits.scatter(1, order[:, k:], -torch.inf)


def only_top_p(logits: Tensor, p: float) -> Tensor:
    """All but the smallest set of the most probable that reaches p become minus infinity (A. Holtzman et al., 2020).

    Args:
        logits: [B, V].
        p: above 0, at most 1; of equally probable tokens the first are taken.
    """
    if p == 1:
        return logits
    order = logits.argsort(dim=1, descending=True, stable=True)
    probs = logits.softmax(1).gather(1, order)
    before = probs.cumsum(1) - probs
    return logits.scatter(1, order, logits.gather(1, order).masked_fill(before >= p, -torch.inf))


def draw(logits: Tensor, uniforms: Sequence[float]) -> Tensor:
    """The first token of each row at which the sum of the probabilities exceeds its number from 0 to below 1: [B].

    Args:
        logits: [B, V].
        uniforms: [B].
    """
    sums = logits.softmax(1).cumsum(1)
    reached = torch.tensor(uniforms, dtype=sums.dtype, device=sums.device)[:, None] * sums[:, -1:]
    # Where rounding lifts the product to the last sum, no sum exceeds it: the last token with a probability is meant.
    last = (sums < sums[:, -1:]).sum(1)
    return torch.minimum((sums <= reached).sum(1), last)
