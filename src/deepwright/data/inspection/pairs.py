"""What can be said of pairs of texts before anything is learnt: lengths beside each other, what is odd or the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.measurements import Measurement
from deepwright.tokens import normalised

#: Pairs are named whose lengths are so many times off the usual ratio, and texts so many times longer than the median.
FAR, HUGE = 5, 1_000
#: Characters of a frequent target that are shown.
_SHOWN = 60


@dataclass(frozen=True)
class Found:
    """Pairs of which something is to be known: how many, and the first by its row and by what the user calls it.

    Both are None where there is no such pair, the name also where rows have none.
    """

    count: int
    row: int | None
    name: str | None


@dataclass(frozen=True)
class Pairs:
    """What pairs of texts are.

    Attributes:
        source: the column that is read.
        target: the column that is written for it.
        characters: least, median and greatest number in a target.
        ratio: characters of a target for each of its source, the median.
        same: pairs with the same text on both sides.
        far: pairs whose ratio is more than ``FAR`` times the median's, or less than one part in as many of it.
        huge: pairs with a text that is more than ``HUGE`` times as long as the median of its side.
        ambiguous: sources, word for word, that are there with different targets.
        frequent: what the most frequent target begins with.
        frequency: pairs that have it.
    """

    source: str
    target: str
    characters: tuple[int, float, int]
    ratio: float
    same: Found
    far: Found
    huge: Found
    ambiguous: int
    frequent: str
    frequency: int

    def measurements(self, rows: int) -> Iterator[Measurement]:
        """What a report may claim of so many pairs."""
        for name, found, arguments in (
            ("identical_pairs", self.same, {}),
            ("far_lengths", self.far, {"ratio": self.ratio, "factor": FAR}),
            ("huge_texts", self.huge, {"factor": HUGE}),
        ):
            yield Measurement(
                name,
                float(found.count),
                "rows",
                "inspection",
                {"row": found.row, "name": found.name, **arguments},
                n=rows,
            )
        yield Measurement("ambiguous_sources", float(self.ambiguous), "texts", "inspection", n=rows)
        often = {"text": self.frequent}
        yield Measurement("frequent_target", float(self.frequency), "rows", "inspection", often, n=rows)


def pairs_of(
    columns: tuple[str, str], sources: Sequence[str], targets: Sequence[str], names: npt.NDArray[Any] | None
) -> Pairs:
    """What the pairs of two columns are.

    Args:
        columns: the names of the source and of the target.
        sources: [N] texts that are read.
        targets: [N] texts that are written for them.
        names: [N] what the user calls the rows; None where they have no names.
    """
    sizes = np.array([[len(text.strip()) for text in texts] for texts in (sources, targets)], np.int64)
    ratios = sizes[1] / np.maximum(sizes[0], 1)
    usual = float(np.median(ratios))
    far = (ratios > FAR * usual) | (FAR * ratios < usual)
    huge = (sizes > HUGE * np.median(sizes, axis=1, keepdims=True)).any(0)
    same = np.array([one.strip() == other.strip() for one, other in zip(sources, targets, strict=True)], bool)
    frequent, frequency = Counter(targets).most_common(1)[0]
    written = (int(sizes[1].min()), float(np.median(sizes[1])), int(sizes[1].max()))
    several = _ambiguous(sources, targets)
    return Pairs(
        columns[0],
        columns[1],
        written,
        usual,
        _found(same, names),
        _found(far, names),
        _found(huge, names),
        several,
        frequent if len(frequent) <= _SHOWN else f"{frequent[:_SHOWN].rstrip()} …",
        frequency,
    )


def _found(rows: npt.NDArray[np.bool_], names: npt.NDArray[Any] | None) -> Found:
    first = int(rows.argmax()) if rows.any() else None
    return Found(int(rows.sum()), first, None if names is None or first is None else str(names[first]))


def _ambiguous(sources: Sequence[str], targets: Sequence[str]) -> int:
    """How many sources have several targets, whatever the case and the blanks of either."""
    first: dict[str, str] = {}
    several = set()
    for source, target in zip(map(normalised, sources), map(normalised, targets), strict=True):
        if first.setdefault(source, target) != target:
            several.add(source)
    return len(several)
