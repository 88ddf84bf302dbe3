"""Beam search: for each source, the texts that a network holds for the most probable, written token by token.

Of a source the ``width`` best beginnings are kept (A. Graves, 2012; I. Sutskever et al., 2014, § 3.2). A text ends at
its end token; it is compared with others by log p(text) / n^α, n its tokens with the end (after Y. Wu et al., 2016,
§ 7, whose penalty is ((5 + n)/6)^α). A search is over when as many texts have ended as are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from deepwright.errors import DivergedError, UsageError
from deepwright.layers.attention import Cache
from deepwright.messages import _
from deepwright.tokens import PADDING, UNKNOWN

#: Tokens that are never written: what stands for an unknown one is none.
_NEVER = (UNKNOWN,)


@runtime_checkable
class Translates(Protocol):
    """A network that reads a source once and then writes token by token.

    Every tensor of a memory or a state has the rows of the batch first.
    """

    def encode(self, source: Tensor) -> Any:
        """A source [B, T], padded with 0, to its memory."""
        ...

    def step(self, tokens: Tensor, memory: Any, state: Any = None) -> tuple[Tensor, Any]:
        """Tokens [B·k, S] that follow a state, None at the beginning, to logits [B·k, S, V] and the state after them.

        Each k rows in turn go with one row of the memory.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Beam:
    """How a text is searched for.

    Attributes:
        width: beginnings that are kept of each text; 1 is the greedy choice.
        length_penalty: α: 0 prefers short texts, 1 compares the mean log-probability of a token.
        max_ratio: tokens of a text at most, as a multiple of those of its source; ``max_more`` are added.
        max_more: tokens of a text beyond that.

    Raises:
        UsageError: a number is out of its range.
    """

    width: int = 5
    length_penalty: float = 1.0
    max_ratio: float = 2.0
    max_more: int = 20

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if self.width < 1:
            raise UsageError(
                _(
                    "beam is {given}; it must be a whole number of at least 1, which takes the most probable token "
                    "every time.",
                    given=self.width,
                )
            )
        if not 0 <= self.length_penalty < math.inf:
            raise UsageError(
                _("length_penalty is {given:g}; it must be a number of at least 0.", given=self.length_penalty)
            )
        if not 0 < self.max_ratio < math.inf:
            raise UsageError(_("max_ratio is {given:g}; it must be a number above 0.", given=self.max_ratio))

    def limits(self, source: Tensor, most: int) -> Tensor:
        """Tokens at most of the text for each source [B, T], [B]; never more than ``most``."""
        lengths = (source != PADDING).sum(1)
        return (lengths * self.max_ratio).ceil().long().add(self.max_more).clamp(max=most)


class Hypothesis(NamedTuple):
    """A text that was written.

    Attributes:
        tokens: without the end.
        score: log-probability divided by n^α; at most 0.
    """

    tokens: tuple[int, ...]
    score: float


@torch.inference_mode()
def search(network: Translates, source: Tensor, beam: Beam, limits: Tensor) -> list[list[Hypothesis]]:
    """For each source, at most ``width`` texts, the best first; at least one.

    Args:
        network: in evaluation mode.
        source: [B, T] tokens, padded with 0.
        beam: how texts are searched for.
        limits: [B] tokens at most, the end not counted.

    Raises:
        DivergedError: the network's outputs are no numbers.
    """
    return _Search(network, source, beam, limits).run()


