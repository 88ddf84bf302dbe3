"""The map of words: where words are drawn, and that none is written upon another."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from deepwright.reporting.word_map import HEIGHT, WIDTH, Placed, description, parts, placed


def found(num_words: int, spread: float = 1.0, word: str = "word") -> dict[str, Any]:
    places = np.random.default_rng(0).normal(size=(num_words, 2)) * [spread, 1]
    words = [
        {"word": f"{word}{i}", "x": x, "y": y, "near": ["one", "other"]} for i, (x, y) in enumerate(places.tolist())
    ]
    return {"share": 0.25, "words": words}


def box(one: Placed, wide: float) -> tuple[float, float, float, float]:
    assert one.label_x is not None
    width = wide * len(one.word)
    left = {"start": one.label_x, "end": one.label_x - width, "middle": one.label_x - width / 2}[one.anchor]
    return left, one.label_y - 10, left + width, one.label_y + 2


@pytest.mark.parametrize("spread", [0.01, 1.0, 100.0])
def test_distances_are_kept_and_everything_is_within_the_drawing(spread: float) -> None:
    given = found(40, spread)
    drawn = placed(given)
    before = np.array([[word["x"], -word["y"]] for word in given["words"]])
    after = np.array([[word.x, word.y] for word in drawn])
    ratio = np.linalg.norm(after[1:] - after[:-1], axis=1) / np.linalg.norm(before[1:] - before[:-1], axis=1)
    np.testing.assert_allclose(ratio, ratio[0])
    assert (after >= 0).all()
    assert (after <= [WIDTH, HEIGHT]).all()


@pytest.mark.parametrize(("word", "wide"), [("word", 6.0), ("猫", 6.0)])
def test_no_word_is_written_upon_another(word: str, wide: float) -> None:
    drawn = placed(found(150, word=word))
    written = [one for one in drawn if one.label_x is not None]
    assert written[0] is drawn[0], "the most frequent word comes first"
    assert 40 < len(written) < 150
    for one, other in combinations([box(one, wide) for one in written], 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_words_in_one_place_are_drawn_once_each_without_an_error() -> None:
    given = found(5)
    for word in given["words"]:
        word["x"] = word["y"] = 1.0
    assert len(placed(given)) == 5


def test_what_the_map_is_is_said() -> None:
    assert "25" in description(found(7))
    assert parts(found(2)) == [([("word0", "one, other"), ("word1", "one, other")], False)]
    shown, folded = parts(found(13))
    assert (len(shown[0]), shown[1], len(folded[0]), folded[1]) == (10, False, 3, True)
