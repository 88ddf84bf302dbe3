"""The report's part on word vectors: a map of words in two dimensions, and which are near each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from deepwright.messages import _, listing
from deepwright.reporting.figures import percent

WORD_MAP = "word_map.json"
#: Size of the drawing, and what its margin leaves for words.
WIDTH, HEIGHT = 760.0, 560.0
_MARGIN_X, _MARGIN_Y = 46.0, 18.0


class Placed(NamedTuple):
    """A word where it is drawn."""

    word: str
    x: float
    y: float


def word_map(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The words and their places; None where the run learnt something else than vectors."""
    return json.loads(files[WORD_MAP]) if WORD_MAP in files else None


def placed(found: Mapping[str, Any]) -> list[Placed]:
    """Every word in the units of the drawing; both axes have one scale, so that distances are true."""
    words = found["words"]
    xs, ys = [word["x"] for word in words], [word["y"] for word in words]
    scale = min(
        (WIDTH - 2 * _MARGIN_X) / ((max(xs) - min(xs)) or 1), (HEIGHT - 2 * _MARGIN_Y) / ((max(ys) - min(ys)) or 1)
    )
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return [
        Placed(word["word"], WIDTH / 2 + scale * (word["x"] - middle_x), HEIGHT / 2 - scale * (word["y"] - middle_y))
        for word in words
    ]


def description(found: Mapping[str, Any]) -> str:
    """What the map is, for everyone."""
    return _(
        "{n} frequent words, placed by the two directions in which their vectors vary most; these hold {share} of how "
        "they vary, so that words that are near each other here may still be far apart.",
        n=len(found["words"]),
        share=percent(found["share"]),
    )


def rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each word with the words whose vectors are nearest to its own in all dimensions."""
    return [(word["word"], listing(word["near"])) for word in found["words"]]
