"""What a model writes after the beginning of a test passage, from ``continuations.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepwright.messages import _, plural
from deepwright.reporting import figures

CONTINUATIONS = "continuations.json"


@dataclass(frozen=True)
class Sample:
    """A text that the model wrote.

    Attributes:
        text: as it is.
        how: at which temperature it was drawn.
        copied: the longest part of it that stands in the training split, and what there is to say of that.
        recited: whether that is most of it.
    """

    text: str
    how: str
    copied: str
    verdict: str
    recited: bool


@dataclass(frozen=True)
class ContinuationsSection:
    """A beginning, how the text went on, and how the model goes on."""

    prompt: str
    name: str
    samples: Sequence[Sample]
    searched: int

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> ContinuationsSection | None:
        """The section from a run's files, by name; None where there is none."""
        if CONTINUATIONS not in files:
            return None
        kept = json.loads(files[CONTINUATIONS])
        samples = [_sample(one) for one in kept["samples"]]
        return cls(kept["prompt"], kept["name"] or _("row {row}", row=kept["row"]), samples, kept["searched"])


def _sample(one: Mapping[str, Any]) -> Sample:
    share = one["length"] / max(1, len(one["text"]))
    where = one["where"] or (_("row {row}", row=one["row"]) if one["row"] is not None else figures.NONE)
    verdict = plural(
        "The longest part that stands in the training text word for word has {count} character ({share} of it; in "
        "{where}).",
        "The longest part that stands in the training text word for word has {count} characters ({share} of it; in "
        "{where}).",
        one["length"],
        count=f"{one['length']:,}",
        share=figures.percent(share, 0),
        where=where,
    )
    return Sample(
        one["text"],
        _("temperature {value:g}", value=one["temperature"]),
        one["copied"],
        verdict,
        share > 1 / 2,
    )