class _Search:
    def __init__(self, network: Translates, source: Tensor, beam: Beam, limits: Tensor) -> None:
        self.network, self.beam = network, beam
        self.memory, self.state = network.encode(source), None
        self.found: list[list[Hypothesis]] = [[] for _row in source]
        self.going = list(range(len(source)))
        self.limits = limits.tolist()
        # Log-probabilities of the beginnings of each source that goes on, [B, k]; at first there is one.
        self.sums = torch.full((len(source), beam.width), -torch.inf, dtype=torch.float64)
        self.sums[:, 0] = 0.0
        self.begun = torch.full((len(source) * beam.width, 1), PADDING)

    def run(self) -> list[list[Hypothesis]]:
        while self.going:
            logits, self.state = self.network.step(self.begun[:, -1:], self.memory, self.state)
            self._extend(_log_probs(logits[:, -1]))
        return [sorted(found, key=lambda one: -one.score)[: self.beam.width] for found in self.found]

    def _extend(self, log_probs: Tensor) -> None:
        """One token more: the best twice as many beginnings, of which those that end are found texts."""
        width, vocab_size = self.beam.width, log_probs.shape[1]
        sums = (self.sums.view(-1, 1) + log_probs).view(len(self.going), -1)
        best, places = sums.topk(min(2 * width, sums.shape[1]), 1)
        beams, tokens = places // vocab_size, places % vocab_size
        ended = self._keep_ended(best, beams, tokens)
        # Those that do not end, in their order: the first k are gone on with.
        order = torch.argsort((tokens == PADDING).to(torch.int8), dim=1, stable=True)[:, :width]
        self.sums = best.gather(1, order).masked_fill(tokens.gather(1, order) == PADDING, -torch.inf)
        rows = torch.arange(len(self.going))[:, None] * width + beams.gather(1, order)
        self.begun = torch.cat([self.begun[rows.view(-1)], tokens.gather(1, order).view(-1, 1)], 1)
        self._go_on(rows, [not one for one in ended])

    def _keep_ended(self, best: Tensor, beams: Tensor, tokens: Tensor) -> list[bool]:
        """Keep the texts that end among the k best; whether the search for each source is over."""
        ends = (tokens[:, : self.beam.width] == PADDING) & best[:, : self.beam.width].isfinite()
        for row, place in ends.nonzero().tolist():
            beginning = self.begun[row * self.beam.width + int(beams[row, place])]
            self._keep(self.going[row], beginning, float(best[row, place]), self.begun.shape[1])
        return [len(self.found[source]) >= self.beam.width for source in self.going]

    def _go_on(self, rows: Tensor, going: list[bool]) -> None:
        """Forget the sources whose search is over; of those that are as long as they may be, keep what there is."""
        length = self.begun.shape[1] - 1
        for row, source in enumerate(self.going):
            if going[row] and (length >= self.limits[source] or not bool(self.sums[row].isfinite().any())):
                going[row] = False
                for place in self.sums[row].isfinite().nonzero().flatten().tolist():
                    begun = self.begun[row * self.beam.width + place]
                    self._keep(source, begun, float(self.sums[row, place]), length)
        kept = torch.tensor([row for row, goes in enumerate(going) if goes], dtype=torch.int64)
        if len(kept) < len(going):
            self.going = [self.going[row] for row in kept.tolist()]
            self.memory, self.sums, rows = of_rows(self.memory, kept), self.sums[kept], rows[kept]
            self.begun = self.begun.view(len(going), self.beam.width, -1)[kept].flatten(0, 1)
        if self.going:
            self.state = of_rows(self.state, rows.reshape(-1))

    def _keep(self, source: int, begun: Tensor, log_prob: float, length: int) -> None:
        score = log_prob / max(1, length) ** self.beam.length_penalty
        self.found[source].append(Hypothesis(tuple(begun[1:].tolist()), score))


def of_rows(state: Any, rows: Tensor) -> Any:
    """Some rows [R] of whatever tensors a memory or a state is made of."""
    if isinstance(state, Tensor):
        return state.index_select(0, rows)
    if isinstance(state, Cache):
        return state.of_rows(rows)
    if isinstance(state, tuple):
        parts = [of_rows(part, rows) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state


def _log_probs(logits: Tensor) -> Tensor:
    """Of the next tokens, [B·k, V] in float64."""
    logits = logits.double()
    if not bool(logits.isfinite().all()):
        raise DivergedError(_("The network's outputs are not finite numbers; no text can be written by them."))
    log_probs = logits.log_softmax(1)
    log_probs[:, list(_NEVER)] = -torch.inf
    return log_probs
