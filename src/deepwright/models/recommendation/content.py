"""Content: items like those of the history by what is known of them, whoever took them.

A feature that I_f of I items have weighs ln(I / I_f) + 1 (K. Spärck Jones, 1972, "A statistical interpretation of term
specificity"); an item is the vector of the weights of its features, of length 1, and a user the mean of the items of
the history; a score is the cosine of both (M. Pazzani and D. Billsus, 2007, "Content-based recommendation systems",
section 3). An item that nobody took yet is recommended like any other.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.errors import ConfigError
from deepwright.messages import _
from deepwright.models.recommendation._histories import once
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Content"]


class Content(nn.Module):
    """Features of items, weighed; histories [B, T] to cosines [B, 1 + I].

    Args:
        inputs: histories of items of which something is known.
        outputs: items.

    Raises:
        ConfigError: nothing is known of the items.
    """

    def __init__(self, inputs: HistorySpec, outputs: ItemsSpec) -> None:
        super().__init__()
        if not any(inputs.item_features):
            raise ConfigError(
                _(
                    "The model {name!r} recommends by what is known of items, and this data names nothing about them; "
                    "give a table of the items and their features with --items FILE, or choose another model.",
                    name="content",
                )
            )
        self.shape = (1 + outputs.num_items, len(inputs.item_feature_names))
        self.pairs: Tensor
        self.weights: Tensor
        pairs = [(item, f) for item, features in enumerate(inputs.item_features, 1) for f in sorted(set(features))]
        self.register_buffer("pairs", torch.tensor(pairs).T.contiguous(), persistent=False)
        self.register_buffer("weights", torch.ones(len(pairs)))

    def fit(self, _examples: Examples) -> None:
        """Weigh the features; what users took is not read."""
        items, features = self.pairs
        having = torch.bincount(features, minlength=self.shape[1])
        weights = (np.log(self.shape[0] - 1) - having[features].double().log()) + 1
        squares = weights.new_zeros(self.shape[0]).index_add_(0, items, weights.square())
        self.weights.copy_(weights / squares[items].sqrt())

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to cosines [B, 1 + I]; of nothing and to nothing they are 0."""
        vectors = torch.sparse_coo_tensor(self.pairs, self.weights, self.shape, check_invariants=False)
        history = self.weights.new_zeros(len(items), self.shape[0])
        history.scatter_(1, once(items), 1)
        profiles = nn.functional.normalize(torch.sparse.mm(vectors.T, history.T), dim=0)
        cosines: Tensor = torch.sparse.mm(vectors, profiles)
        return cosines.T.contiguous()
