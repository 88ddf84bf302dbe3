from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from deepwright.decoding.beam import Beam, Translates, of_rows, search
from deepwright.errors import DivergedError, UsageError
from deepwright.layers.attention import Cache

END, UNKNOWN = 0, 1


class Chain:
    """The logits of the next token are a row of a table, by the last token; the source is not looked at."""

    def __init__(self, probabilities: dict[int, dict[int, float]], vocab_size: int = 6) -> None:
        self.table = torch.full((vocab_size, vocab_size), -30.0)
        for last, following in probabilities.items():
            for token, probability in following.items():
                self.table[last, token] = torch.tensor(probability).log()

    def encode(self, source: Tensor) -> Tensor:
        return source

    def step(self, tokens: Tensor, memory: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        assert len(tokens) % len(memory) == 0
        return self.table[tokens], None


#: The most probable first token leads to two that are alike; the second one to a sure one.
TRAP = Chain({END: {2: 0.6, 3: 0.4}, 2: {4: 0.51, 5: 0.49}, 3: {4: 1.0}, 4: {END: 1.0}, 5: {END: 1.0}})
SOURCE = torch.tensor([[2, 3, 4]])


def found(network: Any, source: Tensor = SOURCE, limit: int = 5, **settings: Any) -> list[list[tuple[int, ...]]]:
    limits = torch.full((len(source),), limit)
    return [[one.tokens for one in best] for best in search(network, source, Beam(**settings), limits)]


def test_what_is_searched_with_is_a_network_that_translates() -> None:
    assert isinstance(TRAP, Translates)


def test_a_wider_beam_finds_what_the_greedy_choice_misses() -> None:
    assert found(TRAP, width=1) == [[(2, 4)]]
    assert found(TRAP, width=2)[0][0] == (3, 4)


def test_the_best_come_first_with_the_mean_log_probability_of_their_tokens() -> None:
    (best,) = search(TRAP, SOURCE, Beam(width=2), torch.tensor([5]))
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    assert best[0].score == pytest.approx(float(torch.tensor(0.4).log()) / 3, rel=1e-5)


def test_without_a_penalty_a_score_is_the_log_probability() -> None:
    (best,) = search(TRAP, SOURCE, Beam(width=2, length_penalty=0.0), torch.tensor([5]))
    assert best[0].score == pytest.approx(float(torch.tensor(0.4).log()), rel=1e-5)


def test_a_text_that_does_not_end_is_cut_at_the_limit() -> None:
    endless = Chain({END: {2: 1.0}, 2: {2: 1.0}})
    assert found(endless, limit=3, width=1) == [[(2, 2, 2)]]


def test_each_source_has_its_own_limit() -> None:
    endless = Chain({END: {2: 1.0}, 2: {2: 1.0}})
    best = search(endless, SOURCE.repeat(3, 1), Beam(width=1), torch.tensor([4, 1, 2]))
    assert [len(one[0].tokens) for one in best] == [4, 1, 2]


def test_what_stands_for_an_unknown_token_is_never_written() -> None:
    unsure = Chain({END: {UNKNOWN: 0.9, 2: 0.1}, 2: {END: 1.0}})
    assert found(unsure, width=1) == [[(2,)]]


def test_a_network_without_numbers_is_refused() -> None:
    broken = Chain({})
    broken.table[:] = torch.nan
    with pytest.raises(DivergedError):
        found(broken)


@pytest.mark.parametrize(
    "settings", [{"width": 0}, {"length_penalty": -1.0}, {"length_penalty": float("nan")}, {"max_ratio": 0.0}]
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Beam(**settings)


def test_limits_grow_with_the_source_and_end_at_the_most() -> None:
    source = torch.tensor([[2, 3, 0], [2, 0, 0], [2, 3, 4]])
    assert Beam(max_ratio=1.5, max_more=1).limits(source, 5).tolist() == [4, 3, 5]


def test_rows_of_nested_states_are_taken_from_every_part() -> None:
    part = torch.arange(6.0).reshape(3, 1, 2, 1)
    state = (part, (None, 7, Cache(part, part + 1)))
    first, (nothing, number, cache) = of_rows(state, torch.tensor([2, 0]))
    assert first[:, 0, 0, 0].tolist() == [4, 0]
    assert (nothing, number) == (None, 7)
    assert cache.values[:, 0, 0, 0].tolist() == [5, 1]
