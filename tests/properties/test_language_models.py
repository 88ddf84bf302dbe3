"""Language models: nothing is known of what follows, step by step is the whole, and the context is never exceeded."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.decoding.generation import Generation
from deepwright.decoding.sampling import Sampling
from deepwright.layers.embedding import Front
from deepwright.layers.sequence import read_layers
from deepwright.specs import ClassSpec, TextSpec, TokensSpec

V, LIMIT = 11, 6
NAMES = tuple(map(str, range(V)))
INPUTS, NEXT = TextSpec(NAMES, "character", LIMIT, LIMIT), TokensSpec(NAMES, LIMIT)
SMALL = {"num_layers": 2, "num_heads": 2, "head_dim": 4, "dropout": 0.3}
CELLS = {"embed_dim": 6, "hidden_dim": 5, "num_layers": 2, "dropout": 0.3}
BLOCK = {"transformer_block": {"num_heads": 2, "causal": True, "rotary": True}}
RECURRENT: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn": ("rnn", CELLS),
    "rnn with relu": ("rnn", {**CELLS, "activation": "relu"}),
    "lstm": ("lstm", CELLS),
    "tied lstm": ("lstm", {**CELLS, "tied": True}),
    "gru": ("gru", CELLS),
    "gru without n-grams": ("gru", {**CELLS, "ngrams": 1}),
    "list of lstm and relu": (
        "sequential",
        {"layers": [{"embedding": 6}, {"lstm": {"units": 5, "return_sequences": True}}, {"dense": 7}, "relu"]},
    ),
}
LIMITED: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"{kind} positions": ("transformer", {**SMALL, "positions": kind})
        for kind in ("rotary", "learned", "sinusoidal")
    },
    "untied transformer": ("transformer", {**SMALL, "tied": False, "ngrams": 1}),
    "list of blocks": ("sequential", {"layers": [{"embedding": 8}, {"learned_positions": LIMIT}, BLOCK, "layer_norm"]}),
    "list of both": (
        "sequential",
        {"layers": [{"embedding": 8}, {"gru": {"units": 8, "return_sequences": True}}, BLOCK, {"dense": "outputs"}]},
    ),
}
MODELS = {**RECURRENT, **LIMITED}
seeds = st.integers(0, 99)
few = settings(max_examples=8, deadline=None)


def made(name: str, seed: int, outputs: Any = NEXT, inputs: TextSpec = INPUTS) -> Any:
    """A model in float64, with every parameter moved from where it began."""
    model, given_settings = MODELS[name]
    if "layers" in given_settings:
        given_settings = {"layers": read_layers(given_settings["layers"], Document(), ())}
    torch.manual_seed(seed)
    network = registry.load("models", model)(inputs, outputs, **given_settings).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def text_of(length: int, seed: int, rows: int = 1) -> Tensor:
    return torch.randint(2, V, (rows, length), generator=torch.Generator().manual_seed(seed))


def by_recomputing(network: Any, tokens: Tensor, limited: bool) -> Tensor:
    """The logits after each token, each from its whole context, computed anew."""
    found = []
    for n in range(tokens.shape[1]):
        forgotten = LIMIT - LIMIT // 2
        start = 0 if not limited or n < LIMIT else (1 + (n - LIMIT) // forgotten) * forgotten
        assert not limited or n + 1 - start <= LIMIT
        found.append(network(tokens[:, start : n + 1])[:, -1])
    return torch.stack(found, 1)


@pytest.mark.parametrize("name", MODELS)
@few
@given(parts=st.lists(st.integers(1, 9), min_size=1, max_size=6), seed=seeds)
def test_step_by_step_is_what_recomputing_the_prefix_gives(name: str, parts: list[int], seed: int) -> None:
    network, tokens = made(name, seed), text_of(sum(parts), seed, rows=2)
    found, state = [], None
    with torch.no_grad():
        for part in tokens.split(parts, 1):
            logits, after = network.step(part, state)
            again, _after = network.step(part, state)
            torch.testing.assert_close(again, logits, msg="a state can be gone on from twice")
            found.append(logits)
            state = after
        expected = by_recomputing(network, tokens, name in LIMITED)
    torch.testing.assert_close(torch.cat(found, 1), expected)


@pytest.mark.parametrize("name", MODELS)
@few
@given(length=st.integers(1, LIMIT), seed=seeds)
def test_no_logit_depends_on_what_follows(name: str, length: int, seed: int) -> None:
    network, tokens = made(name, seed), text_of(length, seed)
    fronts = [module for module in network.modules() if isinstance(module, Front | torch.nn.Embedding)]
    read: list[Tensor] = []

    def keep(_module: Any, _inputs: Any, output: Tensor) -> Tensor:
        read.append(output.detach().requires_grad_())
        return read[0]

    fronts[0].register_forward_hook(keep)
    logits = network(tokens)
    for t in range(length):
        (slope,) = torch.autograd.grad(logits[0, t].square().sum(), read[0], retain_graph=True)
        assert not slope[0, t + 1 :].any()
        dead = "relu" in name  # units that yield 0 pass nothing on
        assert dead or bool(slope[0, : t + 1].any(1).all()), "all that came before counts"


@pytest.mark.parametrize("name", MODELS)
@few
@given(length=st.integers(1, 4), more=st.integers(1, 2), seed=seeds)
def test_padding_changes_no_logit_of_a_text(name: str, length: int, more: int, seed: int) -> None:
    network, tokens = made(name, seed), text_of(length, seed)
    padded = torch.nn.functional.pad(tokens, (0, more))
    both = torch.cat((padded, text_of(length + more, seed + 1)))
    torch.testing.assert_close(network(both)[:1, :length], network(tokens))


@pytest.mark.parametrize("name", [name for name, (model, _settings) in MODELS.items() if model != "sequential"])
@few
@given(length=st.integers(1, 6), more=st.integers(1, 9), seed=seeds)
def test_padding_changes_no_judgement(name: str, length: int, more: int, seed: int) -> None:
    network = made(name, seed, ClassSpec(("a", "b", "c")))
    tokens = text_of(length, seed)
    both = torch.cat((torch.nn.functional.pad(tokens, (0, more)), text_of(length + more, seed + 1)))
    torch.testing.assert_close(network(both)[:1], network(tokens))
    assert bool(network(torch.zeros(2, 3, dtype=torch.int64)).isfinite().all()), "nothing can be judged as well"


@pytest.mark.parametrize("name", MODELS)
@few
@given(prompts=st.lists(st.lists(st.integers(2, V - 1), min_size=1, max_size=9), min_size=1, max_size=3), seed=seeds)
def test_greedy_generation_takes_the_most_probable_token_of_the_recomputed_prefix(
    name: str, prompts: list[list[int]], seed: int
) -> None:
    network, new = made(name, seed), 8
    texts = [list(prompt) for prompt in prompts]
    for row, token in Generation(network, prompts, Sampling(greedy=True), new, never=(0, 1)):
        texts[row].append(token)
    for prompt, text in zip(prompts, texts, strict=True):
        assert len(text) == len(prompt) + new
        with torch.no_grad():
            logits = by_recomputing(network, torch.tensor([text]), name in LIMITED)[0, len(prompt) - 1 : -1]
        taken = logits.gather(1, torch.tensor(text[len(prompt) :])[:, None])[:, 0]
        torch.testing.assert_close(taken, logits[:, 2:].amax(1))


@pytest.mark.parametrize("name", ["lstm", "rotary positions"])
@few
@given(prompts=st.lists(st.lists(st.integers(2, V - 1), min_size=1, max_size=9), min_size=2, max_size=3), seed=seeds)
def test_a_seed_gives_the_same_text_whatever_is_continued_beside_it(
    name: str, prompts: list[list[int]], seed: int
) -> None:
    network, sampling = made(name, 1), Sampling(temperature=1.5, top_p=0.95, repetition_penalty=1.2)

    def texts(given_prompts: list[list[int]]) -> list[list[int]]:
        found: list[list[int]] = [[] for _prompt in given_prompts]
        for row, token in Generation(network, given_prompts, sampling, 9, seed=seed, never=(0, 1)):
            found[row].append(token)
        return found

    together = texts(prompts)
    assert texts(prompts) == together
    assert texts(prompts[:1]) == together[:1]
    assert not {0, 1} & {token for text in together for token in text}
