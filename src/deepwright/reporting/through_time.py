"""The report's part on how far back in time gradients reach, from ``gradients_through_time.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from deepwright.messages import _, plural
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart, spaced
from deepwright.reporting.figures import NONE, compact

THROUGH_TIME = "gradients_through_time.json"
#: Below this share of its norm at the last step, a gradient has vanished for what it can still teach.
_GONE = 0.01
_LINES, _ROWS = 8, 12
#: Lines of colours of their own; more take shades of two.
_STYLES = 3


def through_time(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """What was found; None where the run has no recurrent layers."""
    return json.loads(files[THROUGH_TIME]) if THROUGH_TIME in files else None


def name(part: Mapping[str, Any]) -> str:
    """What is looked at: a layer, and what in it."""
    words = [part["layer"]]
    if part["number"] > 1:
        words.append(_("cells {number}", number=part["number"]))
    if part["backwards"]:
        words.append(_("from the end"))
    if part["memory"]:
        words.append(_("memory"))
    return ", ".join(words)


def chart(found: Mapping[str, Any]) -> LineChart | None:
    """The share of the gradient by steps before the last, one line for each part."""
    parts = found["parts"]
    shown = spaced(parts, _LINES)
    mixed = len(shown) > _STYLES
    lines = [
        Line(
            name(part),
            [(float(d), math.nan if share is None else share) for d, share in enumerate(part["shares"])],
            style=place,
            mix=place / (len(shown) - 1) if mixed else None,
        )
        for place, part in enumerate(shown)
    ]
    longest = max(parts, key=lambda part: len(part["shares"]))
    distances = spaced(range(len(longest["shares"])), _ROWS)
    rows = [(str(d), *(_share(part, d) for part in shown), str(longest["rows"][d])) for d in distances]
    return line_chart(
        Caption(
            "through-time",
            _("Gradients through time"),
            plural(
                "Norm of the loss's derivative with respect to the state, by steps before the last one, as a share of "
                "its norm there, on a logarithmic scale: the median over {n} example of the validation split.",
                "Norm of the loss's derivative with respect to the state, by steps before the last one, as a share of "
                "its norm there, on a logarithmic scale: the median over {n} examples of the validation split.",
                found["rows"],
            ),
        ),
        (_("steps before the last"), _("share of the gradient at the last step")),
        lines,
        Figures([_("steps before"), *(name(part) for part in shown), _("examples as long")], rows),
        log=True,
    )


def sentences(found: Mapping[str, Any]) -> list[str]:
    """What the chart shows, in one sentence for each part."""
    return [_sentence(part) for part in found["parts"]]


def _sentence(part: Mapping[str, Any]) -> str:
    shares = [math.inf if share is None else share for share in part["shares"]]
    farthest, gone = len(shares) - 1, next((d for d, share in enumerate(shares) if share < _GONE), None)
    if gone is not None:
        return plural(
            "{name}: {n} step before the last, the gradient is below {limit} of what it is there; what stands farther "
            "back hardly teaches anything.",
            "{name}: {n} steps before the last, the gradient is below {limit} of what it is there; what stands farther "
            "back hardly teaches anything.",
            gone,
            name=name(part),
            limit=f"{_GONE:.0%}",
        )
    return plural(
        "{name}: as far back as was measured, {n} step before the last, the gradient is {share} times what it is "
        "there.",
        "{name}: as far back as was measured, {n} steps before the last, the gradient is {share} times what it is "
        "there.",
        farthest,
        name=name(part),
        share="∞" if math.isinf(shares[-1]) else compact(shares[-1]),
    )


def _share(part: Mapping[str, Any], distance: int) -> str:
    share = part["shares"][distance] if distance < len(part["shares"]) else None
    return NONE if share is None else compact(share)
