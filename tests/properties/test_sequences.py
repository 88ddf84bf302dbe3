"""Layers of sequences: nothing is known of what follows, padding changes nothing, and step by step is the whole."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepwright.layers.recurrent import Recurrent
from deepwright.layers.sequence import build_layer
from deepwright.models.sequential import Sequential
from deepwright.specs import ClassSpec, TextSpec

D = 8
CAUSAL: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn": ("rnn", {"units": 4, "return_sequences": True}),
    "lstm": ("lstm", {"units": 4, "num_layers": 2, "return_sequences": True}),
    "gru": ("gru", {"units": 4, "return_sequences": True}),
    "attention": ("attention", {"num_heads": 2, "causal": True}),
    "rotary attention": ("attention", {"num_heads": 2, "causal": True, "rotary": True}),
    "transformer_block": ("transformer_block", {"num_heads": 2, "causal": True, "rotary": True}),
}
PADDED: dict[str, tuple[str, dict[str, Any]]] = {
    **CAUSAL,
    "both ways": ("lstm", {"units": 4, "num_layers": 2, "bidirectional": True, "return_sequences": True}),
    "last of both ways": ("gru", {"units": 4, "bidirectional": True}),
    "last": ("lstm", {"units": 4}),
    "attention to all": ("attention", {"num_heads": 2}),
    "block to all": ("transformer_block", {"num_heads": 2}),
    "mean": ("global_avg_pool", {}),
    "largest": ("global_max_pool", {}),
}
steps, seeds = st.integers(1, 7), st.integers(0, 99)
few = settings(max_examples=10)


def made(given_layer: tuple[str, dict[str, Any]], seed: int) -> Any:
    torch.manual_seed(seed)
    return build_layer(given_layer[0], (7, D), given_layer[1]).module.double().eval()


@pytest.mark.parametrize("name", CAUSAL)
@few
@given(length=steps, seed=seeds)
def test_no_output_depends_on_what_follows(name: str, length: int, seed: int) -> None:
    module = made(CAUSAL[name], seed)
    inputs = torch.randn(1, length, D, dtype=torch.float64, requires_grad=True)
    outputs = module(inputs)
    for t in range(length):
        (slope,) = torch.autograd.grad(outputs[0, t].square().sum(), inputs, retain_graph=True)
        assert not slope[0, t + 1 :].any()
        assert slope[0, t].any()
        assert bool(slope[0, : t + 1].any(1).all()), "what came before counts"


@pytest.mark.parametrize("name", PADDED)
@few
@given(length=steps, more=st.integers(0, 4), seed=seeds)
def test_padding_changes_nothing(name: str, length: int, more: int, seed: int) -> None:
    module = made(PADDED[name], seed)
    short, longer = torch.randn(1, length, D).double(), torch.randn(1, length + more, D).double()
    padded = torch.cat((short, 100 * torch.randn(1, more, D).double()), 1)
    there = torch.arange(length + more) < torch.tensor([[length], [length + more]])
    both = module(torch.cat((padded, longer)), there)
    alone = module(short)
    torch.testing.assert_close(both[:1, :length] if both.ndim == 3 else both[:1], alone)
    torch.testing.assert_close(both[1:], module(longer))


@pytest.mark.parametrize("name", CAUSAL)
@few
@given(parts=st.lists(st.integers(1, 3), min_size=1, max_size=4), masked=st.booleans(), seed=seeds)
def test_step_by_step_is_the_whole(name: str, parts: list[int], masked: bool, seed: int) -> None:
    module = made(CAUSAL[name], seed)
    inputs = torch.randn(2, sum(parts), D).double()
    found, start, state = [], 0, None
    there = torch.rand(2, sum(parts)) < 0.7 if masked and not isinstance(module, Recurrent) else None
    for size in parts:
        part = inputs[:, start : start + size]
        outputs, state = module.step(part, state, *([] if there is None else [there[:, start : start + size]]))
        found.append(outputs)
        start += size
    torch.testing.assert_close(torch.cat(found, 1), module(inputs, there))


TEXTS = TextSpec(tuple(map(str, range(20))), "word", max_seq_len=12, mean_seq_len=5)


@pytest.mark.parametrize(
    "layers",
    [
        [{"embedding": 8}, {"lstm": {"units": 6, "bidirectional": True}}],
        [{"embedding": 8}, "sinusoidal_positions", {"transformer_block": {"causal": True}}, "layer_norm", {"gru": 5}],
        [{"embedding": 8}, {"attention": 2}, {"dropout": 0.1}, "global_max_pool", {"dense": 7}, "relu"],
        [{"embedding": 8}, {"learned_positions": 30}, "transformer_block", "global_avg_pool"],
    ],
)
@few
@given(text=st.lists(st.integers(1, 19), max_size=6), more=st.integers(1, 4))
def test_a_list_of_layers_leaves_padding_out(layers: list[Any], text: list[int], more: int) -> None:
    network = Sequential(TEXTS, ClassSpec(("a", "b", "c")), layers=layers).eval()
    alone = network(torch.tensor([text or [0]]))
    padded = network(torch.tensor([text + [0] * more, [3] * (len(text) + more)]))
    torch.testing.assert_close(padded[:1], alone, rtol=1e-4, atol=1e-5)
    assert bool(padded.isfinite().all())
