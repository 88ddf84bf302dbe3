"""A text that is written for another: attention to a source, whole networks, the loss, and the search for a text.

In float64, one pair at a time. Parameters have the names that they have in the network.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.formulas.reference import sequences
from tests.formulas.reference.arrays import Booleans, Floats, Integers
from tests.formulas.reference.sequences import layer_norm, sinusoids

Parameters = dict[str, Floats]
#: log p(token | source, beginning) of all tokens, of a beginning.
Following = Callable[[tuple[int, ...]], Floats]


def weights(scores: Sequence[float] | Floats, there: Booleans) -> Floats:
    """α_j = exp(e_j) / Σ_k exp(e_k) over the places that are there (D. Bahdanau et al., 2015, equation 6)."""
    powers = np.array([math.exp(score) if seen else 0.0 for score, seen in zip(scores, there, strict=True)])
    return powers / powers.sum() if there.any() else powers


def additive(s: Floats, memory: Floats, p: Parameters, there: Booleans) -> tuple[Floats, Floats]:
    """e_j = vᵀ·tanh(W·s + U·h_j) and c = Σ_j α_j·h_j (ibid., equation 5 and appendix A.1.2): c and α of one step."""
    scores = [
        float(p["score.weight"][0] @ np.tanh(p["query.weight"] @ s + p["query.bias"] + p["key.weight"] @ h))
        for h in memory
    ]
    alpha = weights(scores, there)
    return sum((a * h for a, h in zip(alpha, memory, strict=True)), np.zeros(memory.shape[1])), alpha


def multiplicative(s: Floats, memory: Floats, p: Parameters, there: Booleans) -> tuple[Floats, Floats]:
    """e_j = sᵀ·W·h_j (M.-T. Luong et al., 2015, equation 8, "general"): c and α of one step."""
    alpha = weights([float(s @ p["key.weight"] @ h) for h in memory], there)
    return sum((a * h for a, h in zip(alpha, memory, strict=True)), np.zeros(memory.shape[1])), alpha


def cross(x: Floats, memory: Floats, p: Parameters, num_heads: int, there: Booleans) -> tuple[Floats, Floats]:
    """Concat(head_1, …)·W^O, queries of x [S, D], keys and values of memory [T, D] (A. Vaswani et al., 2017, § 3.2).

    Returns:
        The outputs [S, D], and the weights meaned over the heads [S, T].
    """
    q = x @ p["query.weight"].T + p["query.bias"]
    k, v = np.split(memory @ p["into.weight"].T + p["into.bias"], 2, axis=1)
    size, found, alphas = x.shape[1] // num_heads, [], []
    for h in range(num_heads):
        part = slice(h * size, (h + 1) * size)
        found.append(sequences.attention(q[:, part], k[:, part], v[:, part], False, there))
        alphas.append([weights(k[:, part] @ step / math.sqrt(size), there) for step in q[:, part]])
    return np.concatenate(found, axis=1) @ p["out.weight"].T + p["out.bias"], np.mean(alphas, axis=0)


def of(p: Parameters, prefix: str) -> Parameters:
    """The parameters of one part."""
    return {name.removeprefix(f"{prefix}."): value for name, value in p.items() if name.startswith(f"{prefix}.")}


def normed(x: Floats, p: Parameters, name: str) -> Floats:
    """Layer normalisation with the parameters of that name."""
    return layer_norm(x, p[f"{name}.weight"], p[f"{name}.bias"])


def decoder_block(
    x: Floats, memory: Floats, p: Parameters, num_heads: int, there: Booleans, turned: bool = False
) -> Floats:
    """h = x + self(norm(x)), c = h + cross(norm(h)), y = c + W₂·ReLU(W₁·norm(c) + b₁) + b₂ (ibid., § 3.1, pre-norm)."""
    every = np.ones(len(x))
    h = x + sequences.heads(normed(x, p, "norm1"), of(p, "attention"), num_heads, True, every, turned)
    c = h + cross(normed(h, p, "norm_cross"), memory, of(p, "cross"), num_heads, there)[0]
    inner = np.maximum(normed(c, p, "norm2") @ p["dense1.weight"].T + p["dense1.bias"], 0)
    return c + inner @ p["dense2.weight"].T + p["dense2.bias"]


def transformer(
    source: Integers, before: Integers, p: Parameters, num_layers: int, num_heads: int, positions: str
) -> Floats:
    """Logits [S, V] of the network of ibid., figure 1, normalised before each part, with ReLU, and ibid., § 3.4."""
    table = p["embed_target.weight"]
    size, turned, there = table.shape[1], positions == "rotary", np.ones(len(source), bool)

    def placed(embedded: Floats) -> Floats:
        return embedded if turned else embedded + sinusoids(len(embedded), size)

    memory = placed(p["embed_source.weight"][source])
    for n in range(num_layers):
        memory = sequences.transformer(memory, of(p, f"encoder.{n}"), num_heads, False, there, turned)
    memory, hidden = normed(memory, p, "norm_source"), placed(table[before] * math.sqrt(size))
    for n in range(num_layers):
        hidden = decoder_block(hidden, memory, of(p, f"decoder.{n}"), num_heads, there, turned)
    return normed(hidden, p, "norm") @ table.T + p["output.scores.bias"]


def recurrent(source: Integers, before: Integers, p: Parameters, cells: str, attention: str) -> Floats:
    """Logits [S, V]: z = P·tanh(W·[s; c]) with c of M.-T. Luong et al. (2015, § 3.1), or the last states without."""
    run: Any = getattr(sequences, cells)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")
    x, encoder = p["embed_source.weight"][source], of(p, "encoder.cells")
    ahead = run(x, *(encoder[name] for name in names))
    back = run(x[::-1], *(encoder[f"{name}_reverse"] for name in names))[::-1]
    memory, last = np.concatenate([ahead, back], axis=1), np.concatenate([ahead[-1], back[0]])
    table, decoder = p["embed_target.weight"], of(p, "decoder.cells")
    y = table[before] * math.sqrt(table.shape[1])
    if attention == "none":
        y = np.concatenate([y, np.tile(last, (len(y), 1))], axis=1)
    start = np.tanh(p["begin.weight"] @ last + p["begin.bias"])
    states, every = run(y, *(decoder[name] for name in names), start=start), np.ones(len(source), bool)
    logits = []
    for s in states:
        c = last if attention == "none" else _SCORED[attention](s, memory, of(p, "attention"), every)[0]
        combined = np.tanh(p["combine.weight"] @ np.concatenate([s, c]) + p["combine.bias"])
        logits.append(table @ (p["output.project.weight"] @ combined) + p["output.scores.bias"])
    return np.array(logits)


_SCORED = {"additive": additive, "multiplicative": multiplicative}


def smoothed(logits: Floats, targets: Sequence[int], smoothing: float) -> float:
    """Mean over the tokens of -Σ_v q_v·log p_v, q the target's 1 - ε and ε/V everywhere (C. Szegedy et al., 2016)."""
    total = 0.0
    for row, target in zip(logits, targets, strict=True):
        logs = row - math.log(sum(math.exp(z) for z in row))
        q = np.full(len(row), smoothing / len(row))
        q[target] += 1 - smoothing
        total -= float(q @ logs)
    return total / len(targets)


