"""Layers of sequences are their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from deepwright.layers.attention import attend
from deepwright.layers.layer import Tokens
from deepwright.layers.positions import rotary
from deepwright.layers.sequence import build_layer
from tests.formulas.reference import sequences
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import NETWORK, ROUNDING

T, D, H = 6, 8, 5
X = np.random.default_rng(41).normal(size=(2, T, D))
THERE = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0]], bool)


def made(name: str, **settings: Any) -> tuple[Any, dict[str, Floats]]:
    """A layer in float64 with random parameters, and these."""
    module = build_layer(name, (T, D), settings).module.double().eval()
    generator = torch.Generator().manual_seed(42)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype) / 2)
    return module, {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def stack(kind: str, x: Floats, p: dict[str, Floats], layers: int, both: bool, relu: bool) -> tuple[Floats, Floats]:
    """All states of the last layer, and its last ones in each direction."""
    last = np.zeros(0)
    for layer in range(layers):
        found = []
        for way in ("", "_reverse")[: 1 + both]:
            parts = [p[f"cells.{part}_l{layer}{way}"] for part in ("weight_ih", "weight_hh", "bias_ih")]
            extra = {"relu": relu} if kind == "rnn" else {}
            states = getattr(sequences, kind)(x[::-1] if way else x, *parts, **extra)
            found.append((states[::-1] if way else states, states[-1]))
        x, last = (np.concatenate(part, axis=-1) for part in zip(*found, strict=True))
    return x, last


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("kind", "extra"), [("rnn", {}), ("rnn", {"activation": "relu"}), ("lstm", {}), ("gru", {})])
def test_recurrent_layers(kind: str, extra: dict[str, Any], layers: int, both: bool) -> None:
    settings = {"units": H, "num_layers": layers, "bidirectional": both, **extra}
    all_states, parameters = made(kind, **settings, return_sequences=True)
    last_state, _same = made(kind, **settings)
    expected = [stack(kind, x, parameters, layers, both, "activation" in extra) for x in X]
    NETWORK.check(all_states(torch.from_numpy(X)).detach(), np.array([states for states, _last in expected]))
    NETWORK.check(last_state(torch.from_numpy(X)).detach(), np.array([last for _states, last in expected]))


def test_a_memory_lasts_at_first() -> None:
    cells: Any = build_layer("lstm", (T, D), {"units": H}).module
    bias = cells.cells.bias_ih_l0.detach().numpy()
    assert bias.tolist() == [0.0] * H + [1.0] * H + [0.0] * 2 * H
    u = cells.cells.weight_hh_l0.detach().numpy()
    np.testing.assert_allclose(u[:H] @ u[:H].T, np.eye(H), atol=1e-5)


def test_embedding_and_its_gradient() -> None:
    module: Any = build_layer("embedding", Tokens((T,), 9), {"embed_dim": 3}).module.double()
    table, upstream = module.weight.detach().numpy(), np.random.default_rng(43).normal(size=(T, 3))
    tokens = np.array([4, 2, 4, 8, 0, 0])
    outputs = module(torch.from_numpy(tokens[None]))
    outputs.backward(torch.from_numpy(upstream[None]))
    ROUNDING.check(outputs.detach()[0], sequences.embedding(tokens, table))
    ROUNDING.check(module.weight.grad, sequences.embedding_backward(upstream, tokens, 9, 0))
    assert not table[0].any()


@pytest.mark.parametrize("size", [7, 8])
def test_sinusoidal_positions(size: int) -> None:
    module = build_layer("sinusoidal_positions", (50, size), {}).module
    inputs = np.random.default_rng(44).normal(size=(2, 50, size))
    expected = inputs + sequences.sinusoids(50, size)
    ROUNDING.check(module(torch.from_numpy(inputs)), expected)
    ROUNDING.check(module(torch.from_numpy(inputs[:, 30:]), 30), expected[:, 30:], "from place 30")


def test_learned_positions() -> None:
    module, parameters = made("learned_positions", max_seq_len=9)
    ROUNDING.check(module(torch.from_numpy(X)).detach(), X + parameters["rows"][:T])
    ROUNDING.check(module(torch.from_numpy(X), 3).detach(), X + parameters["rows"][3:9], "from place 3")


def test_rotary_positions_and_that_only_the_distance_counts() -> None:
    turned = rotary(torch.from_numpy(X), 3).numpy()
    ROUNDING.check(turned, np.array([sequences.rotary(x, 3) for x in X]))
    query, key = torch.from_numpy(X[:, :1]), torch.from_numpy(X[:, 1:2])
    near = [float((rotary(query, m + 4) * rotary(key, m))[0].sum()) for m in (0, 1, 1000)]
    ROUNDING.check(near[1:], [near[0]] * 2)
    assert abs(near[0] - float((rotary(query, 9) * rotary(key, 0))[0].sum())) > 1e-3


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("first", [0, 3, T - 1])
def test_attention_with_both_masks(causal: bool, masked: bool, first: int) -> None:
    q, k, v = np.random.default_rng(45).normal(size=(3, 2, 3, T, 4))
    there = THERE if masked else np.ones_like(THERE)
    queries, keys, values = (torch.from_numpy(part) for part in (q[:, :, first:], k, v))
    found = attend(queries, keys, values, torch.from_numpy(THERE) if masked else None, causal=causal)
    expected = [
        [sequences.attention(q[b, h, first:], k[b, h], v[b, h], causal, there[b]) for h in range(3)] for b in range(2)
    ]
    ROUNDING.check(found, np.array(expected))
    if causal and masked and not first:
        assert not found[1, :, :2].any(), "these see nothing"


@pytest.mark.parametrize("name", ["attention", "transformer_block"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_heads_and_the_transformer_block(name: str, causal: bool, turned: bool, masked: bool) -> None:
    extra = {} if name == "attention" else {"activation": "relu"}
    module, parameters = made(name, num_heads=2, causal=causal, rotary=turned, **extra)
    formula = sequences.heads if name == "attention" else sequences.transformer
    there = THERE if masked else np.ones_like(THERE)
    found = module(torch.from_numpy(X), torch.from_numpy(THERE) if masked else None).detach()
    NETWORK.check(
        found, np.array([formula(x, parameters, 2, causal, t, turned) for x, t in zip(X, there, strict=True)])
    )


def test_the_squared_relu_of_a_block() -> None:
    module, parameters = made("transformer_block", num_heads=2, activation="relu_squared")
    everywhere = np.ones(T, bool)
    expected = [sequences.transformer(x, parameters, 2, False, everywhere, False, power=2) for x in X]
    NETWORK.check(module(torch.from_numpy(X)).detach(), np.array(expected))


def test_layer_norm_of_a_sequence_is_of_each_step() -> None:
    module, parameters = made("layer_norm")
    ROUNDING.check(
        module(torch.from_numpy(X)).detach(),
        np.array([sequences.layer_norm(x, parameters["weight"], parameters["bias"]) for x in X]),
    )


def test_pools_over_the_steps_that_are_there() -> None:
    for name, formula in (("global_avg_pool", np.mean), ("global_max_pool", np.max)):
        module, _none = made(name)
        ROUNDING.check(module(torch.from_numpy(X)), formula(X, axis=1), name)
        there = np.array([[1, 1, 1, 0, 0, 0], [0] * 6], bool)
        expected = np.array([formula(X[0, :3], axis=0), np.zeros(D)])
        ROUNDING.check(module(torch.from_numpy(X), torch.from_numpy(there)), expected, f"{name}, masked")
