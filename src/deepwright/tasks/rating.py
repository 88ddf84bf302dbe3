"""Rating: the number that a user gives an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from deepwright.contracts import TARGET, InputEncoder
from deepwright.data.encoders._rated import RatedEncoder
from deepwright.data.encoders.number import NumberEncoder
from deepwright.data.table import ColumnKind, Table
from deepwright.measurements import Claim
from deepwright.messages import plural
from deepwright.tasks._interactions import interaction_roles
from deepwright.tasks.regression import Regression

__all__ = ["Rating"]


class Rating(Regression):
    """Encodes users with the items that they rated, and judges outputs [B, 1] in deviations from the mean rating.

    It is learnt where it is asked for: of most interactions, it is of more use to know which items are taken next.

    Args:
        roles: column of the ``user``, of the ``item`` and of the rating, the ``label``.
        _encoding: nothing is set.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"user": "matrix_factorization"}
    #: The models that every other one is compared with.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"user": ("mean",)}
    reads: ClassVar[tuple[str, ...]] = ()

    def __init__(self, roles: Mapping[str, str], _encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        self.kind = "user"
        self.inputs: InputEncoder = RatedEncoder()
        self.outputs = NumberEncoder(name=roles[TARGET])

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The columns of interactions that have ratings, if the task is asked for."""
        found = interaction_roles(table, columns)
        if not asked or found is None or "rating" not in found or table.columns[found["rating"]].kind != "number":
            return None
        times = {"time": found["time"]} if "time" in found else {}
        return {"user": found["user"], "item": found[TARGET], TARGET: found["rating"], **times}

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """That there are ratings."""
        return plural(
            "{label} holds {n} rating of {item}",
            "{label} holds {n} ratings of {item}",
            len(table),
            label=roles[TARGET],
            item=roles["item"],
        )

    def claims(self, _temperature: float) -> list[Claim]:
        """Root mean squared error first, as ratings are usually judged."""
        return [Claim(name, name, compared=True) for name in ("rmse", "mae", "r2")]
