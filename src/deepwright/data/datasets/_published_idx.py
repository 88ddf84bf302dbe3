"""Published data sets in the format of MNIST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepwright.data.files.published import Published, fetch
from deepwright.data.readers.idx import Idx
from deepwright.data.table import Column, Table
from deepwright.errors import DataError
from deepwright.messages import _


def read(published: Published, classes: Sequence[str]) -> Table:
    """The table with columns ``image`` (uint8 [N, H, W]) and ``label``, and the published splits.

    Args:
        published: where it comes from.
        classes: what the labels 0, 1, … mean.

    Raises:
        DataError: the files cannot be had, or are not what they should be.
    """
    folder, remarks = fetch(published)
    table = Idx().read(folder)
    numbers = table.columns["label"].values.astype(np.int64)
    if numbers.max() >= len(classes):
        raise DataError(
            _(
                "{folder} holds the label {label}; {name} has {count} classes, from 0.",
                folder=folder,
                label=numbers.max(),
                name=published.name,
                count=len(classes),
            )
        )
    label = Column("category", np.array(list(classes))[numbers])
    notes = (*table.notes, *remarks)
    return replace(table, columns={**table.columns, "label": label}, source=published.name, notes=notes)
