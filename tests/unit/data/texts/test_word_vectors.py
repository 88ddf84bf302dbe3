from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepwright.data.texts.word_vectors import WordVectors, expression
from deepwright.errors import DataError, UsageError

ROYAL = WordVectors(
    ("king", "queen", "man", "woman", "猫"),
    np.array([[5.0, 1.0, 1.0], [5.0, -1.0, 1.0], [0.0, 2.0, 1.0], [0.0, -2.0, 1.0], [0.0, 0.0, -1.0]]),
)


def test_neighbors_are_those_of_the_greatest_cosine() -> None:
    first, second = ROYAL.neighbors("King", 2)
    assert first.word == "queen"
    assert first.cosine == pytest.approx(25 / 27)
    assert second.word == "man"
    assert len(ROYAL.neighbors("猫", 99)) == 4, "never the word itself"


def test_an_analogy_leaves_out_what_was_given() -> None:
    assert ROYAL.analogy(["king", "woman"], ["man"])[0].word == "queen"
    numbers = [ROYAL.numbers[word] for word in ("man", "king", "woman")]
    assert ROYAL.solved(np.array([numbers]))[0] == ROYAL.numbers["queen"]
    assert len(ROYAL.solved(np.zeros((0, 3), int))) == 0


def test_an_unknown_word_is_answered_with_the_nearest_in_spelling() -> None:
    with pytest.raises(UsageError, match=r"'womann' is not among the 5 words .* Nearest in spelling: woman, man\."):
        ROYAL.neighbors("womann")
    with pytest.raises(UsageError, match=r"too rare there\.$"):
        ROYAL.analogy(["狗"], [])


def test_the_text_format_is_read_and_written(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_bytes(ROYAL.to_text())
    assert file.read_text("utf-8").splitlines()[:2] == ["5 3", "king 5 1 1"]
    again = WordVectors.from_text(file)
    assert again.words == ROYAL.words
    np.testing.assert_array_equal(again.vectors, ROYAL.vectors)
    file.write_text("the 0.1 0.2\nof 1e-1 -3\n", "utf-8")
    assert WordVectors.from_text(file).words == ("the", "of")


@pytest.mark.parametrize("text", ["", "the 1 2\nof 1\n", "the\n", "the 1 x\n", "the 1 nan\n"])
def test_what_is_no_vectors_is_said_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text(text, "utf-8")
    with pytest.raises(DataError, match=rf"vectors\.txt, line {2 if 'of' in text else 1}: "):
        WordVectors.from_text(file)


def test_an_expression_is_words_with_signs_between() -> None:
    assert expression(["king", "-", "man", "+", "woman"]) == (["king", "woman"], ["man"])
    assert expression(["king - man + woman"]) == (["king", "woman"], ["man"])
    for wrong in (["king"], ["king", "man"], ["-", "king"], ["king", "-"], ["king", "-", "+", "man"], []):
        with pytest.raises(UsageError, match="king - man"):
            expression(wrong)
