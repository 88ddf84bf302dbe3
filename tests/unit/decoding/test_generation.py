from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from deepwright.decoding.generation import Continues, Generation
from deepwright.decoding.sampling import Sampling
from deepwright.models.language.transformer import Transformer
from deepwright.specs import TextSpec, TokensSpec


class Counts:
    """After the token n comes n + 1, and next in line is 0; it notes how many tokens it was given at a time."""

    def __init__(self) -> None:
        self.given: list[tuple[int, ...]] = []

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        self.given.append(tuple(tokens.shape))
        logits = torch.zeros(*tokens.shape, 20)
        logits[..., 0] = 1
        return logits.scatter(2, (tokens[..., None] + 1) % 20, 2.0), None


def texts(prompts: list[list[int]], max_tokens: int = 3, **more: Any) -> list[list[int]]:
    found: list[list[int]] = [[] for _prompt in prompts]
    for row, token in Generation(Counts(), prompts, Sampling(greedy=True), max_tokens, **more):
        found[row].append(token)
    return found


def test_prompts_of_any_lengths_are_continued_side_by_side() -> None:
    assert isinstance(Counts(), Continues)
    assert texts([[5], [1, 2, 3, 10], [7, 4]]) == [[6, 7, 8], [11, 12, 13], [5, 6, 7]]


def test_each_token_is_read_once() -> None:
    network = Counts()
    list(Generation(network, [[1, 2, 3], [4, 5, 6, 7]], Sampling(), 4))
    assert network.given == [(2, 3), *[(2, 1)] * 4]


def test_what_must_never_be_taken_is_not() -> None:
    assert texts([[5]], never=(6, 0, 1)) != texts([[5]])
    assert 6 not in texts([[5]], never=(6,))[0]


def test_a_stopped_text_ends_and_the_others_go_on() -> None:
    generation = Generation(Counts(), [[1], [5]], Sampling(greedy=True), 4)
    found: list[tuple[int, int]] = []
    for row, token in generation:
        found.append((row, token))
        if token == 3:
            generation.stop(row)
            assert not generation.running(row)
    assert found == [(0, 2), (1, 6), (0, 3), (1, 7), (1, 8), (1, 9)]


def test_once_all_are_stopped_nothing_more_is_computed() -> None:
    network = Counts()
    generation = Generation(network, [[1]], Sampling(), 50)
    for row, _token in generation:
        generation.stop(row)
    assert len(network.given) == 1


def test_another_seed_gives_another_text() -> None:
    def drawn(seed: int) -> list[tuple[int, int]]:
        return list(Generation(Counts(), [[1]], Sampling(temperature=5.0), 20, seed=seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize("count", [1, 2])
def test_samples_of_one_prompt_differ(count: int) -> None:
    found: list[list[int]] = [[], []]
    for row, token in Generation(Counts(), [[1], [1]], Sampling(temperature=5.0), 20, seed=count):
        found[row].append(token)
    assert found[0] != found[1]


def test_one_text_is_read_from_a_copy_that_is_laid_out_for_it_and_says_the_same() -> None:
    torch.manual_seed(0)
    names = tuple("abcdefghi")
    network = Transformer(TextSpec(names, "character", 16, 16), TokensSpec(names, 16), num_layers=2).eval()
    prompt = [2, 3, 4]
    found = [token for _row, token in Generation(network, [prompt], Sampling(greedy=True), 8)]
    with torch.no_grad():
        for token in found:
            assert int(network(torch.tensor([prompt]))[0, -1].argmax()) == token
            prompt = [*prompt, token]
    assert all(parameter.is_contiguous() for parameter in network.parameters())
