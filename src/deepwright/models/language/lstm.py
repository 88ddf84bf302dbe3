"""LSTM: a memory that gates fill, empty and show, for whole texts in both directions or for the next token.

The cells of S. Hochreiter and J. Schmidhuber (1997, "Long short-term memory") with the forget gate of F. A. Gers et al.
(2000), on embeddings of the tokens; as a language model after M. Sundermeyer et al. (2012). We deviate in leaving out
the peepholes and the second bias, and begin with a forget gate that is nearly open (R. Jozefowicz et al., 2015).
"""

from __future__ import annotations

from deepwright.layers import recurrent
from deepwright.models.language._recurrent import RecurrentModel

__all__ = ["Lstm"]


class Lstm(RecurrentModel):  # noqa: D101  its settings are those of every recurrent model
    __doc__ = RecurrentModel.__doc__

    cells_of = staticmethod(recurrent.lstm)
