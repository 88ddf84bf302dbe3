"""Sequential recommenders, one history at a time: what each step says of the next item, and what that costs."""

import math

import numpy as np

from tests.formulas.reference import sequences
from tests.formulas.reference.arrays import Floats


def cross_entropies(states: Floats, table: Floats, items: list[int]) -> Floats:
    """-log of exp(E_y·h_t) / Σ_i exp(E_i·h_t) at each step t, over the items from 1: [T] (Klenitskiy, Vasilev, 2023)."""
    found = []
    for state, item in zip(states, items, strict=True):
        scores = [float(row @ state) for row in table[1:]]
        found.append(math.log(sum(math.exp(score - scores[item - 1]) for score in scores)))
    return np.array(found)


def cross_entropies_backward(
    gradient: Floats, states: Floats, table: Floats, items: list[int]
) -> tuple[Floats, Floats]:
    """∂L/∂h_t = g_t·Σ_i (p_i - [i = y])·E_i and ∂L/∂E_i = Σ_t g_t·(p_i - [i = y])·h_t: [T, D] and [1 + I, D]."""
    to_states, to_table = np.zeros_like(states), np.zeros_like(table)
    for t, (state, item) in enumerate(zip(states, items, strict=True)):
        powers = np.array([math.exp(float(row @ state)) for row in table[1:]])
        for i, prob in enumerate(powers / powers.sum(), start=1):
            error = gradient[t] * (prob - (i == item))
            to_states[t] += error * table[i]
            to_table[i] += error * state
    return to_states, to_table


def sampled_cross_entropy(state: Floats, table: Floats, item: int, drawn: list[int], share: float) -> float:
    """-log of exp(s_y) / (exp(s_y) + Σ_{j drawn, j ≠ y} exp(s_j - log Q_j)) with the same Q_j for all items.

    Q_j is how often j is drawn on average (Y. Bengio and J.-S. Senécal, 2008).
    """
    right = math.exp(float(table[item] @ state))
    others = sum(math.exp(float(table[j] @ state) - math.log(share)) for j in drawn if j != item)
    return -math.log(right / (right + others))


def sasrec(history: list[int], p: dict[str, Floats], num_layers: int, num_heads: int) -> Floats:
    """States before the first item and after each, [1 + T, D] (W.-C. Kang and J. McAuley, 2018, section III).

    The norms stand before each part of a block, and √D times a row of the table stands for an item.
    """
    table = p["items.weight"]
    x = np.array([table[item] * math.sqrt(table.shape[1]) for item in [0, *history]])
    x = x + p["positions.rows"][: len(x)]
    for layer in range(num_layers):
        start = f"blocks.{layer}."
        block = {name.removeprefix(start): value for name, value in p.items() if name.startswith(start)}
        x = sequences.transformer(x, block, num_heads, True, np.ones(len(x)), False)
    return sequences.layer_norm(x, p["norm.weight"], p["norm.bias"])


def gru4rec(history: list[int], p: dict[str, Floats]) -> Floats:
    """The same of gated cells and a dense layer (B. Hidasi et al., 2016, section 3)."""
    table = p["items.weight"]
    x = np.array([table[item] * math.sqrt(table.shape[1]) for item in [0, *history]])
    states = sequences.gru(x, *(p[f"cells.cells.{part}_l0"] for part in ("weight_ih", "weight_hh", "bias_ih")))
    return states @ p["project.weight"].T + p["project.bias"]
