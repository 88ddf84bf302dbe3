"""Pieces of text: together they are the whole, none is half a character, none is part of a stop."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepwright.decoding.streaming import Spelling, StopStrings

WORDS = ["", "?", "the", "猫", "sat", "."]


def bytes_of(numbers: Sequence[int]) -> str:
    return bytes(numbers).decode("utf-8", "replace")


def words_of(numbers: Sequence[int]) -> str:
    return " ".join(WORDS[number] for number in numbers)


@given(st.text(min_size=1), st.text())
def test_characters_of_several_bytes_come_whole(prompt: str, text: str) -> None:
    spelling = Spelling(bytes_of, prompt.encode())
    pieces = [spelling.add(byte) for byte in text.encode()]
    assert "".join(pieces) == text
    assert all(len(piece) <= 1 for piece in pieces), "each as soon as it is whole"


def test_an_unfinished_character_is_held_back_and_a_broken_one_does_not_stop_what_follows() -> None:
    spelling = Spelling(bytes_of, b"a")
    cat = "猫".encode()
    assert [spelling.add(byte) for byte in cat[:2]] == ["", ""]
    assert spelling.add(ord("b")) == "\N{REPLACEMENT CHARACTER}b"
    assert [spelling.add(byte) for byte in cat] == ["", "", "猫"]


@given(st.lists(st.integers(2, 5), min_size=1, max_size=12), st.lists(st.integers(2, 5), max_size=30))
def test_what_stands_between_words_belongs_to_the_later_one(prompt: list[int], following: list[int]) -> None:
    spelling = Spelling(words_of, prompt)
    pieces = [spelling.add(number) for number in following]
    assert words_of(prompt) + "".join(pieces) == words_of(prompt + following)


@given(st.text("ab\n"), st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=3), st.data())
def test_a_text_ends_before_the_first_stop(text: str, stops: list[str], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    ends, shown = StopStrings(stops), ""
    for part in parts:
        shown += ends.add(part)
        if ends.found:
            break
    shown += ends.rest()
    whole = [(end, len(stop)) for end in range(len(text) + 1) for stop in stops if text[:end].endswith(stop)]
    assert ends.found == bool(whole)
    assert not any(stop in shown for stop in stops)
    first = min(end for end, _size in whole) if whole else 0
    longest = max((size for end, size in whole if end == first), default=0)
    assert shown == (text[: first - longest] if whole else text)


@pytest.mark.parametrize(("piece", "shown"), [("x", "x"), ("x\n", "x"), ("x\n\n", "x"), ("\ny", "\ny")])
def test_what_may_become_a_stop_waits(piece: str, shown: str) -> None:
    assert StopStrings(["\n\n"]).add(piece) == shown
