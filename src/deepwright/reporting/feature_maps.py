"""The report's section on what a convolutional network has learnt, from ``feature_maps.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepwright.messages import _, listing, plural
from deepwright.reporting.figures import compact

FEATURE_MAPS = "feature_maps.json"
#: Pictures of fewer pixels a side are not smoothed when they are shown.
_COARSE = 64


def feature_maps(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The filters, and the maps of one picture; None where the run has none."""
    return json.loads(files[FEATURE_MAPS]) if FEATURE_MAPS in files else None


def example(found: Mapping[str, Any]) -> str:
    """What is shown, in one sentence."""
    name, answer = found["name"] or _("row {row}", row=found["row"]), found["answer"]
    if isinstance(answer, float):
        shown = compact(answer, 4)
        return _(
            "The picture of the validation split whose number is told best ({name}); the answer is {answer}.",
            name=name,
            answer=shown,
        )
    shown = (listing(answer) or _("no label")) if isinstance(answer, list) else answer
    return _(
        "The first picture of the validation split that is answered rightly ({name}); the answer is {answer}.",
        name=name,
        answer=shown,
    )


def caption(maps: Any) -> str:
    """How many channels of a layer are shown, and what black and white mean."""
    shown = len(maps["channels"])
    many = plural("{n} channel", "{n} channels", maps["shape"][0])
    if shown < maps["shape"][0]:
        many = _("the {shown} of {n} channels that vary most", shown=shown, n=maps["shape"][0])
    return _("{many}; black is {low}, white is {high}", many=many, low=compact(maps["low"]), high=compact(maps["high"]))


def filters_caption(maps: Any) -> str:
    """How many filters are shown, and what black and white mean."""
    shown = len(maps["channels"])
    many = plural("{n} filter", "{n} filters", maps["shape"][0])
    if shown < maps["shape"][0]:
        many = _("the first {shown} of {n} filters", shown=shown, n=maps["shape"][0])
    return _(
        "{many}; mid-grey is 0, black is {low}, white is {high}",
        many=many,
        low=compact(maps["low"]),
        high=compact(maps["high"]),
    )


def alternative(channel: Any) -> str:
    """One small picture, for those who do not see it."""
    return _(
        "Number {number}: from {low} to {high}",
        number=channel["number"],
        low=compact(channel["low"]),
        high=compact(channel["high"]),
    )


def coarse(maps: Any) -> bool:
    """Whether the pixels of the pictures are to be seen."""
    return bool(max(maps["shape"][-2:]) < _COARSE)
