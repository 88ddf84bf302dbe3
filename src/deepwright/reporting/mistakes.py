"""The gravest mistakes of a run with their pictures, from its predictions and ``mistakes.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepwright.messages import _
from deepwright.reporting.contents import Contents
from deepwright.reporting.data_section import Shown, opposed
from deepwright.reporting.figures import compact
from deepwright.validation.mistakes import Mistake, mistakes

MISTAKES = "mistakes.json"


@dataclass(frozen=True)
class MistakesSection:
    """The wrong answers to test rows that the model is surest of."""

    shown: Sequence[Shown]

    @classmethod
    def read(cls, files: Mapping[str, bytes], contents: Contents) -> MistakesSection:
        """The section from a run's files, by name; a run without their pictures has their names at least."""
        kept: Mapping[str, Any] = {"names": {}, "pictures": {}}
        if MISTAKES in files:
            kept = json.loads(files[MISTAKES])
        return cls([_shown(one, kept) for one in mistakes(contents.test, contents.temperature)])


def _shown(one: Mistake, kept: Mapping[str, Any]) -> Shown:
    row = str(one.row)
    return Shown(
        kept["names"].get(row) or _("row {row}", row=row),
        kept["pictures"].get(row),
        _lines(one),
        kept.get("texts", {}).get(row),
    )


def _lines(one: Mistake) -> list[str]:
    if one.probabilities is not None:
        return opposed(one.truth, one.answer, *one.probabilities)
    return [
        _("true: {value}", value=compact(float(one.truth or 0), 4)),
        _("predicted: {value}", value=compact(float(one.answer or 0), 4)),
    ]
