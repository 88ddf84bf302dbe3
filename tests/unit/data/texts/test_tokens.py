"""Texts as tokens, in several scripts."""

from __future__ import annotations

import pytest

from deepwright.tokens import TOKENIZERS, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The plot wasn't thin", ["the", "plot", "wasn't", "thin"]),
        ("很快，好吃!", ["很", "快", ",", "好", "吃", "!"]),
        ("用iPhone拍的 ＡＢＣ１２", ["用", "iphone", "拍", "的", "abc12"]),
        ("すごい 데이터", ["す", "ご", "い", "데이터"]),
        ("good 👍 :)", ["good", "👍", ":", ")"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("  \t\n ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert TOKENIZERS["word"](normalised(text)) == expected


def test_normalisation_keeps_single_blanks_and_no_control_characters() -> None:
    assert normalised("\ufeffA\x00b \u3000 Ｃ\nd\u200b") == "ab c d"
    assert normalised(normalised("İ ﬁ ½")) == normalised("İ ﬁ ½")


def test_characters_spell_the_text() -> None:
    assert "".join(TOKENIZERS["character"](normalised("Ab 好"))) == "ab 好"
