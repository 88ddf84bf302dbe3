"""The stream of tokens and its windows: every token once where it is judged, anywhere where it is learnt from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.data.texts import stream
from deepwright.data.texts.stream import NONE, TokenStream, Windows

TEXTS = [np.arange(2, 9, dtype=np.int32), np.arange(10, 13, dtype=np.int32), np.arange(20, 25, dtype=np.int32)]
WHOLE = [0, *range(2, 9), *range(10, 13), 0, *range(20, 25)]
CHARACTERS = np.arange(30) % 3


def made(vocab_size: int = 30) -> TokenStream:
    return TokenStream(TEXTS, [False, True, False], vocab_size)


@pytest.mark.parametrize("vocab_size", [30, 100_000])
@pytest.mark.parametrize("in_memory", [0, 2**20], ids=["in a file", "in memory"])
def test_the_end_of_a_text_stands_where_texts_do_not_follow(
    vocab_size: int, in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_IN_MEMORY", in_memory or 1)
    found = made(vocab_size)
    assert len(found) == len(WHOLE)
    assert found.read(0, 100).tolist() == WHOLE
    assert found.read(5, 3).tolist() == WHOLE[5:8]
    assert found.starts.tolist() == [1, 8, 12, 17]
    assert found.text_of(np.array([0, 1, 7, 8, 10, 12, 16])).tolist() == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("context", [1, 2, 3, 4, 5, 8, 15, 16, 17, 50])
def test_every_token_is_predicted_once_from_half_a_window_or_all_there_is(context: int) -> None:
    windows = Windows(made(), context, CHARACTERS)
    batch = windows.batch(torch.arange(len(windows)))
    assert batch.targets is not None
    there = batch.targets != NONE
    assert batch.targets[there].tolist() == WHOLE[1:]
    assert batch.inputs[0][there].tolist() == WHOLE[:-1]
    for i in range(len(windows)):
        first = int(there[i].nonzero()[0])
        place = int(there[:i].sum())  # of the token from which the first one is predicted
        assert batch.inputs[0][i, : first + 1].tolist() == WHOLE[place - first : place + 1]
        assert first == (context // 2 if i else 0)
        assert batch.rows[i] == windows.stream.text_of(np.array([place]))[0]
    tokens, characters = windows.targets.unbind(1)
    assert tokens.tolist() == there.sum(1).tolist()
    assert characters.sum() == CHARACTERS[WHOLE[1:]].sum()


def test_windows_that_are_learnt_from_begin_anywhere_and_are_the_same_by_the_same_seed() -> None:
    windows = Windows(made(), 4, CHARACTERS, moved=True)
    seen = set()
    for seed in range(200):
        torch.manual_seed(seed)
        batch = windows.batch(torch.arange(len(windows)))
        assert batch.targets is not None
        assert (batch.targets != NONE).all()
        torch.manual_seed(seed)
        again = windows.batch(torch.arange(len(windows)))
        assert torch.equal(batch.inputs[0], again.inputs[0])
        for tokens, following in zip(batch.inputs[0].tolist(), batch.targets.tolist(), strict=True):
            place = next(i for i in range(len(WHOLE)) if WHOLE[i : i + 5] == [*tokens, following[-1]])
            assert tokens[1:] == following[:-1]
            seen.add(place)
    assert seen == set(range(len(WHOLE) - 4))
