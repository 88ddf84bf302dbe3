"""The report's part on word vectors: a map of words in two dimensions, and which are near each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from deepwright.messages import _, listing
from deepwright.reporting.figures import percent

WORD_MAP = "word_map.json"
#: Size of the drawing, its margin, and the size of its letters, all in pixels.
WIDTH, HEIGHT = 760.0, 560.0
_MARGIN_X, _MARGIN_Y = 46.0, 18.0
#: Words whose nearest ones are shown without being asked for.
_OPEN = 10
_WIDE, _NARROW, _HIGH, _GAP = 12.5, 6.6, 13.0, 6.0
Box = tuple[float, float, float, float]


class Placed(NamedTuple):
    """A word where it is drawn.

    Attributes:
        word: as it is written.
        x: of its point.
        y: of its point.
        label_x: where the word is written; None where it would lie upon another.
        label_y: of its line.
        anchor: which end of the word is there.
    """

    word: str
    x: float
    y: float
    label_x: float | None
    label_y: float
    anchor: str


def word_map(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The words and their places; None where the run learnt something else than vectors."""
    return json.loads(files[WORD_MAP]) if WORD_MAP in files else None


def placed(found: Mapping[str, Any]) -> list[Placed]:
    """Every word in the units of the drawing, the most frequent first; both axes have one scale, to keep distances.

    A word is written beside its point, where it lies upon no point and no word that is more frequent.
    """
    words = found["words"]
    xs, ys = [word["x"] for word in words], [word["y"] for word in words]
    scale = min(
        (WIDTH - 2 * _MARGIN_X) / ((max(xs) - min(xs)) or 1), (HEIGHT - 2 * _MARGIN_Y) / ((max(ys) - min(ys)) or 1)
    )
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    points = [
        (WIDTH / 2 + scale * (x - middle_x), HEIGHT / 2 - scale * (y - middle_y)) for x, y in zip(xs, ys, strict=True)
    ]
    taken: list[Box] = [(x - 3, y - 3, x + 3, y + 3) for x, y in points]
    drawn = []
    for word, (x, y) in zip(words, points, strict=True):
        free = next((at for at in _beside(word["word"], x, y) if _is_free(at[0], taken)), None)
        if free is not None:
            taken.append(free[0])
        drawn.append(Placed(word["word"], x, y, *(free[1:] if free else (None, y, "middle"))))
    return drawn


def _beside(word: str, x: float, y: float) -> Iterator[tuple[Box, float, float, str]]:
    """Where a word may be written: the box that it takes, the place of its line, and the end that is there."""
    width = sum(_WIDE if east_asian_width(letter) in "WF" else _NARROW for letter in word)
    for low, line, place, anchor in (
        (x + _GAP, y, x + _GAP, "start"),
        (x - _GAP - width, y, x - _GAP, "end"),
        (x - width / 2, y - _GAP - _HIGH / 2, x, "middle"),
        (x - width / 2, y + _GAP + _HIGH / 2, x, "middle"),
    ):
        yield (low, line - _HIGH / 2, low + width, line + _HIGH / 2), place, line + _HIGH / 3, anchor


def _is_free(wanted: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = wanted
    if left < 0 or right > WIDTH or top < 0 or bottom > HEIGHT:
        return False
    return not any(left < box[2] and right > box[0] and top < box[3] and bottom > box[1] for box in taken)


def description(found: Mapping[str, Any]) -> str:
    """What the map is, for everyone."""
    return _(
        "{n} frequent words, placed by the two directions in which their vectors vary most; these hold {share} of how "
        "they vary, so that words that are near each other here may still be far apart.",
        n=len(found["words"]),
        share=percent(found["share"]),
    )


def parts(found: Mapping[str, Any]) -> list[tuple[list[tuple[str, str]], bool]]:
    """Words, each with those whose vectors are nearest in all dimensions: a few, and the others, which are folded."""
    rows = [(word["word"], listing(word["near"])) for word in found["words"]]
    return [(part, hidden) for part, hidden in ((rows[:_OPEN], False), (rows[_OPEN:], True)) if part]
