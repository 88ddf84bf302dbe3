"""GRU: a state that gates keep or replace, for whole texts in both directions or for the next token.

The cells of K. Cho et al. (2014, "Learning phrase representations using RNN encoder-decoder") on embeddings of the
tokens. We deviate in that the reset gate multiplies U·h and not h, as PyTorch's cells do.
"""

from __future__ import annotations

from deepwright.layers import recurrent
from deepwright.models.language._recurrent import RecurrentModel

__all__ = ["Gru"]


class Gru(RecurrentModel):  # noqa: D101  its settings are those of every recurrent model
    __doc__ = RecurrentModel.__doc__

    cells_of = staticmethod(recurrent.gru)
