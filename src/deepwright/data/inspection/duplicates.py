"""Duplicates: pictures that are there more than once, which splits they join, and where their labels disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deepwright.data.inspection.fingerprints import Fingerprints
from deepwright.data.inspection.near_duplicates import LEAST_SIDE, NearPairs, Rows, near_duplicates
from deepwright.data.splits import Splits
from deepwright.measurements import Measurement

SPLITS = ("train", "validation", "test")
#: Duplicates that are listed, and rows of each that are named.
_LISTED, _TOLD = 100, 5


@dataclass(frozen=True)
class Leak:
    """Rows of one split whose picture is also in another.

    Attributes:
        split: whose rows are counted.
        rows: all that it has.
        other: where they are found again.
        exact: rows that are there pixel by pixel.
        near: other rows of which a near duplicate is there.
    """

    split: str
    rows: int
    other: str
    exact: int
    near: int

    def measurement(self, searched: bool) -> Measurement:
        """The claim that a report makes of it; ``searched`` says whether near duplicates were searched at all."""
        arguments = {"exact": self.exact} | ({"near": self.near} if searched else {})
        name, total = f"leaked_rows/{self.other}", float(self.exact + self.near)
        return Measurement(name, total, "rows", "inspection", arguments, split=self.split, n=self.rows)


@dataclass(frozen=True)
class Duplicates:
    """Which rows show the same.

    Attributes:
        groups: [N] for each row the first one with the same pixels; its own where it is the first.
        near: pairs of such first rows; None where the pictures are too small to tell.
    """

    groups: Rows
    near: NearPairs | None

    @cached_property
    def exact(self) -> list[Rows]:
        """The rows of each picture that is there more than once."""
        repeated = np.flatnonzero(np.bincount(self.groups)[self.groups] > 1)
        order = repeated[np.argsort(self.groups[repeated], kind="stable")]
        return [*np.split(order, np.flatnonzero(np.diff(self.groups[order])) + 1)] if len(order) else []

    @property
    def pairs(self) -> Rows:
        """The near pairs, [P, 2]."""
        return np.empty((0, 2), np.int64) if self.near is None else self.near.rows

    @property
    def num_repeated(self) -> int:
        """Rows that would have to go for every picture to be there once; near duplicates stay."""
        return int((self.groups != np.arange(len(self.groups))).sum())

    def leaks(self, splits: Splits) -> Iterator[Leak]:
        """How many rows of the later splits are also in the earlier ones."""
        for split, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
            there = np.zeros(len(self.groups), bool)
            there[self.groups[splits[other]]] = True
            beside = np.zeros(len(self.groups), bool)
            for here, opposite in (self.pairs.T, self.pairs.T[::-1]):
                beside[here[there[opposite]]] = True
            pictures = self.groups[splits[split]]
            exact = there[pictures]
            yield Leak(split, len(pictures), other, int(exact.sum()), int((beside[pictures] & ~exact).sum()))

    def conflicts(self, labels: Sequence[object]) -> tuple[list[Rows], list[int]]:
        """Groups of rows with the same pixels but different labels, and the near pairs, by position, that differ."""
        exact = [rows for rows in self.exact if len({labels[row] for row in rows}) > 1]
        near = [place for place, (one, other) in enumerate(self.pairs) if labels[one] != labels[other]]
        return exact, near


@dataclass(frozen=True)
class Twins:
    """Rows that show the same.

    Attributes:
        rows: of the table.
        names: what the user calls them; None where rows have no names.
        splits: of each; None where there are none.
        labels: of each; None where there are none.
        remainder: 0 where the pixels are equal; else the share of the contrast that is left between the two.
    """

    rows: Sequence[int]
    names: Sequence[str] | None
    splits: Sequence[str] | None
    labels: Sequence[str] | None
    remainder: float


@dataclass(frozen=True)
class Repeats:
    """Duplicates in figures, and the gravest of them.

    Attributes:
        groups: pictures that are there more than once, pixel by pixel.
        repeated: rows beyond the first of each.
        pairs: near duplicates; None where the pictures are too small to tell.
        leaks: rows of one split that are also in another.
        conflicts: of the groups, those with more than one label.
        near_conflicts: of the pairs, those with two labels.
        listed: those with two labels first, then those that join two splits.
        of: what repeats: pictures or texts.
    """

    groups: int
    repeated: int
    pairs: int | None
    leaks: Sequence[Leak]
    conflicts: int
    near_conflicts: int
    listed: Sequence[Twins]
    of: Literal["pictures", "texts"] = "pictures"

    def measurements(self, rows: int) -> list[Measurement]:
        """What a report may claim of the duplicates among so many rows."""
        searched = self.pairs is not None
        pairs = {"near_pairs": self.pairs} if searched else {}
        near = {"near_pairs": self.near_conflicts} if searched else {}
        return [
            Measurement("repeated_rows", float(self.repeated), "rows", "inspection", pairs, n=rows),
            Measurement(f"conflicting_{self.of}", float(self.conflicts), self.of, "inspection", near, n=rows),
            *(leak.measurement(searched) for leak in self.leaks),
        ]


def find_duplicates(prints: Fingerprints) -> Duplicates:
    """The duplicates among pictures, exact ones by hash, near ones by what is left when one is laid upon another."""
    _digests, first, place = np.unique(prints.digests, return_index=True, return_inverse=True)
    groups = first[place.reshape(-1)].astype(np.int64)
    small = min(prints.thumbnails.shape[1:]) < LEAST_SIDE
    return Duplicates(groups, None if small else near_duplicates(prints, np.sort(first).astype(np.int64)))


def repeats(
    found: Duplicates,
    splits: Splits | None = None,
    labels: Sequence[tuple[str, ...]] | None = None,
    names: npt.NDArray[Any] | None = None,
    of: Literal["pictures", "texts"] = "pictures",
) -> Repeats:
    """Duplicates in figures.

    Args:
        found: which rows show the same.
        splits: rows of each split; None where there are none.
        labels: [N] the classes of each row; None where there are none.
        names: [N] what the user calls the rows; None where they have no names.
        of: what repeats.
    """
    conflicts, near_conflicts = ([], []) if labels is None else found.conflicts(labels)
    parts = None if splits is None else _split_of_row(splits, len(found.groups))
    listed = [_twins(rows, left, parts, labels, names) for rows, left in _gravest(found, parts, labels)]
    return Repeats(
        groups=len(found.exact),
        repeated=found.num_repeated,
        pairs=None if found.near is None else len(found.near),
        leaks=[] if splits is None else list(found.leaks(splits)),
        conflicts=len(conflicts),
        near_conflicts=len(near_conflicts),
        listed=listed,
        of=of,
    )


def _split_of_row(splits: Splits, count: int) -> list[str]:
    names = np.full(count, "", "U10")
    for name in SPLITS:
        names[splits[name]] = name
    return [str(name) for name in names]


def _gravest(
    found: Duplicates, parts: Sequence[str] | None, labels: Sequence[Hashable] | None
) -> list[tuple[list[int], float]]:
    """The rows that show the same and what is left between them; two labels come first, then two splits."""
    remainders = [] if found.near is None else found.near.remainders.tolist()
    everything = [(rows.tolist(), 0.0) for rows in found.exact]
    everything += [(pair.tolist(), left) for pair, left in zip(found.pairs, remainders, strict=True)]

    def gravity(entry: tuple[list[int], float]) -> tuple[bool, bool, float, int]:
        rows, left = entry
        apart = [marks is None or len({marks[row] for row in rows}) == 1 for marks in (labels, parts)]
        return apart[0], apart[1], left, rows[0]

    return sorted(everything, key=gravity)[:_LISTED]


def _twins(
    rows: list[int],
    left: float,
    parts: Sequence[str] | None,
    labels: Sequence[tuple[str, ...]] | None,
    names: npt.NDArray[Any] | None,
) -> Twins:
    """Some rows of a group: one of each split and label before a second one of any."""
    seen: Counter[Hashable] = Counter()
    rank = {}
    for row in rows:
        kind = (None if parts is None else parts[row], None if labels is None else labels[row])
        rank[row] = seen[kind]
        seen[kind] += 1
    told = sorted(sorted(rows, key=lambda row: (rank[row], row))[:_TOLD])
    return Twins(
        told,
        None if names is None else [str(names[row]) for row in told],
        None if parts is None else [parts[row] for row in told],
        None if labels is None else [", ".join(labels[row]) for row in told],
        round(left, 4),
    )
