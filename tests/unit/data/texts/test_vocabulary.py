"""What a vocabulary holds and what it makes of texts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts import byte_pairs
from deepwright.data.texts.stored import StoredTexts
from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.errors import DataError
from deepwright.tokens import UNKNOWN


def test_the_most_frequent_tokens_come_first_and_single_ones_are_unknown() -> None:
    found = Vocabulary.learnt(["b a a", "b a c", "d"], "word", 100, 10)
    assert found.tokens[2:] == ("a", "b")
    assert found.ids("a c B") == ([2, UNKNOWN, 3], 0)
    assert found.mean_seq_len == 2


def test_its_size_is_a_limit() -> None:
    assert Vocabulary.learnt(["a a b b c c"], "word", 4, 10).tokens[2:] == ("a", "b")


def test_what_is_too_long_is_cut_and_counted() -> None:
    found = Vocabulary.learnt(["a a b b"], "word", 10, 3)
    assert found.ids("a b a b a") == ([2, UNKNOWN, 2], 2)  # the second b was not read, so that it is there but once
    assert found.encode(["a", "a a a a"])[1] == 1


def test_stored_texts_are_as_wide_as_the_longest_that_is_asked_for() -> None:
    stored = StoredTexts([[5, 6, 7], [], [8]])
    assert stored[torch.tensor([2, 0])].tolist() == [[8, 0, 0], [5, 6, 7]]
    assert stored[torch.tensor([2, 1])].tolist() == [[8], [0]]
    assert len(stored) == 3


def test_values_that_are_no_texts_are_refused() -> None:
    encoder = TextEncoder()
    encoder.fit(Column("text", np.array(["a a"], object)))
    with pytest.raises(DataError, match=r"3\.5"):
        encoder.encode(["a", 3.5])


def test_texts_without_a_token_that_recurs_cannot_be_learnt_from() -> None:
    with pytest.raises(DataError, match="twice"):
        TextEncoder().fit(Column("text", np.array(["one two", "three"], object)))


ODD = [
    "It's we'll  they've\n\n  x\t\ty 12³ ½ Ⅷ ²x \x1c\x1d b\x00 \xa0\xa0c",
    "שלום 👩‍👩‍👧 你好，世界！ \u3000 a\u200b éa\u0301 𝒜𝟗",
    "plain words, and 12 of 'em;\r\n\r\n   's'd'x  ",
    "   ",
    "",
]


def test_words_that_were_there_before_are_divided_as_the_package_divides_whole_texts() -> None:
    pytest.importorskip("tokenizers")
    rng = np.random.default_rng(0)
    starts = rng.choice([0x20, 0x80, 0x300, 0x600, 0x2000, 0x4E00, 0x1F300, 0x1D400], (200, 40))
    drawn = ["".join(map(chr, row)) for row in (starts + rng.integers(0, 90, (200, 40))).tolist()]
    tokens, merges = byte_pairs.learn([*ODD, *drawn] * 2, 600)
    found = byte_pairs.BytePairs(tokens, merges)
    whole = [one.ids for one in found._tokenizer.encode_batch([*ODD, *drawn], add_special_tokens=False)]
    assert list(found.encode([*ODD, *drawn])) == whole
    assert list(found.encode([*ODD, *drawn])) == whole