def log_prob(following: Following, tokens: tuple[int, ...]) -> float:
    """Σ_t log p(y_t | y_1 … y_{t-1}, source)."""
    return sum(float(following(tokens[:t])[token]) for t, token in enumerate(tokens))


def every_text(following: Following, writable: Sequence[int], limit: int, alpha: float) -> list[tuple[Any, float]]:
    """All texts of at most ``limit`` tokens, with log p / n^α, n the tokens with the end; the best first.

    A text that is as long as it may be is not ended, neither in its probability nor in n. Token 0 is the end.
    """
    found = []
    for length in range(limit + 1):
        for text in itertools.product(writable, repeat=length):
            whole = text if length == limit else (*text, 0)
            found.append((text, log_prob(following, whole) / max(1, len(whole)) ** alpha))
    return sorted(found, key=lambda one: -one[1])


def beam(
    following: Following, writable: Sequence[int], limit: int, alpha: float, width: int
) -> list[tuple[Any, float]]:
    """The ``width`` best beginnings at each step; those that end among the best leave, until there are ``width``.

    As in I. Sutskever et al. (2014, § 3.2): an ended text does not take the place of a beginning.
    """
    begun: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    found: list[tuple[tuple[int, ...], float]] = []
    for length in range(1, limit + 1):
        more = [
            ((*text, token), total + float(following(text)[token])) for text, total in begun for token in (0, *writable)
        ]
        more.sort(key=lambda one: -one[1])
        found += [(text[:-1], total / length**alpha) for text, total in more[:width] if text[-1] == 0]
        begun = [one for one in more if one[0][-1] != 0][:width]
        if len(found) >= width:
            break
    else:
        found += [(text, total / limit**alpha) for text, total in begun]
    return sorted(found, key=lambda one: -one[1])[:width]
