"""Recommendation: which items a user takes next, out of all that the user has not taken yet.

What is judged is the whole ranking: no item is left out of it but those that the user had, and none is drawn. One
example is a user at the first interaction of a split, with what the user took before and all that was taken from there
on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import FIRST, RANKED, TARGET, TOP, Batch, IntArray, Predictions, Raw, Use
from deepwright.data.encoders._next_items import NextItems
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.interactions.arranged import Histories
from deepwright.data.interactions.stored import UserExamples
from deepwright.data.table import ColumnKind, Table
from deepwright.data.texts.choices import Reading
from deepwright.measurements import Claim
from deepwright.messages import plural
from deepwright.tasks._interactions import interaction_roles

__all__ = ["Recommendation"]


class Recommendation:
    """Encodes users with what they took, and judges scores [B, 1 + I] of all items.

    Args:
        roles: column of the ``user`` and of the item that is taken, the ``label``; of ``rating`` and ``time`` where
            there are such.
        _encoding: nothing is set.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"user": "als"}
    #: The models that every other one is compared with.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"user": ("popular", "item_knn")}
    reads: ClassVar[tuple[str, ...]] = ()
    score: ClassVar[str] = "ndcg"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    calibrated: ClassVar[bool] = False

    def __init__(self, roles: Mapping[str, str], _encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        self.inputs = UserEncoder()
        self.outputs = NextItems(self.inputs)
        self.num_learnt = 0

    @property
    def input_column(self) -> str:
        """The column of users."""
        return self.columns["user"]

    @property
    def target_column(self) -> str:
        """The column of items."""
        return self.columns[TARGET]

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The columns of interactions, if the table is one of them."""
        return interaction_roles(table, columns)

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """That there are interactions."""
        return plural(
            "{user} and {item} hold {n} interaction",
            "{user} and {item} hold {n} interactions",
            len(table),
            user=roles["user"],
            item=roles[TARGET],
        )

    @classmethod
    def strata(cls, _table: Table, _roles: Mapping[str, str]) -> None:
        """Nothing keeps its shares."""
        return

    @classmethod
    def default_model(cls, _table: Table, _roles: Mapping[str, str]) -> str:
        """The one for users."""
        return cls.default_models["user"]

    @classmethod
    def reading(cls, _table: Table, _roles: Mapping[str, str]) -> Reading:
        """There are no texts."""
        return {}

    def fit(self, table: Table) -> None:
        """Number the users and items of the training split."""
        self.inputs.fit(table.columns[self.input_column])
        self.num_learnt = len(np.unique(table.columns[self.input_column].values.users))

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the numbers from their states."""
        self.inputs = UserEncoder.from_state(inputs)
        self.outputs = NextItems.of_state(self.inputs, outputs)

    def check(self, _table: Table, _rows: IntArray) -> None:
        """Every interaction can be judged: an item without a number is never found."""

    def num_examples(self, _num_rows: int) -> int:
        """One for each user of the training split."""
        return self.num_learnt

    def examples(self, table: Table, use: Use = "judge") -> UserExamples:
        """Users of some rows: to be judged, what stood before the first of these rows and the items in them.

        To be learnt from, whole histories up to the last row, without targets.
        """
        histories: Histories = table.columns[self.input_column].values
        _users, first, place = np.unique(histories.users, return_index=True, return_inverse=True)
        if use != "judge":
            last = len(place) - 1 - np.unique(place[::-1], return_index=True)[1]
            return UserExamples(self.inputs.encode(histories[last], including=True), None, first)
        numbers = self.outputs.encode(table.columns[self.target_column].values)
        counts = np.bincount(place)
        targets = torch.full((len(first), int(counts.max())), -1)
        targets[torch.from_numpy(place), torch.from_numpy(np.arange(len(place)) - first[place])] = numbers
        return UserExamples(self.inputs.encode(histories[first]), targets, first)

    def encode(self, values: Raw) -> Batch:
        """Pairs of a user's name, or None, and the names of the items that were taken; a batch of users."""
        stored = self.inputs.encode(values)
        return UserExamples(stored, None, np.arange(len(stored))).batch(torch.arange(len(stored)))

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean of -log softmax(scores) over the items that were taken next, [B], in nats; 0 where none is known."""
        assert batch.targets is not None
        known = batch.targets > 0
        log_probs = outputs[:, 1:].log_softmax(1).gather(1, (batch.targets - 1).clamp(min=0))
        return -(log_probs * known).sum(1) / known.sum(1).clamp(min=1)

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """NDCG of the first ten, [B]."""
        from deepwright.metrics.ndcg import Ndcg

        assert batch.targets is not None
        items = ranked(informed(outputs, self.inputs.counts), batch.inputs[0], FIRST)
        gains = Ndcg(k=FIRST).of_each(items.cpu().numpy(), batch.targets.cpu().numpy())
        return torch.from_numpy(gains)

    def judged(self, outputs: Tensor, batch: Batch) -> Tensor:
        """What ``RANKED`` names, of each user, [B, K]."""
        items = ranked(informed(outputs, self.inputs.counts), batch.inputs[0], TOP)
        counts = torch.from_numpy(self.inputs.counts)[items]
        lengths = (batch.inputs[0] > 0).sum(1, keepdim=True)
        return torch.cat([items, counts, lengths, self._diversity(items)], 1).to(torch.float32)

    def predictions(self, judged: Tensor, targets: Any, rows: IntArray) -> Predictions:
        """What was judged beside the items that were taken next."""
        names = ("", *self.inputs.spec.items)
        return Predictions(
            rows, targets.numpy(), judged.to(torch.float64).numpy(), RANKED, catalogue=np.array(names, object)
        )

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """The ten items with the highest scores, seen or not, and these scores."""
        found = outputs[:, 1:].topk(min(FIRST, outputs.shape[1] - 1))
        return [
            {"items": [self.inputs.spec.items[place] for place in places], "scores": scores}
            for places, scores in zip(found.indices.tolist(), found.values.tolist(), strict=True)
        ]

    def claims(self, _temperature: float) -> list[Claim]:
        """How well the items that were taken next are ranked first; then what is recommended, right or not."""
        at = {"k": FIRST}
        right = [Claim(name, name, at, compared=True) for name in ("ndcg", "recall_at", "hit_rate", "mrr")]
        whole = {"k": FIRST, "num_items": self.inputs.spec.num_items}
        kinds = [Claim("coverage", "coverage", whole), Claim("gini", "gini", whole)]
        novelty = Claim("novelty", "novelty", {"k": FIRST, "num_learnt": int(self.inputs.counts.sum())})
        head = Claim("head_share", "head_share", {"k": FIRST, "least": self._head()})
        diversity = [Claim("diversity", "diversity")] if self.inputs.spec.item_features else []
        return [*right, *kinds, novelty, head, *diversity]

    def _head(self) -> int:
        """How often an item was taken at least that belongs to the tenth of the items that were taken most."""
        counts = np.sort(self.inputs.counts[1:])[::-1]
        return int(counts[max(0, len(counts) // 10 - 1)])

    def _diversity(self, items: Tensor) -> Tensor:
        """1 less the mean cosine of the features of the first ten with each other, [B, 1]; 0 without features."""
        features = self.inputs.spec.item_features
        if not features:
            return torch.zeros(len(items), 1)
        first = items[:, :FIRST].tolist()
        found = [_likeness([set(features[number - 1]) for number in of_user if number]) for of_user in first]
        return 1 - torch.tensor(found)[:, None]


def _likeness(features: Sequence[set[int]]) -> float:
    """Mean cosine of some sets of features with each other."""
    pairs = list(combinations([one for one in features if one], 2))
    cosines: list[float] = [len(one & other) / (len(one) * len(other)) ** 0.5 for one, other in pairs]
    return sum(cosines) / max(1, len(cosines))


def informed(outputs: Tensor, counts: IntArray) -> Tensor:
    """Scores [B, 1 + I]; of users of whom nothing can be told, since all items score alike, how often each was taken.

    Args:
        outputs: [B, 1 + I] scores.
        counts: [1 + I] how often each item was learnt from.
    """
    alike = outputs[:, 1:].amax(1) == outputs[:, 1:].amin(1)
    return torch.where(alike[:, None], torch.from_numpy(counts).to(outputs), outputs) if bool(alike.any()) else outputs


def ranked(outputs: Tensor, histories: Tensor, count: int) -> Tensor:
    """Numbers of the items with the highest scores that are not in the history, the best first, [B, count].

    Where there are not as many, 0.

    Args:
        outputs: [B, 1 + I] scores.
        histories: [B, T] numbers of items.
        count: how many.
    """
    scores = outputs.scatter(1, histories, -torch.inf)
    scores[:, 0] = -torch.inf
    found = scores.topk(min(count, scores.shape[1]), 1)
    items = found.indices.masked_fill(found.values == -torch.inf, 0)
    return torch.nn.functional.pad(items, (0, count - items.shape[1]))
