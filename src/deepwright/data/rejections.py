"""What of the data cannot be used, and when that is too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.data.table import Rejected
from deepwright.errors import DataError
from deepwright.messages import _

_SHOWN = 5


def without_class(
    labels: npt.NDArray[Any], parts: npt.NDArray[np.str_], kept: npt.NDArray[np.int64], names: Callable[[int], str]
) -> tuple[npt.NDArray[np.int64], list[Rejected]]:
    """The rows that are left, and those among them of whose class every row to learn from had to be left out.

    Args:
        labels: [N] the class of each row.
        parts: [N] the split of each row.
        kept: rows that are left.
        names: what the user calls a row.
    """
    left, learnt = np.isin(np.arange(len(labels)), kept), parts == "train"
    lost = np.isin(labels[kept], np.setdiff1d(labels[learnt], labels[learnt & left]))
    reason = _("Of its class, no picture is left to learn from.")
    return kept[~lost], [Rejected(names(row), reason) for row in kept[lost].tolist()]


class Rejections:
    """Reasons against some of many pictures.

    Args:
        names: [N] what the user calls them.
        source: what the user calls all of them.
        strict: whether the first reason ends everything.
    """

    def __init__(self, names: Sequence[str], source: str, strict: bool) -> None:
        self.names, self.source, self.strict = names, source, strict
        self.reasons: dict[int, str] = {}

    def add(self, reasons: Mapping[int, str]) -> None:
        """Note reasons by position.

        Raises:
            DataError: strictness asks for it.
        """
        self.reasons.update(reasons)
        if self.strict and self.reasons:
            first = min(self.reasons)
            raise DataError(
                _(
                    "{source}: {name} cannot be used. {reason} Without data.strict it is left out and listed.",
                    source=self.source,
                    name=self.names[first],
                    reason=self.reasons[first],
                )
            )

    def require_enough(self) -> None:
        """Go on only if at least half of the pictures, and at least two, are left.

        Raises:
            DataError: fewer are.
        """
        left = len(self.names) - len(self.reasons)
        if left >= 2 and 2 * left >= len(self.names):
            return
        few = _(
            "{source}: {left} of {total} pictures can be used; at least half of them, and at least two, are needed.",
            source=self.source,
            left=left,
            total=len(self.names),
        )
        raise DataError(" ".join([few, *(f"{one.name}: {one.reason}" for one in self.listed()[:_SHOWN])]))

    def listed(self) -> list[Rejected]:
        """All of them, in the order of the pictures."""
        return [Rejected(self.names[position], self.reasons[position]) for position in sorted(self.reasons)]
