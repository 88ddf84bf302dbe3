"""What is written for a source: its attention, its networks, its loss and the search for it are their formulas."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.data.texts.stream import NONE
from deepwright.decoding.beam import Beam, search
from deepwright.layers.attention import MultiHeadAttention
from deepwright.layers.cross_attention import AdditiveAttention, CrossAttention, MultiplicativeAttention
from deepwright.layers.embedding import TokenEmbedding, Unembedding
from deepwright.layers.transformer import DecoderBlock
from deepwright.specs import TextSpec, TranslationSpec
from deepwright.tasks.translation import Translation
from tests.formulas.reference import translation
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import MONTE_CARLO, NETWORK, ROUNDING

B, K, S, T, D, M, H = 3, 2, 4, 5, 8, 6, 2
RNG = np.random.default_rng(61)
STEPS, MEMORY = RNG.normal(size=(B * K, S, D)), RNG.normal(size=(B, T, D))
#: Of the sources: all, the first ones, and none.
THERE = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
RECURRENT = list(itertools.product(("lstm", "gru", "rnn"), ("additive", "multiplicative", "none")))
LENGTHS = (1, 2, 4)


def moved(module: Any, scale: float = 0.5, seed: int = 62) -> tuple[Any, dict[str, Floats]]:
    """A module in float64 with random parameters, and these."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    return module, {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("kind", "formula"),
    [(AdditiveAttention, translation.additive), (MultiplicativeAttention, translation.multiplicative)],
)
def test_a_step_takes_from_the_source_by_a_score(kind: Any, formula: Any, masked: bool) -> None:
    module, p = moved(kind(D, M))
    memory, there = RNG.normal(size=(B, T, M)), THERE if masked else np.ones_like(THERE)
    found, weights = module(*map(torch.from_numpy, (STEPS, memory)), torch.from_numpy(there) if masked else None)
    expected = [[formula(s, memory[b // K], p, there[b // K]) for s in STEPS[b]] for b in range(B * K)]
    ROUNDING.check(found.detach(), np.array([[c for c, _alpha in row] for row in expected]))
    ROUNDING.check(weights.detach(), np.array([[alpha for _c, alpha in row] for row in expected]))


@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_in_heads(masked: bool) -> None:
    module, p = moved(CrossAttention(D, H))
    there = THERE if masked else np.ones_like(THERE)
    memory = module.read(torch.from_numpy(MEMORY), torch.from_numpy(there) if masked else None)
    expected = [translation.cross(STEPS[b], MEMORY[b // K], p, H, there[b // K]) for b in range(B * K)]
    steps = torch.from_numpy(STEPS)
    ROUNDING.check(module(steps, memory).detach(), np.array([outputs for outputs, _weights in expected]))
    ROUNDING.check(module.weights(steps, memory).detach(), np.array([weights for _outputs, weights in expected]))


@pytest.mark.parametrize("turned", [False, True])
def test_the_decoders_block(turned: bool) -> None:
    attention = MultiHeadAttention(D, H, causal=True, turned=turned)
    module, p = moved(DecoderBlock(attention, CrossAttention(D, H), D, 12, torch.nn.ReLU(), 0.0))
    memory = module.cross.read(torch.from_numpy(MEMORY), torch.from_numpy(THERE))
    outputs = module.beside(torch.from_numpy(STEPS), memory)[0].detach()
    expected = [translation.decoder_block(STEPS[b], MEMORY[b // K], p, H, THERE[b // K], turned) for b in range(B * K)]
    NETWORK.check(outputs, np.array(expected))


@pytest.mark.parametrize("size", [D, D + 3])
def test_a_tied_table_is_scaled_where_it_is_read_and_not_where_it_scores(size: int) -> None:
    embed = TokenEmbedding(7, D, tied=True)
    (module, p), hidden = moved(Unembedding(size, embed, tied=True)), RNG.normal(size=(S, size))
    table, tokens = p["scores.weight"], np.array([3, 0, 6, 3])
    project = p.get("project.weight", np.eye(D))
    ROUNDING.check(embed(torch.from_numpy(tokens)).detach(), table[tokens] * math.sqrt(D))
    ROUNDING.check(module(torch.from_numpy(hidden)).detach(), (table @ project @ hidden.T).T + p["scores.bias"])


@pytest.mark.parametrize("tied", [False, True])
def test_what_stands_for_a_token_begins_with_deviation_1(tied: bool) -> None:
    torch.manual_seed(0)
    embed = TokenEmbedding(400, 64, tied)
    MONTE_CARLO.check(embed(torch.arange(400)).detach().std(), 1.0)
    assert embed.scale == (8.0 if tied else 1.0)


def built(name: str, vocab_size: int, limit: int, seed: int = 62, **settings: Any) -> tuple[Any, dict[str, Floats]]:
    names = tuple(map(str, range(vocab_size)))
    source = TextSpec((*names, "more"), "character", limit + 3, limit + 3)
    target = TranslationSpec(names, "character", limit, limit, False)
    return moved(registry.load("models", name)(source, target, **settings), seed=seed)


TRANSFORMER: dict[str, Any] = {"num_layers": 2, "num_heads": H, "head_dim": 4, "hidden_dim": 12, "activation": "relu"}


@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
def test_the_transformer(positions: str) -> None:
    network, p = built("transformer_seq2seq", 6, 4, positions=positions, **TRANSFORMER)
    source, before = np.array([2, 6, 3, 3, 5]), np.array([0, 4, 2, 5])
    logits = network(torch.from_numpy(source[None]), torch.from_numpy(before[None])).detach()[0]
    NETWORK.check(logits, translation.transformer(source, before, p, 2, H, positions))


@pytest.mark.parametrize(("cells", "attention"), RECURRENT)
def test_the_recurrent_networks(cells: str, attention: str) -> None:
    network, p = built("rnn_seq2seq", 6, 4, cells=cells, attention=attention, embed_dim=7, hidden_dim=5)
    source, before = np.array([2, 6, 3, 3, 5]), np.array([0, 4, 2, 5])
    logits = network(torch.from_numpy(source[None]), torch.from_numpy(before[None])).detach()[0]
    NETWORK.check(logits, translation.recurrent(source, before, p, cells, attention))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_the_smoothed_loss_is_meaned_over_the_tokens_of_a_text(smoothing: float) -> None:
    logits = 3 * RNG.normal(size=(len(LENGTHS), max(LENGTHS), 6))
    targets = np.full(logits.shape[:2], NONE)
    for row, length in enumerate(LENGTHS):
        targets[row, :length] = RNG.integers(0, 6, length)
    batch = Batch((), torch.from_numpy(targets), torch.arange(len(LENGTHS)))
    task = Translation({"text": "source", "label": "target"})
    expected = [
        translation.smoothed(logits[row, :length], targets[row, :length].tolist(), smoothing)
        for row, length in enumerate(LENGTHS)
    ]
    losses = task.smoothed_losses(torch.from_numpy(logits), batch, smoothing)
    ROUNDING.check(losses, np.array(expected))
    if not smoothing:
        assert torch.equal(task.losses(torch.from_numpy(logits), batch), losses)


V, WRITABLE, SOURCES = 4, (2, 3), ([2, 3, 3], [4, 2])
SMALL = {
    "transformer_seq2seq": {"num_layers": 1, "num_heads": 2, "head_dim": 4},
    "rnn_seq2seq": {"embed_dim": 6, "hidden_dim": 6},
}
searched = pytest.mark.parametrize(
    ("name", "alpha", "seed"), list(itertools.product(SMALL, (0.0, 0.6, 1.0, 2.0), range(3)))
)


def after(network: Any, source: list[int]) -> translation.Following:
    """Log-probabilities of what follows a beginning, computed from all of it."""

    @cache
    def following(tokens: tuple[int, ...]) -> Floats:
        with torch.no_grad():
            logits: Tensor = network(torch.tensor([source]), torch.tensor([[0, *tokens]]))
        found: Floats = logits[0, -1].log_softmax(0).numpy()
        return found

    return following


def searches(network: Any, beam: Beam, limits: list[int]) -> list[list[tuple[Any, float]]]:
    """What is found for the sources together, padded."""
    source = torch.tensor([tokens + [0] * (3 - len(tokens)) for tokens in SOURCES])
    return [[(one.tokens, one.score) for one in found] for found in search(network, source, beam, torch.tensor(limits))]


def same(found: list[tuple[Any, float]], expected: list[tuple[Any, float]]) -> None:
    assert [text for text, _score in found] == [text for text, _score in expected]
    NETWORK.check([score for _text, score in found], [score for _text, score in expected])


@searched
def test_a_beam_that_is_wide_enough_finds_the_best_of_all_texts(name: str, alpha: float, seed: int) -> None:
    network, _p = built(name, V, 4, seed, **SMALL[name])
    limits = [4, 3]
    found = searches(network, Beam(width=40, length_penalty=alpha), limits)
    for source, limit, texts in zip(SOURCES, limits, found, strict=True):
        every = translation.every_text(after(network, source), WRITABLE, limit, alpha)
        assert len(texts) == len(every) == 2 ** (limit + 1) - 1
        same(texts, every)


@searched
def test_a_narrow_beam_is_that_of_the_textbook(name: str, alpha: float, seed: int) -> None:
    network, _p = built(name, V, 6, seed, **SMALL[name])
    limits = [6, 5]
    for width in (1, 2, 3, 5):
        found = searches(network, Beam(width=width, length_penalty=alpha), limits)
        for source, limit, texts in zip(SOURCES, limits, found, strict=True):
            same(texts, translation.beam(after(network, source), WRITABLE, limit, alpha, width))


@pytest.mark.parametrize(("ratio", "more", "most"), [(1.0, 0, 9), (1.5, 1, 9), (0.5, 0, 9), (2.0, 3, 4)])
def test_a_text_is_at_most_so_much_longer_than_its_source(ratio: float, more: int, most: int) -> None:
    beam = Beam(max_ratio=ratio, max_more=more)
    limits = beam.limits(torch.tensor([[2, 3, 4], [2, 3, 0], [0, 0, 0]]), most)
    assert limits.tolist() == [min(most, math.ceil(ratio * length) + more) for length in (3, 2, 0)]


@pytest.mark.parametrize("seed", range(3))
def test_within_the_limit_of_a_source_the_best_text_is_found(seed: int) -> None:
    network, _p = built("rnn_seq2seq", V, 5, seed, **SMALL["rnn_seq2seq"])
    beam = Beam(width=70, max_ratio=1.5, max_more=0)
    limits = beam.limits(torch.tensor([[2, 3, 3], [4, 2, 0]]), 5).tolist()
    assert limits == [5, 3]
    for source, limit, texts in zip(SOURCES, limits, searches(network, beam, limits), strict=True):
        assert max(len(text) for text, _score in texts) == limit
        same(texts, translation.every_text(after(network, source), WRITABLE, limit, 1.0))
