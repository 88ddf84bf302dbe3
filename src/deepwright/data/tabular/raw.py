"""Typed columns of which it is not yet decided what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepwright.data.table import Rejected
from deepwright.data.tabular.columns import Naming, Typed


@dataclass(frozen=True)
class RawTable:
    """Typed columns of which it is not yet decided what they are for.

    Attributes:
        columns: by name, each with a value for all N rows; None where no column can hold the values.
        source: where they came from, as the user named it.
        named: what the user calls a row.
        folder: where paths in the columns begin.
        notes: what the reader decided or noticed.
        rejected: what the reader could not use.
        parts: [N] the split of each row, where the source gives it other than by a column.
        known: the columns of what is known of ``items`` and ``users``, where the source holds that too.
        within: the folder out of which no path may lead, because a stranger packed it; None where any may be named.
    """

    columns: Mapping[str, Typed | None]
    source: str
    named: Naming
    folder: Path = Path()
    notes: Sequence[str] = ()
    rejected: Sequence[Rejected] = ()
    parts: npt.NDArray[np.str_] | None = None
    known: Mapping[str, Mapping[str, Typed]] = field(default_factory=dict)
    within: Path | None = None
