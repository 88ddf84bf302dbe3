from __future__ import annotations

import pytest

from deepwright.models.language._translating import translation_recipe
from deepwright.specs import TextSpec, TranslationSpec

TOKENS = ("", "�", "a", "b")


@pytest.mark.parametrize(
    ("num_examples", "tokenizer", "length", "batch_size", "epochs"),
    [
        (40, "character", 10, 8, 60),
        (300, "bpe", 15, 15, 60),
        (16_000, "character", 14, 70, 6),
        (29_000, "bpe", 15, 66, 12),
        (1_000_000, "bpe", 15, 66, 1),
    ],
)
def test_few_pairs_are_read_often_and_many_once(
    num_examples: int, tokenizer: str, length: int, batch_size: int, epochs: int
) -> None:
    outputs = TranslationSpec(TOKENS, tokenizer, 256, length, shared=False)
    recipe = translation_recipe(num_examples, TextSpec(TOKENS, tokenizer, 256, length), outputs)
    assert (recipe.batch_size, recipe.epochs) == (batch_size, epochs)
    assert (recipe.label_smoothing > 0) == (tokenizer == "bpe")
