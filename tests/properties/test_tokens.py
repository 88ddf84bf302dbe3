"""Exact tokens: whatever a text holds, its tokens give it again and have its characters."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.vocabulary import SMALLEST, Vocabulary
from deepwright.tokens import Tokenizer

TEXTS = [
    "The cat's mat, well-worn – the CAT sat on it.\r\n\tAgain and again!  Two blanks. ",
    "猫坐在垫子上，看着窗外的雨。猫又坐下了。\n",
    "القطة تجلس على السجادة. שלום עולם, שלום.",
    "👩‍👩‍👧 family 👍🏽, e\u0301 and é, \u200b<0x41> �",
] * 2
TOKENIZERS: tuple[Tokenizer, ...] = ("byte", "character", "word", "bpe")
each = pytest.mark.parametrize("tokenizer", TOKENIZERS)
#: Every character that UTF-8 can write.
ANY = st.text(st.characters(codec="utf-8"))


@cache
def learnt(tokenizer: Tokenizer) -> Vocabulary:
    return Vocabulary.learnt(TEXTS, tokenizer, 400, 16, exact=True)


@each
@given(text=ANY | st.lists(st.sampled_from(TEXTS)).map("".join))
def test_tokens_give_the_text_again(tokenizer: Tokenizer, text: str) -> None:
    vocabulary = learnt(tokenizer)
    (numbers,) = vocabulary.whole([text])
    assert vocabulary.text(numbers.tolist()) == text
    assert vocabulary.num_characters[numbers].sum() == len(text)
    assert not (numbers < 2).any()
    assert not len(numbers) or numbers.max() < len(vocabulary.tokens)


@each
@given(text=st.lists(st.sampled_from([*TEXTS, "龘", "Ω"])).map("".join))
def test_what_is_read_at_once_begins_the_whole(tokenizer: Tokenizer, text: str) -> None:
    vocabulary = learnt(tokenizer)
    (whole,) = vocabulary.whole([text])
    numbers, cut = vocabulary.ids(text)
    assert numbers == whole[:16].tolist()
    assert cut == max(0, len(whole) - 16)


@each
def test_the_same_tokens_are_learnt_again_and_come_back_from_their_state(tokenizer: Tokenizer) -> None:
    encoder = TextEncoder(tokenizer=tokenizer, vocab_size=400, max_seq_len=16, exact=True)
    encoder.fit(Column("text", np.array(TEXTS, object)))
    assert encoder.vocabulary == learnt(tokenizer)
    again = TextEncoder.from_state(json.loads(json.dumps(encoder.state())))
    assert again.vocabulary == encoder.vocabulary
    assert [one.tolist() for one in again.vocabulary.whole(TEXTS)] == [
        one.tolist() for one in encoder.vocabulary.whole(TEXTS)
    ]
    assert encoder.state()["normalisation"] == []


@each
def test_texts_that_are_answered_are_normalised_by_every_tokenizer(tokenizer: Tokenizer) -> None:
    vocabulary = Vocabulary.learnt(TEXTS, tokenizer, 400, 100)
    assert vocabulary.ids("The  CAT’s") == vocabulary.ids("the cat’s")


def test_byte_pairs_merge_what_is_often_beside_each_other() -> None:
    vocabulary = learnt("bpe")
    assert vocabulary.merges
    assert len(vocabulary.tokens) <= 400
    assert len(next(vocabulary.whole(TEXTS))) < len(TEXTS[0].encode()) / 2
    assert SMALLEST == 258
