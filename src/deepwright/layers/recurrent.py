"""Recurrent layers: one step after another, each from its input x_t and from the state that the steps before left.

W and U are matrices, b is one vector for each gate, σ is the sigmoid and ∘ multiplies number by number; the state
before the first step is 0. PyTorch adds a second vector, to U·h, which says nothing that b does not (but in ``gru``):
here it is a constant 0, so that the parameters are those of the formulas and PyTorch's cells are used all the same.
On a CPU that took the time of two vectors (0.060 and 0.062 s for a training step of an LSTM 256 on [32, 32, 128]), and
cells written out in Python 2.5 times as long (0.156 s).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Masked, Shape, sequence
from deepwright.messages import _

_Rate = Annotated[float, Meta(ge=0, lt=1)]


def rnn(
    shape: Shape,
    *,
    units: Count,
    activation: Literal["tanh", "relu"] = "tanh",
    num_layers: Count = 1,
    bidirectional: bool = False,
    dropout: _Rate = 0.0,
    return_sequences: bool = False,
) -> Layer:
    """A state that each step makes anew: h_t = f(W·x_t + U·h_{t-1} + b) (J. L. Elman, 1990, with f the sigmoid).

    Args:
        shape: sequences [T, D].
        units: numbers of the state.
        activation: f.
        num_layers: stacked, each on the states of the one before.
        bidirectional: whether a second one reads from the end, whose states are appended.
        dropout: share of the numbers between stacked layers that become 0 while training.
        return_sequences: whether the states of all steps are yielded, [T, units], or the last one, [units].

    Raises:
        ConfigError: no sequences arrive, or there is nothing between layers to drop.
    """
    options = {"nonlinearity": activation}
    return _recurrent(RNN, "rnn", shape, units, num_layers, bidirectional, dropout, return_sequences, **options)


def lstm(
    shape: Shape,
    *,
    units: Count,
    num_layers: Count = 1,
    bidirectional: bool = False,
    dropout: _Rate = 0.0,
    return_sequences: bool = False,
) -> Layer:
    """A memory that gates fill, empty and show (S. Hochreiter and J. Schmidhuber, 1997; F. A. Gers et al., 2000).

    With gates i, f, o = σ(W·x_t + U·h_{t-1} + b), each with its own W, U and b, the memory is
    c_t = f∘c_{t-1} + i∘tanh(W·x_t + U·h_{t-1} + b) and the state h_t = o∘tanh(c_t).

    Args:
        shape: sequences [T, D].
        units: numbers of the state, and of the memory.
        num_layers: stacked, each on the states of the one before.
        bidirectional: whether a second one reads from the end, whose states are appended.
        dropout: share of the numbers between stacked layers that become 0 while training.
        return_sequences: whether the states of all steps are yielded, [T, units], or the last one, [units].

    Raises:
        ConfigError: no sequences arrive, or there is nothing between layers to drop.
    """
    return _recurrent(LSTM, "lstm", shape, units, num_layers, bidirectional, dropout, return_sequences)


def gru(
    shape: Shape,
    *,
    units: Count,
    num_layers: Count = 1,
    bidirectional: bool = False,
    dropout: _Rate = 0.0,
    return_sequences: bool = False,
) -> Layer:
    """A state that gates keep or replace (K. Cho et al., 2014).

    With gates r, z = σ(W·x_t + U·h_{t-1} + b), the state is h_t = z∘h_{t-1} + (1 - z)∘tanh(W·x_t + r∘(U·h_{t-1}) + b).
    Here r multiplies the product, as in PyTorch's cells and by default in Keras; in the paper it multiplies the state,
    U·(r∘h_{t-1}). Those two add one more b within r∘(…), which this layer leaves out.

    Args:
        shape: sequences [T, D].
        units: numbers of the state.
        num_layers: stacked, each on the states of the one before.
        bidirectional: whether a second one reads from the end, whose states are appended.
        dropout: share of the numbers between stacked layers that become 0 while training.
        return_sequences: whether the states of all steps are yielded, [T, units], or the last one, [units].

    Raises:
        ConfigError: no sequences arrive, or there is nothing between layers to drop.
    """
    return _recurrent(GRU, "gru", shape, units, num_layers, bidirectional, dropout, return_sequences)


class Recurrent(Masked):
    """Sequences [B, T, D] to all states [B, T, units] or the last one [B, units]; twice as many in both directions.

    Args:
        cells: of PyTorch, batch first; they become this layer's own.
        return_sequences: whether all states are wanted.
    """

    def __init__(self, cells: nn.RNNBase, return_sequences: bool) -> None:
        super().__init__()
        self.cells, self.return_sequences = cells, return_sequences
        _keep_one_bias(cells)
        _initialise(cells)

    def forward(self, inputs: Tensor, there: Tensor | None = None) -> Tensor:
        """Inputs [B, T, D]; those steps that are ``there`` [B, T] stand first. States of the others are 0."""
        if there is None or bool(there.all()):
            states, last = self._run(inputs, None)
        else:
            # A sequence without any step reads one of padding: cells know no empty sequences.
            lengths = there.sum(1).clamp(min=1).cpu()
            packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
            states, last = self._run(packed, None)
            states, _lengths = pad_packed_sequence(states, batch_first=True, total_length=inputs.shape[1])
        hidden = last[0] if isinstance(last, tuple) else last
        return states if self.return_sequences else torch.cat(list(hidden[-1 - self.cells.bidirectional :]), 1)

    def step(self, inputs: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Go on where a call before ended: inputs [B, T, D] to states [B, T, units], and what the next call takes."""
        assert not self.cells.bidirectional, "what reads from the end cannot go on"
        states, after = self._run(inputs, state)
        return states, after

    def _run(self, inputs: Any, state: Any) -> Any:
        # Not called as a module, so that it is one layer for those that watch the layers of a network.
        return self.cells.forward(inputs, state)


