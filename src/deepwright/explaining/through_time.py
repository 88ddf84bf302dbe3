"""Gradients through time: how much a loss depends on the state of a recurrent layer, so many steps before the last.

‖∂loss/∂h_{T-d}‖ / ‖∂loss/∂h_T‖ for d = 0, 1, …: by the chain rule, the last gradient goes through d matrices
∂h_t/∂h_{t-1}, so that its norm shrinks or grows like a power (S. Hochreiter, 1991; Y. Bengio, P. Simard and P.
Frasconi, 1994). PyTorch's cells run over a whole sequence at once and keep no state that could be asked for its
derivative: they are run step by step here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from deepwright.contracts import Batch, FloatArray
from deepwright.explaining.recording import evaluating

#: A distance that fewer than one in so many rows reach is not told.
_FEW = 10
#: Cells without a memory, by their mode.
_CELLS: Mapping[str, Callable[..., Tensor]] = {
    "GRU": torch.gru_cell,
    "RNN_TANH": torch.rnn_tanh_cell,
    "RNN_RELU": torch.rnn_relu_cell,
}


class Part(NamedTuple):
    """What is looked at: the state of one of the stacked cells of a layer, or its memory, in one direction.

    Attributes:
        layer: its name within the network.
        number: of the cells in it, from 1.
        backwards: whether they read from the end.
        memory: whether it is the memory c of an LSTM, not the state h.
    """

    layer: str
    number: int
    backwards: bool
    memory: bool


@dataclass(frozen=True)
class ThroughTime:
    """How the gradient of one part fares on its way back.

    Attributes:
        part: what is looked at.
        last: median over the rows of the norm at the last step; no row's derivative counts that is 0 there.
        shares: [T] by distance from the last step, the median over the rows of the norm as a share of the last one.
        rows: [T] how many rows have a step so far back.
    """

    part: Part
    last: float
    shares: tuple[float, ...]
    rows: tuple[int, ...]


def through_time(
    network: nn.Module, losses: Callable[[Tensor, Batch], Tensor], examples: Iterable[Batch]
) -> list[ThroughTime]:
    """Let gradients go back through every recurrent layer, which ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` are.

    Layers that are used more than once in a pass, and projections of states (``proj_size``), are left out.

    Args:
        network: any; it evaluates, and is left as it was.
        losses: one for each example, [B].
        examples: a few at a time, since every step of them is kept.
    """
    found: dict[Part, list[FloatArray]] = {}
    for batch in examples:
        with evaluating(network), torch.enable_grad(), _step_by_step(network) as walks:
            loss = losses(network(*batch.inputs), batch).sum()
            for part, walk, states in _parts(walks):
                norms = _norms(loss, states)
                rows = zip(norms, walk.lengths.tolist(), strict=True)
                found.setdefault(part, []).extend(row[:length][::-1] for row, length in rows)
    return [_summary(part, rows) for part, rows in found.items()]


def _summary(part: Part, rows: Sequence[FloatArray]) -> ThroughTime:
    """From norms by distance, [T] for each row: medians over the rows that reach a distance."""
    counted = [row for row in rows if row[0] > 0]
    longest = max(map(len, counted), default=0)
    at = [np.array([row[d] / row[0] for row in counted if len(row) > d]) for d in range(longest)]
    told = [shares for shares in at if len(shares) * _FEW >= len(counted)]
    last = float(np.median([row[0] for row in counted])) if counted else 0.0
    return ThroughTime(part, last, tuple(float(np.median(shares)) for shares in told), tuple(map(len, told)))


def _norms(loss: Tensor, states: Sequence[Tensor]) -> FloatArray:
    """Norms of the loss's derivatives by row and step, [B, T]; squares are taken in float64, where none vanishes."""
    found = torch.autograd.grad(loss, states, retain_graph=True, allow_unused=True, materialize_grads=True)
    norms = [one.cpu().double().square().sum(1).sqrt() for one in found]
    norms_by_step: FloatArray = torch.stack(norms, 1).numpy()
    return norms_by_step


@dataclass
class _Walk:
    """States of one direction of stacked cells, step by step in the order in which they were read."""

    number: int
    backwards: bool
    lengths: Tensor
    states: list[tuple[Tensor, ...]] = field(default_factory=list)


def _parts(walks: Mapping[str, list[list[_Walk]]]) -> Iterator[tuple[Part, _Walk, list[Tensor]]]:
    """Every state and memory of layers that were used once."""
    for layer, uses in walks.items():
        for walk in uses[0] if len(uses) == 1 else ():
            for memory, states in enumerate(zip(*walk.states, strict=True)):
                yield Part(layer, walk.number, walk.backwards, bool(memory)), walk, list(states)


@contextmanager
def _step_by_step(network: nn.Module) -> Iterator[dict[str, list[list[_Walk]]]]:
    """Let recurrent layers run step by step for a while; what they went through is filled in, by layer and use."""
    walks: dict[str, list[list[_Walk]]] = {}
    with ExitStack() as stack:
        for name, module in network.named_modules():
            if isinstance(module, nn.RNNBase) and not module.proj_size:
                called = name.removeprefix("model.").removesuffix(".cells")
                stack.enter_context(_replaced(module, walks.setdefault(called, [])))
        yield walks


@contextmanager
def _replaced(cells: nn.RNNBase, uses: list[list[_Walk]]) -> Iterator[None]:
    """``cells.forward`` by steps."""

    def forward(inputs: Any, state: Any = None) -> Any:
        walks: list[_Walk] = []
        uses.append(walks)
        return _run(cells, inputs, state, walks)

    cells.__dict__["forward"] = forward
    try:
        yield
    finally:
        del cells.__dict__["forward"]


def _run(cells: nn.RNNBase, inputs: Any, state: Any, walks: list[_Walk]) -> Any:
    """What the cells yield, in the form of PyTorch's own forward pass, for sequences of whatever length."""
    packed = isinstance(inputs, PackedSequence)
    steps, lengths = _unpacked(cells, inputs)
    given = (state if isinstance(state, tuple) else (state,)) if state is not None else None
    ends: list[tuple[Tensor, ...]] = []
    for layer in range(cells.num_layers):
        made = []
        for way in range(1 + cells.bidirectional):
            start = None if given is None else tuple(part[len(ends)] for part in given)
            walk = _Walk(layer + 1, bool(way), lengths)
            made.append(_walked(cells, walk, steps, start))
            walks.append(walk)
            ends.append(walk.states[-1])
        steps = torch.cat(made, 2)
    last = tuple(torch.stack(parts) for parts in zip(*ends, strict=True))
    if packed:
        outputs: Any = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
    else:
        outputs = steps if cells.batch_first else steps.transpose(0, 1)
    return outputs, last if cells.mode == "LSTM" else last[0]


def _unpacked(cells: nn.RNNBase, inputs: Any) -> tuple[Tensor, Tensor]:
    """Inputs [B, T, D] and the lengths of the rows, [B]."""
    if isinstance(inputs, PackedSequence):
        steps, lengths = pad_packed_sequence(inputs, batch_first=True)
        return steps, lengths
    steps = inputs if cells.batch_first else inputs.transpose(0, 1)
    return steps, torch.full((len(steps),), steps.shape[1])


def _walked(cells: nn.RNNBase, walk: _Walk, inputs: Tensor, start: tuple[Tensor, ...] | None) -> Tensor:
    """Run one direction over inputs [B, T, D]; its states [B, T, H] in the order of the inputs, 0 after the end."""
    suffix = f"_l{walk.number - 1}{'_reverse' if walk.backwards else ''}"
    weights = [getattr(cells, name + suffix) for name in ("weight_ih", "weight_hh")]
    weights += [getattr(cells, name + suffix) for name in ("bias_ih", "bias_hh")] if cells.bias else [None, None]
    rows, places = torch.arange(len(inputs)), torch.arange(inputs.shape[1])
    there = places < walk.lengths[:, None]
    order = (
        torch.where(there, walk.lengths[:, None] - 1 - places, places) if walk.backwards else places.expand_as(there)
    )
    zeros = inputs.new_zeros(len(inputs), cells.hidden_size)
    state = start or (zeros,) * (1 + (cells.mode == "LSTM"))
    state = tuple(part.detach().requires_grad_() for part in state)
    for t in range(inputs.shape[1]):
        step = _remembered if cells.mode == "LSTM" else partial(_renewed, _CELLS[cells.mode])
        state = step(inputs[rows, order[:, t]], state, there[:, t, None], *weights)
        walk.states.append(state)
    states = torch.stack([state[0] for state in walk.states], 1)
    # Reading from the end and back is the same order of places.
    return states[rows[:, None], order].masked_fill(~there[..., None], 0)


def _renewed(
    cell: Callable[..., Tensor], x: Tensor, state: tuple[Tensor, ...], there: Tensor, *weights: Tensor | None
) -> tuple[Tensor, ...]:
    """The next state, of the rows [B, 1] that are there; the others keep theirs."""
    return (torch.where(there, cell(x, state[0], *weights), state[0]),)


def _remembered(
    x: Tensor, state: tuple[Tensor, ...], there: Tensor, w: Tensor, u: Tensor, *biases: Tensor | None
) -> tuple[Tensor, ...]:
    """The next state of an LSTM, made of its next memory; PyTorch's cell yields both side by side."""
    gates = x @ w.T + state[0] @ u.T
    for bias in biases:
        gates = gates if bias is None else gates + bias
    i, f, new, o = gates.chunk(4, 1)
    memory = torch.where(there, f.sigmoid() * state[1] + i.sigmoid() * new.tanh(), state[1])
    return torch.where(there, o.sigmoid() * memory.tanh(), state[0]), memory
