"""What a vocabulary holds and what it makes of texts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
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