class RNN(Recurrent):
    """Elman's cells."""

    cells_of = nn.RNN


class LSTM(Recurrent):
    """Cells with a memory."""

    cells_of = nn.LSTM


class GRU(Recurrent):
    """Cells with gates and no memory beside the state."""

    cells_of = nn.GRU


def _recurrent(
    kind: Any,
    name: str,
    shape: Shape,
    units: int,
    num_layers: int,
    bidirectional: bool,
    dropout: float,
    return_sequences: bool,
    **options: Any,
) -> Layer:
    """The layer and the shape that it yields."""
    steps, size = sequence(shape, name)
    if dropout and num_layers == 1:
        raise ConfigError(
            _(
                "dropout is {dropout:g}, which is between stacked layers, but num_layers is 1. "
                "Put a layer dropout after it, or take more layers.",
                dropout=dropout,
            )
        )
    cells = kind.cells_of(
        size, units, num_layers, batch_first=True, dropout=dropout, bidirectional=bidirectional, **options
    )
    yielded = units * (1 + bidirectional)
    return Layer(kind(cells, return_sequences), (steps, yielded) if return_sequences else (yielded,))


def _keep_one_bias(cells: nn.RNNBase) -> None:
    """Make the second bias of every gate a constant 0, which is neither learnt nor counted nor saved."""
    for name in [name for name, _parameter in cells.named_parameters() if name.startswith("bias_hh")]:
        zeros = torch.zeros_like(getattr(cells, name).detach())
        delattr(cells, name)
        cells.register_buffer(name, zeros, persistent=False)
    cells._init_flat_weights()


def _initialise(cells: nn.RNNBase) -> None:
    """W after X. Glorot and Y. Bengio (2010), each U orthogonal (A. M. Saxe et al., 2014), b 0.

    The b of a forget gate is 1, so that a memory lasts at first (R. Jozefowicz et al., 2015).
    """
    for name, parameter in cells.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
            if isinstance(cells, nn.LSTM):
                nn.init.ones_(parameter[cells.hidden_size : 2 * cells.hidden_size])
        elif name.startswith("weight_hh"):
            for gate in parameter.split(cells.hidden_size):
                nn.init.orthogonal_(gate)
        else:
            nn.init.xavier_uniform_(parameter)
