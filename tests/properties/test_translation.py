"""Translation: step by step is the whole, padding and neighbours count for nothing, and nothing known is changed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepwright import registry
from deepwright.decoding.beam import Beam, Hypothesis, of_rows, search
from deepwright.layers.attention import Cache
from deepwright.specs import TextSpec, TranslationSpec

V, LIMIT = 7, 6
NAMES = tuple(map(str, range(V)))
INPUTS, OUTPUTS = TextSpec(NAMES, "character", 12, 8), TranslationSpec(NAMES, "character", LIMIT, LIMIT, True)
CELLS = {"embed_dim": 6, "hidden_dim": 5, "num_layers": 2, "dropout": 0.3}
BLOCKS = {"num_layers": 2, "num_heads": 2, "head_dim": 4, "dropout": 0.3}
RECURRENT: dict[str, tuple[str, dict[str, Any]]] = {
    f"{cells}, {attention}": ("rnn_seq2seq", {**CELLS, "cells": cells, "attention": attention})
    for cells, attention in itertools.product(("lstm", "gru", "rnn"), ("additive", "multiplicative", "none"))
}
TRANSFORMERS: dict[str, tuple[str, dict[str, Any]]] = {
    f"{positions} positions": ("transformer_seq2seq", {**BLOCKS, "positions": positions})
    for positions in ("rotary", "learned", "sinusoidal")
}
MODELS = {
    **RECURRENT,
    **TRANSFORMERS,
    "two tables, untied": ("transformer_seq2seq", {**BLOCKS, "shared": False, "tied": False}),
}
each = pytest.mark.parametrize("name", MODELS)
seeds = st.integers(0, 99)
few = settings(max_examples=4, deadline=None)
texts = st.lists(st.integers(2, V - 1), min_size=1, max_size=8)
sources = st.lists(texts, min_size=1, max_size=3)
beams = st.builds(
    Beam,
    width=st.integers(1, 4),
    length_penalty=st.sampled_from([0.0, 0.6, 1.0, 1.7]),
    max_ratio=st.sampled_from([0.5, 1.0, 2.0]),
    max_more=st.integers(0, 2),
)


def made(name: str, seed: int) -> Any:
    """A model in float64, with every parameter moved from where it began."""
    model, given_settings = MODELS[name]
    torch.manual_seed(seed)
    network = registry.load("models", model)(INPUTS, OUTPUTS, **given_settings).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


def padded(rows: list[list[int]], more: int = 0) -> Tensor:
    longest = max(map(len, rows)) + more
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


def before(rows: int, steps: int, seed: int) -> Tensor:
    """The tokens before each target: the end, and others."""
    drawn = torch.randint(2, V, (rows, steps - 1), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.pad(drawn, (1, 0))


def tensors(state: Any) -> list[Tensor]:
    """Every tensor that a memory or a state is made of."""
    if isinstance(state, Tensor):
        return [state]
    if isinstance(state, Cache):
        return [part for part in (state.keys, state.values, state.there) if part is not None]
    return [part for one in state for part in tensors(one)]


def same(found: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [one.tokens for one in found] == [one.tokens for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], rel=1e-9)


@each
@few
@given(rows=sources, beams=st.integers(1, 3), parts=st.lists(st.integers(1, 2), min_size=1, max_size=3), seed=seeds)
@torch.no_grad()
def test_step_by_step_is_what_the_whole_beginning_gives(
    name: str, rows: list[list[int]], beams: int, parts: list[int], seed: int
) -> None:
    network, source = made(name, seed), padded(rows)
    tokens = before(len(rows) * beams, sum(parts), seed)
    memory, state, found = network.encode(source), None, []
    for part in tokens.split(parts, 1):
        logits, state = network.step(part, memory, state)
        found.append(logits)
    anew = [network(source.repeat_interleave(beams, 0), tokens[:, : t + 1])[:, -1] for t in range(tokens.shape[1])]
    torch.testing.assert_close(torch.cat(found, 1), torch.stack(anew, 1))


@each
@few
@given(rows=sources, seed=seeds)
@torch.no_grad()
def test_a_step_changes_neither_memory_nor_state(name: str, rows: list[list[int]], seed: int) -> None:
    network, tokens = made(name, seed), before(len(rows), LIMIT, seed)
    memory = network.encode(padded(rows))
    _logits, state = network.step(tokens[:, :2], memory)
    kept = [part.clone() for part in (*tensors(memory), *tensors(state))]
    first, after = network.step(tokens[:, 2:4], memory, state)
    kept_after = [part.clone() for part in tensors(after)]
    network.step(tokens[:, 3:5], memory, state)
    again, _after = network.step(tokens[:, 2:4], memory, state)
    network.step(tokens[:, 4:], memory, of_rows(state, torch.arange(len(rows)).flip(0)))
    assert torch.equal(again, first), "a state can be gone on from twice"
    assert all(map(torch.equal, kept, (*tensors(memory), *tensors(state))))
    assert all(map(torch.equal, kept_after, tensors(after)))


@each
@few
@given(rows=sources, more=st.integers(0, 3), seed=seeds)
@torch.no_grad()
def test_padding_of_the_source_changes_nothing(name: str, rows: list[list[int]], more: int, seed: int) -> None:
    network, tokens = made(name, seed), before(len(rows), 4, seed)
    together = network(padded(rows, more), tokens)
    aligned = network.alignment(padded(rows, more), tokens)
    for row, source in enumerate(rows):
        alone = torch.tensor([source])
        torch.testing.assert_close(together[row : row + 1], network(alone, tokens[row : row + 1]))
        if aligned is not None:
            assert not aligned[row, :, len(source) :].any(), "nothing is taken from padding"
            expected = network.alignment(alone, tokens[row : row + 1])[0]
            torch.testing.assert_close(aligned[row, :, : len(source)], expected)
            torch.testing.assert_close(expected.sum(1), torch.ones(4, dtype=expected.dtype))


@each
@few
@given(source=texts, steps=st.integers(1, LIMIT), seed=seeds)
def test_no_logit_depends_on_what_follows(name: str, source: list[int], steps: int, seed: int) -> None:
    network, read = made(name, seed), []

    def keep(_module: Any, _inputs: Any, output: Tensor) -> Tensor:
        read.append(output.detach().requires_grad_())
        return read[-1]

    network.embed_target.register_forward_hook(keep)
    logits = network(torch.tensor([source]), before(1, steps, seed))
    for t in range(steps):
        (slope,) = torch.autograd.grad(logits[0, t].square().sum(), read[-1], retain_graph=True)
        assert not slope[0, t + 1 :].any()
        assert bool(slope[0, : t + 1].any(1).all()), "all that came before counts"


@each
@few
@given(rows=sources, seed=seeds)
def test_greedy_takes_the_most_probable_token_until_the_end(name: str, rows: list[list[int]], seed: int) -> None:
    network = made(name, seed)
    found = search(network, padded(rows), Beam(width=1), torch.full((len(rows),), LIMIT))
    for source, (best,) in zip(rows, found, strict=True):
        written: list[int] = []
        while len(written) < LIMIT:
            with torch.no_grad():
                logits = network(torch.tensor([source]), torch.tensor([[0, *written]]))[0, -1]
            logits[1] = -torch.inf  # what stands for an unknown token is never written
            if not (token := int(logits.argmax())):
                break
            written.append(token)
        assert list(best.tokens) == written


@each
@few
@given(rows=st.lists(texts, min_size=2, max_size=4), beam=beams, more=st.integers(0, 2), seed=seeds)
def test_a_search_does_not_depend_on_what_else_is_searched_for(
    name: str, rows: list[list[int]], beam: Beam, more: int, seed: int
) -> None:
    network, source = made(name, seed), padded(rows, more)
    together = search(network, source, beam, beam.limits(source, LIMIT))
    for text, found in zip(rows, together, strict=True):
        alone = torch.tensor([text])
        limits = beam.limits(alone, LIMIT)
        same(found, search(network, alone, beam, limits)[0])
        assert 1 <= len(found) <= beam.width
        assert all(len(one.tokens) <= int(limits) and not {0, 1} & set(one.tokens) for one in found)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
