"""What classes and labels are called, whatever the column holds, and the order in which people count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

#: What divides labels that are written as one text.
SEPARATORS = ("|", ";", "；")


def class_names(values: Any) -> npt.NDArray[np.str_]:
    """Labels [N] as text; numbers that are whole are written without a point."""
    labels = np.asarray(values)
    if labels.dtype.kind == "f" and np.all(labels == np.rint(labels)):
        labels = labels.astype(np.int64)
    return labels.astype(str)


def divided(values: Iterable[Any]) -> list[tuple[str, ...]]:
    """The labels of each row: a tuple as it is, a text at its separators."""
    return [_labels_of(value) if isinstance(value, str) else tuple(str(label) for label in value) for value in values]


def rarest_labels(values: Iterable[Any]) -> npt.NDArray[np.str_]:
    """For each row [N] the label that fewest rows have, of several the first by name; empty where it has none.

    Rows that are divided by it keep labels in proportion, and a label of a single row is in a stratum of its own.
    """
    rows = divided(values)
    counts = Counter(label for labels in rows for label in set(labels))
    return np.array([min(labels, key=lambda label: (counts[label], label), default="") for labels in rows], str)


def counting_order(name: str) -> tuple[int, int, str]:
    """A key that puts whole numbers first, by value, and then other names by their characters."""
    try:
        return (0, int(name), name)
    except ValueError:
        return (1, 0, name)


def _labels_of(text: str) -> tuple[str, ...]:
    for separator in SEPARATORS:
        text = text.replace(separator, SEPARATORS[0])
    return tuple(label.strip() for label in text.split(SEPARATORS[0]) if label.strip())
